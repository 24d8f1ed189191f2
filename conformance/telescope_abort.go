// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
	"time"
)

// abortSlew is T19.
func (t *telescope) abortSlew(ctx context.Context) error {
	if !t.canSlewSomehow() && !t.can["canslewaltaz"] && !t.can["canslewaltazasync"] {
		t.mustAnswer("AbortSlew of a mount that cannot slew", t.put(ctx, "abortslew"), 0, notImplemented, invalidValue)
		return nil
	}
	t.mustAnswer("AbortSlew when idle", t.put(ctx, "abortslew"), 0, notImplemented)
	if !t.can["canslewasync"] {
		return nil
	}
	if err := t.track(ctx, true); err != nil {
		return err
	}
	// Elsewhere than now, or the slew would be over too soon.
	hourAngle, err := t.farHourAngle(ctx)
	if err != nil {
		return err
	}
	const attempts, proof = 6, 3
	ends := make(map[abortEnd]int)
	for range attempts {
		end, err := t.abortOneSlew(ctx, hourAngle)
		if end == aborted || err != nil {
			return err
		}
		if ends[end]++; ends[ignored] == proof {
			t.issue("AbortSlew must end a slew, but %d times the mount went on to its target", proof)
			return nil
		}
		hourAngle = -hourAngle
	}
	t.info("AbortSlew could not be tested: at this speed slews are over before the next request")
	return nil
}

// abortEnd is what became of a slew that was aborted.
type abortEnd int

const (
	aborted abortEnd = iota // or judged otherwise
	ignored                 // it was under way when aborted, and reached its target
	tooLate                 // it was over before it could be aborted
)

// farHourAngle returns −3, or +3 if the telescope points to near −3.
func (t *telescope) farHourAngle(ctx context.Context) (float64, error) {
	ra, err := t.getFloat(ctx, "rightascension")
	if err != nil {
		return 0, err
	}
	if within(wrapHalf(t.sidereal()-ra+3, 24), 1.5) {
		return 3, nil
	}
	return -3, nil
}

// abortOneSlew starts a slew, lets it go on for 1.5 s and aborts it. On a fast
// clock a slew may be over by the time of a request without any fault.
func (t *telescope) abortOneSlew(ctx context.Context, hourAngle float64) (abortEnd, error) {
	ra, dec := t.raAt(hourAngle), highestBelow(hourAngle, t.latitude, 65)
	start, err := t.putTimed(ctx, "slewtocoordinatesasync", rightAscension(ra), declination(dec))
	if err != nil {
		return aborted, err
	}
	if err := t.clock.sleep(ctx, 1500*time.Millisecond); err != nil {
		return aborted, err
	}
	var moving bool
	read, err := t.get(ctx, "slewing", &moving)
	if err != nil {
		return aborted, err
	}
	if !moving && t.clock.elapsedBetween(start, read).most > 3*time.Second {
		if there, err := t.isThere(ctx, ra, dec); there || err != nil {
			return tooLate, err
		}
	}
	t.must(moving, "Slewing is %t 1.5 s after a slew to hour angle %+g h was begun", moving, hourAngle)
	s, err := t.putTimed(ctx, "abortslew")
	if isRefusal(err, notImplemented) {
		return aborted, t.still(ctx)
	}
	if !t.mustSucceed("AbortSlew during a slew", err) {
		return aborted, nil
	}
	t.prompt("AbortSlew", s)
	if _, err := t.waitFalse(ctx, "slewing", stopTimeout); err != nil {
		return aborted, err
	}
	if there, err := t.isThere(ctx, ra, dec); moving && there {
		return ignored, err
	}
	return aborted, nil
}
