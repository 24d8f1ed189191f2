// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"testing"
)

// testSpeed is the fakes' clock: fast, but with requests still short beside
// what they time.
const testSpeed = 200

// logResults makes a failed test show what was found.
func logResults(t *testing.T, results []Result) {
	t.Helper()
	for _, r := range results {
		t.Log(r)
	}
}

// TestCorrectServers runs everything on servers without defects: one that can
// do all, under both sets of rules, and two that cannot.
func TestCorrectServers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		kind   string
		strict bool
		speed  float64
		infos  bool // allowed: some things cannot be seen on a very fast clock
	}{
		{"complete", "", true, testSpeed, false},
		{"complete, standard rules", "", false, 2 * testSpeed, false},
		{"complete, very fast", "", true, 2000, true},
		{"no blocking slews, alt-az", "async-only", true, testSpeed, false},
		{"nothing optional", "minimal", true, testSpeed, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, url := newFake(t, tt.kind, tt.speed)
			o := DefaultOptions(url)
			o.Strict, o.Speed = tt.strict, tt.speed
			report, err := Run(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			logResults(t, report.With(Info, Issue, Error))
			if n := report.Failures(); n > 0 {
				t.Errorf("%d failures on a correct server", n)
			}
			if n := report.Count(Info); n > 0 && !tt.infos {
				t.Errorf("%d Infos on a correct server", n)
			}
			everyCheckRan(t, report)
		})
	}
}

// everyCheckRan demands a result for each number in the list of checks.
func everyCheckRan(t *testing.T, report *Report) {
	t.Helper()
	seen := make(map[string]bool)
	for _, r := range report.Results {
		seen[r.Check] = true
	}
	for _, c := range Checks() {
		if !seen[c.ID] {
			t.Errorf("check %s has no result", c.ID)
		}
	}
}
