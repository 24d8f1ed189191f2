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

// speed is how much faster than life the clock runs under the conformance
// checks: fast enough for minutes instead of hours, slow enough that a busy
// machine still answers within what they allow. The race detector would make
// it too slow; every goroutine here is raced elsewhere.
const speed = 40

// Every check of ConformU and ours, strictly, on all three devices of each
// kind of mount.
func TestConformance(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			r, err := rig.New(telescope(kind, false), rig.Parts{Clock: clock.NewScaled(speed), Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			server, err := alpaca.New(alpaca.DefaultConfig(), alpaca.Parts{
				Mount: r.Mount, Focusers: []alpaca.Focuser{r.Focuser}, Version: "0.0.0",
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
			for _, found := range report.With(conformance.Info, conformance.Issue, conformance.Error) {
				t.Error(found)
			}
			t.Logf("%d checks passed", report.Count(conformance.OK))
		})
	}
}
