// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
	"strings"
)

// memberOf returns the URL name of the member whose parameter is key.
func memberOf(key string) string { return strings.ToLower(key) }

// doesRefraction is T8.
func (t *telescope) doesRefraction(ctx context.Context) error {
	now, err := t.getBool(ctx, "doesrefraction")
	if err != nil {
		t.mustRead("doesrefraction", err, true)
		return nil
	}
	set := func(ctx context.Context, v bool) error {
		err := t.put(ctx, "doesrefraction", boolean("DoesRefraction", v))
		if isRefusal(err, notImplemented) {
			return nil
		}
		return err
	}
	defer t.restore(ctx, func(ctx context.Context) error { return set(ctx, now) })
	for _, v := range []bool{!now, now} {
		err := t.put(ctx, "doesrefraction", boolean("DoesRefraction", v))
		t.mustAnswer("PUT "+boolean("DoesRefraction", v).value, err, 0, notImplemented)
	}
	return nil
}

// guideRates is T9.
func (t *telescope) guideRates(ctx context.Context) error {
	settable := t.can["cansetguiderates"]
	for _, key := range []string{"GuideRateDeclination", "GuideRateRightAscension"} {
		v, err := t.getFloat(ctx, memberOf(key))
		if err != nil {
			t.mustRead(memberOf(key), err, !settable && !t.can["canpulseguide"])
			v = 0
		} else {
			t.must(v >= 0, "%s %g°/s must not be negative", key, v)
		}
		err = t.put(ctx, memberOf(key), number(key, v))
		if settable {
			t.mustSucceed("PUT "+key+" with its own value", err)
		} else {
			t.mustAnswer("PUT "+key+" as CanSetGuideRates is false", err, notImplemented)
		}
	}
	return nil
}

// siteProperty is a property of the site and what T11 tries on it.
type siteProperty struct {
	key       string
	low, high float64 // just outside the range
	current   float64
	other     float64 // to be read back exactly
}

// site is T11. Writing is optional; what is written must be read back to the
// last bit, since clients compare with equality.
func (t *telescope) site(ctx context.Context) error {
	for _, s := range []siteProperty{
		{"SiteElevation", -301, 10001, t.elevation, 2385},
		{"SiteLatitude", -91, 91, t.latitude, tenOff(t.latitude)},
		{"SiteLongitude", -181, 181, t.longitude, tenOff(t.longitude)},
	} {
		if err := t.siteProperty(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// tenOff returns a value 10° nearer to zero, or beyond it.
func tenOff(v float64) float64 {
	if v >= 0 {
		return v - 10
	}
	return v + 10
}

// siteProperty runs T11 on one property and restores it.
func (t *telescope) siteProperty(ctx context.Context, s siteProperty) error {
	member := memberOf(s.key)
	for _, bad := range []float64{s.low, s.high} {
		err := t.put(ctx, member, number(s.key, bad))
		t.mustAnswer("PUT "+s.key+" "+number("", bad).value, err, invalidValue, notImplemented)
	}
	err := t.put(ctx, member, number(s.key, s.current))
	if isRefusal(err, notImplemented) {
		t.ok("%s cannot be written", s.key)
		return nil
	}
	if !t.mustSucceed("PUT "+s.key+" with its own value", err) {
		return nil
	}
	defer t.restore(ctx, func(ctx context.Context) error { return t.put(ctx, member, number(s.key, s.current)) })
	for _, v := range []float64{s.other, s.current} {
		if err := t.put(ctx, member, number(s.key, v)); err != nil {
			return err
		}
		got, err := t.getFloat(ctx, member)
		if err != nil {
			return err
		}
		t.must(got == v, "%s must read back as the %v written, is %v", s.key, v, got)
	}
	return nil
}

// settleTime is T12.
func (t *telescope) settleTime(ctx context.Context) error {
	now, err := t.getInt(ctx, "slewsettletime")
	if err != nil {
		t.mustRead("slewsettletime", err, true)
		now = 0
	}
	bad := t.put(ctx, "slewsettletime", integer("SlewSettleTime", -1))
	t.mustAnswer("PUT SlewSettleTime -1", bad, invalidValue, notImplemented)
	good := t.put(ctx, "slewsettletime", integer("SlewSettleTime", now))
	t.mustAnswer("PUT SlewSettleTime with its own value", good, 0, notImplemented)
	return nil
}
