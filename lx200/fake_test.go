// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/align"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/mount"
)

// pulseAsked is a guide pulse.
type pulseAsked struct {
	dir mount.Direction
	d   time.Duration
}

// fakeMount behaves as the mount does, with slews of ten seconds.
type fakeMount struct {
	mu      sync.Mutex
	now     func() time.Time
	s       mount.Snapshot
	utc     time.Time
	arrive  time.Time
	to      model.Equatorial
	low     bool // every place is below the horizon
	pulses  []pulseAsked
	set     time.Time
	stopped [2]time.Time
	started [2]time.Time
	asked   []string // commands for features that may be lacking
	lacking bool     // they are
	turned  []model.Angle
	synced  *model.Horizontal
	fail    error // of MoveAxis of axis A
	closed  error // of SlewEquatorial
	aborts  int
	broken  bool // Park panics
	nudged  [2]model.Rate
}

func newFakeMount(now func() time.Time) *fakeMount {
	cfg := mount.DefaultConfig()
	cfg.Site.LatitudeDeg = dms(44, 3, 8)
	cfg.Site.LongitudeDeg = -dms(123, 5, 12)
	cfg.Mount.GuideRARate, cfg.Mount.GuideDecRate = 5, 5
	m := pointing.New(pointing.AltAzAttitude(cfg.Site.Latitude()), pointing.Errors{}, model.Axes{})
	f := &fakeMount{now: now, lacking: true, utc: time.Date(2026, 3, 2, 5, 4, 5, 0, time.UTC), s: mount.Snapshot{
		Config: &cfg, Model: m, Tracking: true, Trusted: true, LST: model.Hours(dms(7, 8, 9.4)),
		Equatorial: model.Equatorial{RA: model.Hours(dms(5, 34, 31.94)), Dec: model.Degrees(dms(22, 0, 52.2))},
		Horizontal: model.Horizontal{Az: model.Degrees(dms(123, 59, 59.7)), Alt: model.Degrees(dms(45, 30, 29.6))},
		Rotator:    mount.RotatorState{Present: true},
	}}
	f.aligned(2)
	return f
}

// aligned has the mount initialised on n stars. With none its position is not
// trusted either.
func (f *fakeMount) aligned(n int) {
	var b align.Book
	for i := range n {
		b.Inits[i] = new(align.Entry)
	}
	f.s.Alignment, f.s.Trusted = &mount.Alignment{Book: b}, n > 0
}

func dms(d, m, s float64) float64 { return d + m/60 + s/3600 }

func (f *fakeMount) Snapshot() *mount.Snapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.s.Activity == mount.SlewingToSky && !f.now().Before(f.arrive) {
		f.s.Activity, f.s.Equatorial, f.s.Slewing = mount.Idle, f.to, false
	}
	s := f.s
	return &s
}

func (f *fakeMount) UTC() time.Time { return f.utc }
func (f *fakeMount) Heard(string)   {}

func (f *fakeMount) do(act func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.s.Parked {
		return fault.New(fault.Parked, "fake", "parked")
	}
	return act()
}

func (f *fakeMount) SlewEquatorial(_ context.Context, to model.Equatorial) error {
	return f.do(func() error {
		switch {
		case f.closed != nil:
			return f.closed
		case f.low:
			return fault.New(fault.BelowLimit, "slew", "low")
		case !f.s.Tracking, f.s.Activity == mount.Held, f.s.Activity == mount.Parking:
			return fault.New(fault.Refused, "slew", "no")
		}
		f.s.Activity, f.to, f.arrive = mount.SlewingToSky, to, f.now().Add(10*time.Second)
		f.nudged, f.s.Holder = [2]model.Rate{}, ""
		return nil
	})
}

func (f *fakeMount) SlewHorizontal(_ context.Context, to model.Horizontal) error {
	return f.do(func() error { f.s.Horizontal = to; return nil })
}

func (f *fakeMount) SyncEquatorial(_ context.Context, at model.Equatorial) error {
	return f.do(func() error { f.s.Equatorial = at; return nil })
}

func (f *fakeMount) SetTracking(_ context.Context, on bool) error {
	if !on { // as the mount, which does not mind that it is parked
		f.mu.Lock()
		defer f.mu.Unlock()
		f.s.Tracking = false
		return nil
	}
	return f.do(func() error { f.s.Tracking = on; return nil })
}

func (f *fakeMount) SetDriveRate(_ context.Context, d mount.DriveRate) error {
	return f.do(func() error { f.s.Drive = d; return nil })
}

func (f *fakeMount) SetRateOffsets(_ context.Context, ra, dec *model.Rate) error {
	return f.do(func() error {
		if ra != nil {
			f.s.RARate = *ra
		}
		if dec != nil {
			f.s.DecRate = *dec
		}
		return nil
	})
}

func (f *fakeMount) SyncHorizontal(_ context.Context, at model.Horizontal) error {
	return f.do(func() error { f.synced = &at; return nil })
}

func (f *fakeMount) MoveAxis(_ context.Context, client string, axis int, rate model.Rate) error {
	return f.do(func() error {
		if f.s.Activity != mount.Idle && f.s.Activity != mount.Held {
			return fault.New(fault.Refused, "move", "busy")
		}
		if f.fail != nil && axis == mount.AxisA && rate != 0 {
			return f.fail
		}
		if rate == 0 {
			f.stopped[axis] = f.now()
		} else {
			f.started[axis] = f.now()
		}
		f.nudged = [2]model.Rate{}
		f.s.HeldRates[axis], f.s.Activity, f.s.Holder = rate, mount.Held, client
		if f.s.HeldRates == [3]model.Rate{} {
			f.s.Activity, f.s.Holder = mount.Idle, ""
		}
		return nil
	})
}

func (f *fakeMount) ReplacePulse(_ context.Context, dir mount.Direction, d time.Duration) error {
	return f.do(func() error { f.pulses = append(f.pulses, pulseAsked{dir, d}); return nil })
}

func (f *fakeMount) Abort(context.Context) error {
	return f.do(func() error {
		f.aborts++
		f.nudged, f.s.Activity, f.s.HeldRates, f.s.Holder = [2]model.Rate{}, mount.Idle, [3]model.Rate{}, ""
		return nil
	})
}

func (f *fakeMount) MaxOffset() model.Rate { return model.ArcsecPerSecond(600) }

func (f *fakeMount) Nudge(_ context.Context, client string, ra, dec model.Rate) error {
	return f.do(func() error {
		switch {
		case ra == 0 && dec == 0:
			client = ""
		case f.s.Activity != mount.Idle, !f.s.Tracking:
			return fault.New(fault.Refused, "nudge", "no")
		case ra.Abs() > f.MaxOffset(), dec.Abs() > f.MaxOffset():
			return fault.New(fault.Invalid, "nudge", "too fast")
		}
		f.nudged, f.s.Holder = [2]model.Rate{ra, dec}, client
		return nil
	})
}

// nudge returns the motion of the target in force, in arcseconds per second,
// and whose it is.
func (f *fakeMount) nudge() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.nudged == [2]model.Rate{} {
		return "none"
	}
	return fmt.Sprintf("%.3f %.3f %q", f.nudged[0].ArcsecPerSecond(), f.nudged[1].ArcsecPerSecond(), f.s.Holder)
}

func (f *fakeMount) Park(context.Context) error {
	if f.broken {
		panic("a mistake of ours")
	}
	return f.do(func() error { f.s.Parked, f.s.Tracking = true, false; return nil })
}

func (f *fakeMount) Unpark(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.s.Parked = false
	return nil
}

func (f *fakeMount) HaltRotator(context.Context) error { return nil }

func (f *fakeMount) RotateMechanical(_ context.Context, to model.Angle) error {
	return f.do(func() error { f.turned = append(f.turned, to); return nil })
}

func (f *fakeMount) ask(format string, args ...any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lacking {
		return fault.New(fault.Unsupported, "fake", "lacking")
	}
	f.asked = append(f.asked, fmt.Sprintf(format, args...))
	return nil
}

func (f *fakeMount) SwitchPEC(_ context.Context, axis int, on bool) error {
	return f.ask("PEC %d %v", axis, on)
}
func (f *fakeMount) TogglePEC(context.Context) error { return f.ask("PEC") }

func (f *fakeMount) Initialise(_ context.Context, init int, name string, place model.Equatorial) (int, error) {
	return init, f.ask("init %d %s %.2f %.2f", init, name, place.RA.Hours(), place.Dec.Degrees())
}

func (f *fakeMount) BeginAlignment(_ context.Context, start align.Start) error {
	return f.ask("begin %s", start)
}

// fakePaddle asks its mount.
type fakePaddle struct{ *fakeMount }

func (f fakePaddle) SetModeNumber(_ context.Context, n int, manual bool) error {
	return f.ask("mode %d %v", n, manual)
}

func (f fakePaddle) PressMode(_ context.Context, right bool) error { return f.ask("press %v", right) }

func (f *fakeMount) RunScrollLine(_ context.Context, line string) error {
	return f.ask("scroll %s", line)
}

func (f *fakeMount) Configure(_ context.Context, change func(*mount.Config)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := *f.s.Config
	change(&c)
	f.s.Config = &c
	return nil
}

// clockSet returns the time that was set, if one was.
func (f *fakeMount) clockSet() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.set
}

func (f *fakeMount) SetUTC(_ context.Context, t time.Time) error {
	return f.do(func() error { f.set = t; return nil })
}

// fakeFocuser moves at 1000 steps a second to a position, and by a key at the
// configured speed until its holder has been silent for too long.
type fakeFocuser struct {
	mu      sync.Mutex
	now     func() time.Time
	cfg     focuser.Config
	at, to  int
	since   time.Time
	hold    focuser.Hold // Way 0 for none
	heard   time.Time
	offline error
	halts   int
}

func newFakeFocuser(now func() time.Time) *fakeFocuser {
	return &fakeFocuser{now: now, cfg: focuser.DefaultConfig(), since: now()}
}

func (f *fakeFocuser) move() {
	now := f.now()
	rate, until := 1000.0, now
	if f.hold.Way != 0 {
		if rate = f.cfg.SlowRate; f.hold.Fast {
			rate = f.cfg.FastRate
		}
		if end := f.heard.Add(f.hold.Within); until.After(end) {
			until = end
		}
	}
	way := int(until.Sub(f.since).Seconds() * rate)
	if f.to > f.at {
		f.at = min(f.at+way, f.to)
	} else {
		f.at = max(f.at-way, f.to)
	}
	f.since = now
	if until != now {
		f.to, f.hold = f.at, focuser.Hold{}
	}
}

func (f *fakeFocuser) Snapshot() *focuser.Snapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.move()
	c := f.cfg
	return &focuser.Snapshot{Config: &c, Position: f.at, Target: f.to, Moving: f.at != f.to, Holder: f.hold.By, Offline: f.offline}
}

func (f *fakeFocuser) Move(_ context.Context, to int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.move()
	f.to, f.hold = max(0, min(to, f.cfg.MaxStep)), focuser.Hold{}
	return nil
}

func (f *fakeFocuser) Jog(_ context.Context, h focuser.Hold) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.move()
	switch {
	case h.Way != 0:
		f.hold, f.heard, f.to = h, f.now(), max(0, h.Way*f.cfg.MaxStep)
	case h.By == f.hold.By:
		f.to, f.hold = f.at, focuser.Hold{}
	}
	return nil
}

func (f *fakeFocuser) Halt(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.move()
	f.to, f.hold = f.at, focuser.Hold{}
	f.halts++
	return nil
}

func (f *fakeFocuser) Configure(_ context.Context, change func(*focuser.Config)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.cfg)
	return nil
}

// ground is the lowest altitude that the fake mount allows.
func (f *fakeMount) ground(*mount.Snapshot, model.Angle) model.Angle {
	if f.low {
		return model.Degrees(90)
	}
	return 0
}
