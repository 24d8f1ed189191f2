// SPDX-License-Identifier: GPL-3.0-or-later

package tuning

import (
	"fmt"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// orders are the three orders of four leads, by their number, of which one
// turns a motor: of all 24 orders eight turn it (four each way) and the others
// buzz, and an order that turns still does so with lead 1 in the first place.
//
// Source: stepper-core §1.1.
var orders = [...][4]int{{1, 2, 3, 4}, {1, 3, 2, 4}, {1, 2, 4, 3}}

// Turning is what a motor did with an order of its leads.
type Turning string

// What a motor can do. A wrong order does no harm.
const (
	Turned   Turning = "turned"   // the right way
	Reversed Turning = "reversed" // smoothly, but the other way
	Buzzed   Turning = "buzzed"   // or jumped to and fro
)

// Order is a search for the order of a motor's leads, lead 1 fixed. It is a
// value; Answer returns the next one. The zero Order is its beginning.
type Order struct {
	tried   int
	found   bool
	reverse bool
}

const opOrder = "winding order"

// Leads returns the order to be tried, or the one that was found: Leads()[0]
// is the number of the lead, 1 to 4, that serves as winding a, and so on.
func (o Order) Leads() [4]int { return orders[min(o.tried, len(orders)-1)] }

// Answer says what the motor did. It returns fault.Invalid for any other word,
// fault.Refused when all orders have buzzed: a lead is then open, or the two
// coils of an eight-lead motor are joined the wrong way round.
func (o Order) Answer(t Turning) (Order, error) {
	switch t {
	case Turned, Reversed:
		o.found, o.reverse = true, t == Reversed
		return o, nil
	case Buzzed:
		o.tried++
		if o.tried >= len(orders) {
			return Order{}, fault.New(fault.Refused, opOrder, "no order turns the motor: look for an open lead, or exchange the two ends of one coil of an eight-lead motor")
		}
		return o, nil
	}
	return o, fault.New(fault.Invalid, opOrder, "%q is none of turned, reversed, buzzed", t)
}

// Found reports whether an order turned the motor.
func (o Order) Found() bool { return o.found }

// Reverse reports whether the motor's sense is to be reversed then, which
// exchanges windings a and c.
func (o Order) Reverse() bool { return o.reverse }

// Lines returns the lines of windings a, b, c, d in the order of Leads, from
// the lines that leads 1 to 4 are on.
func (o Order) Lines(leads [4]int) [4]int {
	var lines [4]int
	for i, lead := range o.Leads() {
		lines[i] = leads[lead-1]
	}
	return lines
}

// Commanded returns the name of the microstep that a motor is given at a
// count, for watching a slow motion: the winding being left and the microstep
// after it, as "b7".
func Commanded(count model.Microsteps, microsteps, windings int) string {
	cycle := model.Microsteps(microsteps * windings)
	at := int(((count % cycle) + cycle) % cycle)
	return fmt.Sprintf("%c%d", 'a'+at/microsteps, at%microsteps)
}
