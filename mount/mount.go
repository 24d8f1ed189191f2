// SPDX-License-Identifier: GPL-3.0-or-later

// Package mount is the telescope's will: the one owner of where the axes
// should be. Commands come in, each answered when it is accepted or refused;
// an immutable Snapshot goes out; readers never wait.
//
// The loop turns what is wanted (a place on the moving sky, a rate, a rest)
// into segments of axis motion some hundred milliseconds ahead of time, and
// leaves playing them to the motors' executor.
package mount

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/internal/loop"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/horizon"
	"github.com/siderostep/siderostep/model/pointing"
)

// The axes of the mount, as indices of its motors.
const (
	AxisZ       = iota // primary: azimuth or right ascension
	AxisA              // secondary: altitude or declination
	AxisRotator        // the camera
	axisCount
)

// Parts are what a mount is built from.
type Parts struct {
	Clock  clock.Clock
	Epoch  time.Time // the clock's reading at driver.Instant 0
	Motors driver.Motors
	Log    *slog.Logger
	Saved  *Saved // the state of the last run; nil for a first start

	Skyline   *horizon.Profile // of mount.horizon_file; nil for none
	Simulated bool             // the sky is a simulation, whose Sun does no harm: sun_avoidance "auto" leaves it alone
}

// Mount is the control loop of a telescope mount.
type Mount struct {
	clock    clock.Clock
	epoch    time.Time
	motors   driver.Motors
	log      *slog.Logger
	loop     *loop.Loop
	snapshot atomic.Pointer[Snapshot]
	heard    atomic.Int64 // instant at which the holder of held motion was last heard of
	state    *state
	moved    time.Duration // by how much the system clock has been set since the epoch
}

// Tick is the interval of the control loop.
const Tick = loop.Tick

// New returns a mount at rest. It returns fault.Invalid when the
// configuration or the saved state contradicts itself.
func New(cfg Config, p Parts) (*Mount, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if p.Log == nil {
		p.Log = slog.New(slog.DiscardHandler)
	}
	m := &Mount{clock: p.Clock, epoch: p.Epoch, motors: p.Motors, log: p.Log, loop: loop.New(p.Clock, p.Epoch)}
	now := m.loop.Now()
	s, err := newState(cfg, p, now)
	if err != nil {
		return nil, err
	}
	m.state = s
	(*life)(m).Publish(now)
	return m, nil
}

// Run controls the mount until ctx ends; then it brings every axis to rest
// and returns.
func (m *Mount) Run(ctx context.Context) error { return m.loop.Run(ctx, (*life)(m)) }

// life is the mount as its loop sees it.
type life Mount

func (l *life) Observe(now driver.Instant) { l.state.observe(now) }
func (l *life) Plan(now driver.Instant)    { l.state.plan(now) }
func (l *life) Publish(now driver.Instant) { l.snapshot.Store(l.state.snapshot(now)) }
func (l *life) Halt()                      { l.motors.Halt() }
func (l *life) Still() bool                { return l.state.still() }

func (l *life) Step(now driver.Instant) {
	l.state.holderHeard = max(l.state.holderHeard, driver.Instant(l.heard.Load()))
	l.followClock(now)
	l.state.step(now)
}

// clockStep is the least setting of the system clock that is taken note of.
const clockStep = 50 * time.Millisecond

// followClock takes over when the system clock is set: the time of the mount
// moves by as much, and the tube stays.
func (l *life) followClock(now driver.Instant) {
	t := l.clock.Now()
	moved := t.Round(0).Sub(l.epoch.Round(0)) - t.Sub(l.epoch)
	if by := moved - l.moved; by.Abs() > clockStep {
		l.moved = moved
		l.log.Warn("system clock was set", "moved_s", by.Seconds())
		l.state.moveTime(now, by)
	}
}

// Snapshot returns the mount as of its latest tick or command. It never waits.
func (m *Mount) Snapshot() *Snapshot { return m.snapshot.Load() }

// Instant returns the present on the scale of the snapshot's instants.
func (m *Mount) Instant() driver.Instant { return m.loop.Now() }

// UTC returns the mount's time now: the clock's, moved by SetUTC.
func (m *Mount) UTC() time.Time {
	s := m.Snapshot()
	return s.UTC.Add(m.loop.Now().Sub(s.At))
}

// Halt brakes every axis at its hard limit and switches tracking off. It may
// be called from any goroutine, in every state, and never waits.
func (m *Mount) Halt() { m.motors.Halt() }

// Heard tells the mount that a client gave a sign of life. Motion held by
// this client goes on; that of a client not heard of for hold_timeout_s
// stops. It never waits.
func (m *Mount) Heard(client string) {
	if s := m.Snapshot(); s.Holder == client && s.Holder != "" {
		m.heard.Store(int64(m.loop.Now()))
	}
}

// Await returns the first snapshot that satisfies done. It looks at every
// tick, and returns ctx's error when ctx ends first.
func (m *Mount) Await(ctx context.Context, done func(*Snapshot) bool) (*Snapshot, error) {
	tick := m.clock.NewTicker(Tick)
	defer tick.Stop()
	for {
		if s := m.Snapshot(); done(s) {
			return s, nil
		}
		select {
		case <-ctx.Done():
			return m.Snapshot(), ctx.Err()
		case <-tick.C():
		}
	}
}

// command hands do to the loop and returns its verdict, or fault.Cancelled
// when ctx ends first.
func (m *Mount) command(ctx context.Context, op string, do func(s *state, now driver.Instant) error) error {
	return m.loop.Do(ctx, op, func(now driver.Instant) error { return do(m.state, now) })
}

// SlewEquatorial begins a slew to a place on the sky (equinox of date,
// without refraction) and tracks it on arrival. With rate offsets it arrives
// where the moving target then is. It returns fault.Parked, fault.Invalid,
// fault.Refused when not tracking, fault.BelowLimit or fault.AboveLimit when
// the place cannot be reached; then nothing has moved.
func (m *Mount) SlewEquatorial(ctx context.Context, to model.Equatorial) error {
	return m.command(ctx, "slew", func(s *state, now driver.Instant) error { return s.slewEquatorial(now, to) })
}

// SlewHorizontal begins a slew to a place in the observer's sky (without
// refraction) and stays there. Errors as SlewEquatorial, but fault.Refused
// while tracking.
func (m *Mount) SlewHorizontal(ctx context.Context, to model.Horizontal) error {
	return m.command(ctx, "slew", func(s *state, now driver.Instant) error { return s.slewHorizontal(now, to) })
}

// SyncEquatorial declares that the telescope points at a place on the sky,
// which also becomes a point of the model if the settings say so. It returns
// fault.Parked, fault.Invalid, fault.BelowLimit below the horizon, or
// fault.Refused while slewing, not tracking, or when the model contradicts the
// point.
func (m *Mount) SyncEquatorial(ctx context.Context, at model.Equatorial) error {
	if m.Snapshot().Config.Alignment.Sync == "point" {
		err := m.command(ctx, "sync", func(s *state, now driver.Instant) error { return s.maySync(now, at) })
		if err == nil {
			err = m.syncOnPoint(ctx, at)
		}
		if err != nil {
			return err
		}
	}
	return m.command(ctx, "sync", func(s *state, now driver.Instant) error { return s.syncEquatorial(now, at) })
}

// SyncHorizontal declares that the telescope points at a place in the
// observer's sky. Errors as SyncEquatorial, but fault.Refused while tracking.
func (m *Mount) SyncHorizontal(ctx context.Context, at model.Horizontal) error {
	return m.command(ctx, "sync", func(s *state, now driver.Instant) error { return s.syncHorizontal(now, at) })
}

// SetTracking switches tracking. Switching it on returns fault.Parked while
// parked, and fault.BelowLimit or fault.AboveLimit beyond a limit.
func (m *Mount) SetTracking(ctx context.Context, on bool) error {
	return m.command(ctx, "tracking", func(s *state, now driver.Instant) error { return s.setTracking(now, on) })
}

// SetDriveRate chooses the rate of tracking. Leaving the sidereal rate sets
// the rate offsets to zero.
func (m *Mount) SetDriveRate(ctx context.Context, d DriveRate) error {
	return m.command(ctx, "tracking rate", func(s *state, now driver.Instant) error { return s.setDriveRate(now, d) })
}

// SetRateOffsets lets the target move against the stars: right ascension at
// ra (angle, not of arc on the sky, per SI second, eastward) and declination
// at dec; nil leaves one as it is. It returns fault.Refused at other drive
// rates than sidereal, and for rates that the mount cannot follow.
func (m *Mount) SetRateOffsets(ctx context.Context, ra, dec *model.Rate) error {
	return m.command(ctx, "rate offset", func(s *state, now driver.Instant) error { return s.setRateOffsets(now, ra, dec) })
}

// MaxOffset is the largest rate offset accepted on either coordinate.
func (m *Mount) MaxOffset() model.Rate { return maxOffset }

// MoveAxis holds an axis in motion at a rate, positive as its angle grows,
// until rate 0 or until the client has been silent for hold_timeout_s. The
// other axis goes on meanwhile as tracking had it, and where the telescope then
// points is the target. One client moves the mount at a time: what another
// holds ends. It returns fault.Parked, fault.Invalid for an unknown axis or a
// rate beyond its fastest, fault.Refused while slewing.
func (m *Mount) MoveAxis(ctx context.Context, client string, axis int, rate model.Rate) error {
	m.Heard(client)
	return m.command(ctx, "move axis", func(s *state, now driver.Instant) error { return s.moveAxis(now, client, axis, rate) })
}

// PulseGuide moves the target in one direction on the sky at the guide rate
// for exactly d. Pulses in right ascension and declination run side by side.
// It returns fault.Parked, fault.Invalid, or fault.Refused while slewing,
// not tracking, or when a pulse in the same coordinate is running.
func (m *Mount) PulseGuide(ctx context.Context, dir Direction, d time.Duration) error {
	return m.command(ctx, "pulse guide", func(s *state, now driver.Instant) error { return s.pulseGuide(now, dir, d, false) })
}

// ReplacePulse is PulseGuide, but ends a pulse that is running in the same
// coordinate instead of refusing. What that one has moved stays moved.
func (m *Mount) ReplacePulse(ctx context.Context, dir Direction, d time.Duration) error {
	return m.command(ctx, "pulse guide", func(s *state, now driver.Instant) error { return s.pulseGuide(now, dir, d, true) })
}

// Abort ends a slew, parking, homing, held motion or guide pulses, with a
// ramp. Tracking goes on as it was before. Without such motion it does nothing. It returns
// fault.Parked while parked.
func (m *Mount) Abort(ctx context.Context) error {
	return m.command(ctx, "abort", func(s *state, now driver.Instant) error { return s.abort(now) })
}

// Park begins to move to the park position; on arrival the mount is parked
// and tracking is off. Parking a parked mount does nothing.
func (m *Mount) Park(ctx context.Context) error {
	return m.command(ctx, "park", func(s *state, now driver.Instant) error { return s.park(now) })
}

// Unpark makes the mount ready to move; whether it then tracks is
// configured.
func (m *Mount) Unpark(ctx context.Context) error {
	return m.command(ctx, "unpark", func(s *state, now driver.Instant) error { return s.unpark(now) })
}

// SetPark makes the present position the park position.
func (m *Mount) SetPark(ctx context.Context) error {
	return m.command(ctx, "set park", func(s *state, now driver.Instant) error { return s.setPark(now) })
}

// FindHome begins to move to the home position and switches tracking off.
// It returns fault.Parked while parked.
func (m *Mount) FindHome(ctx context.Context) error {
	return m.command(ctx, "find home", func(s *state, now driver.Instant) error { return s.findHome(now) })
}

// Flip begins to bring a German mount to the other pointing state, at the
// same place on the sky. It returns fault.Unsupported on other mounts,
// fault.Refused when the place cannot be reached from that side.
func (m *Mount) Flip(ctx context.Context, to pointing.PierSide) error {
	return m.command(ctx, "pier side", func(s *state, now driver.Instant) error { return s.flip(now, to) })
}

// DestinationPier returns the pointing state in which a slew begun now would
// arrive. It returns fault.Unsupported for mounts without one.
func (m *Mount) DestinationPier(to model.Equatorial) (pointing.PierSide, error) {
	s := m.Snapshot()
	if !s.bounds.geometry.HasPierSide() {
		return pointing.PierUnknown, fault.New(fault.Unsupported, "pier side", "only a German mount has pier sides")
	}
	hd := to.HourDec(s.LST + model.Sidereal.Over(m.loop.Now().Sub(s.At)))
	return s.bounds.destination(hd), nil
}

// RotateTo begins to turn the rotator to a position angle on the sky.
// Rotator commands return fault.Unsupported without a rotator, and
// fault.Refused while MoveAxis holds it.
func (m *Mount) RotateTo(ctx context.Context, sky model.Angle) error {
	return m.command(ctx, "rotate", func(s *state, now driver.Instant) error { return s.rotateTo(now, sky) })
}

// RotateBy begins to turn the rotator by an angle of either sign, counted on
// the sky.
func (m *Mount) RotateBy(ctx context.Context, by model.Angle) error {
	return m.command(ctx, "rotate", func(s *state, now driver.Instant) error { return s.rotateBy(now, by) })
}

// RotateMechanical begins to turn the rotator to an angle of its own.
func (m *Mount) RotateMechanical(ctx context.Context, to model.Angle) error {
	return m.command(ctx, "rotate", func(s *state, now driver.Instant) error { return s.rotateMechanical(now, to) })
}

// SyncRotator declares that the camera stands at a position angle on the sky.
func (m *Mount) SyncRotator(ctx context.Context, sky model.Angle) error {
	return m.command(ctx, "sync rotator", func(s *state, now driver.Instant) error { return s.syncRotator(now, sky) })
}

// HaltRotator stops the rotator where it is; following goes on from there.
func (m *Mount) HaltRotator(ctx context.Context) error {
	return m.command(ctx, "halt rotator", func(s *state, now driver.Instant) error { return s.haltRotator(now) })
}

// Configure changes settings. The loop applies change to a copy, checks it,
// and puts it in force as a whole. It returns fault.Invalid, naming the key,
// and then keeps the old settings; fault.Refused for a key that needs a
// restart.
func (m *Mount) Configure(ctx context.Context, change func(*Config)) error {
	return m.command(ctx, "configure", func(s *state, now driver.Instant) error { return s.configure(now, change) })
}

// SetUTC sets the mount's own time. The tube does not move: what it points
// at is named anew.
func (m *Mount) SetUTC(ctx context.Context, utc time.Time) error {
	return m.command(ctx, "set time", func(s *state, now driver.Instant) error { return s.setUTC(now, utc) })
}

// Resume makes the mount ready again after Halt.
func (m *Mount) Resume(ctx context.Context) error {
	return m.command(ctx, "resume", func(s *state, now driver.Instant) error { return s.resume(now) })
}
