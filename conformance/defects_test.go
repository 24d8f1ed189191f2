// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
	"slices"
	"testing"
	"time"
)

// defect is a server with one thing wrong, and the checks that must find it.
type defect struct {
	bug    string   // the fake's name for it
	device string   // the device to check
	checks []string // numbers to run; the first must find the defect
	speed  float64  // 0 is testSpeed
}

func on(device, bug string, checks ...string) defect {
	return defect{bug: bug, device: device, checks: checks}
}

// protocolDefects are departures in the form of requests and answers.
func protocolDefects() []defect {
	return []defect{
		on("focuser", "wrong-ctid", "P1"),
		on("focuser", "wrong-ctid", "G0"),
		on("focuser", "wrong-ctid", "X19"),
		on("focuser", "wrong-ctid", "X11"),
		on("focuser", "ctid-is-text", "P1"),
		on("focuser", "null-message", "P2"),
		on("focuser", "no-message", "P2"),
		on("focuser", "stid-zero", "P2"),
		on("focuser", "lower-value", "G0"),
		on("focuser", "error-number-case", "G0"),
		on("focuser", "text-answers", "P1"),
		on("focuser", "no-value-on-error", "G0"),
		on("focuser", "path-any-case", "P4"),
		on("focuser", "any-number", "P4"),
		on("focuser", "number-is-true", "P5"),
		on("focuser", "number-is-true", "X17"),
		on("focuser", "get-exact-case", "G0"),
		on("telescope", "get-exact-case", "G1"),
		on("telescope", "get-exact-case", "G2"),
		on("focuser", "extra-refused", "G0"),
		on("focuser", "extra-refused", "U0"),
		on("focuser", "put-any-case", "U1"),
		on("telescope", "put-any-case", "U2"),
		on("focuser", "miscased-id-echoed", "U0"),
		on("focuser", "junk-is-500", "U1"),
		on("focuser", "bad-id-passed", "B"),
		on("focuser", "state-object", "G0"),
	}
}

// commonDefects are faults of any device.
func commonDefects() []defect {
	return []defect{
		on("rotator", "version-zero", "C1"),
		on("rotator", "never-off", "C2"),
		on("rotator", "never-off", "C7"),
		on("rotator", "connecting-for-ever", "C3"),
		on("rotator", "driverinfo-missing", "C4"),
		on("rotator", "empty-action", "C5"),
		on("focuser", "state-name", "C6"),
		on("focuser", "state-extra", "C6"),
	}
}

// telescopeDefects are faults of the mount.
func telescopeDefects() []defect {
	return []defect{
		on("telescope", "false-canpark", "T1"),
		on("telescope", "target-preset", "T3"),
		on("telescope", "altitude-negative", "T4"),
		on("telescope", "azimuth-negative", "T4"),
		on("telescope", "offset-leftover", "T5"),
		on("telescope", "false-cansetdeclinationrate", "T5"),
		on("telescope", "offset-rounded", "T6"),
		on("telescope", "slewing-offsets", "T6"),
		on("telescope", "ra-rate-arcsec", "T7"),
		on("telescope", "ra-rate-sign", "T7"),
		on("telescope", "dec-rate-side", "T7"),
		on("telescope", "dec-rate-crossed", "T7"),
		on("telescope", "refraction-number", "T8"),
		on("telescope", "guide-rate-negative", "T9"),
		on("telescope", "false-cansetguiderates", "T9"),
		on("telescope", "pulse-state-number", "T10"),
		on("telescope", "site-any", "T11"),
		on("telescope", "site-float32", "T11"),
		on("telescope", "settle-any", "T12"),
		on("telescope", "longitude-west", "T13"),
		on("telescope", "tracking-stuck", "T14"),
		on("telescope", "false-cansettracking", "T14"),
		on("telescope", "tracking-stuck", "T32"),
		on("telescope", "tracking-rate-any", "T15"),
		on("telescope", "offsets-always", "T15"),
		on("telescope", "utc-ignored", "T16"),
		on("telescope", "axis-any", "T17"),
		on("telescope", "parked-number", "T18"),
		on("telescope", "never-parked", "T18"),
		on("telescope", "never-unparked", "T18"),
		on("telescope", "false-canunpark", "T18"),
		on("telescope", "abort-ignored", "T19"),
		{bug: "slew-at-once", device: "telescope", checks: []string{"T19"}, speed: 20},
		on("telescope", "rates-touch", "T20"),
		on("telescope", "rates-negative", "T20"),
		on("telescope", "axis-any", "T20"),
		on("telescope", "never-home", "T21"),
		on("telescope", "home-is-park", "T21"),
		on("telescope", "false-canfindhome", "T21"),
		on("telescope", "axis-rate-any", "T22"),
		{bug: "slewing-false-axes", device: "telescope", checks: []string{"T22"}, speed: 20},
		on("telescope", "move-stops-tracking", "T22"),
		{bug: "pulse-unseen", device: "telescope", checks: []string{"T23"}, speed: 20},
		on("telescope", "pulse-for-ever", "T23"),
		on("telescope", "pulse-any", "T23"),
		on("telescope", "pulse-east-west", "T24"),
		on("telescope", "pulse-side", "T24"),
		on("telescope", "pulse-half", "T24"),
		on("telescope", "pulse-axes", "T24"),
		{bug: "slewing-false", device: "telescope", checks: []string{"T25"}, speed: 50},
		on("telescope", "slew-off", "T25"),
		on("telescope", "slew-keeps-target", "T25"),
		on("telescope", "place-any", "T25"),
		on("telescope", "false-canslewasync", "T25"),
		on("telescope", "target-any", "T26"),
		on("telescope", "destination-constant", "T27"),
		on("telescope", "altaz-off", "T28"),
		on("telescope", "azimuth-south", "T28"),
		on("telescope", "direction-any", "T28"),
		on("telescope", "sync-ignored", "T29"),
		on("telescope", "sync-keeps-target", "T29"),
		on("telescope", "place-any", "T29"),
		on("telescope", "sync-direction-any", "T30"),
		on("telescope", "side-inverted", "T31"),
		on("telescope", "side-physical", "T31"),
		on("telescope", "side-write-ignored", "T31"),
	}
}

// smallDefects are faults of the focuser and the rotator.
func smallDefects() []defect {
	return []defect{
		on("focuser", "focus-increment", "F1"),
		on("focuser", "focus-hot", "F1"),
		on("focuser", "tempcomp-stuck", "F1"),
		on("focuser", "focus-halt", "F2"),
		on("focuser", "focus-off", "F3"),
		on("focuser", "focus-blocks", "F3"),
		on("focuser", "focus-tempcomp-refused", "F4"),
		on("focuser", "focus-limit-error", "F5"),
		on("focuser", "focus-negative-error", "F5"),
		on("focuser", "focus-beyond", "F5"),
		on("rotator", "rotator-moves", "R1"),
		on("rotator", "rotator-360", "R2"),
		on("rotator", "no-reverse", "R3"),
		on("rotator", "reverse-stuck", "R3"),
		on("rotator", "rotator-halt", "R4"),
		on("rotator", "rotator-refuses", "R5"),
		on("rotator", "rotator-refuses", "R6"),
		on("rotator", "rotator-refuses", "R7"),
		on("rotator", "rotator-off", "R8", "R5"),
		on("rotator", "rotator-still", "R8", "R5"),
		on("rotator", "rotator-blocks", "R8", "R6"),
		on("rotator", "move-absolute", "R8", "R6"),
		on("rotator", "mechanical-synced", "R8", "R7"),
		on("rotator", "sync-rounded", "R9"),
		on("rotator", "sync-moves-mechanical", "R9"),
		on("rotator", "rotator-refuses", "R10"),
	}
}

// extraDefects are faults that ConformU does not look for.
func extraDefects() []defect {
	return []defect{
		on("telescope", "missing-is-zero", "X1"),
		on("focuser", "id-trimmed", "X2"),
		on("focuser", "bad-id-passed", "X2"),
		on("focuser", "repeats-crash", "X3"),
		on("focuser", "query-merged", "X4"),
		on("rotator", "nan-accepted", "X5"),
		on("focuser", "any-content-type", "X6"),
		on("rotator", "works-disconnected", "X7"),
		on("rotator", "action-number", "X8"),
		on("telescope", "axis-gap", "X9"),
		on("focuser", "state-stale", "X10"),
		on("telescope", "scope-state-stale", "X10"),
		on("rotator", "same-stid", "X11"),
		on("rotator", "no-setup", "X12"),
		on("rotator", "same-unique-id", "X13"),
		on("rotator", "api-versions", "X13"),
		on("telescope", "utc-ignored", "X14"),
		on("focuser", "slow-reads", "X15"),
		on("telescope", "slew-lost-on-disconnect", "X16"),
		on("focuser", "fraction-cut", "X17"),
		on("focuser", "any-verb", "X18"),
		on("focuser", "ids-required", "X19"),
	}
}

// TestDefects checks servers with one planted defect each.
func TestDefects(t *testing.T) {
	t.Parallel()
	for _, d := range slices.Concat(protocolDefects(), commonDefects(), telescopeDefects(), smallDefects(), extraDefects()) {
		t.Run(d.checks[0]+"/"+d.bug, func(t *testing.T) {
			t.Parallel()
			d.run(t)
		})
	}
}

// run checks the server and demands that the defect is found.
func (d defect) run(t *testing.T) {
	speed := d.speed
	if speed == 0 {
		speed = testSpeed
	}
	_, url := newFake(t, d.bug, speed)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	report, err := Run(ctx, Options{
		BaseURL: url, Strict: true, Speed: speed, Only: d.checks,
		Suites:  []Suite{suiteOf(d.checks[0])},
		Devices: []DeviceRef{{Type: d.device}},
	})
	if err != nil {
		t.Fatal(err)
	}
	found := slices.ContainsFunc(report.With(Issue, Error), func(r Result) bool { return r.Check == d.checks[0] })
	if !found {
		t.Errorf("%s did not find it", d.checks[0])
		logResults(t, report.Results)
	}
}

// suiteOf returns the suite to which a check belongs.
func suiteOf(id string) Suite {
	all := Checks()
	return all[slices.IndexFunc(all, func(c CheckInfo) bool { return c.ID == id })].Suite
}
