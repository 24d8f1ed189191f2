// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// siderealTime is T13. The reference is the checker's clock: a server that
// simulates another date fails, unless its clock is a fast one (Speed), whose
// date is then taken from UTCDate.
func (t *telescope) siderealTime(ctx context.Context) error {
	got, err := t.getFloat(ctx, "siderealtime")
	if err != nil {
		return err
	}
	t.must(got >= 0 && got < 24, "SiderealTime %.5f must be 0 to below 24", got)
	off := math.Abs(wrapHalf(got-t.sidereal(), 24)) * 60
	switch {
	case off <= 5:
		t.ok("SiderealTime %.5f h is %.2f min from that of site and clock", got, off)
	case off <= 60:
		t.info("SiderealTime %.5f h is %.2f min from that of site and clock", got, off)
	default:
		t.issue("SiderealTime %.5f h is %.2f min from that of site and clock", got, off)
		return t.stop("targets cannot be computed without a common sidereal time")
	}
	return nil
}

// tracking is T14.
func (t *telescope) tracking(ctx context.Context) error {
	now, err := t.getBool(ctx, "tracking")
	if err != nil {
		return err
	}
	if !t.can["cansettracking"] {
		err := t.put(ctx, "tracking", boolean("Tracking", now))
		t.mustAnswer("PUT Tracking as CanSetTracking is false", err, notImplemented)
		return nil
	}
	defer t.restore(ctx, func(ctx context.Context) error { return t.track(ctx, now) })
	for _, on := range []bool{!now, now} {
		if err := t.track(ctx, on); err != nil {
			return err
		}
		if err := t.clock.sleep(ctx, time.Second); err != nil {
			return err
		}
		got, err := t.getBool(ctx, "tracking")
		if err != nil {
			return err
		}
		t.must(got == on, "Tracking is %t after it was set %t", got, on)
	}
	return nil
}

// trackingRates is T15.
func (t *telescope) trackingRates(ctx context.Context) error {
	var rates, again []int
	for _, target := range []*[]int{&rates, &again} {
		if _, err := t.get(ctx, "trackingrates", target); err != nil {
			return err
		}
	}
	t.must(len(rates) > 0, "TrackingRates %v must have at least one entry", rates)
	t.must(slices.Contains(rates, 0), "TrackingRates %v must include sidereal, 0", rates)
	t.must(slices.Equal(rates, again), "TrackingRates %v must be the same at a second reading: %v", rates, again)
	now, err := t.getInt(ctx, "trackingrate")
	if err != nil {
		return err
	}
	err = t.put(ctx, "trackingrate", integer("TrackingRate", 0))
	if isRefusal(err, notImplemented) {
		t.ok("TrackingRate cannot be written")
		return nil
	}
	if !t.mustSucceed("PUT TrackingRate 0", err) {
		return nil
	}
	defer t.restore(ctx, func(ctx context.Context) error {
		err := t.put(ctx, "trackingrate", integer("TrackingRate", now))
		if now != 0 {
			return err
		}
		return errors.Join(err, t.zeroOffsets(ctx))
	})
	return t.tryRates(ctx, rates)
}

// tryRates sets every listed rate and some that are not.
func (t *telescope) tryRates(ctx context.Context, rates []int) error {
	for _, rate := range rates {
		if !t.mustSucceed(fmt.Sprintf("PUT TrackingRate %d, which is listed", rate), t.put(ctx, "trackingrate", integer("TrackingRate", rate))) {
			continue
		}
		got, err := t.getInt(ctx, "trackingrate")
		if err != nil {
			return err
		}
		t.must(got == rate, "TrackingRate is %d after %d was set", got, rate)
		if rate != 0 {
			t.offsetsBarred(ctx, rate)
		}
	}
	for _, rate := range []int{0, 1, 2, 3, 5, -1} {
		if slices.Contains(rates, rate) {
			continue
		}
		err := t.put(ctx, "trackingrate", integer("TrackingRate", rate))
		t.mustAnswer(fmt.Sprintf("PUT TrackingRate %d, which is not listed", rate), err, invalidValue, notImplemented)
	}
	return nil
}

// offsetsBarred judges the rate offsets at a drive rate other than sidereal:
// they read 0 and cannot be written.
func (t *telescope) offsetsBarred(ctx context.Context, rate int) {
	for _, x := range rateAxes() {
		what := fmt.Sprintf("%s at TrackingRate %d", x.key, rate)
		v, err := t.getFloat(ctx, x.member)
		if t.mustSucceed("GET "+what, err) {
			t.must(v == 0, "%s must be 0, is %g", what, v)
		}
		if !t.can[x.flag] {
			continue
		}
		for _, value := range []float64{0, 0.05} {
			_, err := x.write(ctx, t, value)
			t.mustAnswer(fmt.Sprintf("PUT %s, value %g", what, value), err, invalidOperation)
		}
	}
}

// utcDate is T16.
func (t *telescope) utcDate(ctx context.Context) error {
	text, err := t.getString(ctx, "utcdate")
	if err != nil {
		return err
	}
	date, err := time.Parse(time.RFC3339, text)
	if !t.must(err == nil && strings.HasSuffix(text, "Z"), "UTCDate %q must be an ISO 8601 date and end with Z", text) {
		return nil
	}
	read := time.Now()
	later := date.Add(time.Hour)
	err = t.put(ctx, "utcdate", utcParam(later))
	if isRefusal(err, notImplemented) {
		t.ok("UTCDate cannot be written")
		return nil
	}
	if !t.mustSucceed("PUT UTCDate one hour on", err) {
		return nil
	}
	defer t.restore(ctx, func(ctx context.Context) error {
		return t.put(ctx, "utcdate", utcParam(date.Add(t.clock.between(read, time.Now()))))
	})
	got, err := t.utc(ctx)
	if err != nil {
		return err
	}
	off := got.Sub(later)
	t.must(off >= -time.Second && off <= 5*time.Minute+t.clock.between(read, time.Now()),
		"UTCDate must follow what is written, is off by %s", off)
	return nil
}

// utc reads UTCDate in any form that a client may meet.
func (t *telescope) utc(ctx context.Context) (time.Time, error) {
	text, err := t.getString(ctx, "utcdate")
	if err != nil {
		return time.Time{}, err
	}
	utc, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, malformedf("UTCDate %q is no date", text)
	}
	return utc, nil
}

// utcParam writes a date as ASCOM's client does.
func utcParam(utc time.Time) param {
	return param{"UTCDate", utc.UTC().Format("2006-01-02T15:04:05.0000000Z")}
}
