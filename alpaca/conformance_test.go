// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/siderostep/siderostep/alpaca"
	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/conformance"
	"github.com/siderostep/siderostep/internal/rig"
)

// The whole telescope on the bench, seen through this edge by a checker that
// shares no code with it: the form of requests and answers. All other checks,
// on each kind of mount, take minutes: see internal/night.
func TestConformance(t *testing.T) {
	conform(t, "altaz", conformance.Options{Strict: true, Speed: 10, Suites: []conformance.Suite{conformance.Protocol}})
}

// All that is asked of a focuser, of the second one, and that it is not the
// first.
func TestConformanceOfSecondFocuser(t *testing.T) {
	conform(t, "altaz", conformance.Options{Strict: true, Speed: 10, Only: []string{"X20"}})
	conform(t, "altaz", conformance.Options{Strict: true, Speed: 60, Devices: []conformance.DeviceRef{{Type: "focuser", Number: 1}}})
}

// conform runs checks on a bench of its own and fails on what they find.
func conform(t *testing.T, geometry string, o conformance.Options) {
	t.Helper()
	o.BaseURL = serveBench(t, geometry, o.Speed)
	report, err := conformance.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range report.Results {
		switch r.Verdict {
		case conformance.Info:
			t.Log(r)
		case conformance.Issue, conformance.Error:
			t.Error(r)
		}
	}
	t.Logf("%d checks passed", report.Count(conformance.OK))
}

// serveBench runs a telescope on the bench and returns its address.
func serveBench(t *testing.T, geometry string, speed float64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "siderostep.toml")
	if err := os.WriteFile(path, []byte("[mount]\ngeometry = '"+geometry+"'\n[focuser2]\nenabled = true\nmax_step = 30000\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := rig.New(file, rig.Parts{Clock: clock.NewScaled(speed), Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- r.Run(ctx) }()
	if len(r.Focusers) != 2 {
		t.Fatalf("%d focusers, want 2", len(r.Focusers))
	}
	s, err := alpaca.New(alpaca.DefaultConfig(), alpaca.Parts{
		Mount: r.Mount, Focusers: []alpaca.Focuser{r.Focusers[0], r.Focusers[1]}, Version: "1.2.3",
		UniqueID: func(kind string, n int) string { return fmt.Sprintf("5f0c7b1e-%s-%d", kind, n) },
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		server.Close()
		cancel()
		<-stopped
	})
	return server.URL
}
