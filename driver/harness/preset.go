// SPDX-License-Identifier: GPL-3.0-or-later

package harness

import (
	"strings"

	"github.com/siderostep/siderostep/fault"
)

// Presets returns the names of the wirings that Preset knows.
func Presets() []string {
	return []string{"bartels-pcb", "bartels-stepdir", "five-phase", "pi-transistors", "pi-drv8825"}
}

// Preset returns a wiring that others have built: the original's boards on a
// parallel port, and two on a Raspberry Pi. It returns fault.Invalid for a
// name that is none of Presets.
//
//   - bartels-pcb: the circuit boards of Scope II. Altitude's windings on pins
//     2 to 5, azimuth's on 6 to 9, focuser relays on 16 and 17, the field
//     rotator's chip on 1 and 14, the hand paddle with its speed key.
//   - bartels-stepdir: MotorControlMethod 2. Step, direction and power of
//     altitude on pins 2, 3 and 6, of azimuth on 4, 5 and 7.
//   - five-phase: MotorWindings 5. The fifth windings on pins 16 and 17.
//   - pi-transistors: eight transistors on GPIO 16 to 23, a keep-alive gate on
//     GPIO 24, a hand paddle with four keys.
//   - pi-drv8825: two DRV8825 on GPIO lines that leave them off until the
//     program starts, 32 microsteps per full step.
//
// Sources: stepper-core §1.1, §1.4, §1.5, §1.7, §5.3, §7.1.
func Preset(name string) (Config, error) {
	c := DefaultConfig()
	c.Enabled = true
	switch name {
	case "bartels-pcb":
		c.A = wired(Windings, Parport, 2, 3, 4, 5)
		c.Z = wired(Windings, Parport, 6, 7, 8, 9)
		c.Focuser = wired(Relay, Parport, 16, 17)
		c.Rotator = wired(StepDirection, Parport, 1, 14)
		c.Inputs = Inputs{Port: Parport, Paddle: []int{13, 12, 10, 11}}
	case "bartels-stepdir":
		c.A = wired(StepDirection, Parport, 2, 3)
		c.A.EnableLine, c.A.EnableActiveHigh = 6, true
		c.Z = wired(StepDirection, Parport, 4, 5)
		c.Z.EnableLine, c.Z.EnableActiveHigh = 7, true
		c.Inputs = Inputs{Port: Parport, Paddle: []int{13, 12, 10, 11}}
	case "five-phase":
		c.A = wired(Windings, Parport, 2, 3, 4, 5, 16)
		c.Z = wired(Windings, Parport, 6, 7, 8, 9, 17)
		c.Inputs = Inputs{Port: Parport, Paddle: []int{13, 12, 10, 11}}
	case "pi-transistors":
		c.A = wired(Windings, GPIO, 16, 17, 18, 19)
		c.Z = wired(Windings, GPIO, 20, 21, 22, 23)
		c.KeepAlive.Line = 24
		c.Inputs.Paddle = []int{5, 6, 12, 13}
	case "pi-drv8825":
		c.A = wired(StepDirection, GPIO, 16, 17)
		c.A.EnableLine, c.A.ModeLines, c.A.Chip, c.A.ChipMicrosteps = 5, []int{22, 23, 24}, "drv8825", 32
		c.Z = wired(StepDirection, GPIO, 20, 21)
		c.Z.EnableLine, c.Z.ModeLines, c.Z.Chip, c.Z.ChipMicrosteps = 6, []int{25, 26, 27}, "drv8825", 32
		c.KeepAlive.Line = 13
	default:
		return DefaultConfig(), fault.New(fault.Invalid, "hardware", "there is no wiring %q; there are %s", name, strings.Join(Presets(), ", "))
	}
	return c, nil
}

// wired returns an output on some lines.
func wired(drive, port string, lines ...int) Output {
	o := DefaultConfig().Z
	o.Drive, o.Port, o.Lines = drive, port, lines
	return o
}
