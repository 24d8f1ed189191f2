// SPDX-License-Identifier: GPL-3.0-or-later

package plant_test

import (
	"math"
	"testing"
	"time"

	"github.com/siderostep/siderostep/sim/box"
	"github.com/siderostep/siderostep/sim/box/chip"
	"github.com/siderostep/siderostep/sim/box/plant"
)

// The manual's whole circuit on one parallel port: two motors on the data
// pins, a focuser on the control pins, the paddle on the status pins.
func TestEverythingOnAParallelPort(t *testing.T) {
	c := newClock()
	motors := newMotors(t, c, plant.MotorsConfig{Count: 2, Windings: 4})
	focuser := newFocuser(t, c, 0, nil)
	paddle, err := plant.NewPaddle(plant.PaddleConfig{Now: box.Since(c)})
	if err != nil {
		t.Fatal(err)
	}
	p := chip.NewParallelPort(box.Since(c), nil)
	p.Data, p.Control, p.Inputs = motors, focuser, paddle.Pins
	do := func(request uint32, arg ...byte) byte {
		t.Helper()
		if err := p.Ioctl(request, arg); err != nil {
			t.Fatal(err)
		}
		return append(arg, 0)[0]
	}
	do(chip.PPCLAIM)
	do(chip.PPWCONTROL, 0x0F) // pin 16 alone high: out
	for i := range 41 {
		do(chip.PPWDATA, byte(four[i%8]|four[(80-i)%8]<<4))
		c.Advance(4 * time.Millisecond)
	}
	do(chip.PPWCONTROL, 0x0B)
	if a, z := motors.Truth(0).FullSteps, motors.Truth(1).FullSteps; math.Abs(a-20) > 0.05 || math.Abs(z+20) > 0.05 {
		t.Errorf("A %v, Z %v full steps, want ±20", a, z)
	}
	near(t, "focuser", focuser.Truth().Position, 16.4) // 41·4 ms at 100 steps/s
	paddle.Press(plant.RightMode)
	if got := do(chip.PPRSTATUS, 0)&0xF0 ^ 0x80; got != 96 {
		t.Errorf("paddle %d, want 96", got)
	}
}
