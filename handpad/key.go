// SPDX-License-Identifier: GPL-3.0-or-later

package handpad

import (
	"strings"

	"github.com/siderostep/siderostep/fault"
)

// Keys is a set of keys that are down.
type Keys uint8

// The keys. Clockwise is the sense in which the angle of axis Z grows.
const (
	Up Keys = 1 << iota
	Down
	CCW
	CW
	Left  // mode key
	Right // mode key

	directions = Up | Down | CCW | CW
	modeKeys   = Left | Right
)

// keyNames are the names of the keys, in the order of their bits.
var keyNames = [...]string{"up", "down", "ccw", "cw", "left", "right"}

// Speed is the name by which Paddle.Key knows the speed switch.
const Speed = "speed"

// ParseKey returns the key of a name: up, down, ccw, cw, left or right. It
// returns fault.Invalid for any other.
func ParseKey(name string) (Keys, error) {
	for i, n := range keyNames {
		if n == name {
			return 1 << i, nil
		}
	}
	return 0, fault.New(fault.Invalid, "hand paddle", "there is no key %.20q; there are %s and %s", name, strings.Join(keyNames[:], ", "), Speed)
}

// String names the keys, with + between.
func (k Keys) String() string {
	var names []string
	for i, n := range keyNames {
		if k&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return strings.Join(names, "+")
}

// along returns −1, 0 or 1 by which of two opposite keys is down; both at once
// cancel each other.
func (k Keys) along(minus, plus Keys) (way int) {
	if k&plus != 0 {
		way++
	}
	if k&minus != 0 {
		way--
	}
	return way
}
