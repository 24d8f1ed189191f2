// SPDX-License-Identifier: GPL-3.0-or-later

package measure_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/internal/rig"
	"github.com/siderostep/siderostep/measure"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
	"github.com/siderostep/siderostep/sim"
)

// bench is an observer at a telescope on the bench, who sees what it truly
// does.
type bench struct {
	t *testing.T
	*rig.Rig
	o     *measure.Owner
	latch *measure.Latch

	counts  int     // per turn that the encoder box was told; 0 for no box
	reverse float64 // −1 for encoders that count against their axes
}

// step is the full step that is configured, in arcseconds: a large one, which
// takes the bench less time. A microstep is 1″.
const step = 20.0

// faultless returns an unaligned perfect mount.
func faultless() config.File {
	f := config.Default()
	f.Config = f.ForGeometry("altaz")
	f.Simulator.Config = sim.Faultless()
	f.Simulator.Aligned = false
	f.Site.Refraction = false
	f.Focuser.Enabled = false
	f.Mount.SettleS, f.Mount.HorizonDeg = 0.2, -5
	f.Mount.Z.FullStepArcsec, f.Mount.A.FullStepArcsec = step, step
	return f
}

// onBench runs a test on a telescope, in a bubble of its own.
func onBench(t *testing.T, f config.File, test func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r, err := rig.New(f, rig.Parts{Clock: clock.Real{}, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		b := &bench{t: t, Rig: r, latch: &measure.Latch{}, counts: f.Simulator.EncoderCounts, reverse: 1}
		fixed := measure.Settings("motors", f.Motors)
		fixed = append(fixed, measure.Settings("encoders", f.Encoders)...)
		b.o = measure.New(measure.Parts{Mount: r.Mount, Clock: clock.Real{}, Encoders: b.latch, Fixed: fixed})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 2)
		go func() { done <- r.Run(ctx) }()
		go func() { done <- b.o.Run(ctx) }()
		defer func() {
			cancel()
			for range 2 {
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
		}()
		test(b)
	})
}

func (b *bench) do(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// after lets time pass, with a reading of the encoders every half a second.
func (b *bench) after(d time.Duration) {
	b.t.Helper()
	const every = 500 * time.Millisecond
	for end := time.Now().Add(d); time.Now().Before(end); {
		time.Sleep(every)
		b.read()
	}
}

func (b *bench) read() {
	b.t.Helper()
	if b.counts == 0 {
		return
	}
	synctest.Wait()
	at := b.Mount.Instant()
	z, a := b.Bench.Encoders(at)
	q := model.Degrees(360 / float64(b.counts))
	r := driver.EncoderReading{At: at, Count: [2]model.Angle{q, q},
		Angles: [2]model.Angle{q.Mul(b.reverse * float64(z)), q.Mul(b.reverse * float64(a))}}
	b.latch.Put(r)
	b.do(b.Mount.ReadEncoders(b.t.Context(), r))
}

// stand waits until nothing moves.
func (b *bench) stand() {
	b.t.Helper()
	for range 2000 {
		b.after(500 * time.Millisecond)
		if s := b.Mount.Snapshot(); s.Activity == mount.Idle && !s.Slewing {
			return
		}
	}
	b.t.Fatal("it never stands")
}

func (b *bench) turn(axis, n int) {
	b.t.Helper()
	b.do(b.Mount.StepMotor(b.t.Context(), axis, n))
	b.stand()
}

// truth returns where an axis truly stands.
func (b *bench) truth(axis int) model.Angle {
	t := b.Truth()
	return [...]model.Angle{t.Axes.Z, t.Axes.A}[axis]
}

// bring moves an axis to where it truly is at an angle, as a level or a mark
// shows it.
func (b *bench) bring(axis int, to model.Angle) {
	b.t.Helper()
	q := model.Arcsec(1)
	for range 5 {
		if n := int(math.Round(float64((to - b.truth(axis)) / q))); n != 0 {
			b.turn(axis, n)
		}
	}
	if d := (to - b.truth(axis)).Abs(); d > model.Arcsec(1.5) {
		b.t.Fatalf("off by %v", d)
	}
}

func (b *bench) start(r measure.Request) measure.State {
	b.t.Helper()
	s, err := b.o.Start(b.t.Context(), r)
	b.do(err)
	return s
}

func (b *bench) mark(m measure.Mark) measure.State {
	b.t.Helper()
	s, err := b.o.Mark(b.t.Context(), m)
	b.do(err)
	return s
}

func (b *bench) result() measure.Result {
	b.t.Helper()
	r, err := b.o.Result()
	b.do(err)
	b.t.Logf("%s %.6g ± %.2g %s (spread %.2g, %d), before %.6g, verified %v: %s %v", r.Quantity, r.Value, r.Accuracy, r.Unit, r.Spread, r.Count, r.Before, r.Verified, r.Verification, r.Notes)
	for _, l := range r.Lines {
		b.t.Logf("    %s", l.Line())
	}
	return r
}

func (b *bench) near(what string, got, want, within float64) {
	b.t.Helper()
	if !(math.Abs(got-want) <= within) {
		b.t.Errorf("%s is %.8g, want %.8g ± %.2g", what, got, want, within)
	}
}

func (b *bench) refused(err error, words string) {
	b.t.Helper()
	if !errors.Is(err, fault.Refused) || !strings.Contains(err.Error(), words) {
		b.t.Errorf("%v; want a refusal with %q", err, words)
	}
}
