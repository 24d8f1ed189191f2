// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
	"time"
)

// telescope is the device under test and what the checks learn about it.
type telescope struct {
	*device
	can                            map[string]bool // capability flags by name
	canAxis                        [3]bool
	latitude, longitude, elevation float64
	wasParked                      bool // when found
}

// telescopeTable lists the telescope checks in the order in which they run,
// which is ConformU's: properties, methods, slews, syncs, pier side.
func telescopeTable() []check[*telescope] {
	type t = telescope
	return []check[*t]{
		{id: "T1", title: "capability flags are readable and agree", always: true, run: (*t).capabilities},
		{id: "T17", title: "CanMoveAxis is readable for three axes", always: true, run: (*t).canMoveAxis},
		{id: "T2", title: "telescope can be made ready", always: true, run: (*t).makeReady},
		{id: "T3", title: "Target* cannot be read before it is set", run: (*t).targetsUnset},
		{id: "T4", title: "properties are readable and in range", run: (*t).ranges},
		{id: "T5", title: "rate offsets are readable", run: (*t).offsetReads},
		{id: "T6", title: "rate offsets can be written", run: (*t).offsetWrites},
		{id: "T8", title: "DoesRefraction", run: (*t).doesRefraction},
		{id: "T9", title: "guide rates", run: (*t).guideRates},
		{id: "T10", title: "IsPulseGuiding", run: (*t).isPulseGuiding},
		{id: "T11", title: "site", run: (*t).site},
		{id: "T12", title: "SlewSettleTime", run: (*t).settleTime},
		{id: "T26", title: "Target* can be written", run: (*t).targetWrites},
		{id: "T13", title: "SiderealTime", run: (*t).siderealTime},
		{id: "T14", title: "Tracking", run: (*t).tracking},
		{id: "T15", title: "TrackingRates and TrackingRate", run: (*t).trackingRates},
		{id: "T16", title: "UTCDate", run: (*t).utcDate},
		{id: "T18", title: "Park and Unpark", run: (*t).parking},
		{id: "T19", title: "AbortSlew", run: (*t).abortSlew},
		{id: "T20", title: "AxisRates", run: (*t).axisRates},
		{id: "T21", title: "FindHome", run: (*t).findHome},
		{id: "T22", title: "MoveAxis", run: (*t).moveAxis},
		{id: "T23", title: "PulseGuide", run: (*t).pulseGuide},
		{id: "T24", title: "PulseGuide moves the right way by the right amount", run: (*t).pulseEffects},
		{id: "T25", title: "slews to equatorial coordinates", run: (*t).slews},
		{id: "T28", title: "slews to horizontal coordinates", run: (*t).slewsAltAz},
		{id: "T29", title: "syncs to equatorial coordinates", run: (*t).syncs},
		{id: "T30", title: "SyncToAltAz", run: (*t).syncAltAz},
		{id: "T27", title: "DestinationSideOfPier", run: (*t).destinationSide},
		{id: "T31", title: "SideOfPier", run: (*t).pierSides},
		{id: "T7", title: "rate offsets move the right way by the right amount", run: (*t).offsetEffects},
		{id: "T32", title: "telescope is left not tracking", always: true, run: (*t).finish},
	}
}

// prepare learns what the checks need, in silence.
func (t *telescope) prepare(ctx context.Context) error {
	t.can = make(map[string]bool)
	for _, flag := range capabilityFlags() {
		v, err := t.getBool(ctx, flag)
		if err != nil && verdictOf(err) == Error {
			return err
		}
		t.can[flag] = v
	}
	for axis := range t.canAxis {
		v, err := t.getBool(ctx, "canmoveaxis", integer("Axis", axis))
		if err != nil && verdictOf(err) == Error {
			return err
		}
		t.canAxis[axis] = v
	}
	return t.readSite(ctx)
}

// readSite learns where the telescope stands and, on a fast clock, what time
// it is there.
func (t *telescope) readSite(ctx context.Context) error {
	for member, target := range map[string]*float64{
		"sitelatitude": &t.latitude, "sitelongitude": &t.longitude, "siteelevation": &t.elevation,
	} {
		v, err := t.getFloat(ctx, member)
		if err != nil {
			return err
		}
		*target = v
	}
	if t.run.Speed == 1 {
		return nil
	}
	return t.setClock(ctx)
}

// setClock starts the checker's clock at the telescope's. The date belongs to
// the middle of the request, wrong by half its duration times the speed.
func (t *telescope) setClock(ctx context.Context) error {
	var text string
	s, err := t.get(ctx, "utcdate", &text)
	if err != nil {
		return err
	}
	utc, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return malformedf("UTCDate %q is no date", text)
	}
	t.clock.set(utc, s.sent.Add(s.duration()/2))
	return nil
}

// makeReady is T2.
func (t *telescope) makeReady(ctx context.Context) error {
	if err := t.prepare(ctx); err != nil {
		t.file(verdictOf(err), "%v", err)
		return t.stop("site or date cannot be read, so no target can be computed")
	}
	atPark, err := t.getBool(ctx, "atpark")
	if err != nil {
		return err
	}
	t.wasParked = atPark
	if atPark {
		if !t.must(t.can["canunpark"], "a telescope found parked must have CanUnpark true") {
			return t.stop("it is parked")
		}
		if err := t.command(ctx, "unpark"); err != nil {
			return err
		}
	}
	if err := t.track(ctx, true); err != nil {
		return err
	}
	t.ok("ready at latitude %.4f°, longitude %.4f°, UTC %s", t.latitude, t.longitude, t.clock.now().Format(time.RFC3339))
	return nil
}

// finish is T32. A telescope found parked is parked again.
func (t *telescope) finish(ctx context.Context) error {
	if !t.can["cansettracking"] {
		t.ok("Tracking cannot be set")
		return nil
	}
	if err := t.track(ctx, false); err != nil {
		return err
	}
	on, err := t.getBool(ctx, "tracking")
	if err != nil {
		return err
	}
	t.must(!on, "Tracking is %t after it was set false", on)
	if t.wasParked && t.can["canpark"] {
		return t.command(ctx, "park")
	}
	return nil
}

// track sets Tracking if the mount can.
func (t *telescope) track(ctx context.Context, on bool) error {
	if !t.can["cansettracking"] {
		return nil
	}
	return t.put(ctx, "tracking", boolean("Tracking", on))
}

// command gives a command and waits until Slewing is false.
func (t *telescope) command(ctx context.Context, method string, params ...param) error {
	if err := t.put(ctx, method, params...); err != nil {
		return err
	}
	return t.still(ctx)
}

// still waits until Slewing is false.
func (t *telescope) still(ctx context.Context) error {
	_, err := t.waitFalse(ctx, "slewing", slewTimeout)
	return err
}

// sidereal returns local sidereal time by the checker's clock.
func (t *telescope) sidereal() float64 { return localSidereal(t.clock.now(), t.longitude) }

// raAt returns the right ascension that is at an hour angle now.
func (t *telescope) raAt(hourAngle float64) float64 { return wrap(t.sidereal()-hourAngle, 24) }

func rightAscension(v float64) param { return number("RightAscension", v) }
func declination(v float64) param    { return number("Declination", v) }

// canSlewSomehow reports whether equatorial slews are possible.
func (t *telescope) canSlewSomehow() bool { return t.can["canslew"] || t.can["canslewasync"] }

// slewTo brings the telescope to a place and waits.
func (t *telescope) slewTo(ctx context.Context, ra, dec float64) error {
	if t.can["canslewasync"] {
		return t.command(ctx, "slewtocoordinatesasync", rightAscension(ra), declination(dec))
	}
	return t.command(ctx, "slewtocoordinates", rightAscension(ra), declination(dec))
}

// position reads right ascension and declination.
func (t *telescope) position(ctx context.Context) (ra, dec float64, err error) {
	if ra, err = t.getFloat(ctx, "rightascension"); err != nil {
		return 0, 0, err
	}
	dec, err = t.getFloat(ctx, "declination")
	return ra, dec, err
}

// slewStarted judges that Slewing is true right after a command that was
// sent in span s and must take the mount to ra, dec. On a fast clock a short
// slew can be over before the answer is here; then having arrived is as good.
func (t *telescope) slewStarted(ctx context.Context, what string, s span, ra, dec float64) error {
	var moving bool
	read, err := t.get(ctx, "slewing", &moving)
	if err != nil {
		return err
	}
	if moving {
		t.ok("%s: Slewing is true as soon as it returns", what)
		return nil
	}
	if t.clock.elapsedBetween(s, read).most > time.Second {
		there, err := t.isThere(ctx, ra, dec)
		if err != nil {
			return err
		}
		if there {
			t.ok("%s: arrived before Slewing could be read", what)
			return nil
		}
	}
	t.issue("%s: Slewing must be true as soon as it returns, unless nothing had to move", what)
	return nil
}

// arrived reports whether differences of right ascension and declination are
// within the slew tolerance.
func arrived(hours, degrees float64) bool {
	return within(arcsecHours(hours), slewTolerance) && within(arcsecDegrees(degrees), slewTolerance)
}

// slewTolerance is how far from its target a slew may end, in arcseconds.
const slewTolerance = 10

// within reports |x| ≤ limit; NaN is not.
func within(x, limit float64) bool { return x <= limit && x >= -limit }
