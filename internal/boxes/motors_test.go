// SPDX-License-Identifier: GPL-3.0-or-later

package boxes

import (
	"testing"
	"time"

	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/driver/harness"
	"github.com/siderostep/siderostep/mount"
	"github.com/siderostep/siderostep/sim/box/plant"
)

var axes = [...]string{"axis Z", "axis A", "the rotator"}

// wiring is one way to drive motors, and what hangs from the lines.
type wiring struct {
	name   string
	config func(*config.File)
	motors plant.MotorsConfig // A, then Z
	off    uint32
}

func wirings() []wiring {
	five := func(f *config.File) {
		f.Hardware.A, f.Hardware.Z = output(harness.Windings, 0, 1, 2, 3, 4), output(harness.Windings, 5, 6, 7, 8, 9)
		f.Motors.A.Windings, f.Motors.Z.Windings = 5, 5
	}
	return []wiring{
		{name: "four windings", config: func(*config.File) {}, motors: plant.MotorsConfig{Count: 2, Windings: 4}},
		{name: "five windings", config: five, motors: plant.MotorsConfig{Count: 2, Windings: 5}},
		{
			name: "inverted and reversed",
			config: func(f *config.File) {
				f.Motors.A.Invert, f.Motors.Z.Invert, f.Motors.Z.Reverse = true, true, true
			},
			// A motor whose leads a and c are exchanged is what reverse is for.
			motors: plant.MotorsConfig{Count: 2, Windings: 4, Invert: true, Leads: [][]int{nil, {2, 1, 0, 3}}}, off: 0xFF,
		},
	}
}

// An evening on real motors: the rotors turn as the mount says, and no winding
// has current afterwards.
func TestWindings(t *testing.T) {
	t.Parallel()
	for _, how := range wirings() {
		t.Run(how.name, func(t *testing.T) {
			t.Parallel()
			inTime(t, func() bool {
				dir := tmpfs(t)
				f := onHardware(dir)
				how.config(&f)
				w := openWired(t, f, hardwareParts(dir))
				return w.evening() && how.check(w)
			})
		})
	}
}

// evening slews, tracks, and ends. It reports whether the motors could follow.
func (w *wired) evening() bool {
	w.Helper()
	punctual := w.goes(3, 2) && w.goes(-4, -1.5)
	if punctual {
		w.alpaca.put("telescope/0/tracking", "Tracking", true)
		w.passes(4 * time.Second)
		w.alpaca.put("telescope/0/tracking", "Tracking", false)
		w.eventually("the mount stands", func() bool { n := w.Mount.Snapshot(); return n.Stopped != nil || w.atRest(n) })
		n := w.Mount.Snapshot()
		if punctual = w.punctual(); punctual && (!n.Trusted || n.Stopped != nil) {
			w.Errorf("trusted %v, stopped %v", n.Trusted, n.Stopped)
		}
	}
	if err := w.stop(); err != nil {
		w.Error(err)
	}
	return punctual
}

// check replays an evening into motors.
func (how *wiring) check(w *wired) bool {
	w.Helper()
	used := uint32(1)<<(how.motors.Count*how.motors.Windings) - 1
	w.afterwards(used, how.off)
	for _, one := range []struct{ axis, motor int }{{mount.AxisA, 0}, {mount.AxisZ, 1}} {
		r := w.replay()
		m := how.motors
		m.Period, m.Now = 2*time.Millisecond, r.now
		rotors, err := plant.NewMotors(m)
		if err != nil {
			w.Fatal(err)
		}
		r.hang(0, rotors)
		// Half steps are five microsteps, made at once; then there are the
		// unevenness of microsteps, friction, and how far a slew goes in a period
		// of modulation. A step that was lost would be forty.
		w.follows(r, axes[one.axis], ofAxis(one.axis), 7, func() float64 { return 10 * rotors.Truth(one.motor).FullSteps })
		r.end()
		truth := rotors.Truth(one.motor)
		if truth.Current != 0 {
			w.Errorf("motor %d has a current of %v after the end", one.motor, truth.Current)
		}
		if truth.Peak > 2.001 {
			w.Errorf("motor %d had a current of %v", one.motor, truth.Peak)
		}
	}
	return true
}

// Step and direction: every pulse is a microstep, in the right direction, long
// enough for the chip.
func TestStepDirection(t *testing.T) {
	t.Parallel()
	for _, activeLow := range []bool{false, true} {
		t.Run(map[bool]string{false: "active high", true: "active low"}[activeLow], func(t *testing.T) {
			t.Parallel()
			inTime(t, func() bool { return stepDirection(t, activeLow) })
		})
	}
}

func stepDirection(t *testing.T, activeLow bool) bool {
	t.Helper()
	dir := tmpfs(t)
	f := onHardware(dir)
	f.Hardware.A, f.Hardware.Z = output(harness.StepDirection, 0, 1), output(harness.StepDirection, 2, 3)
	off := uint32(0)
	for _, o := range []*harness.Output{&f.Hardware.A, &f.Hardware.Z} {
		o.ChipMicrosteps, o.ActiveLow = 10, activeLow
	}
	if activeLow {
		off = 0x0F
	}
	w := openWired(t, f, hardwareParts(dir))
	if !w.evening() {
		return false
	}
	w.afterwards(0x05, off)
	for _, one := range []struct{ axis, first int }{{mount.AxisA, 0}, {mount.AxisZ, 2}} {
		r := w.replay()
		motor, err := plant.NewFocuser(plant.FocuserConfig{
			Method: 2, Low: -1e6, High: 1e6, MinPulse: time.Microsecond, ActiveLow: activeLow, Now: r.now,
		})
		if err != nil {
			t.Fatal(err)
		}
		r.hang(one.first, motor)
		w.follows(r, axes[one.axis], ofAxis(one.axis), 2.5, func() float64 { return motor.Truth().Position })
		r.end()
		samples := w.seen()
		last, first := samples[len(samples)-1].mount.Reports[one.axis].Emitted, samples[0].mount.Reports[one.axis].Emitted
		truth := motor.Truth()
		if truth.Position != float64(last-first) || truth.Ignored != 0 || truth.Hurried != 0 {
			t.Errorf("axis %d: %+v, want %d pulses together", one.axis, truth, last-first)
		}
	}
	return true
}
