// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"context"
	"sync"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

// fakeMount behaves as the mount does, with slews of ten seconds.
type fakeMount struct {
	mu      sync.Mutex
	now     func() time.Time
	s       mount.Snapshot
	utc     time.Time
	arrive  time.Time
	to      model.Equatorial
	low     bool // every place is below the horizon
	pulses  []mount.Direction
	set     time.Time
	stopped [2]time.Time
	started [2]time.Time
}

func newFakeMount(now func() time.Time) *fakeMount {
	cfg := mount.DefaultConfig()
	cfg.Site.LatitudeDeg = dms(44, 3, 8)
	cfg.Site.LongitudeDeg = -dms(123, 5, 12)
	cfg.Mount.GuideRARate, cfg.Mount.GuideDecRate = 5, 5
	return &fakeMount{now: now, utc: time.Date(2026, 3, 2, 5, 4, 5, 0, time.UTC), s: mount.Snapshot{
		Config: &cfg, Tracking: true, Trusted: true, LST: model.Hours(dms(7, 8, 9.4)),
		Equatorial: model.Equatorial{RA: model.Hours(dms(5, 34, 31.94)), Dec: model.Degrees(dms(22, 0, 52.2))},
		Horizontal: model.Horizontal{Az: model.Degrees(dms(123, 59, 59.7)), Alt: model.Degrees(dms(45, 30, 29.6))},
		Rotator:    mount.RotatorState{Present: true},
	}}
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
		case f.low:
			return fault.New(fault.BelowLimit, "slew", "low")
		case !f.s.Tracking, f.s.Activity == mount.Held, f.s.Activity == mount.Parking:
			return fault.New(fault.Refused, "slew", "no")
		}
		f.s.Activity, f.to, f.arrive = mount.SlewingToSky, to, f.now().Add(10*time.Second)
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
	return f.do(func() error { f.s.Tracking = on; return nil })
}

func (f *fakeMount) SetDriveRate(_ context.Context, d mount.DriveRate) error {
	return f.do(func() error { f.s.Drive = d; return nil })
}

func (f *fakeMount) SetRateOffsets(context.Context, *model.Rate, *model.Rate) error { return nil }

func (f *fakeMount) MoveAxis(_ context.Context, client string, axis int, rate model.Rate) error {
	return f.do(func() error {
		if f.s.Activity != mount.Idle && f.s.Activity != mount.Held {
			return fault.New(fault.Refused, "move", "busy")
		}
		if rate == 0 {
			f.stopped[axis] = f.now()
		} else {
			f.started[axis] = f.now()
		}
		f.s.HeldRates[axis], f.s.Activity, f.s.Holder = rate, mount.Held, client
		if f.s.HeldRates == [3]model.Rate{} {
			f.s.Activity, f.s.Holder = mount.Idle, ""
		}
		return nil
	})
}

func (f *fakeMount) PulseGuide(_ context.Context, d mount.Direction, _ time.Duration) error {
	return f.do(func() error { f.pulses = append(f.pulses, d); return nil })
}

func (f *fakeMount) Abort(context.Context) error {
	return f.do(func() error {
		f.s.Activity, f.s.HeldRates, f.s.Holder = mount.Idle, [3]model.Rate{}, ""
		return nil
	})
}

func (f *fakeMount) Park(context.Context) error {
	return f.do(func() error { f.s.Parked, f.s.Tracking = true, false; return nil })
}

func (f *fakeMount) Unpark(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.s.Parked = false
	return nil
}

func (f *fakeMount) HaltRotator(context.Context) error { return nil }

func (f *fakeMount) Configure(_ context.Context, change func(*mount.Config)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := *f.s.Config
	change(&c)
	f.s.Config = &c
	return nil
}

func (f *fakeMount) SetUTC(_ context.Context, t time.Time) error {
	return f.do(func() error { f.set = t; return nil })
}

// fakeFocuser is at its target at once.
type fakeFocuser struct {
	mu sync.Mutex
	at int
}

func (f *fakeFocuser) Snapshot() *focuser.Snapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := focuser.DefaultConfig()
	return &focuser.Snapshot{Config: &c, Position: f.at}
}

func (f *fakeFocuser) Move(_ context.Context, to int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at = to
	return nil
}

func (f *fakeFocuser) Halt(context.Context) error                                 { return nil }
func (f *fakeFocuser) Configure(_ context.Context, _ func(*focuser.Config)) error { return nil }
