// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
	"errors"
	"math"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestOptionsRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		o    Options
	}{
		{"no address", Options{}},
		{"no scheme", Options{BaseURL: "127.0.0.1:11111"}},
		{"other scheme", Options{BaseURL: "ftp://127.0.0.1"}},
		{"negative speed", Options{BaseURL: "http://127.0.0.1", Speed: -1}},
		{"no speed", Options{BaseURL: "http://127.0.0.1", Speed: math.NaN()}},
		{"unknown suite", Options{BaseURL: "http://127.0.0.1", Suites: []Suite{"all"}}},
		{"unknown check", Options{BaseURL: "http://127.0.0.1", Only: []string{"T99"}}},
		{"nameless device", Options{BaseURL: "http://127.0.0.1", Devices: []DeviceRef{{}}}},
	} {
		if _, err := Run(t.Context(), tt.o); err == nil {
			t.Errorf("%s: accepted", tt.name)
		}
	}
}

func TestNoServer(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	l.Close()
	if _, err := Run(t.Context(), DefaultOptions(url)); err == nil {
		t.Error("a server that is not there was checked")
	}
	o := DefaultOptions(url)
	o.Devices = []DeviceRef{{"focuser", 0}}
	report, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if report.Count(Error) == 0 {
		t.Error("silence is no Error")
	}
}

// TestAnotherDate checks that at real speed the computer's clock counts: the
// fake lives in another month.
func TestAnotherDate(t *testing.T) {
	t.Parallel()
	_, url := newFake(t, "", 1)
	report, err := Run(t.Context(), Options{
		BaseURL: url, Only: []string{"T13", "T14"}, Suites: []Suite{Conformance},
		Devices: []DeviceRef{{"telescope", 0}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, r := range report.With(Issue, Error) {
		ids = append(ids, r.Check)
	}
	if !slices.Equal(ids, []string{"T13", "T13"}) {
		t.Errorf("failures are %q, want T13 twice: the Issue and the end of the run", ids)
		logResults(t, report.Results)
	}
}

// TestStandardRules compares verdicts under strict and standard rules.
func TestStandardRules(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		bug, check string
		standard   Verdict // the worst under standard rules
	}{
		{"bad-id-passed", "B", OK},
		{"no-value-on-error", "G0", OK},
		{"stid-zero", "G0", OK},
		{"stid-zero", "P2", Issue},
		{"miscased-id-echoed", "U0", Info},
		{"put-any-case", "U1", Issue},
	} {
		t.Run(tt.bug+"/"+tt.check, func(t *testing.T) {
			t.Parallel()
			for _, strict := range []bool{false, true} {
				_, url := newFake(t, tt.bug, testSpeed)
				report, err := Run(t.Context(), Options{
					BaseURL: url, Strict: strict, Speed: testSpeed, Only: []string{tt.check},
					Suites: []Suite{Protocol}, Devices: []DeviceRef{{"focuser", 0}},
				})
				if err != nil {
					t.Fatal(err)
				}
				want, worst := tt.standard, OK
				if strict {
					want = Issue
				}
				for _, r := range report.Results {
					worst = max(worst, r.Verdict)
				}
				if worst != want {
					t.Errorf("strict %t: worst verdict is %s, want %s", strict, worst, want)
					logResults(t, report.With(Info, Issue, Error))
				}
			}
		})
	}
}

// TestParkedTelescope checks that a telescope found parked is left parked.
func TestParkedTelescope(t *testing.T) {
	t.Parallel()
	f, url := newFake(t, "", testSpeed)
	f.scope.parked = true
	report, err := Run(t.Context(), Options{
		BaseURL: url, Strict: true, Speed: testSpeed, Only: []string{"T2", "T14"},
		Suites: []Suite{Conformance}, Devices: []DeviceRef{{"telescope", 0}},
	})
	if err != nil {
		t.Fatal(err)
	}
	logResults(t, report.With(Info, Issue, Error))
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.scope.advance(); !f.scope.parked || report.Failures() > 0 {
		t.Errorf("parked is %t at the end, with %d failures", f.scope.parked, report.Failures())
	}
}

// TestCancel ends a run in the middle of a check that changes something, and
// looks whether it was put back.
func TestCancel(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		check, device, at string // end at a result that contains this
		restored          func(*fake) bool
	}{
		{"T11", "telescope", "as the 2385 written", func(f *fake) bool { return f.scope.elevation == 520 }},
		{"T7", "telescope", "hour angle +3 h", func(f *fake) bool { return f.scope.offsets == [2]float64{} }},
		{"T15", "telescope", "PUT TrackingRate 2", func(f *fake) bool { return f.scope.rate == 0 }},
		{"T22", "telescope", "MoveAxis 1 at 4°/s succeeds", func(f *fake) bool { return f.scope.axis == [2]float64{} }},
		{"T25", "telescope", "slewtocoordinatesasync must return", func(f *fake) bool { return f.scope.slew == nil }},
		{"R3", "rotator", "Reverse is true", func(f *fake) bool { return !f.rotate.reverse }},
		{"R9", "rotator", "Sync 120", func(f *fake) bool { return math.Abs(f.rotate.offset-25) < 1e-6 }},
		{"F4", "focuser", "Move 25000 must", func(f *fake) bool { return !f.focus.tempComp && !f.focus.moving }},
	} {
		t.Run(tt.check, func(t *testing.T) {
			t.Parallel()
			f, url := newFake(t, "", 50)
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			_, err := Run(ctx, Options{
				BaseURL: url, Strict: true, Speed: 50, Only: []string{tt.check},
				Suites: []Suite{Conformance}, Devices: []DeviceRef{{Type: tt.device}},
				Progress: func(r Result) {
					if strings.Contains(r.Message, tt.at) {
						cancel()
					}
				},
			})
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("Run returned %v, want the end of its context", err)
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			if !tt.restored(f) {
				t.Error("was not put back")
			}
			if f.online[tt.device] {
				t.Error("was left connected")
			}
		})
	}
}

func TestElapsedBetween(t *testing.T) {
	t.Parallel()
	c := newSimClock(100)
	start := time.Now()
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	got := c.elapsedBetween(span{at(0), at(2)}, span{at(12), at(15)})
	want := elapsed{least: time.Second, most: 1500 * time.Millisecond}
	if got != want {
		t.Errorf("elapsed is %v, want %v", got, want)
	}
	if d := scale(math.MaxInt64, 1e6); d <= 0 {
		t.Errorf("scaling overflows to %v", d)
	}
}
