// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
)

// Distances of T29, by which a sync shifts the sky.
const (
	syncHours   = 4.0 / 60 // 4 minutes of right ascension
	syncDegrees = 1.0
)

// syncs is T29.
func (t *telescope) syncs(ctx context.Context) error {
	for _, method := range []string{"synctocoordinates", "synctotarget"} {
		if err := t.track(ctx, true); err != nil {
			return err
		}
		if !t.can["cansync"] {
			t.mustAnswer(method+" as CanSync is false", t.syncTo(ctx, method, t.raAt(3), 0), notImplemented)
			continue
		}
		if t.canSlewSomehow() {
			if err := t.syncThereAndBack(ctx, method); err != nil {
				return err
			}
		}
		t.badSyncs(ctx, method)
	}
	return nil
}

// syncTo syncs by coordinates or by targets.
func (t *telescope) syncTo(ctx context.Context, method string, ra, dec float64) error {
	if method == "synctocoordinates" {
		return t.put(ctx, method, rightAscension(ra), declination(dec))
	}
	if err := t.put(ctx, "targetrightascension", number("TargetRightAscension", ra)); err != nil {
		return err
	}
	if err := t.put(ctx, "targetdeclination", number("TargetDeclination", dec)); err != nil {
		return err
	}
	return t.put(ctx, method)
}

// syncThereAndBack shifts the sky by a sync, slews within the shifted sky, and
// shifts it back.
func (t *telescope) syncThereAndBack(ctx context.Context, method string) error {
	ra, dec := t.raAt(3), t.latitude/2
	if err := t.slewTo(ctx, ra, dec); err != nil {
		return err
	}
	for _, sign := range []float64{-1, 1} {
		syncRA, syncDec := wrap(ra+sign*syncHours, 24), dec+sign*syncDegrees
		if !t.mustSucceed(method, t.syncTo(ctx, method, syncRA, syncDec)) {
			return nil
		}
		if err := t.isAt(ctx, method, syncRA, syncDec); err != nil {
			return err
		}
		if err := t.targetsAre(ctx, method, syncRA, syncDec); err != nil {
			return err
		}
		if err := t.slewTo(ctx, ra, dec); err != nil {
			return err
		}
		if err := t.isAt(ctx, "the slew back after "+method, ra, dec); err != nil {
			return err
		}
	}
	return nil
}

// badSyncs tries coordinates that do not exist.
func (t *telescope) badSyncs(ctx context.Context, method string) {
	ra := t.raAt(3)
	for _, x := range []struct {
		what    string
		ra, dec float64
	}{
		{"RA −1", -1, 0}, {"RA 25", 25, 0}, {"Dec −100", ra, -100}, {"Dec 100", ra, 100},
	} {
		t.mustAnswer(method+" to "+x.what, t.syncTo(ctx, method, x.ra, x.dec), invalidValue)
	}
}

// syncAltAz is T30. Afterwards the sky is shifted back.
func (t *telescope) syncAltAz(ctx context.Context) error {
	if !t.can["cansyncaltaz"] {
		err := t.put(ctx, "synctoaltaz", horizontal(150, 50)...)
		t.mustAnswer("SyncToAltAz as CanSyncAltAz is false", err, notImplemented)
		return nil
	}
	if err := t.track(ctx, false); err != nil {
		return err
	}
	az, alt, err := t.altAz(ctx)
	if err != nil {
		return err
	}
	syncAz, syncAlt := wrap(az+1, 360), alt-1
	err = t.put(ctx, "synctoaltaz", horizontal(syncAz, syncAlt)...)
	if !t.mustSucceed("SyncToAltAz", err) {
		return nil
	}
	defer t.restore(ctx, func(ctx context.Context) error {
		return t.put(ctx, "synctoaltaz", horizontal(az, alt)...)
	})
	gotAz, gotAlt, err := t.altAz(ctx)
	if err != nil {
		return err
	}
	dAz, dAlt := arcsecDegrees(wrapHalf(gotAz-syncAz, 360)), arcsecDegrees(gotAlt-syncAlt)
	t.should(within(dAz, 2) && within(dAlt, 2), "after SyncToAltAz the direction is within 2″: off by %s in azimuth, %s in altitude",
		arcsecText(dAz), arcsecText(dAlt))
	for _, bad := range badHorizontal() {
		err := t.put(ctx, "synctoaltaz", horizontal(bad[0], bad[1])...)
		t.mustAnswer("SyncToAltAz "+encode(horizontal(bad[0], bad[1])), err, invalidValue)
	}
	return nil
}
