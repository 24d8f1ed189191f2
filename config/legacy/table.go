// SPDX-License-Identifier: GPL-3.0-or-later

package legacy

import (
	"fmt"
	"slices"
)

// usualTable is the original's own table, of 10 microsteps and 100 slots.
var usualTable = [...]int{100, 100, 100, 100, 100, 100, 85, 70, 55, 35}

// tables set the counts of the windings, microstep by microstep.
func (c *converter) tables() {
	a, both := c.entries("PWM"), false
	z := c.entries("PWMZ")
	for _, e := range slices.Concat(a, z) {
		both = both || e.pair
	}
	first := 0
	for _, e := range z {
		if first == 0 || e.line < first {
			first = e.line
		}
	}
	for _, e := range a {
		if first > 0 && e.line > first {
			c.ledger.tell(e.line, Doubtful, "it comes after a line of PWMZ, so that the original took it for one of that table")
		}
	}
	if len(z) == 0 {
		z = a
	}
	c.table("a", a, both)
	c.table("z", z, both)
}

// entry is one line of a table.
type entry struct {
	value
	name string
	at   int
}

// entries returns the lines of a table that are in the file.
func (c *converter) entries(table string) (list []entry) {
	for i := range longestTable {
		name := fmt.Sprintf("%s[%d]", table, i)
		v, ok := c.dat.values[name]
		switch {
		case ok && i < c.microsteps():
			list = append(list, entry{v, name, i})
		case ok:
			c.ledger.tell(v.line, Doubtful, "not taken: with %d microsteps there are %s[0] to [%d]", c.microsteps(), table, c.microsteps()-1)
		}
	}
	return list
}

// table sets the table of one motor. Where b is not given, as in nearly all
// files, it is the mirror image of a, as it is here.
func (c *converter) table(motor string, list []entry, both bool) {
	slots, _ := c.slots()
	ms := c.microsteps()
	leaving, approaching := make([]int, ms), make([]int, ms)
	lacks := map[int]bool{}
	for i := range ms {
		lacks[i] = true
		if ms == len(usualTable) {
			leaving[i] = usualTable[i]
			delete(lacks, i)
		}
	}
	ok, names := true, []string{}
	for _, e := range list {
		names = append(names, e.name)
		ok = c.count(e, slots, &leaving[e.at], &approaching[e.at]) && ok
		delete(lacks, e.at)
	}
	if len(names) == 0 {
		names = []string{"PWM[0]"}
	}
	for i, n := range leaving {
		if !lacks[i] && n > slots && ok {
			ok = false
			c.ledger.tell(0, Error, "motors.%s.pwm: the original's own PWM[%d], %d, is above MaxPWM, %d, or the original ends; a computed table is taken", motor, i, n, slots)
		}
	}
	key := "motors." + motor + ".pwm"
	switch {
	case !ok:
		c.drop(Error, key+" is not set, for one of its lines is wrong; a computed table is taken", names...)
	case len(lacks) > 0:
		text := fmt.Sprintf("%s is not set: %d of the %d lines of its table are not in the file; a computed table is taken", key, len(lacks), ms)
		c.ledger.tell(0, Doubtful, "%s", text)
		c.drop(Doubtful, text, names...)
	default:
		c.put(key, leaving, names...)
		if both {
			c.put(key+"_approaching", approaching, names...)
		}
		for _, e := range list {
			c.ledger.tell(e.line, Kept, "%s[%d] = %d", key, e.at, leaving[e.at])
			if both {
				c.ledger.tell(e.line, Kept, "%s_approaching[%d] = %d", key, e.at, approaching[e.at])
			}
		}
	}
}

// count reads a line's two counts. The original ends when the first is above
// MaxPWM, and cuts the second.
func (c *converter) count(e entry, slots int, a, b *int) (ok bool) {
	*a, *b = int(e.num[0]), int(e.num[1])
	if *a > slots || *a < 0 || *b < 0 {
		c.ledger.tell(e.line, Error, "counts are 0 to MaxPWM, %d, or the original ends", slots)
		return false
	}
	if *b > slots {
		c.ledger.tell(e.line, Doubtful, "%d is cut to MaxPWM, %d, as by the original", *b, slots)
		*b = slots
	}
	return true
}
