// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
	"time"
)

// slewKind is one of the four equatorial slews.
type slewKind struct {
	method, flag    string
	toTarget, async bool
	back            float64 // hours before the sidereal time, and degrees of declination
}

// slews is T25.
func (t *telescope) slews(ctx context.Context) error {
	for _, k := range []slewKind{
		{method: "slewtocoordinates", flag: "canslew", back: 1},
		{method: "slewtocoordinatesasync", flag: "canslewasync", async: true, back: 2},
		{method: "slewtotarget", flag: "canslew", toTarget: true, back: 3},
		{method: "slewtotargetasync", flag: "canslewasync", toTarget: true, async: true, back: 4},
	} {
		if err := t.track(ctx, true); err != nil {
			return err
		}
		ra, dec := t.raAt(k.back), k.back
		if !t.can[k.flag] {
			t.mustAnswer(k.method+" as "+k.flag+" is false", t.startSlew(ctx, k, ra, dec, nil), notImplemented)
			continue
		}
		if err := t.slew(ctx, k, ra, dec); err != nil {
			return err
		}
		if err := t.badSlews(ctx, k); err != nil {
			return err
		}
	}
	return nil
}

// startSlew writes targets if need be and calls the method. s, if not nil, is
// set to the time of that call.
func (t *telescope) startSlew(ctx context.Context, k slewKind, ra, dec float64, s *span) error {
	var when span
	var err error
	if k.toTarget {
		if err := t.put(ctx, "targetrightascension", number("TargetRightAscension", ra)); err != nil {
			return err
		}
		if err := t.put(ctx, "targetdeclination", number("TargetDeclination", dec)); err != nil {
			return err
		}
		when, err = t.putTimed(ctx, k.method)
	} else {
		when, err = t.putTimed(ctx, k.method, rightAscension(ra), declination(dec))
	}
	if s != nil {
		*s = when
	}
	return err
}

// slew makes one slew and judges where it ends.
func (t *telescope) slew(ctx context.Context, k slewKind, ra, dec float64) error {
	var s span
	if !t.mustSucceed(k.method, t.startSlew(ctx, k, ra, dec, &s)) {
		return nil
	}
	if k.async {
		t.prompt(k.method, s)
		if err := t.slewStarted(ctx, k.method, s, ra, dec); err != nil {
			return err
		}
	}
	if err := t.still(ctx); err != nil {
		return err
	}
	if err := t.clock.sleep(ctx, 5*time.Second); err != nil {
		return err
	}
	if err := t.isAt(ctx, k.method, ra, dec); err != nil {
		return err
	}
	return t.targetsAre(ctx, k.method, ra, dec)
}

// isAt judges the position after a slew or sync.
func (t *telescope) isAt(ctx context.Context, after string, ra, dec float64) error {
	gotRA, gotDec, err := t.position(ctx)
	if err != nil {
		return err
	}
	dRA, dDec := arcsecHours(gotRA-ra), arcsecDegrees(gotDec-dec)
	t.must(arrived(gotRA-ra, gotDec-dec), "after %s the position must be within 10″, is off by %s in RA, %s in Dec",
		after, arcsecText(dRA), arcsecText(dDec))
	return nil
}

// targetsAre judges Target* after a slew or sync.
func (t *telescope) targetsAre(ctx context.Context, after string, ra, dec float64) error {
	gotRA, gotDec, err := t.targets(ctx)
	if err != nil {
		return err
	}
	dRA, dDec := arcsecHours(gotRA-ra), arcsecDegrees(gotDec-dec)
	t.must(arrived(gotRA-ra, gotDec-dec), "after %s Target* must be within 10″, is off by %s in RA, %s in Dec",
		after, arcsecText(dRA), arcsecText(dDec))
	return nil
}

// badSlews tries coordinates that do not exist. A mount that moves all the
// same is waited for.
func (t *telescope) badSlews(ctx context.Context, k slewKind) error {
	ra, dec := t.raAt(k.back), k.back
	for _, x := range []struct {
		what    string
		ra, dec float64
	}{
		{"RA −1", -1, dec}, {"RA 25", 25, dec}, {"Dec −100", ra, -100}, {"Dec 100", ra, 100},
	} {
		err := t.startSlew(ctx, k, x.ra, x.dec, nil)
		if !t.mustAnswer(k.method+" to "+x.what, err, invalidValue) && err == nil {
			if err := t.still(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// isThere reports whether the telescope points to a place.
func (t *telescope) isThere(ctx context.Context, ra, dec float64) (bool, error) {
	nowRA, nowDec, err := t.position(ctx)
	return err == nil && arrived(nowRA-ra, nowDec-dec), err
}
