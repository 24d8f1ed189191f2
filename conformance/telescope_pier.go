// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
	"fmt"
	"math"
	"time"
)

// germanPolar is AlignmentMode's number for German equatorial mounts.
const germanPolar = 2

// Sides of pier; they are pointing states rather than sides. German mounts
// point east of the meridian (hour angles −12 to 0) "through the pole".
const (
	normal         = 0
	throughThePole = 1
)

// isGerman reports whether the mount is German and tells its side. A readable
// SideOfPier demands a readable AlignmentMode.
func (t *telescope) isGerman(ctx context.Context) (bool, error) {
	_, err := t.getInt(ctx, "sideofpier")
	if isRefusal(err, notImplemented) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	mode, err := t.getInt(ctx, "alignmentmode")
	return mode == germanPolar, err
}

// destination asks on which side the mount would point to a place.
func (t *telescope) destination(ctx context.Context, ra, dec float64) (int, error) {
	return t.getInt(ctx, "destinationsideofpier", rightAscension(ra), declination(dec))
}

// destinationSide is T27.
func (t *telescope) destinationSide(ctx context.Context) error {
	german, err := t.isGerman(ctx)
	if err != nil {
		return err
	}
	if !german || !t.canSlewSomehow() {
		t.ok("not tested: no German mount with a known side, or no slews")
		return nil
	}
	if err := t.track(ctx, true); err != nil {
		return err
	}
	dec := math.Copysign(45, t.latitude)
	if err := t.slewTo(ctx, t.raAt(3), dec); err != nil {
		return err
	}
	sides := [2]int{}
	for i, hourAngle := range []float64{2, -2} {
		side, err := t.destination(ctx, t.raAt(hourAngle), dec)
		if !t.mustSucceed(fmt.Sprintf("DestinationSideOfPier at hour angle %+g h", hourAngle), err) {
			return nil
		}
		t.must(side == normal || side == throughThePole, "DestinationSideOfPier at hour angle %+g h must be known, is %d", hourAngle, side)
		sides[i] = side
	}
	t.must(sides[0] != sides[1], "DestinationSideOfPier must differ at hour angles +2 and −2 h: %d and %d", sides[0], sides[1])
	return nil
}

// pierSides is T31.
func (t *telescope) pierSides(ctx context.Context) error {
	german, err := t.isGerman(ctx)
	if err != nil {
		return err
	}
	if !german || !t.canSlewSomehow() || math.Abs(t.latitude) <= 10 {
		t.ok("not tested: no German mount with a known side, no slews, or too near the equator")
		return nil
	}
	if err := t.track(ctx, true); err != nil {
		return err
	}
	if err := t.writeSide(ctx); err != nil {
		return err
	}
	return t.readSides(ctx)
}

// writeSide flips the mount just past the meridian, where it can point from
// both sides.
func (t *telescope) writeSide(ctx context.Context) error {
	if !t.can["cansetpierside"] {
		err := t.put(ctx, "sideofpier", integer("SideOfPier", normal))
		t.mustAnswer("PUT SideOfPier as CanSetPierSide is false", err, notImplemented, invalidValue)
		return nil
	}
	dec, _ := halfwayDeclination(-3, t.latitude)
	if err := t.slewTo(ctx, t.raAt(-3), dec); err != nil {
		return err
	}
	if err := t.slewTo(ctx, t.raAt(-0.03), 0); err != nil {
		return err
	}
	if err := t.clock.sleep(ctx, 7*time.Minute); err != nil {
		return err
	}
	side, err := t.getInt(ctx, "sideofpier")
	if err != nil {
		return err
	}
	s, err := t.putTimed(ctx, "sideofpier", integer("SideOfPier", 1-side))
	if !t.mustSucceed(fmt.Sprintf("PUT SideOfPier %d", 1-side), err) {
		return nil
	}
	t.prompt("PUT SideOfPier", s)
	if err := t.still(ctx); err != nil {
		return err
	}
	got, err := t.getInt(ctx, "sideofpier")
	if err != nil {
		return err
	}
	t.must(got == 1-side, "SideOfPier is %d after %d was written", got, 1-side)
	err = t.put(ctx, "sideofpier", integer("SideOfPier", 2))
	t.mustAnswer("PUT SideOfPier 2", err, invalidValue)
	return nil
}

// sideReader is a member that tells the side at an hour angle.
type sideReader struct {
	name  string
	sides map[float64]int
}

// readSides looks at the four quarters of the sky, with SideOfPier after a slew
// and with DestinationSideOfPier before it.
func (t *telescope) readSides(ctx context.Context) error {
	read := sideReader{"SideOfPier", make(map[float64]int)}
	foretold := sideReader{"DestinationSideOfPier", make(map[float64]int)}
	start, _ := halfwayDeclination(-3, t.latitude)
	for _, hourAngle := range []float64{-3, -9, 3, 9} {
		if err := t.slewTo(ctx, t.raAt(-3), start); err != nil {
			return err
		}
		dec, visible := halfwayDeclination(hourAngle, t.latitude)
		if !visible {
			continue
		}
		ra := t.raAt(hourAngle)
		side, err := t.destination(ctx, ra, dec)
		if err == nil {
			foretold.sides[hourAngle] = side
		} else if !isRefusal(err, notImplemented) {
			return err
		}
		if err := t.slewTo(ctx, ra, dec); err != nil {
			return err
		}
		if side, err = t.getInt(ctx, "sideofpier"); err != nil {
			return err
		}
		read.sides[hourAngle] = side
	}
	t.judgeSides(read)
	if len(foretold.sides) > 0 {
		t.judgeSides(foretold)
	}
	return nil
}

// judgeSides demands the convention: the side belongs to east or west of the
// meridian, above as below the pole, and east is through the pole.
func (t *telescope) judgeSides(r sideReader) {
	for _, hourAngle := range []float64{-9, -3, 3, 9} {
		side, known := r.sides[hourAngle]
		if !known {
			continue
		}
		want := normal
		if hourAngle < 0 {
			want = throughThePole
		}
		t.must(side == want, "%s is %d at hour angle %+g h, must be %d", r.name, side, hourAngle, want)
	}
}
