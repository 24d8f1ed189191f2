// SPDX-License-Identifier: GPL-3.0-or-later

package indi

import (
	"math"
	"time"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

// moved returns how far a coordinate has grown: right ascension on the
// circle of declination, so that it is an angle on the sky.
func moved(before, after model.Equatorial) (ra, dec model.Angle) {
	return (after.RA - before.RA).WrapSigned().Mul(math.Cos(before.Dec.Radians())), after.Dec - before.Dec
}

// guides gives timed pulses, which the driver passes on with their length.
func (e *evening) guides() {
	e.set("Use Pulse Cmd.On=On") // shown as on from the start, yet not in force
	rate := model.ArcsecPerSecond(e.h.Mount.Snapshot().Config.Mount.GuideDecRate)
	for _, tt := range []struct {
		order, command string
		ms             int
		ra, dec        float64 // senses
	}{
		{"TELESCOPE_TIMED_GUIDE_NS.TIMED_GUIDE_N=2000", ":Mgn2000#", 2000, 0, 1},
		{"TELESCOPE_TIMED_GUIDE_NS.TIMED_GUIDE_S=1000", ":Mgs1000#", 1000, 0, -1},
		{"TELESCOPE_TIMED_GUIDE_WE.TIMED_GUIDE_W=1000", ":Mgw1000#", 1000, -1, 0},
		{"TELESCOPE_TIMED_GUIDE_WE.TIMED_GUIDE_E=2000", ":Mge2000#", 2000, 1, 0},
	} {
		ended := e.h.Mount.Snapshot().GuideEnd
		before := e.truth()
		e.set("%s", tt.order)
		e.h.eventually(tt.command+" is a guide pulse", func() bool {
			s := e.h.Mount.Snapshot()
			return s.GuideEnd > ended && s.At > s.GuideEnd.Add(300*time.Millisecond)
		})
		if e.h.wire.sent(tt.command) == 0 {
			e.t.Errorf("the driver did not send %s", tt.command)
		}
		ra, dec := moved(before, e.truth())
		way := rate.Over(time.Duration(tt.ms) * time.Millisecond)
		wantRA, wantDec := way.Mul(tt.ra*math.Cos(before.Dec.Radians())), way.Mul(tt.dec)
		e.t.Logf("%s: right ascension %.2f″, want %.2f″; declination %.2f″, want %.2f″", tt.command, ra.Arcsec(), wantRA.Arcsec(), dec.Arcsec(), wantDec.Arcsec())
		// The mount begins and ends a pulse at exact instants, so what remains
		// is two readings, each within a microstep of 0.125″ and a swing.
		if off := math.Hypot((ra - wantRA).Arcsec(), (dec - wantDec).Arcsec()); off > 0.5 {
			e.t.Errorf("%s is off by %.2f″", tt.command, off)
		}
		e.h.eventually("the pulse has ended for the driver too", func() bool {
			return e.state("TELESCOPE_TIMED_GUIDE_NS") != "Busy" && e.state("TELESCOPE_TIMED_GUIDE_WE") != "Busy"
		})
	}
}

// guidesByKeys gives a timed pulse as the driver does by itself: with
// direction keys and its own timer. How long that is depends on how busy the
// computer is, but not where to.
func (e *evening) guidesByKeys() {
	e.set("Use Pulse Cmd.Off=On")
	before := e.h.Truth()
	e.set("TELESCOPE_TIMED_GUIDE_NS.TIMED_GUIDE_N=1000")
	e.h.eventually("the guide key is let go", func() bool { return e.h.wire.sent(":Qn#") > 0 })
	after := e.h.rests("guide key")
	if e.h.wire.sent(":Mgn1000#") > 0 || e.h.wire.sent(":RG#") == 0 {
		e.t.Error("the driver did not guide with a key at guide rate")
	}
	e.sawMotion("guide key north", before.Axes, after.Axes, after.At.Sub(before.At), mount.AxisA, 1, model.Arcsec(3))
	ra, dec := moved(before.Equatorial, after.Equatorial)
	e.t.Logf("guide key north: right ascension %.2f″, declination %.2f″", ra.Arcsec(), dec.Arcsec())
	if e.geometry == "fork" && ra.Abs() > model.Arcsec(1) {
		e.t.Errorf("a guide key to the north moved the tube by %.2f″ in right ascension", ra.Arcsec())
	}
}

// sawMotion judges how an axis moved; north is up, or towards the pole.
func (e *evening) sawMotion(what string, before, after model.Axes, passed time.Duration, axis int, sense float64, least model.Angle) {
	e.t.Helper()
	d := after.A - before.A
	if axis == mount.AxisZ {
		d = after.Z - before.Z
		if e.geometry == "fork" { // less what it tracked
			d -= model.Sidereal.Over(passed)
		}
	}
	if d.Mul(sense) < least {
		e.t.Errorf("%s: the axis moved by %.2f″, want at least %.2f″ in the sense %+.0f", what, d.Arcsec(), least.Arcsec(), sense)
	}
}

// presses holds direction keys and lets them go.
func (e *evening) presses() {
	e.set("TELESCOPE_SLEW_RATE.3x=On")
	for _, tt := range []struct {
		property, key string
		axis          int
		sense         float64 // of the axis: east is counter-clockwise, towards small hour angles
	}{
		{"TELESCOPE_MOTION_NS", "MOTION_NORTH", mount.AxisA, 1},
		{"TELESCOPE_MOTION_NS", "MOTION_SOUTH", mount.AxisA, -1},
		{"TELESCOPE_MOTION_WE", "MOTION_EAST", mount.AxisZ, -1},
		{"TELESCOPE_MOTION_WE", "MOTION_WEST", mount.AxisZ, 1},
	} {
		before := e.h.Truth()
		e.set("%s.%s=On", tt.property, tt.key)
		// At 300″ per second, well above what tracking does.
		e.h.eventually(tt.key+" moves the tube", func() bool { return e.truth().Separation(before.Equatorial) > model.Arcmin(4) })
		e.becomes(tt.property+"._STATE", "Busy")
		e.set("%s.%s=Off", tt.property, tt.key)
		after := e.h.rests(tt.key)
		e.becomes(tt.property+"._STATE", "Idle")
		e.sawMotion(tt.key, before.Axes, after.Axes, after.At.Sub(before.At), tt.axis, tt.sense, model.Arcmin(2))
	}
}

// focuses moves the drawtube for a second each way.
func (e *evening) focuses() {
	for _, tt := range []struct {
		order string
		sense int64
	}{{"FOCUS_OUTWARD", 1}, {"FOCUS_INWARD", -1}} {
		before, stops := e.h.Truth().FocusSteps, e.h.wire.sent(":FQ#")
		e.set("FOCUS_MOTION.%s=On", tt.order)
		e.set("FOCUS_TIMER.FOCUS_TIMER_VALUE=1000")
		e.h.eventually("the driver stops the focuser", func() bool { return e.h.wire.sent(":FQ#") > stops })
		after := e.h.Truth().FocusSteps
		e.h.eventually("the drawtube stands", func() bool {
			was := after
			after = e.h.after(300 * time.Millisecond).FocusSteps
			return after == was
		})
		e.t.Logf("%s: %d steps", tt.order, after-before)
		// 50 steps in a second, and ten seconds at most were it not for the stop.
		if way := (after - before) * tt.sense; way < 5 || way > 300 {
			e.t.Errorf("%s: the drawtube moved out by %d steps", tt.order, after-before)
		}
	}
}
