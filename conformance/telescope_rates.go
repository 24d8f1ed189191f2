// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
)

// rateAxis is one of the two rate offsets. Rates are tested in arcseconds per
// SI second; each axis writes them in its own unit.
type rateAxis struct {
	member, key, flag string
	perArcsec         float64 // written value for 1″/s
}

// rateAxes returns right ascension, in seconds of right ascension per sidereal
// second, and declination, in arcseconds per SI second.
func rateAxes() [2]rateAxis {
	return [2]rateAxis{
		{"rightascensionrate", "RightAscensionRate", "cansetrightascensionrate", siderealPerSolar / 15},
		{"declinationrate", "DeclinationRate", "cansetdeclinationrate", 1},
	}
}

// write sets the offset, in the axis's own unit.
func (x rateAxis) write(ctx context.Context, t *telescope, value float64) (span, error) {
	return t.putTimed(ctx, x.member, number(x.key, value))
}

// offsetReads is T5. ConformU looks at DeclinationRate in both halves by a
// slip; here each axis is judged by its own rate.
func (t *telescope) offsetReads(ctx context.Context) error {
	for _, x := range rateAxes() {
		v, err := t.getFloat(ctx, x.member)
		if err != nil {
			t.mustSucceed("GET "+x.member, err)
			continue
		}
		if t.can[x.flag] {
			t.must(v >= 0, "%s %g must not be negative when nobody set it", x.key, v)
			continue
		}
		t.must(v == 0, "%s %g must be 0 as %s is false", x.key, v, x.flag)
		_, err = x.write(ctx, t, 0)
		t.mustAnswer("PUT "+x.key+" as "+x.flag+" is false", err, notImplemented)
	}
	return nil
}

// offsetWrites is T6.
func (t *telescope) offsetWrites(ctx context.Context) error {
	if !t.can["cansetrightascensionrate"] && !t.can["cansetdeclinationrate"] {
		t.ok("not tested: no rate offset can be set")
		return nil
	}
	if err := t.siderealRate(ctx); err != nil {
		return err
	}
	defer t.restore(ctx, t.zeroOffsets)
	for _, x := range rateAxes() {
		if !t.can[x.flag] {
			continue
		}
		unit := 1.0
		if x.member == "rightascensionrate" {
			unit = 1.0 / 15
		}
		for _, arcsec := range []float64{0, 0.05, -0.05, 40, -40} {
			if err := t.offsetWrite(ctx, x, arcsec*unit); err != nil {
				return err
			}
		}
		if _, err := x.write(ctx, t, 0); err != nil {
			return err
		}
	}
	return nil
}

// offsetWrite writes one offset and reads it back.
func (t *telescope) offsetWrite(ctx context.Context, x rateAxis, value float64) error {
	_, err := x.write(ctx, t, value)
	if isRefusal(err, invalidOperation) {
		t.info("%s %.6g is refused with E40B; a mount may do so", x.key, value)
		return nil
	}
	if !t.mustAnswer(fmt.Sprintf("PUT %s %.6g", x.key, value), err, 0) {
		return nil
	}
	if err := t.clock.sleep(ctx, time.Second); err != nil {
		return err
	}
	got, err := t.getFloat(ctx, x.member)
	if err != nil {
		return err
	}
	t.must(within(got-value, 1e-5*math.Abs(value)), "%s %.8g must read back as the %.8g written", x.key, got, value)
	moving, err := t.getBool(ctx, "slewing")
	if err != nil {
		return err
	}
	t.must(!moving, "Slewing is %t under a rate offset", moving)
	return nil
}

// zeroOffsets removes both rate offsets, those that can be set.
func (t *telescope) zeroOffsets(ctx context.Context) error {
	var errs []error
	for _, x := range rateAxes() {
		if t.can[x.flag] {
			_, err := x.write(ctx, t, 0)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// siderealRate sets TrackingRate to sidereal, in which alone offsets apply.
func (t *telescope) siderealRate(ctx context.Context) error {
	err := t.put(ctx, "trackingrate", integer("TrackingRate", 0))
	if isRefusal(err, notImplemented) {
		return nil
	}
	return err
}

// offsetEffects is T7: offsets must move the telescope as they say, on both
// sides of the meridian, above and below the pole.
func (t *telescope) offsetEffects(ctx context.Context) error {
	ra, dec := t.can["cansetrightascensionrate"], t.can["cansetdeclinationrate"]
	if !t.must(ra == dec, "CanSetRightAscensionRate %t and CanSetDeclinationRate %t must agree", ra, dec) {
		return nil
	}
	if !ra || !t.canSlewSomehow() {
		t.ok("not tested: no rate offsets or no slews")
		return nil
	}
	if err := t.siderealRate(ctx); err != nil {
		return err
	}
	if err := t.track(ctx, true); err != nil {
		return err
	}
	defer t.restore(ctx, t.zeroOffsets)
	for _, hourAngle := range []float64{-9, 3, 9, -3} {
		target, visible := halfwayDeclination(hourAngle, t.latitude)
		if !visible {
			t.ok("not tested at hour angle %+g h: nothing is above the horizon there", hourAngle)
			continue
		}
		for axis := range 2 {
			for _, rate := range []float64{0.05, -0.05, 40, -40} {
				if err := t.offsetEffect(ctx, hourAngle, target, axis, rate); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// offsetEffect applies one rate, in arcseconds per second, to one axis (0 is
// right ascension) for 10 s and judges how far the telescope went.
//
// The time that counts is from the PUT of the rates to the PUT of the zeros.
// Requests take real time, so on a fast clock it is not 10 s, and known only
// within bounds; the rate must be right for some time within them. There
// must be enough of it, too: hence a least real wait.
func (t *telescope) offsetEffect(ctx context.Context, hourAngle, dec float64, axis int, rate float64) error {
	if err := t.slewTo(ctx, t.raAt(hourAngle), dec); err != nil {
		return err
	}
	ra0, dec0, err := t.position(ctx)
	if err != nil {
		return err
	}
	rates := [2]float64{}
	rates[axis] = rate
	on, err := t.writeOffsets(ctx, rates, axis)
	if err != nil {
		return err
	}
	if err := t.clock.sleepAtLeast(ctx, 10*time.Second, 20*time.Millisecond); err != nil {
		return err
	}
	off, err := t.writeOffsets(ctx, [2]float64{}, axis)
	if err != nil {
		return err
	}
	ra1, dec1, err := t.position(ctx)
	if err != nil {
		return err
	}
	moved := [2]float64{arcsecHours(ra1 - ra0), arcsecDegrees(dec1 - dec0)}
	t.judgeOffset(hourAngle, axis, rate, moved, t.clock.elapsedBetween(on, off))
	return nil
}

// writeOffsets writes both rates and returns when it wrote that of axis.
func (t *telescope) writeOffsets(ctx context.Context, rates [2]float64, axis int) (span, error) {
	var when span
	for i, x := range rateAxes() {
		s, err := x.write(ctx, t, rates[i]*x.perArcsec)
		if err != nil {
			return span{}, err
		}
		if i == axis {
			when = s
		}
	}
	return when, nil
}

// judgeOffset compares the way gone, in arcseconds, with a rate over a time.
func (t *telescope) judgeOffset(hourAngle float64, axis int, rate float64, moved [2]float64, e elapsed) {
	const tolerance = 0.05 // of the rate tested
	x, other := rateAxes()[axis], rateAxes()[1-axis]
	way := moved[axis] * math.Copysign(1, rate)
	least := (1 - tolerance) * math.Abs(rate) * e.least.Seconds()
	most := (1 + tolerance) * math.Abs(rate) * e.most.Seconds()
	t.must(way >= least && way <= most,
		"hour angle %+g h, %s %+g″/s for %s to %s: moved %+.3f″, must be %.3f″ to %.3f″ in that sense",
		hourAngle, x.key, rate, round(e.least), round(e.most), moved[axis], least, most)
	// 0.05″/s in declination, 0.05 s/s in right ascension.
	limit := 0.05 * e.most.Seconds()
	if axis == 1 {
		limit *= 15
	}
	t.must(within(moved[1-axis], limit), "hour angle %+g h, %s %+g″/s: %s axis moved %+.3f″, must be within %.3f″",
		hourAngle, x.key, rate, other.key, moved[1-axis], limit)
}
