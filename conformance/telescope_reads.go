// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
	"fmt"
)

// capabilities is T1.
func (t *telescope) capabilities(ctx context.Context) error {
	flags := make(map[string]bool)
	for _, flag := range capabilityFlags() {
		v, err := t.getBool(ctx, flag)
		if t.mustSucceed("GET "+flag, err) {
			flags[flag] = v
		}
	}
	t.must(flags["canpark"] || !flags["canunpark"], "CanUnpark %t demands CanPark, which is %t", flags["canunpark"], flags["canpark"])
	return nil
}

// canMoveAxis is T17.
func (t *telescope) canMoveAxis(ctx context.Context) error {
	for axis := range 3 {
		_, err := t.getBool(ctx, "canmoveaxis", integer("Axis", axis))
		t.mustSucceed(fmt.Sprintf("GET canmoveaxis Axis=%d", axis), err)
	}
	_, err := t.getBool(ctx, "canmoveaxis", integer("Axis", 3))
	t.mustAnswer("GET canmoveaxis Axis=3", err, invalidValue)
	return nil
}

// targetsUnset is T3. It must precede every equatorial slew and sync; the
// device was connected anew by C3.
func (t *telescope) targetsUnset(ctx context.Context) error {
	for _, member := range []string{"targetdeclination", "targetrightascension"} {
		_, err := t.getFloat(ctx, member)
		t.mustAnswer("GET "+member+" before it is set", err, invalidOperation, valueNotSet)
	}
	return nil
}

// interval is the range of a number; an open one excludes high itself.
type interval struct {
	low, high float64
	open      bool
}

func (i interval) holds(x float64) bool {
	return x >= i.low && (x < i.high || (!i.open && x == i.high))
}

func (i interval) String() string {
	if i.open {
		return fmt.Sprintf("%g to below %g", i.low, i.high)
	}
	return fmt.Sprintf("%g to %g", i.low, i.high)
}

// ranges is T4.
func (t *telescope) ranges(ctx context.Context) error {
	const large = 1e6 // no telescope is that long, in any unit
	for _, x := range []struct {
		member   string
		optional bool
		interval
	}{
		{"altitude", true, interval{low: 0, high: 90}}, // below the horizon is an Issue in ConformU too
		{"aperturearea", true, interval{low: 0, high: large}},
		{"aperturediameter", true, interval{low: 0, high: large}},
		{"azimuth", true, interval{low: 0, high: 360, open: true}},
		{"declination", false, interval{low: -90, high: 90}},
		{"focallength", true, interval{low: 0, high: large}},
		{"rightascension", false, interval{low: 0, high: 24, open: true}},
		{"siderealtime", false, interval{low: 0, high: 24, open: true}},
	} {
		v, err := t.getFloat(ctx, x.member)
		if err == nil {
			t.must(x.holds(v), "%s %.6f must be %s", x.member, v, x.interval)
			continue
		}
		t.mustRead(x.member, err, x.optional)
	}
	if err := t.enumerations(ctx); err != nil {
		return err
	}
	return t.states(ctx)
}

// mustRead judges the failure to read a member, which an optional one may
// answer with NotImplemented.
func (t *telescope) mustRead(member string, err error, optional bool) {
	if optional {
		t.mustAnswer("GET "+member, err, 0, notImplemented)
	} else {
		t.mustSucceed("GET "+member, err)
	}
}

// enumerations reads the small integers of T4.
func (t *telescope) enumerations(ctx context.Context) error {
	for _, x := range []struct {
		member    string
		optional  bool
		low, high int
	}{
		{"alignmentmode", true, 0, 2},
		{"equatorialsystem", false, 0, 4},
		{"sideofpier", true, -1, 1},
		{"slewsettletime", true, 0, 32767},
	} {
		v, err := t.getInt(ctx, x.member)
		if err != nil {
			t.mustRead(x.member, err, x.optional)
			continue
		}
		t.must(v >= x.low && v <= x.high, "%s %d must be %d to %d", x.member, v, x.low, x.high)
		if x.member == "slewsettletime" {
			t.should(v <= 30, "SlewSettleTime %d s should not exceed 30 s", v)
		}
	}
	return nil
}

// states reads the booleans of T4.
func (t *telescope) states(ctx context.Context) error {
	for _, member := range []string{"athome", "atpark"} {
		_, err := t.getBool(ctx, member)
		t.mustSucceed("GET "+member, err)
	}
	moving, err := t.getBool(ctx, "slewing")
	if err != nil {
		return err
	}
	t.must(!moving, "Slewing is %t while nothing has been asked to move", moving)
	return nil
}

// targetWrites is T26.
func (t *telescope) targetWrites(ctx context.Context) error {
	for _, x := range []param{
		number("TargetRightAscension", -1), number("TargetRightAscension", 25),
		number("TargetDeclination", -91), number("TargetDeclination", 91),
	} {
		t.mustAnswer("PUT "+x.key+" "+x.value, t.put(ctx, memberOf(x.key), x), invalidValue)
	}
	ra, dec := t.raAt(4), 1.0
	if err := t.put(ctx, "targetrightascension", number("TargetRightAscension", ra)); err != nil {
		return err
	}
	if err := t.put(ctx, "targetdeclination", number("TargetDeclination", dec)); err != nil {
		return err
	}
	gotRA, gotDec, err := t.targets(ctx)
	if err != nil {
		return err
	}
	dRA, dDec := arcsecHours(gotRA-ra)/15, arcsecDegrees(gotDec-dec)
	t.should(within(dRA, 5), "TargetRightAscension reads back within 5 s: off by %.3f s", dRA)
	t.should(within(dDec, 5), "TargetDeclination reads back within 5″: off by %s", arcsecText(dDec))
	return nil
}

// targets reads both Target coordinates.
func (t *telescope) targets(ctx context.Context) (ra, dec float64, err error) {
	if ra, err = t.getFloat(ctx, "targetrightascension"); err != nil {
		return 0, 0, err
	}
	dec, err = t.getFloat(ctx, "targetdeclination")
	return ra, dec, err
}

// isPulseGuiding is T10.
func (t *telescope) isPulseGuiding(ctx context.Context) error {
	on, err := t.getBool(ctx, "ispulseguiding")
	if err != nil {
		t.mustRead("ispulseguiding", err, !t.can["canpulseguide"])
		return nil
	}
	t.must(!on, "IsPulseGuiding is %t while no pulse was asked for", on)
	return nil
}
