// SPDX-License-Identifier: GPL-3.0-or-later

//go:build !race

package night

import (
	"context"
	"fmt"
	"net"
	"testing"

	"github.com/siderostep/siderostep/alpaca"
	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/conformance"
	"github.com/siderostep/siderostep/internal/rig"
)

// The clock runs faster than life under the conformance checks: fast enough
// for minutes instead of hours. Where a busy machine then answers later than
// they allow, they are run again at a speed that forgives a hiccup of some
// tenths of a second; what is really wrong, is so at any speed. The race
// detector would make it too slow; every goroutine here is raced elsewhere.
const (
	speed       = 40
	secondSpeed = 8
)

// Every check of ConformU and ours, strictly, on all three devices of each
// kind of mount.
func TestConformance(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			report := conform(t, kind, speed)
			if found := report.With(conformance.Info, conformance.Issue, conformance.Error); len(found) > 0 {
				t.Logf("again, slower, because of: %v", found)
				report = conform(t, kind, secondSpeed)
			}
			for _, found := range report.With(conformance.Info, conformance.Issue, conformance.Error) {
				t.Error(found)
			}
			t.Logf("%d checks passed", report.Count(conformance.OK))
		})
	}
}

// conform runs all checks on a faultless telescope of its own.
func conform(t *testing.T, kind string, speed float64) *conformance.Report {
	r, err := rig.New(telescope(kind, false), rig.Parts{Clock: clock.NewScaled(speed), Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	server, err := alpaca.New(alpaca.DefaultConfig(), alpaca.Parts{
		Mount: r.Mount, Focusers: []alpaca.Focuser{r.Focusers[0]}, Version: "0.0.0",
		UniqueID: func(kind string, n int) string { return fmt.Sprintf("%s-%s-%d", t.Name(), kind, n) },
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 2)
	go func() { done <- r.Run(ctx) }()
	go func() { done <- server.Serve(ctx, listener) }()
	defer func() {
		cancel()
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}()
	report, err := conformance.Run(t.Context(), conformance.Options{
		BaseURL: "http://" + listener.Addr().String(), Strict: true, Speed: speed,
	})
	if err != nil {
		t.Fatal(err)
	}
	return report
}
