// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"math"
)

// fakeFocuser moves at an even rate.
type fakeFocuser struct {
	*fake
	position, from, target int
	begun                  float64 // simulated seconds
	moving, tempComp       bool
}

const (
	focusRange = 50000
	focusRate  = 4000 // steps per second
)

// settle brings the position up to date.
func (x *fakeFocuser) settle() {
	if !x.moving {
		return
	}
	way := int((x.elapsed() - x.begun) * focusRate)
	if left := abs(x.target - x.from); way >= left {
		way, x.moving = left, false
	}
	if x.target < x.from {
		way = -way
	}
	x.position = x.from + way
}

func abs(n int) int { return max(n, -n) }

func (x *fakeFocuser) move(v values) *ascom {
	x.settle()
	to := v.integer("Position")
	switch {
	case x.has("focus-limit-error") && to > focusRange, x.has("focus-negative-error") && to < 0:
		return fault(invalidValue)
	case x.has("focus-beyond") && to > focusRange:
	case x.has("focus-tempcomp-refused") && x.tempComp:
		return fault(invalidOperation)
	default:
		to = min(max(to, 0), focusRange)
	}
	if x.has("focus-off") {
		to += 5
	}
	x.from, x.target, x.begun, x.moving = x.position, to, x.elapsed(), to != x.position
	if x.has("focus-blocks") {
		x.sleepUntil(x.elapsed() + 1.1*x.speed)
	}
	return nil
}

func (x *fakeFocuser) members() map[string]handler {
	x.settle()
	temperature, increment, halt := 10.5, focusRange, 0
	if x.has("focus-hot") {
		temperature = 80
	}
	if x.has("focus-increment") {
		increment++
	}
	if x.has("focus-halt") {
		halt = invalidValue
	}
	return map[string]handler{
		"absolute":     constant(true),
		"ismoving":     constant(x.moving),
		"maxincrement": constant(increment),
		"maxstep":      constant(focusRange),
		"position":     constant(x.position),
		"stepsize":     read(0.0, func() (any, *ascom) { return nil, fault(notImplemented) }),
		"tempcomp": constant(x.tempComp).writes("TempComp", "bool", func(v values) *ascom {
			x.tempComp = v.boolean("TempComp") && !x.has("tempcomp-stuck")
			return nil
		}),
		"tempcompavailable": constant(true),
		"temperature":       constant(temperature),
		"halt":              does(func(values) *ascom { x.moving = false; return fault(halt) }),
		"move":              does(x.move, [2]string{"Position", "int"}),
	}
}

func (x *fakeFocuser) state() []map[string]any {
	all := x.members()
	x.reduce("focuser", all)
	out := stateOf(all, "IsMoving", "Position", "Temperature")
	if x.has("state-name") {
		out[0]["Name"] = "isMoving"
	}
	if x.has("state-extra") {
		out = append(out, map[string]any{"Name": "Humidity", "Value": 1})
	}
	if x.has("state-stale") {
		out[1]["Value"] = 7
	}
	return out
}

// fakeRotator turns at an even rate.
type fakeRotator struct {
	*fake
	mechanical, from, to float64 // degrees; from and to not wrapped
	offset               float64
	target               float64 // sky
	begun                float64
	moving, reverse      bool
}

const turnRate = 15 // degrees per second

func (x *fakeRotator) settle() {
	if !x.moving {
		return
	}
	way := (x.elapsed() - x.begun) * turnRate
	if left := math.Abs(x.to - x.from); way >= left {
		way, x.moving = left, false
	}
	x.mechanical = turn(x.from + math.Copysign(way, x.to-x.from))
}

// turn wraps an angle to the circle.
func turn(x float64) float64 { return math.Mod(math.Mod(x, 360)+360, 360) }

// start begins a move by an angle.
func (x *fakeRotator) start(by float64) {
	if x.has("rotator-off") {
		by += 3
	}
	if x.has("rotator-still") {
		by = 0
	}
	x.from, x.to, x.begun, x.moving = x.mechanical, x.mechanical+by, x.elapsed(), true
	x.target = turn(x.to + x.offset)
	if x.has("rotator-blocks") && math.Abs(by) > 200 {
		x.moving, x.mechanical = false, turn(x.to)
		x.sleepUntil(x.elapsed() + 1.1*x.speed)
	}
}

func (x *fakeRotator) members() map[string]handler {
	x.settle()
	angle := [2]string{"Position", "float"}
	move := func(by func(float64) float64) handler {
		return does(func(v values) *ascom {
			if x.has("rotator-refuses") {
				return fault(invalidValue)
			}
			x.start(by(v.float("Position")))
			return nil
		}, angle)
	}
	halt := 0
	if x.has("rotator-halt") {
		halt = invalidOperation
	}
	position := turn(x.mechanical + x.offset)
	if x.has("rotator-360") {
		position += 360
	}
	return map[string]handler{
		"canreverse":         constant(!x.has("no-reverse")),
		"ismoving":           constant(x.moving || x.has("rotator-moves")),
		"mechanicalposition": constant(x.mechanical),
		"position":           constant(position),
		"reverse": constant(x.reverse).writes("Reverse", "bool", func(v values) *ascom {
			x.reverse = v.boolean("Reverse") && !x.has("reverse-stuck")
			return nil
		}),
		"stepsize":       constant(0.01),
		"targetposition": constant(x.target),
		"halt":           does(func(values) *ascom { x.moving = false; return fault(halt) }),
		"move": move(func(a float64) float64 {
			if x.has("move-absolute") {
				return a - x.mechanical - x.offset
			}
			return a
		}),
		"moveabsolute": move(func(a float64) float64 { return turn(a) - turn(x.mechanical+x.offset) }),
		"movemechanical": move(func(a float64) float64 {
			if x.has("mechanical-synced") {
				a -= x.offset
			}
			return turn(a) - x.mechanical
		}),
		"sync": does(func(v values) *ascom {
			a := v.float("Position")
			switch {
			case outside(a, 0, 360):
				return fault(invalidValue)
			case x.has("sync-moves-mechanical"):
				x.mechanical = turn(a - x.offset)
			case x.has("sync-rounded"):
				a -= 0.01
				fallthrough
			default:
				x.offset = a - x.mechanical
			}
			return nil
		}, angle),
	}
}

func (x *fakeRotator) state() []map[string]any {
	return stateOf(x.members(), "IsMoving", "MechanicalPosition", "Position")
}
