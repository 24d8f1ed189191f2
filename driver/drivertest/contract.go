// SPDX-License-Identifier: GPL-3.0-or-later

package drivertest

import (
	"math"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
)

func released(b *bench) {
	b.run(3 * beat)
	for axis := range b.Axes {
		if r := b.Motors.Report(axis); r.State != driver.Released {
			b.Errorf("axis %d is %v before the first command", axis, r.State)
		}
		err := b.Motors.Queue(axis, driver.Segment{Start: b.soon(), Dur: time.Second, P: b.Motors.Report(axis).Position, Splice: true})
		b.refused("queue while released", err, fault.Refused)
	}
	if b.Energised != nil && b.Energised() {
		b.Error("windings are on before the first command")
	}
	b.resumed()
	b.rest(driver.Holding)
	if b.Energised != nil && !b.Energised() {
		b.Error("windings are off while holding")
	}
}

func plays(b *bench) {
	b.resumed()
	was := b.Motors.Report(0)
	way := b.rate / 2
	for _, sign := range []float64{1, -1} {
		segs := b.move(b.soon(), b.Motors.Report(0).Position, sign*way)
		for _, s := range segs {
			b.queue(s)
		}
		b.run(segs[1].Start.Sub(b.now))
		r := b.Motors.Report(0)
		if r.State != driver.Playing {
			b.Errorf("is %v half way: %+v", r.State, r)
		}
		// The report is true of its own instant.
		seg := segs[0]
		if r.At >= segs[1].Start {
			seg = segs[1]
		}
		p, v := seg.At(r.At)
		if r.Position != p || r.Rate != v {
			b.Errorf("at %d reports %.4f, rate %.3f; the plan says %.4f, rate %.3f",
				r.At, r.Position.Microsteps(), r.Rate, p.Microsteps(), v)
		}
		if off := math.Abs(float64(r.Emitted) - p.Microsteps()); off > 20 {
			b.Errorf("emitted %d at %.4f", r.Emitted, p.Microsteps())
		}
		end, _ := segs[1].At(segs[1].End())
		b.at(b.rest(driver.Holding), end.Microsteps())
	}
	r := b.Motors.Report(0)
	b.at(r, was.Position.Microsteps())
	if r.Underruns != was.Underruns || r.Late != was.Late || r.Splices != was.Splices+2 || r.QueueEnd != r.At {
		b.Errorf("after two moves: %+v", r)
	}
}

func joins(b *bench) {
	b.resumed()
	p := b.Motors.Report(0).Position
	first := driver.Segment{Start: b.soon(), Dur: 500 * time.Millisecond, P: p, V: b.rate, A: -b.rate * 2, Splice: true}
	good := first
	good.Splice = false
	b.refused("first segment without a splice", b.Motors.Queue(0, good), fault.Invalid)
	b.queue(first)
	end, _ := first.At(first.End())
	good = driver.Segment{Start: first.End(), Dur: 100 * time.Millisecond, P: end}
	for what, change := range map[string]func(*driver.Segment){
		"a gap in time":     func(s *driver.Segment) { s.Start += 1000 },
		"an overlap":        func(s *driver.Segment) { s.Start -= 1000 },
		"a gap in position": func(s *driver.Segment) { s.P += 3 * driver.One },
		"no duration":       func(s *driver.Segment) { s.Dur = 0 },
		"not a number":      func(s *driver.Segment) { s.A = math.NaN() },
	} {
		bad := good
		change(&bad)
		b.refused(what, b.Motors.Queue(0, bad), fault.Invalid)
	}
	b.queue(good) // what was refused left no trace
	b.run(good.End().Sub(b.now))
	b.at(b.rest(driver.Holding), end.Microsteps())
	if r := b.Motors.Report(0); r.Underruns != 0 {
		b.Errorf("%+v", r)
	}
}

func splices(b *bench) {
	b.resumed()
	p := b.Motors.Report(0).Position
	old := driver.Segment{Start: b.soon(), Dur: 10 * time.Second, P: p, V: b.rate, Splice: true}
	b.queue(old)
	b.run(old.Start.Sub(b.now) + 200*time.Millisecond)
	at := b.now.Add(b.lead())
	p, v := old.At(at)
	// Down to rest in the time that half the braking acceleration takes.
	dur := time.Duration(v / (b.Brake / 2) * 1e9)
	change := driver.Segment{Start: at, Dur: dur, P: p, V: v, A: -v / dur.Seconds(), Splice: true}
	b.queue(change)
	b.run(2 * beat)
	r := b.Motors.Report(0)
	want, _ := old.At(r.At)
	if r.At < at && r.Position != want {
		b.Errorf("before the splice: at %.4f, want %.4f", r.Position.Microsteps(), want.Microsteps())
	}
	if r.QueueEnd != change.End() {
		b.Errorf("queue ends at %d, want %d", r.QueueEnd, change.End())
	}
	end, _ := change.At(change.End())
	b.at(b.rest(driver.Holding), end.Microsteps())
	if r := b.Motors.Report(0); r.Underruns != 0 || r.Splices != 2 || r.Late != 0 {
		b.Errorf("after the splice: %+v", r)
	}
}

// stopping returns the way that braking from rate takes.
func (b *bench) stopping(rate float64) float64 { return rate * math.Abs(rate) / (2 * b.Brake) }

func underrun(b *bench) {
	for i, v := range []float64{b.rate, -b.rate} {
		b.resumed()
		p := b.Motors.Report(0).Position
		s := driver.Segment{Start: b.soon(), Dur: 300 * time.Millisecond, P: p, V: v, Splice: true}
		b.queue(s)
		b.run(s.End().Sub(b.now))
		end, _ := s.At(s.End())
		r := b.rest(driver.Holding)
		b.at(r, end.Microsteps()+b.stopping(v))
		if r.Underruns != uint64(i+1) {
			b.Errorf("%d underruns, want %d", r.Underruns, i+1)
		}
	}
}

func haltMoving(b *bench) {
	b.resumed()
	p := b.Motors.Report(0).Position
	s := driver.Segment{Start: b.soon(), Dur: 20 * time.Second, P: p, V: -b.rate, Splice: true}
	b.queue(s)
	b.queue(driver.Segment{Start: s.End(), Dur: time.Second, P: p + driver.PositionOf(-b.rate*20), V: -b.rate})
	b.run(s.Start.Sub(b.now) + 300*time.Millisecond)
	before := b.Motors.Report(0)
	b.Motors.Halt()
	b.refused("queue after halt", b.Motors.Queue(0, s), fault.Refused)
	b.Motors.Halt()
	b.run(2 * beat)
	if r := b.Motors.Report(0); r.State != driver.Braking && r.State != driver.Halted {
		b.Errorf("is %v after halt", r.State)
	}
	r := b.rest(driver.Halted)
	// From where it was when it saw the halt, soon after.
	nearest := before.Position.Microsteps() - b.stopping(b.rate)
	latest := nearest - b.rate*b.lead().Seconds()
	if p := r.Position.Microsteps(); p > nearest+0.05 || p < latest-0.05 {
		b.Errorf("halts at %.3f, want %.3f to %.3f", p, latest, nearest)
	}
	if r.QueueEnd != r.At || r.Underruns != 0 {
		b.Errorf("after halt: %+v", r)
	}
	count := b.Made(0)
	b.run(300 * time.Millisecond)
	if b.Made(0) != count {
		b.Errorf("moved by %d after halt", b.Made(0)-count)
	}
}

func haltResting(b *bench) {
	b.Motors.Halt() // released
	b.run(3 * beat)
	if r := b.Motors.Report(0); r.State != driver.Released {
		b.Errorf("halt while released: %v", r.State)
	}
	b.resumed()
	b.Motors.Halt() // holding
	r := b.rest(driver.Halted)
	b.Motors.Halt() // halted
	b.rest(driver.Halted)
	b.resumed()
	s := driver.Segment{Start: b.soon().Add(300 * time.Millisecond), Dur: time.Second, P: r.Position, V: b.rate, Splice: true}
	b.queue(s)
	b.run(beat)
	b.Motors.Halt() // about to move
	b.run(s.Start.Sub(b.now) + 300*time.Millisecond)
	if after := b.rest(driver.Halted); after.Position != r.Position || b.Made(0) != r.Emitted {
		b.Errorf("moved from %d to %d", r.Position, after.Position)
	}
}

func resumes(b *bench) {
	b.resumed()
	if err := b.Motors.Resume(); err != nil {
		b.Errorf("resume with nothing to end: %v", err)
	}
	p := b.Motors.Report(0).Position
	s := driver.Segment{Start: b.soon(), Dur: 20 * time.Second, P: p, V: b.rate, Splice: true}
	b.queue(s)
	b.run(s.Start.Sub(b.now) + 50*time.Millisecond)
	b.Motors.Halt()
	if b.rate/b.Brake > 0.1 { // braking takes long enough to be seen
		b.run(2 * beat)
		b.refused("resume while braking", b.Motors.Resume(), fault.Refused)
	}
	r := b.rest(driver.Halted)
	b.resumed()
	b.rest(driver.Holding)
	s = driver.Segment{Start: b.soon(), Dur: 100 * time.Millisecond, P: r.Position}
	b.refused("without a splice", b.Motors.Queue(0, s), fault.Invalid)
	s.P, s.Splice = r.Position+100*driver.One, true
	b.refused("a splice elsewhere", b.Motors.Queue(0, s), fault.Invalid)
	for _, s := range b.move(b.soon(), r.Position, 1000) {
		b.queue(s)
	}
	b.run(b.soon().Sub(b.now))
	b.at(b.rest(driver.Holding), r.Position.Microsteps()+1000)
}

func full(b *bench) {
	b.resumed()
	p := b.Motors.Report(0).Position
	s := driver.Segment{Start: b.soon(), Dur: 20 * time.Millisecond, P: p, V: 100, Splice: true}
	first, n := s.Start, 0
	var err error
	for ; n < 1e6; n++ {
		if err = b.Motors.Queue(0, s); err != nil {
			break
		}
		end, _ := s.At(s.End())
		s.Start, s.P, s.Splice = s.End(), end, false
	}
	b.refused("queue beyond the end", err, fault.Full)
	if n < 40 {
		b.Fatalf("holds %d segments", n)
	}
	b.run(first.Sub(b.now) + 100*time.Millisecond)
	if r := b.Motors.Report(0); r.State != driver.Playing || r.QueueEnd != s.Start {
		b.Errorf("a full queue: %+v, want its end at %d", r, s.Start)
	}
	b.run(200 * time.Millisecond)
	if err := b.Motors.Queue(0, s); err != nil {
		b.Errorf("what was played still fills the queue: %v", err)
	}
}

func releases(b *bench) {
	b.resumed()
	p := b.Motors.Report(0).Position
	s := driver.Segment{Start: b.soon(), Dur: 20 * time.Second, P: p, V: b.rate, Splice: true}
	b.queue(s)
	b.run(s.Start.Sub(b.now) + 100*time.Millisecond)
	b.refused("release while moving", b.Motors.Release(), fault.Refused)
	if r := b.Motors.Report(0); r.State != driver.Playing {
		b.Errorf("then is %v", r.State)
	}
	b.Motors.Halt()
	r := b.rest(driver.Halted)
	if err := b.Motors.Release(); err != nil {
		b.Fatalf("release: %v", err)
	}
	b.rest(driver.Released)
	if b.Energised != nil && b.Energised() {
		b.Error("windings are on after release")
	}
	b.refused("queue after release", b.Motors.Queue(0, s), fault.Refused)
	b.resumed()
	if after := b.rest(driver.Holding); after.Emitted != r.Emitted {
		b.Errorf("count %d before, %d after", r.Emitted, after.Emitted)
	}
	if b.Energised != nil && !b.Energised() {
		b.Error("windings are off while holding")
	}
}

// slack is by how much an executor may be behind its planner's clock.
func (b *bench) slack() time.Duration {
	if b.Now == nil {
		return 0
	}
	return 20 * beat
}

func late(b *bench) {
	b.resumed()
	b.run(500 * time.Millisecond)
	p := b.Motors.Report(0).Position
	segs := b.move(b.now.Add(-300*time.Millisecond), p, b.rate)
	for _, s := range segs {
		b.queue(s)
	}
	end, _ := segs[1].At(segs[1].End())
	b.run(max(0, segs[1].End().Sub(b.now)))
	r := b.rest(driver.Holding)
	b.at(r, end.Microsteps())
	if r.Late == 0 || r.WorstLate < 300*time.Millisecond-b.slack() || r.WorstLate > 300*time.Millisecond+b.slack() {
		b.Errorf("%d late, the worst by %v", r.Late, r.WorstLate)
	}
}

// counts moves all axes at once, for a while, and stops in the middle of it.
func counts(b *bench) {
	b.resumed()
	start := b.soon()
	var plans []driver.Segment
	for axis := range b.Axes {
		v := b.rate * (1 - float64(axis)/7)
		s := driver.Segment{Start: start, Dur: 2 * time.Second, P: b.Motors.Report(axis).Position, V: v, A: -v, Splice: true}
		if err := b.Motors.Queue(axis, s); err != nil {
			b.Fatal(err)
		}
		plans = append(plans, s)
	}
	for b.now < start.Add(time.Second) {
		b.run(70 * time.Millisecond)
		if b.Now != nil {
			continue // it runs on while we look
		}
		for axis := range b.Axes {
			if r := b.Motors.Report(axis); r.Emitted != b.Made(axis) {
				b.Fatalf("axis %d: reports %d microsteps, made %d", axis, r.Emitted, b.Made(axis))
			}
		}
	}
	b.Motors.Halt()
	b.rest(driver.Halted)
	b.run(time.Second)
	for axis := range b.Axes {
		r := b.Motors.Report(axis)
		if r.Emitted != b.Made(axis) || r.Emitted == plans[axis].P.Round() {
			b.Errorf("axis %d: reports %d microsteps, made %d", axis, r.Emitted, b.Made(axis))
		}
	}
}
