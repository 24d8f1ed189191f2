// SPDX-License-Identifier: GPL-3.0-or-later

package measure_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/measure"
	"github.com/siderostep/siderostep/mount"
)

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
