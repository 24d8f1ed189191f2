// SPDX-License-Identifier: GPL-3.0-or-later

package focuser

import (
	"math"
	"sync"
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// player plays segments as motors would, and judges whether a motor that only
// runs or stands could follow them.
type player struct {
	t *testing.T

	mu       sync.Mutex
	now      driver.Instant
	plan     []driver.Segment
	report   driver.Report
	resumed  bool
	deaf     bool      // plays nothing
	brakes   bool      // says so
	switches []float64 // rates, each time they change
	turned   driver.Instant
	at       float64
	rest     time.Duration // shortest between two directions
}

func (p *player) Beat(now driver.Instant) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.now < now {
		p.now = min(p.now.Add(time.Millisecond), now)
		p.step()
	}
	p.report.At, p.report.Emitted = now, model.Microsteps(math.Floor(p.at+0.5))
	p.report.QueueEnd = now
	switch {
	case p.brakes:
		p.report.State = driver.Braking
	case !p.resumed:
		p.report.State = driver.Released
	case len(p.plan) > 0:
		p.report.State, p.report.QueueEnd = driver.Playing, p.plan[len(p.plan)-1].End()
	default:
		p.report.State = driver.Holding
	}
}

func (p *player) step() {
	rate := 0.0
	for len(p.plan) > 0 && p.plan[0].Start <= p.now {
		s := &p.plan[0]
		pos, v := s.At(min(p.now, s.End()))
		p.at, rate = pos.Microsteps(), v
		if p.now < s.End() {
			break
		}
		p.plan = p.plan[1:]
		if len(p.plan) == 0 && v != 0 {
			p.report.Underruns++
			p.t.Errorf("the plan ends at %.1f with the motor running", p.at)
		}
	}
	n := len(p.switches)
	if n > 0 && p.switches[n-1] == rate || n == 0 && rate == 0 {
		return
	}
	if n > 1 && p.switches[n-1] == 0 && p.switches[n-2]*rate < 0 {
		p.rest = min(p.rest, p.now.Sub(p.turned))
	} else if n > 0 && p.switches[n-1]*rate < 0 {
		p.rest = 0
	}
	p.switches = append(p.switches, rate)
	p.turned = p.now
}

func (p *player) Queue(_ int, s driver.Segment) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch n := len(p.plan); {
	case p.deaf:
		return nil
	case s.A != 0 || s.J != 0:
		p.t.Errorf("accelerates: %+v", s)
	case s.Dur <= 0:
		p.t.Errorf("lasts %v", s.Dur)
	case s.Splice:
		for n > 0 && p.plan[n-1].Start >= s.Start {
			n--
		}
		p.plan = p.plan[:n]
		if n > 0 {
			p.plan[n-1].Dur = min(p.plan[n-1].Dur, s.Start.Sub(p.plan[n-1].Start))
		}
	case n > 0 && p.plan[n-1].End() != s.Start:
		p.t.Errorf("a gap of %v", s.Start.Sub(p.plan[n-1].End()))
	}
	if n := len(p.plan); n > 0 {
		if end, _ := p.plan[n-1].At(p.plan[n-1].End()); math.Abs((end - s.P).Microsteps()) > 0.01 {
			p.t.Errorf("jumps by %v", (s.P - end).Microsteps())
		}
	}
	p.plan = append(p.plan, s)
	return nil
}

func (p *player) Report(int) driver.Report { p.mu.Lock(); defer p.mu.Unlock(); return p.report }
func (p *player) Halt()                    { p.mu.Lock(); defer p.mu.Unlock(); p.plan = nil }
func (p *player) Resume() error            { p.mu.Lock(); defer p.mu.Unlock(); p.resumed = true; return nil }
func (p *player) Release() error           { return nil }

func relay(t *testing.T, change func(*Config)) (*Focuser, *player) {
	cfg := DefaultConfig()
	cfg.Motor, cfg.MaxStep, cfg.StartPosition, cfg.RelayRate = Relays, 1000, 400, 80
	if change != nil {
		change(&cfg)
	}
	p := &player{t: t, at: float64(cfg.StartPosition), rest: time.Hour}
	p.report.Emitted = model.Microsteps(cfg.StartPosition)
	f, _ := start(t, cfg, Parts{Motors: p})
	return f, p
}

// A DC motor runs at one speed, or stands; how far it came is a matter of time.
func TestRelay(t *testing.T) {
	bubble(t, "moves", func(t *testing.T) {
		f, p := relay(t, nil)
		for _, tt := range []struct {
			to   int
			took time.Duration
		}{{600, 2500 * time.Millisecond}, {601, 0}, {200, 5 * time.Second}, {0, 2500 * time.Millisecond}, {-50, 0}, {80, time.Second}} {
			begun := time.Now()
			check(t, "move", f.Move(t.Context(), tt.to), nil)
			s := wait(t, f)
			if took := time.Since(begun); s.Position != max(tt.to, 0) || s.Fault != nil || took < tt.took || took > tt.took+time.Second {
				t.Errorf("to %d: at %d after %v, %v", tt.to, s.Position, took, s.Fault)
			}
		}
		for _, rate := range p.switches {
			if rate != 0 && math.Abs(rate) != 80 {
				t.Errorf("ran at %v steps/s", rate)
			}
		}
	})
	bubble(t, "reversal rests", func(t *testing.T) {
		f, p := relay(t, nil)
		check(t, "out", f.Move(t.Context(), 900), nil)
		pass(f, time.Second)
		check(t, "in", f.Move(t.Context(), 300), nil)
		pass(f, time.Second)
		check(t, "out", f.Move(t.Context(), 500), nil)
		if s := wait(t, f); s.Position != 500 || p.rest < 190*time.Millisecond {
			t.Errorf("at %d; turned back after a rest of %v", s.Position, p.rest)
		}
	})
	bubble(t, "halt and keys", func(t *testing.T) {
		f, p := relay(t, func(c *Config) { c.RelaySlowRate = 10 })
		check(t, "move", f.Move(t.Context(), 900), nil)
		pass(f, 1003*time.Millisecond)
		check(t, "halt", f.Halt(t.Context()), nil)
		s := wait(t, f)
		if s.Position < 478 || s.Position > 483 || float64(s.Position) != p.at || s.Target != s.Position {
			t.Errorf("halted after a second at %d (%v), target %d", s.Position, p.at, s.Target)
		}
		check(t, "slow key", f.Jog(t.Context(), Hold{By: "me", Way: -1}), nil)
		from := pass(f, time.Second).Position
		if to := pass(f, 3*time.Second).Position; to != from-30 {
			t.Errorf("slow: %d steps in 3 s", to-from)
		}
		check(t, "fast key", f.Jog(t.Context(), Hold{By: "me", Way: -1, Fast: true}), nil)
		from = pass(f, time.Second).Position
		if to := pass(f, time.Second).Position; to != from-80 {
			t.Errorf("fast: %d steps in 1 s", to-from)
		}
		pass(f, 17*time.Millisecond)
		check(t, "let go", f.Jog(t.Context(), Hold{By: "me"}), nil)
		if s := wait(t, f); float64(s.Position) != p.at {
			t.Errorf("at %d, motor at %v", s.Position, p.at)
		}
	})
	bubble(t, "backlash and reversed", func(t *testing.T) {
		f, p := relay(t, func(c *Config) { c.BacklashSteps, c.Reverse = -40, true })
		check(t, "out", f.Move(t.Context(), 600), nil)
		if s := wait(t, f); s.Position != 600 || p.at != 200 || p.switches[0] >= 0 || p.switches[len(p.switches)-2] <= 0 {
			t.Errorf("at %d, motor at %v, by %v", s.Position, p.at, p.switches)
		}
	})
	bubble(t, "rests at the end of the run", func(t *testing.T) {
		cfg := DefaultConfig()
		cfg.Motor = Relays
		p := &player{t: t, at: 25000, rest: time.Hour}
		p.report.Emitted = 25000
		f, end := start(t, cfg, Parts{Motors: p})
		check(t, "move", f.Move(t.Context(), 26000), nil)
		pass(f, time.Second)
		end()
		if s := f.Saved(); s.Moving || f.Snapshot().Report.State == driver.Playing {
			t.Errorf("%+v", s)
		}
	})
}

// A motor that stands somewhere else than it was sent, with nothing left to be
// played, does not leave its focuser moving for ever.
func TestStopsShort(t *testing.T) {
	bubble(t, "short", func(t *testing.T) {
		f, p := relay(t, nil)
		check(t, "move", f.Move(t.Context(), 600), nil)
		pass(f, time.Second)
		p.mu.Lock()
		p.plan, p.deaf = nil, true
		p.mu.Unlock()
		s := pass(f, 10*time.Second)
		if s.Moving {
			t.Error("still moving")
		}
		check(t, "fault", s.Fault, fault.Hardware)
	})
}

// An executor that may have left the motor behind takes the trust with it, and
// one that still brakes lets nobody set the counter.
func TestExecutorsTroubles(t *testing.T) {
	bubble(t, "lost", func(t *testing.T) {
		f, p := relay(t, nil)
		if !pass(f, time.Second).Trusted {
			t.Error("not sure from the start")
		}
		p.mu.Lock()
		p.report.Lost++
		p.mu.Unlock()
		if s := pass(f, time.Second); s.Trusted || !f.Saved().Unsure {
			t.Error("still sure")
		}
	})
	bubble(t, "brakes", func(t *testing.T) {
		f, p := relay(t, nil)
		check(t, "move", f.Move(t.Context(), 420), nil)
		wait(t, f)
		p.mu.Lock()
		p.brakes = true
		p.mu.Unlock()
		pass(f, time.Second)
		check(t, "set", f.SetPosition(t.Context(), 0), fault.Refused)
		check(t, "move", f.Move(t.Context(), 0), fault.Refused)
	})
}

// contacts are two relays and a DC motor that makes its steps per second.
type contacts struct {
	rate      float64
	direction int
	since     driver.Instant
	at        float64
}

func (c *contacts) Switch(at driver.Instant, direction int) error {
	c.at += float64(c.direction) * c.rate * at.Sub(c.since).Seconds()
	c.direction, c.since = direction, at
	return nil
}

// Through the executor, the motor runs for as long as the focuser reckons.
func TestRelayOnTheExecutor(t *testing.T) {
	bubble(t, "dead reckoning", func(t *testing.T) {
		cfg := DefaultConfig()
		cfg.Motor, cfg.MaxStep, cfg.StartPosition, cfg.RelayRate, cfg.BacklashSteps = Relays, 1000, 400, 80, 30
		c := &contacts{rate: 80, at: 400}
		motors, err := executor.NewInline(executor.Config{Axes: []executor.Axis{{
			Kind: executor.Relay, Initial: 400, Brake: 100 * cfg.TopRate(), MaxRate: 1.5 * cfg.TopRate(),
		}}}, executor.Outputs{Relays: []driver.Relay{c}})
		if err != nil {
			t.Fatal(err)
		}
		f, _ := start(t, cfg, Parts{Motors: motors})
		for _, to := range []int{600, 200, 201, 0, 1000, 400} {
			check(t, "move", f.Move(t.Context(), to), nil)
			s := wait(t, f)
			if s.Position != to || s.Fault != nil || math.Abs(c.at-float64(to)) > 0.6 || c.direction != 0 {
				t.Errorf("to %d: at %d, motor at %.2f, switched %d, %v", to, s.Position, c.at, c.direction, s.Fault)
			}
			if r := s.Report; r.Underruns != 0 || r.CatchUps != 0 {
				t.Errorf("to %d: %+v", to, r)
			}
		}
		check(t, "jog", f.Jog(t.Context(), Hold{By: "me", Way: 1}), nil)
		pass(f, time.Second)
		check(t, "let go", f.Jog(t.Context(), Hold{By: "me"}), nil)
		if s := wait(t, f); math.Abs(c.at-float64(s.Position)) > 0.6 || s.Position < 470 {
			t.Errorf("let go at %d, motor at %.2f", s.Position, c.at)
		}
	})
}
