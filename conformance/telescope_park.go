// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
)

// startPlace slews to hour angle −3, at the declination that stands highest
// there without exceeding 65° of altitude.
func (t *telescope) startPlace(ctx context.Context) error {
	if !t.canSlewSomehow() {
		return nil
	}
	if err := t.track(ctx, true); err != nil {
		return err
	}
	return t.slewTo(ctx, t.raAt(-3), highestBelow(-3, t.latitude, 65))
}

// parking is T18.
func (t *telescope) parking(ctx context.Context) error {
	if !t.can["canpark"] {
		t.mustAnswer("Park as CanPark is false", t.put(ctx, "park"), notImplemented)
		t.unparkBarred(ctx)
		return nil
	}
	if err := t.startPlace(ctx); err != nil {
		return err
	}
	for _, what := range []string{"Park", "Park again"} {
		if !t.mustSucceed(what, t.command(ctx, "park")) {
			return nil
		}
		if err := t.parkedIs(ctx, what, true); err != nil {
			return err
		}
	}
	if t.can["canunpark"] {
		if err := t.whileParked(ctx); err != nil {
			return err
		}
		return t.unpark(ctx)
	}
	t.unparkBarred(ctx)
	return t.stop("it is parked and cannot be unparked")
}

// unparkBarred judges Unpark where CanUnpark is false.
func (t *telescope) unparkBarred(ctx context.Context) {
	if !t.can["canunpark"] {
		t.mustAnswer("Unpark as CanUnpark is false", t.put(ctx, "unpark"), notImplemented)
	}
}

// parkedIs judges AtPark.
func (t *telescope) parkedIs(ctx context.Context, after string, want bool) error {
	got, err := t.getBool(ctx, "atpark")
	if err != nil {
		return err
	}
	t.must(got == want, "AtPark is %t after %s", got, after)
	return nil
}

// unpark is the end of T18.
func (t *telescope) unpark(ctx context.Context) error {
	if !t.mustSucceed("Unpark", t.command(ctx, "unpark")) {
		return t.stop("it cannot be unparked")
	}
	if err := t.parkedIs(ctx, "Unpark", false); err != nil {
		return err
	}
	if err := t.track(ctx, true); err != nil {
		return err
	}
	if t.mustSucceed("Unpark when not parked", t.command(ctx, "unpark")) {
		return t.parkedIs(ctx, "the second Unpark", false)
	}
	return nil
}

// attempt is something that must fail while parked.
type attempt struct {
	what  string
	apply bool // the mount can do it at all
	do    func(context.Context) error
}

// put returns an attempt to call a method.
func (t *telescope) attempt(apply bool, method string, params ...param) attempt {
	return attempt{method + " " + encode(params), apply, func(ctx context.Context) error {
		return t.put(ctx, method, params...)
	}}
}

// targetAttempt returns an attempt to write the targets and use them. Writing
// may be refused already; the standard leaves open which.
func (t *telescope) targetAttempt(apply bool, method string, ra, dec float64) attempt {
	return attempt{method, apply, func(ctx context.Context) error {
		if err := t.put(ctx, "targetrightascension", number("TargetRightAscension", ra)); err != nil {
			return err
		}
		if err := t.put(ctx, "targetdeclination", number("TargetDeclination", dec)); err != nil {
			return err
		}
		return t.put(ctx, method)
	}}
}

// whileParked is the middle of T18: everything that moves is refused with
// exactly E408, and the mount stays parked.
func (t *telescope) whileParked(ctx context.Context) error {
	ra, dec := wrap(t.sidereal()+1, 24), 0.0
	place := []param{rightAscension(ra), declination(dec)}
	can := t.can
	anySlew := can["canslew"] || can["canslewasync"] || can["canslewaltaz"] || can["canslewaltazasync"]
	attempts := []attempt{
		t.attempt(anySlew, "abortslew"),
		t.attempt(can["canfindhome"], "findhome"),
		t.attempt(can["canpulseguide"], "pulseguide", integer("Direction", 2), integer("Duration", 0)),
		t.attempt(can["canslew"], "slewtocoordinates", place...),
		t.attempt(can["canslewasync"], "slewtocoordinatesasync", place...),
		t.targetAttempt(can["canslew"], "slewtotarget", ra, dec),
		t.targetAttempt(can["canslewasync"], "slewtotargetasync", ra, dec),
		t.attempt(can["cansync"], "synctocoordinates", place...),
		t.targetAttempt(can["cansync"], "synctotarget", ra, dec),
		t.attempt(can["cansettracking"], "tracking", boolean("Tracking", true)),
	}
	for axis, able := range t.canAxis {
		attempts = append(attempts, t.attempt(able, "moveaxis", integer("Axis", axis), number("Rate", 0)))
	}
	for _, a := range attempts {
		if !a.apply {
			continue
		}
		t.mustAnswer("while parked, "+a.what, a.do(ctx), parked)
		if err := t.parkedIs(ctx, a.what, true); err != nil {
			return err
		}
	}
	if can["cansettracking"] {
		t.mustSucceed("while parked, Tracking false", t.track(ctx, false))
	}
	return nil
}

// findHome is T21.
func (t *telescope) findHome(ctx context.Context) error {
	if !t.can["canfindhome"] {
		t.mustAnswer("FindHome as CanFindHome is false", t.put(ctx, "findhome"), notImplemented, invalidValue)
		return nil
	}
	if err := t.track(ctx, false); err != nil {
		return err
	}
	s, err := t.putTimed(ctx, "findhome")
	if !t.mustSucceed("FindHome", err) {
		return nil
	}
	t.prompt("FindHome", s)
	if err := t.still(ctx); err != nil {
		return err
	}
	if err := t.track(ctx, false); err != nil {
		return err
	}
	for _, x := range []struct {
		member string
		want   bool
	}{{"athome", true}, {"atpark", false}} {
		got, err := t.getBool(ctx, x.member)
		if err != nil {
			return err
		}
		t.must(got == x.want, "%s is %t after FindHome", x.member, got)
	}
	return t.track(ctx, true)
}

// prompt judges that a request which starts something was answered at once, in
// real time.
func (d *device) prompt(what string, s span) {
	d.must(s.duration() <= initiatorLimit, "%s must return within %s, took %s", what, initiatorLimit, round(s.duration()))
}
