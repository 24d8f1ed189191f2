// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// dateForms is X14.
func (t *telescope) dateForms(ctx context.Context) error {
	if err := t.badDates(ctx); err != nil {
		return err
	}
	now, err := t.utc(ctx)
	if err != nil {
		return err
	}
	read := time.Now()
	err = t.put(ctx, "utcdate", utcParam(now))
	if isRefusal(err, notImplemented) {
		t.ok("UTCDate cannot be written")
		return nil
	}
	if err != nil {
		return err
	}
	defer t.restore(ctx, func(ctx context.Context) error {
		return t.put(ctx, "utcdate", utcParam(now.Add(t.clock.between(read, time.Now()))))
	})
	day := now.UTC().Truncate(time.Second).Add(time.Hour)
	plusTwo := day.In(time.FixedZone("", 2*3600))
	for _, text := range []string{
		day.Format("2006-01-02T15:04:05Z"),
		day.Format("2006-01-02T15:04:05"), // alpyca; means UTC
		day.Format("2006-01-02T15:04:05.0"),
		day.Format("2006-01-02T15:04:05.000Z"),
		day.Format("2006-01-02T15:04:05.0000000Z"),
		day.Format("2006-01-02T15:04:05.000000000Z"),
		day.Format("2006-01-02T15:04:05+00:00"),
		plusTwo.Format("2006-01-02T15:04:05.000-07:00"),
	} {
		if err := t.dateForm(ctx, text, day); err != nil {
			return err
		}
	}
	return nil
}

// dateForm writes a date in one form and reads what became of it.
func (t *telescope) dateForm(ctx context.Context, text string, want time.Time) error {
	s, err := t.putTimed(ctx, "utcdate", param{"UTCDate", text})
	if !t.mustSucceed("PUT UTCDate "+text, err) {
		return nil
	}
	var got string
	read, err := t.get(ctx, "utcdate", &got)
	if err != nil {
		return err
	}
	utc, err := time.Parse(time.RFC3339, got)
	if err != nil {
		return malformedf("UTCDate %q is no date", got)
	}
	off, most := utc.Sub(want), t.clock.elapsedBetween(s, read).most
	t.must(off >= -time.Second && off <= most+time.Second, "UTCDate is %s after %s was written", got, text)
	return nil
}

// badDates tries texts that are no dates. Status 400 and E401 are both right.
func (t *telescope) badDates(ctx context.Context) error {
	for _, text := range []string{"", "yesterday", "2026-13-45T99:99:99Z", "12:00:00"} {
		err := t.put(ctx, "utcdate", param{"UTCDate", text})
		var no *refusal
		refused := errors.As(err, &no) && (no.status == http.StatusBadRequest || isRefusal(err, invalidValue) ||
			(!t.run.Strict && isRefusal(err, notImplemented)))
		t.must(refused, "PUT UTCDate %q must be refused with status 400 or E401", text)
	}
	return nil
}

// reconnectSlewing is X16. Whether the slew goes on without a client is the
// server's choice; afterwards everything must work.
func (t *telescope) reconnectSlewing(ctx context.Context) error {
	if !t.can["canslewasync"] {
		t.ok("not tested: CanSlewAsync is false")
		return nil
	}
	if err := t.startPlace(ctx); err != nil {
		return err
	}
	dec := highestBelow(3, t.latitude, 65)
	if err := t.put(ctx, "slewtocoordinatesasync", rightAscension(t.raAt(3)), declination(dec)); err != nil {
		return err
	}
	if err := t.switchConnection(ctx, "disconnect", false); err != nil {
		return err
	}
	_, err := t.getBool(ctx, "slewing")
	t.mustAnswer("GET slewing without connection", err, notConnected)
	if err := t.switchConnection(ctx, "connect", true); err != nil {
		return err
	}
	if err := t.still(ctx); err != nil {
		return err
	}
	if err := t.track(ctx, true); err != nil {
		return err
	}
	ra := t.raAt(2)
	if !t.mustSucceed("a slew after reconnecting", t.slewTo(ctx, ra, dec)) {
		return nil
	}
	return t.isAt(ctx, "a slew after reconnecting", ra, dec)
}
