// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// dying is motors whose executor can be made to fail. Dead, it says that its
// windings are off, keeps its counts, and takes nothing, until it is mended and
// resumed.
type dying struct {
	driver.Motors
	mu     sync.Mutex
	dead   bool
	mended bool
	faults uint64
	frozen map[int]driver.Report // of an executor that says nothing any more
}

func (d *dying) Report(axis int) driver.Report {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r, ok := d.frozen[axis]; ok {
		return r
	}
	r := d.Motors.Report(axis)
	if d.dead {
		r.State, r.Rate = driver.Released, 0
	}
	r.Faults += d.faults
	return r
}

func (d *dying) Queue(axis int, s driver.Segment) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dead {
		return fault.New(fault.Refused, "queue segment", "released")
	}
	return d.Motors.Queue(axis, s)
}

func (d *dying) Resume() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dead && !d.mended {
		return fault.New(fault.Hardware, "resume", "the executor does not run")
	}
	d.dead = false
	return d.Motors.Resume()
}

func (d *dying) set(change func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change()
}

func startDying(t *testing.T, cfg Config) (*rig, *dying) {
	d := new(dying)
	r := start(t, cfg, nil, func(p *Parts) { d.Motors = p.Motors; p.Motors = d })
	return r, d
}

// An executor that dies is noticed within a tick, and all that was going on has
// ended in words; once it runs again the mount does, too.
func TestExecutorDies(t *testing.T) {
	for name, tt := range map[string]struct {
		during  func(r *rig)
		trusted bool
		ended   Ending
	}{
		"slew":     {func(r *rig) { r.do(r.SlewEquatorial(r.t.Context(), r.at(3, 20))); r.after(2 * time.Second) }, false, Failed},
		"tracking": {func(r *rig) { r.after(2 * time.Second) }, false, endings},
		"rest": {func(r *rig) {
			r.do(r.SetTracking(r.t.Context(), false))
			r.after(2 * time.Second)
		}, true, endings},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, d := startDying(t, DefaultConfig())
				ctx := t.Context()
				r.do(r.SetTracking(ctx, true))
				r.do(r.SlewEquatorial(ctx, r.at(-2, 35)))
				r.arrive()
				tt.during(r)
				before := r.Snapshot()
				d.set(func() { d.dead = true })
				d.Motors.Halt()
				s := r.after(Tick + Tick/2)
				if s.Tracking || s.Activity != Idle || s.Trusted != tt.trusted || !errors.Is(s.Stopped, fault.Hardware) {
					t.Errorf("tracking %v, %v, trusted %v, stopped %v", s.Tracking, s.Activity, s.Trusted, s.Stopped)
				}
				if s.Stopped != nil && !strings.Contains(s.Stopped.Error(), "executor") {
					t.Errorf("it says %q", s.Stopped)
				}
				if tt.ended != endings && (s.Counts.Ended[tt.ended] != before.Counts.Ended[tt.ended]+1 || s.SlewFault == nil) {
					t.Errorf("ended %v, fault %v", s.Counts.Ended, s.SlewFault)
				}
				if err := r.SetTracking(ctx, true); !errors.Is(err, fault.Refused) {
					t.Errorf("tracking, before Resume: %v", err)
				}
				if err := r.Resume(ctx); !errors.Is(err, fault.Hardware) {
					t.Errorf("resume, while the executor does not run: %v", err)
				}
				r.after(5 * time.Second)
				d.set(func() { d.mended = true })
				r.do(r.Resume(ctx))
				r.do(r.SetTracking(ctx, true))
				to := r.at(-1, 40)
				r.do(r.SlewEquatorial(ctx, to))
				s = r.arrive()
				r.onTarget("after it runs again", s.Equatorial, to, fine)
				if s.Stopped != nil || s.Trusted != tt.trusted {
					t.Errorf("stopped %v, trusted %v", s.Stopped, s.Trusted)
				}
			})
		})
	}
}

// An output that fails halts the axes; the mount says so, and no more than
// once.
func TestOutputFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, d := startDying(t, DefaultConfig())
		ctx := t.Context()
		r.do(r.SetTracking(ctx, true))
		r.do(r.SlewEquatorial(ctx, r.at(-2, 35)))
		r.after(2 * time.Second)
		d.set(func() { d.faults++ })
		d.Motors.Halt()
		s := r.after(3 * time.Second)
		if s.Tracking || s.Slewing || s.Trusted || !errors.Is(s.Stopped, fault.Hardware) || !errors.Is(s.SlewFault, fault.Hardware) {
			t.Errorf("tracking %v, slewing %v, trusted %v, stopped %v, slew %v", s.Tracking, s.Slewing, s.Trusted, s.Stopped, s.SlewFault)
		}
		r.do(r.Resume(ctx))
		r.do(r.SetTracking(ctx, true))
		if s := r.after(time.Second); !s.Tracking || s.Stopped != nil {
			t.Errorf("afterwards: tracking %v, stopped %v", s.Tracking, s.Stopped)
		}
	})
}

// An executor that falls silent in motion is as good as dead.
func TestExecutorFallsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, d := startDying(t, DefaultConfig())
		r.do(r.SetTracking(t.Context(), true))
		r.after(2 * time.Second)
		d.set(func() {
			d.frozen = map[int]driver.Report{}
			for i := range 3 {
				d.frozen[i] = d.Motors.Report(i)
			}
		})
		s := r.after(1500 * time.Millisecond)
		if s.Tracking || s.Trusted || !errors.Is(s.Stopped, fault.Hardware) {
			t.Errorf("tracking %v, trusted %v, stopped %v", s.Tracking, s.Trusted, s.Stopped)
		}
		d.set(func() { d.frozen = nil })
	})
}

// cramped starts a mount whose executor stops axis A at some angle.
func cramped(t *testing.T, highDeg float64) *rig {
	cfg := stepsFor(DefaultConfig())
	a := cfg.Mount.A
	counts := cfg.StartCounts(nil)
	var axes []executor.Axis
	for i, ax := range []Axis{cfg.Mount.Z, a} {
		q := float64(ax.microstep())
		axes = append(axes, executor.Axis{Kind: executor.Pulse, Port: i, Initial: counts[i],
			Brake: model.Degrees(ax.Accel).Radians() / q, MaxRate: headroom * model.Degrees(ax.MaxRate).Radians() / q})
	}
	axes[AxisA].Limited = true
	axes[AxisA].Min, axes[AxisA].Max = -1000, model.Microsteps(float64(model.Degrees(highDeg))/float64(a.microstep()))
	motors, err := executor.NewInline(executor.Config{Axes: axes}, executor.Outputs{Pulsers: []driver.Pulser{nothing{}, nothing{}}})
	if err != nil {
		t.Fatal(err)
	}
	cfg = DefaultConfig()
	cfg.Rotator.Enabled = false
	return start(t, cfg, nil, func(p *Parts) { p.Motors = motors })
}

// The executor's own limit is a clear end, with a ramp where there is room, and
// not the beginning of a quarrel.
func TestExecutorLimit(t *testing.T) {
	for name, tt := range map[string]struct {
		high float64
		go_  func(r *rig) error
	}{
		"slew": {50, func(r *rig) error { // with speed
			return r.SlewHorizontal(r.t.Context(), model.Horizontal{Az: model.Degrees(180), Alt: model.Degrees(80)})
		}},
		"held": {31, func(r *rig) error { return r.MoveAxis(r.t.Context(), "me", AxisA, model.DegreesPerSecond(0.2)) }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := cramped(t, tt.high)
				r.do(tt.go_(r))
				for range 3 {
					r.after(5 * time.Second)
					r.Heard("me")
				}
				s := r.Snapshot()
				if s.Slewing || s.Tracking || !errors.Is(s.Stopped, fault.AboveLimit) || s.Counts.Ended[Limited] != 1 {
					t.Errorf("%v, tracking %v, stopped %v, ended %v", s.Activity, s.Tracking, s.Stopped, s.Counts.Ended)
				}
				t.Logf("at %.4f°", s.Axes.A.Degrees())
				if s.Limit.Limit != AUpperLimit || !s.Limit.Reached || !s.Trusted {
					t.Errorf("limit %v, trusted %v", s.Limit, s.Trusted)
				}
				if name == "slew" && !errors.Is(s.SlewFault, fault.AboveLimit) {
					t.Errorf("slew fault %v", s.SlewFault)
				}
				if deg := s.Axes.A.Degrees(); deg > tt.high+0.01 || deg < tt.high-6 {
					t.Errorf("axis A has come to %.3f°", deg)
				}
				if err := r.SlewHorizontal(t.Context(), model.Horizontal{Az: s.Horizontal.Az, Alt: model.Degrees(20)}); err != nil {
					r.do(r.Resume(t.Context())) // it had to brake hard
					r.do(r.SlewHorizontal(t.Context(), model.Horizontal{Az: s.Horizontal.Az, Alt: model.Degrees(20)}))
				}
				if s := r.arrive(); s.Axes.A > model.Degrees(20.1) || s.Stopped != nil {
					t.Errorf("on the way back: at %v, stopped %v", s.Axes.A, s.Stopped)
				}
			})
		})
	}
}
