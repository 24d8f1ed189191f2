// SPDX-License-Identifier: GPL-3.0-or-later

package measure_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/measure"
	"github.com/siderostep/siderostep/mount"
)

// A box that was told 8000 counts for encoders of 8192, which count backward.
func TestEncoderCheck(t *testing.T) {
	f := faultless()
	f.Encoders.CountsZ = 8000
	onBench(t, f, func(b *bench) {
		b.counts, b.reverse = 8000, -1
		b.after(time.Second)
		b.start(measure.Request{Kind: measure.Encoder, Axis: mount.AxisZ})
		b.mark(measure.Mark{})
		_, err := b.o.Mark(b.t.Context(), measure.Mark{})
		b.refused(err, "wait a second")
		for range 3 {
			b.turn(mount.AxisZ, -20*3600)
			b.mark(measure.Mark{})
		}
		r := b.result()
		b.near("counts", r.Value, 8192, max(3, r.Accuracy)*8000/8192)
		if r.Accuracy > 30 || r.Verified || len(r.Lines) != 2 || r.Lines[0].Line() != "encoders.reverse_z = true" || r.Lines[1].Key != "encoders.counts_per_turn_z" {
			t.Errorf("%+v", r)
		}
		b.do(b.o.Cancel(b.t.Context()))
		b.do(b.Mount.Configure(b.t.Context(), func(c *mount.Config) { c.Mount.Encoders.Use = true }))
		_, err = b.o.Start(b.t.Context(), measure.Request{Kind: measure.Encoder})
		b.refused(err, "mount.encoders.use")
	})
	onBench(t, faultless(), func(b *bench) {
		b.after(time.Second)
		b.start(measure.Request{Kind: measure.Encoder, Axis: mount.AxisA})
		for range 3 {
			b.turn(mount.AxisA, 20*3600)
			b.mark(measure.Mark{})
		}
		if r := b.result(); !r.Verified || len(r.Lines) != 0 {
			t.Errorf("%+v", r)
		}
	})
}

// The motor's torque ends at some speed, which the search finds by the
// encoders alone. At the speed that is proposed it loses no step.
func TestSlewSpeed(t *testing.T) {
	f := faultless()
	f.Simulator.Motor.PullOutHalfStepsPerS = 1500 // 4.2°/s without any load
	onBench(t, f, func(b *bench) {
		b.after(time.Second)
		s := b.start(measure.Request{Kind: measure.Slew, Axis: mount.AxisZ})
		b.refused(func() error { _, err := b.o.Mark(b.t.Context(), measure.Mark{}); return err }(), "wait until it stands")
		for !s.Done {
			lost := b.Truth().Z.LostFullSteps
			speed := b.Mount.Snapshot().Config.Mount.Z.MaxRate
			b.stand()
			_, err := b.o.Result()
			b.refused(err, "goes on")
			b.after(3 * time.Second)
			lost = b.Truth().Z.LostFullSteps - lost
			t.Logf("%.3g°/s: %d full steps lost", speed, lost)
			s = b.mark(measure.Mark{})
		}
		if got := b.Mount.Snapshot().Config.Mount.Z.MaxRate; got != 3 {
			t.Errorf("%g°/s are in force", got)
		}
		r := b.result()
		if !r.Verified || r.Value < 2 || r.Value > 1500/360.0 {
			t.Errorf("%+v", r)
		}
		_, err := b.o.Apply(b.t.Context())
		b.do(err)
		b.near("speed in force", b.Mount.Snapshot().Config.Mount.Z.MaxRate, 0.8*r.Value, 1e-6)
		lost := b.Truth().Z.LostFullSteps
		b.turn(mount.AxisZ, 20*3600)
		b.turn(mount.AxisZ, -20*3600)
		if now := b.Truth().Z.LostFullSteps; now != lost {
			t.Errorf("%d full steps lost", now-lost)
		}
	})
}

// Without encoders the observer says how it went; a cancelled search leaves
// the speed as it was.
func TestSlewSpeedByEar(t *testing.T) {
	f := faultless()
	f.Simulator.EncoderCounts = 0
	onBench(t, f, func(b *bench) {
		b.start(measure.Request{Kind: measure.Slew, Axis: mount.AxisA, LowDegPerS: 1, HighDegPerS: 4})
		b.stand()
		_, err := b.o.Mark(b.t.Context(), measure.Mark{})
		b.refused(err, "ok or stalled")
		b.mark(measure.Mark{Word: "ok"})
		b.after(500 * time.Millisecond)
		b.do(b.o.Cancel(b.t.Context()))
		b.stand()
		if got := b.Mount.Snapshot().Config.Mount.A.MaxRate; got != 3 {
			t.Errorf("%g°/s are in force", got)
		}
		b.start(measure.Request{Kind: measure.Slew, Axis: mount.AxisA, LowDegPerS: 1, HighDegPerS: 4})
		b.stand()
		b.mark(measure.Mark{Word: "stalled"})
		_, err = b.o.Result()
		b.refused(err, "lowest speed")
	})
}

func TestRate(t *testing.T) {
	f := faultless()
	f.Simulator.EncoderCounts = 0
	onBench(t, f, func(b *bench) {
		from := b.Truth().A.RotorFullSteps
		b.start(measure.Request{Kind: measure.Rate, Axis: mount.AxisA, MicrostepsPerS: -4})
		for range 5 {
			b.after(8 * time.Second) // the mount would end it after 10 without a mark
			if s := b.mark(measure.Mark{}); !strings.Contains(s.Next, "microstep ") {
				t.Errorf("%+v", s)
			}
		}
		r := b.result()
		b.near("rate", r.Value, -4, r.Accuracy)
		b.do(b.o.Cancel(b.t.Context()))
		b.stand()
		b.near("full steps", b.Truth().A.RotorFullSteps-from, -40*4/20.0, 0.2)
	})
}

func TestSpin(t *testing.T) {
	f := faultless()
	f.Simulator.EncoderCounts = 0
	onBench(t, f, func(b *bench) {
		b.start(measure.Request{Kind: measure.Spin, DotArcsec: 5})
		_, err := b.o.Mark(b.t.Context(), measure.Mark{})
		if !errors.Is(err, fault.Invalid) {
			t.Error(err)
		}
		for i := range 4 {
			h := float64(90 * i)
			x, y := 3+8*math.Cos(h*math.Pi/180), 1+8*math.Sin(h*math.Pi/180)
			b.mark(measure.Mark{X: &x, Y: &y, HeadingDeg: &h})
		}
		r := b.result()
		b.near("angle", r.Value, 40, 1e-6)
	})
}
