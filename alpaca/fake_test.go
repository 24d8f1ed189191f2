// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/mount"
)

// fakeMount behaves as a mount does, without axes: what it is told to do, it
// has done. With slow set, slews and parking last until arrive.
type fakeMount struct {
	slow bool

	mu      sync.Mutex
	snap    atomic.Pointer[mount.Snapshot]
	changed chan struct{} // closed at the next change
	goal    func(*mount.Snapshot)
	heard   []string
	moves   []axisMove
	pulses  []pulse
	refuse  error // what the next command returns
	entered chan struct{}
	gate    chan struct{} // if set, commands wait for it
}

type axisMove struct {
	client string
	axis   int
	rate   model.Rate
}

type pulse struct {
	direction mount.Direction
	d         time.Duration
}

// fakeNow is the time of the fake's sky.
var fakeNow = time.Date(2026, 3, 20, 4, 5, 6, 789_000_000, time.UTC)

func newFakeMount(geometry string) *fakeMount {
	cfg := mount.DefaultConfig().ForGeometry(geometry)
	f := &fakeMount{changed: make(chan struct{}), entered: make(chan struct{}, 1000)}
	f.snap.Store(&mount.Snapshot{
		At: 1e9, UTC: fakeNow, LST: model.Hours(7.5), Config: &cfg, Tracking: true, Trusted: true,
		Equatorial: model.Equatorial{RA: model.Hours(5.123456789), Dec: model.Degrees(33.3)},
		Horizontal: model.Horizontal{Az: model.Degrees(222.2), Alt: model.Degrees(55.5)},
		Rotator:    mount.RotatorState{Present: true, Sky: model.Degrees(12.5), Mechanical: model.Degrees(340), Target: model.Degrees(12.5)},
	})
	return f
}

// edit changes the fake's state at once.
func (f *fakeMount) edit(change func(*mount.Snapshot)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.editLocked(change)
}

func (f *fakeMount) editLocked(change func(*mount.Snapshot)) {
	s := *f.snap.Load()
	change(&s)
	f.snap.Store(&s)
	close(f.changed)
	f.changed = make(chan struct{})
}

// command performs a change if neither refuse nor check objects.
func (f *fakeMount) command(ctx context.Context, check func(*mount.Snapshot) error, change func(*mount.Snapshot)) error {
	f.entered <- struct{}{}
	if f.gate != nil {
		select {
		case <-f.gate:
		case <-ctx.Done():
			return fault.Wrap(fault.Cancelled, "fake", ctx.Err())
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.refuse; err != nil {
		f.refuse = nil
		return err
	}
	if check != nil {
		if err := check(f.snap.Load()); err != nil {
			return err
		}
	}
	f.editLocked(change)
	return nil
}

// travel is a command that takes time.
func (f *fakeMount) travel(ctx context.Context, a mount.Activity, check func(*mount.Snapshot) error, goal func(*mount.Snapshot)) error {
	return f.command(ctx, check, func(s *mount.Snapshot) {
		s.SlewFault, s.Stopped, s.AtHome = nil, nil, false
		s.Motions++
		if !f.slow {
			goal(s)
			return
		}
		s.Slewing, s.Activity, f.goal = true, a, goal
	})
}

// arrive ends a motion.
func (f *fakeMount) arrive() {
	f.edit(func(s *mount.Snapshot) {
		s.Slewing, s.Activity = false, mount.Idle
		if f.goal != nil {
			f.goal(s)
		}
		f.goal = nil
	})
}

func (f *fakeMount) Snapshot() *mount.Snapshot { return f.snap.Load() }
func (f *fakeMount) UTC() time.Time            { return f.snap.Load().UTC.Add(10 * time.Millisecond) }

func (f *fakeMount) Await(ctx context.Context, done func(*mount.Snapshot) bool) (*mount.Snapshot, error) {
	for {
		f.mu.Lock()
		s, changed := f.snap.Load(), f.changed
		f.mu.Unlock()
		if done(s) {
			return s, nil
		}
		select {
		case <-ctx.Done():
			return s, ctx.Err()
		case <-changed:
		case <-time.After(50 * time.Millisecond): // a real mount publishes at every tick, changed or not
		}
	}
}

func (f *fakeMount) Heard(client string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.heard = append(f.heard, client)
}

func (f *fakeMount) Halt() {
	f.edit(func(s *mount.Snapshot) {
		s.Slewing, s.Tracking, s.Activity = false, false, mount.Idle
		s.Motions++
		s.Stopped = fault.New(fault.Refused, "halt", "halted")
	})
}

func (f *fakeMount) Resume(ctx context.Context) error {
	return f.command(ctx, nil, func(s *mount.Snapshot) { s.Stopped = nil })
}

func needs(parked, tracking bool) func(*mount.Snapshot) error {
	return func(s *mount.Snapshot) error {
		switch {
		case parked != s.Parked:
			return fault.New(fault.Parked, "fake", "parked")
		case tracking != s.Tracking:
			return fault.New(fault.Refused, "fake", "tracking is %v", s.Tracking)
		}
		return nil
	}
}

func (f *fakeMount) SlewEquatorial(ctx context.Context, to model.Equatorial) error {
	return f.travel(ctx, mount.SlewingToSky, needs(false, true), func(s *mount.Snapshot) {
		s.Equatorial, s.Target, s.HasTarget = to, to, true
	})
}

func (f *fakeMount) SlewHorizontal(ctx context.Context, to model.Horizontal) error {
	return f.travel(ctx, mount.SlewingToAxes, needs(false, false), func(s *mount.Snapshot) { s.Horizontal = to })
}

func (f *fakeMount) SyncEquatorial(ctx context.Context, at model.Equatorial) error {
	return f.command(ctx, needs(false, true), func(s *mount.Snapshot) { s.Equatorial = at })
}

func (f *fakeMount) SyncHorizontal(ctx context.Context, at model.Horizontal) error {
	return f.command(ctx, needs(false, false), func(s *mount.Snapshot) { s.Horizontal = at })
}

func (f *fakeMount) MoveAxis(ctx context.Context, client string, axis int, rate model.Rate) error {
	return f.command(ctx, nil, func(s *mount.Snapshot) {
		f.moves = append(f.moves, axisMove{client, axis, rate})
		s.HeldRates[axis], s.Slewing, s.Holder = rate, rate != 0, ""
		if rate != 0 {
			s.Holder = client
		}
	})
}

func (f *fakeMount) PulseGuide(ctx context.Context, dir mount.Direction, d time.Duration) error {
	return f.command(ctx, nil, func(s *mount.Snapshot) {
		f.pulses = append(f.pulses, pulse{dir, d})
		s.GuideEnd = s.At.Add(d)
	})
}

func (f *fakeMount) Abort(ctx context.Context) error {
	return f.command(ctx, nil, func(s *mount.Snapshot) {
		s.Slewing, s.Activity, f.goal = false, mount.Idle, nil
		s.Motions++
	})
}

func (f *fakeMount) Park(ctx context.Context) error {
	return f.travel(ctx, mount.Parking, nil, func(s *mount.Snapshot) { s.Parked, s.Tracking = true, false })
}

func (f *fakeMount) Unpark(ctx context.Context) error {
	return f.command(ctx, nil, func(s *mount.Snapshot) { s.Parked = false })
}

func (f *fakeMount) SetPark(ctx context.Context) error {
	return f.command(ctx, nil, func(*mount.Snapshot) {})
}

func (f *fakeMount) FindHome(ctx context.Context) error {
	return f.travel(ctx, mount.Homing, nil, func(s *mount.Snapshot) { s.AtHome, s.Tracking = true, false })
}

func (f *fakeMount) Flip(ctx context.Context, to pointing.PierSide) error {
	return f.travel(ctx, mount.SlewingToSky, nil, func(s *mount.Snapshot) { s.Pier = to })
}

func (f *fakeMount) DestinationPier(to model.Equatorial) (pointing.PierSide, error) {
	return pointing.DestinationSide(to.HourDec(f.Snapshot().LST).HA, pointing.PierUnknown, 0), nil
}

func (f *fakeMount) SetTracking(ctx context.Context, on bool) error {
	return f.command(ctx, nil, func(s *mount.Snapshot) { s.Tracking = on })
}

func (f *fakeMount) SetDriveRate(ctx context.Context, d mount.DriveRate) error {
	return f.command(ctx, nil, func(s *mount.Snapshot) { s.Drive, s.RARate, s.DecRate = d, 0, 0 })
}

func (f *fakeMount) SetRateOffsets(ctx context.Context, ra, dec *model.Rate) error {
	return f.command(ctx, func(s *mount.Snapshot) error {
		if s.Drive != mount.DriveSidereal {
			return fault.New(fault.Refused, "fake", "only at the sidereal rate")
		}
		for _, r := range []*model.Rate{ra, dec} {
			if r != nil && r.Abs() > model.DegreesPerSecond(1) {
				return fault.New(fault.Invalid, "fake", "too fast")
			}
		}
		return nil
	}, func(s *mount.Snapshot) {
		if ra != nil {
			s.RARate = *ra
		}
		if dec != nil {
			s.DecRate = *dec
		}
	})
}

func (f *fakeMount) SetUTC(ctx context.Context, utc time.Time) error {
	return f.command(ctx, nil, func(s *mount.Snapshot) { s.UTC = utc })
}

func (f *fakeMount) Configure(ctx context.Context, change func(*mount.Config)) error {
	cfg := *f.Snapshot().Config
	change(&cfg)
	if err := cfg.Validate(); err != nil {
		return err
	}
	return f.command(ctx, nil, func(s *mount.Snapshot) {
		s.Config, s.Rotator.Reverse = &cfg, cfg.Rotator.Reverse
	})
}

func (f *fakeMount) rotate(ctx context.Context, by func(r *mount.RotatorState) model.Angle) error {
	return f.command(ctx, nil, func(s *mount.Snapshot) {
		turn := by(&s.Rotator)
		s.Rotator.Mechanical = (s.Rotator.Mechanical + turn).Wrap()
		s.Rotator.Sky = (s.Rotator.Sky + turn).Wrap()
		s.Rotator.Target = s.Rotator.Sky
	})
}

func (f *fakeMount) RotateTo(ctx context.Context, sky model.Angle) error {
	return f.rotate(ctx, func(r *mount.RotatorState) model.Angle { return sky - r.Sky })
}

func (f *fakeMount) RotateBy(ctx context.Context, by model.Angle) error {
	return f.rotate(ctx, func(*mount.RotatorState) model.Angle { return by })
}

func (f *fakeMount) RotateMechanical(ctx context.Context, to model.Angle) error {
	return f.rotate(ctx, func(r *mount.RotatorState) model.Angle { return to - r.Mechanical })
}

func (f *fakeMount) SyncRotator(ctx context.Context, sky model.Angle) error {
	return f.command(ctx, nil, func(s *mount.Snapshot) { s.Rotator.Sky, s.Rotator.Target = sky, sky })
}

func (f *fakeMount) HaltRotator(ctx context.Context) error {
	return f.command(ctx, nil, func(s *mount.Snapshot) { s.Rotator.Moving = false })
}

type mountSnapshot = mount.Snapshot

func modelAngle(v float64) model.Angle { return model.Angle(v) }

func newFakeAction(context.Context, string) (string, error) { return "", nil }
