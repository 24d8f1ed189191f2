// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
	"fmt"
	"time"
)

// guideDirection is a direction of PulseGuide with its effect: on which axis
// (0 right ascension, 1 declination) and with which sign.
type guideDirection struct {
	name  string
	value int
	axis  int
	sign  float64
}

// Guide directions: east increases right ascension, on either side of the pier.
var (
	north = guideDirection{"north", 0, 1, 1}
	south = guideDirection{"south", 1, 1, -1}
	east  = guideDirection{"east", 2, 0, 1}
	west  = guideDirection{"west", 3, 0, -1}
)

// pulse calls PulseGuide.
func (t *telescope) pulse(ctx context.Context, d guideDirection, length time.Duration) (span, error) {
	return t.putTimed(ctx, "pulseguide", integer("Direction", d.value), integer("Duration", int(length.Milliseconds())))
}

// pulseGuide is T23.
func (t *telescope) pulseGuide(ctx context.Context) error {
	if !t.can["canpulseguide"] {
		_, err := t.pulse(ctx, east, 0)
		t.mustAnswer("PulseGuide as CanPulseGuide is false", err, notImplemented, invalidValue)
		return nil
	}
	if err := t.track(ctx, true); err != nil {
		return err
	}
	on, err := t.getBool(ctx, "ispulseguiding")
	if err != nil {
		return err
	}
	t.must(!on, "IsPulseGuiding is %t before any pulse", on)
	for _, d := range []guideDirection{east, north} {
		if err := t.onePulse(ctx, d); err != nil {
			return err
		}
	}
	if err := t.twoPulses(ctx); err != nil {
		return err
	}
	for _, bad := range [][2]int{{4, 100}, {-1, 100}, {0, -1}} {
		err := t.put(ctx, "pulseguide", integer("Direction", bad[0]), integer("Duration", bad[1]))
		t.mustAnswer(fmt.Sprintf("PulseGuide direction %d, duration %d", bad[0], bad[1]), err, invalidValue)
	}
	return nil
}

// pulseLength and pulseLimit are a pulse of T23 and when it must be over.
const (
	pulseLength = 2 * time.Second
	pulseLimit  = 6 * time.Second
)

// onePulse gives a pulse of 2 s and watches it.
func (t *telescope) onePulse(ctx context.Context, d guideDirection) error {
	s, err := t.pulse(ctx, d, pulseLength)
	if !t.mustSucceed("PulseGuide "+d.name, err) {
		return nil
	}
	t.prompt("PulseGuide "+d.name, s)
	var on bool
	read, err := t.get(ctx, "ispulseguiding", &on)
	if err != nil {
		return err
	}
	// False is wrong only if the pulse cannot have ended: on a fast clock the
	// requests may have taken as long as it.
	t.must(on || t.clock.elapsedBetween(s, read).most >= pulseLength, "IsPulseGuiding is %t right after PulseGuide %s", on, d.name)
	return t.pulseEnds(ctx, "PulseGuide "+d.name, s)
}

// pulseEnds judges that guiding ends in time.
func (t *telescope) pulseEnds(ctx context.Context, what string, s span) error {
	last, err := t.waitFalse(ctx, "ispulseguiding", guideTimeout)
	if err != nil {
		return err
	}
	late := !last.sent.IsZero() && t.clock.between(s.answered, last.sent) > pulseLimit
	t.must(!late, "%s for %s must be over within %s", what, pulseLength, pulseLimit)
	return nil
}

// twoPulses starts one pulse while another, on the other axis, runs. A mount
// that cannot do both may refuse the second with E40B.
func (t *telescope) twoPulses(ctx context.Context) error {
	if _, err := t.pulse(ctx, east, pulseLength); err != nil {
		return err
	}
	s, err := t.pulse(ctx, north, pulseLength)
	if t.mustAnswer("PulseGuide north while east runs", err, 0, invalidOperation) {
		return t.pulseEnds(ctx, "two pulses", s)
	}
	_, err = t.waitFalse(ctx, "ispulseguiding", guideTimeout)
	return err
}

// pulseEffects is T24.
func (t *telescope) pulseEffects(ctx context.Context) error {
	if !t.can["canpulseguide"] {
		t.ok("not tested: CanPulseGuide is false")
		return nil
	}
	if !t.must(t.can["canslewasync"], "CanSlewAsync %t must be true to test pulses", t.can["canslewasync"]) {
		return nil
	}
	rates := [2]float64{}
	for axis, member := range []string{"guideraterightascension", "guideratedeclination"} {
		v, err := t.getFloat(ctx, member)
		if err != nil {
			return err
		}
		if !t.must(v >= 0, "%s %g°/s must not be negative", member, v) {
			return nil
		}
		rates[axis] = v
	}
	if err := t.track(ctx, true); err != nil {
		return err
	}
	for _, hourAngle := range []float64{-9, 9, -3, 3} {
		dec, visible := halfwayDeclination(hourAngle, t.latitude)
		if !visible {
			t.ok("not tested at hour angle %+g h: nothing is above the horizon there", hourAngle)
			continue
		}
		if err := t.slewTo(ctx, t.raAt(hourAngle), dec); err != nil {
			return err
		}
		for _, d := range []guideDirection{north, south, east, west} {
			if err := t.pulseEffect(ctx, hourAngle, d, rates[d.axis]); err != nil {
				return err
			}
		}
	}
	return nil
}

// pulseEffect gives one pulse of 5 s and judges how far the telescope went. The
// mount times the pulse, so the durations of requests do not matter.
func (t *telescope) pulseEffect(ctx context.Context, hourAngle float64, d guideDirection, rate float64) error {
	const length = 5 * time.Second
	ra0, dec0, err := t.position(ctx)
	if err != nil {
		return err
	}
	if _, err := t.pulse(ctx, d, length); err != nil {
		return err
	}
	if _, err := t.waitFalse(ctx, "ispulseguiding", guideTimeout); err != nil {
		return err
	}
	ra1, dec1, err := t.position(ctx)
	if err != nil {
		return err
	}
	moved := [2]float64{arcsecHours(ra1 - ra0), arcsecDegrees(dec1 - dec0)}
	t.judgePulse(hourAngle, d, arcsecDegrees(rate)*length.Seconds(), moved)
	return nil
}

// judgePulse compares the way gone with the way to go, both in arcseconds.
// Right ascension may be meant per SI or per sidereal second, which differ by
// less than the tolerance for usual rates.
func (t *telescope) judgePulse(hourAngle float64, d guideDirection, want float64, moved [2]float64) {
	tolerance := 1.0
	got, aside := moved[d.axis]*d.sign, moved[1-d.axis]
	right := within(got-want, tolerance)
	if d.axis == 0 {
		tolerance /= siderealPerSolar
		right = within(got-want, tolerance) || within(got-want/siderealPerSolar, tolerance)
	}
	t.must(got > 0 && right, "hour angle %+g h, pulse %s: moved %+.2f″ along its axis, must be %+.2f″ within 1″",
		hourAngle, d.name, moved[d.axis], want*d.sign)
	t.must(within(aside, 1/siderealPerSolar), "hour angle %+g h, pulse %s: moved %+.2f″ across its axis, must be within 1″",
		hourAngle, d.name, aside)
}
