// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
	"time"
)

// horizontal returns the parameters of an alt-az slew or sync.
func horizontal(az, alt float64) []param {
	return []param{number("Azimuth", az), number("Altitude", alt)}
}

// badHorizontal are directions that do not exist.
func badHorizontal() [][2]float64 {
	return [][2]float64{{150, -100}, {150, 100}, {-10, 45}, {370, 45}}
}

// slewsAltAz is T28. ConformU's tolerance is 10″ times a slip in units; here
// it is 10″.
func (t *telescope) slewsAltAz(ctx context.Context) error {
	for _, x := range []struct {
		method, flag string
		async        bool
		az, alt      float64
	}{
		{"slewtoaltaz", "canslewaltaz", false, 150, 50},
		{"slewtoaltazasync", "canslewaltazasync", true, 155, 55},
	} {
		if err := t.track(ctx, false); err != nil {
			return err
		}
		s, err := t.putTimed(ctx, x.method, horizontal(x.az, x.alt)...)
		if !t.can[x.flag] {
			t.mustAnswer(x.method+" as "+x.flag+" is false", err, notImplemented)
			continue
		}
		if !t.mustSucceed(x.method, err) {
			continue
		}
		if x.async {
			t.prompt(x.method, s)
			if err := t.altAzStarted(ctx, x.method, s, x.az, x.alt); err != nil {
				return err
			}
		}
		if err := t.still(ctx); err != nil {
			return err
		}
		if err := t.isAtAltAz(ctx, x.method, x.az, x.alt); err != nil {
			return err
		}
		for _, bad := range badHorizontal() {
			err := t.put(ctx, x.method, horizontal(bad[0], bad[1])...)
			t.mustAnswer(x.method+" "+encode(horizontal(bad[0], bad[1])), err, invalidValue)
		}
		if err := t.still(ctx); err != nil {
			return err
		}
	}
	return nil
}

// altAzStarted is slewStarted for alt-az slews, which begin 7° from their end.
func (t *telescope) altAzStarted(ctx context.Context, what string, s span, az, alt float64) error {
	var moving bool
	read, err := t.get(ctx, "slewing", &moving)
	if err != nil {
		return err
	}
	if !moving && t.clock.elapsedBetween(s, read).most > time.Second {
		return t.isAtAltAz(ctx, what+", over at once,", az, alt)
	}
	t.must(moving, "%s: Slewing is %t as soon as it returns", what, moving)
	return nil
}

// altAz reads azimuth and altitude.
func (t *telescope) altAz(ctx context.Context) (az, alt float64, err error) {
	if az, err = t.getFloat(ctx, "azimuth"); err != nil {
		return 0, 0, err
	}
	alt, err = t.getFloat(ctx, "altitude")
	return az, alt, err
}

// isAtAltAz judges the direction after a slew.
func (t *telescope) isAtAltAz(ctx context.Context, after string, az, alt float64) error {
	gotAz, gotAlt, err := t.altAz(ctx)
	if err != nil {
		return err
	}
	dAz, dAlt := arcsecDegrees(wrapHalf(gotAz-az, 360)), arcsecDegrees(gotAlt-alt)
	t.must(within(dAz, slewTolerance) && within(dAlt, slewTolerance),
		"after %s the direction must be within 10″, is off by %s in azimuth, %s in altitude", after, arcsecText(dAz), arcsecText(dAlt))
	return nil
}
