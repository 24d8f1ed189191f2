// SPDX-License-Identifier: GPL-3.0-or-later

package measure_test

import (
	"context"
	"encoding/json"
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

// The bench's step is 0.4 % larger than the configured one. A level finds it,
// up and down.
func TestStepSizeByLevel(t *testing.T) {
	f := faultless()
	f.Simulator.A.StepErrorPpm = 4000
	onBench(t, f, func(b *bench) {
		b.start(measure.Request{Kind: measure.StepSize, Axis: mount.AxisA, Method: measure.ByLevel})
		_, err := b.o.Result()
		b.refused(err, "no motion")
		for _, at := range []float64{0, 90, 90, 0} {
			b.bring(mount.AxisA, model.Degrees(at))
			b.mark(measure.Mark{})
		}
		r := b.result()
		b.near("step", r.Value, step*1.004, r.Accuracy)
		b.near("step", r.Value, step*1.004, step*5e-5)
		if r.Verified || r.Count != 2 || len(r.Lines) != 1 || r.Lines[0].Key != "mount.a.full_step_arcsec" || !r.Lines[0].Restart || !strings.HasPrefix(r.Lines[0].Line(), "mount.a.full_step_arcsec = 20.08") {
			t.Errorf("%+v", r)
		}
		// What needs a restart is only told.
		b.do(func() error { _, err := b.o.Apply(b.t.Context()); return err }())
		if s := b.Mount.Snapshot(); s.Config.Mount.A.FullStepArcsec != step || b.o.State().Kind != "" {
			t.Errorf("%v, %+v", s.Config.Mount.A.FullStepArcsec, b.o.State())
		}
	})
}

// With the step that came out configured, a full turn of the other axis
// verifies it.
func TestStepSizeByTurn(t *testing.T) {
	for _, ppm := range []float64{-8000, 100} {
		f := faultless()
		f.Simulator.Z.StepErrorPpm = ppm
		f.Mount.Z.MaxRate, f.Mount.Z.Accel = 12, 6
		onBench(t, f, func(b *bench) {
			b.start(measure.Request{Kind: measure.StepSize, Axis: mount.AxisZ, Method: measure.ByTurn})
			for _, at := range []float64{300, -60} {
				b.bring(mount.AxisZ, model.Degrees(at))
				b.mark(measure.Mark{})
			}
			r := b.result()
			b.near("step", r.Value, step*(1+ppm*1e-6), r.Accuracy)
			if r.Verified != (ppm == 100) {
				t.Errorf("verified %v", r.Verified)
			}
		})
	}
}

// An encoder of 8192 counts over 50°, one way and the other.
func TestStepSizeByEncoder(t *testing.T) {
	f := faultless()
	f.Simulator.Z.StepErrorPpm = -5000
	onBench(t, f, func(b *bench) {
		_, err := b.o.Start(b.t.Context(), measure.Request{Kind: measure.StepSize, Method: measure.ByEncoder})
		b.refused(err, "not being read")
		b.after(2 * time.Second)
		b.start(measure.Request{Kind: measure.StepSize, Axis: mount.AxisZ, Method: measure.ByEncoder})
		for _, by := range []int{0, 50, 0, 50, 0, -50, 0, -50} {
			if by != 0 {
				b.turn(mount.AxisZ, by*3600)
			}
			b.mark(measure.Mark{})
		}
		r := b.result()
		b.near("step", r.Value, step*0.995, r.Accuracy)
		if r.Accuracy > step*0.0012 {
			t.Errorf("accuracy %g", r.Accuracy)
		}
		_, err = b.o.Start(b.t.Context(), measure.Request{Kind: measure.Backlash})
		b.refused(err, "in progress")
		b.do(b.o.Cancel(b.t.Context()))
		b.do(b.Mount.Configure(b.t.Context(), func(c *mount.Config) { c.Mount.Encoders.Use = true }))
		_, err = b.o.Start(b.t.Context(), measure.Request{Kind: measure.StepSize, Method: measure.ByEncoder})
		b.refused(err, "mount.encoders.use")
	})
}

// Backlash would be between marks that are approached from different sides; a
// position that is set anew spoils the motion.
func TestStepSizeRefusals(t *testing.T) {
	f := faultless()
	f.Simulator.Z.BacklashArcsec = 600
	onBench(t, f, func(b *bench) {
		ctx := b.t.Context()
		hold := func(rate float64, d time.Duration) {
			b.do(b.Mount.MoveAxis(ctx, "hand", 0, model.DegreesPerSecond(rate)))
			b.after(d)
			b.do(b.Mount.MoveAxis(ctx, "hand", 0, 0))
			b.stand()
		}
		req := measure.Request{Kind: measure.StepSize, Axis: mount.AxisZ, Method: measure.ByAngle, AngleDeg: 10}
		b.do(b.Mount.SetTracking(ctx, true))
		_, err := b.o.Start(ctx, req)
		b.refused(err, "tracking is on")
		b.do(b.Mount.SetTracking(ctx, false))
		b.stand()
		b.start(req)
		hold(2, 2*time.Second)
		b.mark(measure.Mark{})
		b.do(b.Mount.MoveAxis(ctx, "hand", 0, model.DegreesPerSecond(-2)))
		_, err = b.o.Mark(ctx, measure.Mark{})
		b.refused(err, "wait until it stands")
		b.after(5 * time.Second)
		b.do(b.Mount.MoveAxis(ctx, "hand", 0, 0))
		b.stand()
		_, err = b.o.Mark(ctx, measure.Mark{})
		b.refused(err, "different sides")
		hold(-2, 2*time.Second)
		hold(2, 2*time.Second)
		if s := b.mark(measure.Mark{}); s.Marks != 2 {
			t.Errorf("%+v", s)
		}
		b.mark(measure.Mark{})
		_, err = b.o.Mark(ctx, measure.Mark{})
		b.refused(err, "go on to the second mark")
		b.do(b.Mount.SyncHorizontal(ctx, b.Mount.Snapshot().Horizontal))
		_, err = b.o.Mark(ctx, measure.Mark{})
		b.refused(err, "set anew")
		b.do(b.o.Cancel(ctx))
		b.do(b.o.Cancel(ctx))
		_, err = b.o.Mark(ctx, measure.Mark{})
		b.refused(err, "no measurement")
		for _, bad := range []measure.Request{
			{Kind: "weight"}, {Kind: measure.StepSize, Axis: 2, Method: measure.ByAngle}, {Kind: measure.StepSize, Method: "eye"},
			{Kind: measure.StepSize, Axis: mount.AxisZ, Method: measure.ByLevel}, {Kind: measure.StepSize, Axis: mount.AxisA, Method: measure.ByTurn},
			{Kind: measure.StepSize, Method: measure.ByMarks, Separation: 8}, {Kind: measure.StepSize, Method: measure.ByAngle},
			{Kind: measure.Spin}, {Kind: measure.Rate}, {Kind: measure.Slew, LowDegPerS: 1, HighDegPerS: 30},
		} {
			if _, err := b.o.Start(ctx, bad); !errors.Is(err, fault.Invalid) {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		if s := b.o.State(); s.Kind != "" {
			t.Errorf("%+v", s)
		}
	})
}

// firstMotion turns a motor in small steps until the tube moves.
func (b *bench) firstMotion(axis, sense int) {
	b.t.Helper()
	from := b.truth(axis)
	for range 400 {
		b.turn(axis, 4*sense) // 4″
		if (b.truth(axis) - from).Abs() > model.Arcsec(0.5) {
			return
		}
	}
	b.t.Fatal("the tube never moves")
}

// The bench's gears have 4′ of play. Reversals find it; put in force, it is
// verified.
func TestBacklash(t *testing.T) {
	f := faultless()
	f.Simulator.A.BacklashArcsec = 240
	f.Mount.SettleS = 0
	f.Simulator.EncoderCounts = 0
	onBench(t, f, func(b *bench) {
		measured := func(verified bool) measure.Result {
			b.start(measure.Request{Kind: measure.Backlash, Axis: mount.AxisA})
			_, err := b.o.Mark(b.t.Context(), measure.Mark{})
			b.refused(err, "has not moved")
			b.turn(mount.AxisA, 20*200)
			b.mark(measure.Mark{})
			b.turn(mount.AxisA, 20)
			_, err = b.o.Mark(b.t.Context(), measure.Mark{})
			b.refused(err, "reverse it")
			b.mark(measure.Mark{Word: "again"})
			for _, sense := range []int{-1, 1, -1} {
				b.firstMotion(mount.AxisA, sense)
				b.mark(measure.Mark{})
			}
			r := b.result()
			b.near("backlash", r.Value, 4, r.Accuracy)
			b.near("backlash", r.Value, 4, 0.07) // each first motion is seen within 4″
			if r.Verified != verified || r.Count != 3 {
				t.Errorf("%+v", r)
			}
			return r
		}
		measured(false)
		_, err := b.o.Apply(b.t.Context())
		b.do(err)
		if got := b.Mount.Snapshot().Config.Mount.A.BacklashArcmin; math.Abs(got-4) > 0.07 {
			t.Errorf("%g′ are in force", got)
		}
		measured(true)
		b.do(b.o.Cancel(b.t.Context()))
		b.do(b.Mount.Configure(b.t.Context(), func(c *mount.Config) { c.Mount.A.BacklashArcmin = 2 }))
		measured(false)
		if log := b.o.Saved().Log; len(log) != 1 || log[0].What != "backlash" || log[0].Changes[0].Key != "mount.a.backlash_arcmin" || log[0].Changes[0].From != "0" {
			t.Errorf("%+v", log)
		}
	})
}

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

// Windings of different strength put the quarter steps off. The encoders show
// by how much, and the table with that correction puts them right.
func TestRecord(t *testing.T) {
	f := faultless()
	f.Simulator.Motor.WindingImbalancePercent = 30
	f.Simulator.EncoderCounts = 100_000_000
	f.Mount.Z.Microsteps, f.Motors.Z.Microsteps = 8, 8
	worst := func(q [16]float64) (w float64) {
		for _, v := range q {
			w = max(w, math.Abs(v))
		}
		return w
	}
	var before, after measure.RecordState
	run := func(into *measure.RecordState) {
		onBench(t, f, func(b *bench) {
			r := measure.Recording{Axis: mount.AxisZ, Cycles: 1, Rate: 20}
			b.refused(b.o.StartRecord(r), "have not been read")
			b.read()
			b.do(b.o.StartRecord(r))
			b.refused(b.o.StartRecord(r), "being recorded")
			_, err := b.o.Start(b.t.Context(), measure.Request{Kind: measure.Backlash})
			b.refused(err, "being recorded")
			for b.o.Recorded().Running {
				time.Sleep(100 * time.Millisecond)
				b.read()
			}
			*into = b.o.Recorded()
			b.do(into.Fault)
			if into.Done != 64 || into.Of != 64 || strings.Count(into.Lines, "\n") != 66 {
				t.Errorf("%d of %d, %d lines", into.Done, into.Of, strings.Count(into.Lines, "\n"))
			}
			if got := b.Mount.Snapshot().Config.Mount.SettleS; got != 0.2 {
				t.Errorf("settle_s is %g", got)
			}
			b.near("full step", math.Abs(into.Found.FullStep), step/1296000*1e8, 0.05)
		})
	}
	run(&before)
	t.Logf("found %.3f, spread %.4f", before.Found.Correction, before.Found.Spread)
	if worst(before.Found.Correction) < 0.03 || !before.Found.Fine {
		t.Fatalf("no error to correct: %+v", before.Found)
	}
	f.Motors.Z.Correction = before.Found.Correction[:]
	f.Motors.Z.Slots, f.Motors.A.Slots = 1000, 1000
	run(&after)
	t.Logf("left %.3f", after.Found.Correction)
	if was, is := worst(before.Found.Correction), worst(after.Found.Correction); is > was/4 {
		t.Errorf("errors of %.3f full steps became %.3f", was, is)
	}
	// What was found on top of a correction is added to it.
	var sum []float64
	if err := json.Unmarshal([]byte(after.Setting.Value), &sum); err != nil || len(sum) != 16 {
		t.Fatal(after.Setting, err)
	}
	for k := range sum {
		if want := before.Found.Correction[k] + after.Found.Correction[k]; math.Abs(sum[k]-want) > 1e-4 {
			t.Errorf("quarter step %d: %.4f, want %.4f", k, sum[k], want)
		}
	}
	if l := before.Setting; l == nil || l.Key != "motors.z.quarter_step_correction_full_steps" || !strings.HasPrefix(l.Value, "[0,") {
		t.Errorf("%+v", l)
	}
}

// A recording ends when it is cancelled, and when the encoders fall silent.
func TestRecordEnds(t *testing.T) {
	onBench(t, faultless(), func(b *bench) {
		b.read()
		r := measure.Recording{Axis: mount.AxisA, Cycles: 2, Rate: 5}
		b.do(b.o.StartRecord(r))
		b.after(20 * time.Second)
		b.o.CancelRecord()
		b.after(2 * time.Second)
		if s := b.o.Recorded(); s.Running || !errors.Is(s.Fault, fault.Cancelled) || s.Done == 0 || s.Setting != nil {
			t.Errorf("%+v", s)
		}
		b.do(b.o.StartRecord(r))
		time.Sleep(time.Minute)
		if s := b.o.Recorded(); s.Running || !errors.Is(s.Fault, fault.Hardware) {
			t.Errorf("%+v", s)
		}
		for _, bad := range []measure.Recording{{Axis: 2, Cycles: 1, Rate: 1}, {Cycles: 0, Rate: 1}, {Cycles: 1, Rate: 0}, {Cycles: 1, Rate: 21}} {
			if err := b.o.StartRecord(bad); !errors.Is(err, fault.Invalid) {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		b.stand()
	})
}
