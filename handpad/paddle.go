// SPDX-License-Identifier: GPL-3.0-or-later

package handpad

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

// Mount is what the paddle asks of the mount. See mount.Mount.
type Mount interface {
	Snapshot() *mount.Snapshot
	Heard(client string)
	MaxOffset() model.Rate
	MoveAxis(ctx context.Context, client string, axis int, rate model.Rate) error
	Nudge(ctx context.Context, client string, ra, dec model.Rate) error
	NudgeAxes(ctx context.Context, client string, z, a model.Rate) error
	Abort(context.Context) error
	SetTracking(context.Context, bool) error
	BeginGuiding(context.Context, mount.GuideMode) error
	EndGuiding(ctx context.Context, updateDrift bool) error
	PolarNext(context.Context) error
	Initialise(ctx context.Context, init int, name string, place model.Equatorial) (int, error)
	AddPoint(ctx context.Context, name string, place model.Equatorial, sigma model.Angle) error
}

// Focuser is what it asks of the focuser. See focuser.Focuser.
type Focuser interface {
	Jog(context.Context, focuser.Hold) error
	Heard(by string)
}

var (
	_ Mount   = (*mount.Mount)(nil)
	_ Focuser = (*focuser.Focuser)(nil)
)

// Tour is a way through a catalogue.
type Tour interface {
	Next(context.Context) error
	Previous(context.Context) error
}

// Scroll is a scroll file.
type Scroll interface {
	// Continue starts it, or ends its waiting. With again it begins anew after
	// its last line.
	Continue(ctx context.Context, again bool) error
	Stop(context.Context) error
	Running() bool
}

// Parts are what a paddle is built from. What is nil the telescope lacks; a
// mode that needs it answers fault.Unsupported.
type Parts struct {
	Mount   Mount
	Clock   clock.Clock
	Log     *slog.Logger
	Inputs  Inputs // read only if the paddle is present
	Focuser Focuser
	Tour    Tour
	Scroll  Scroll

	// Aux sets an auxiliary line, by its pin of the parallel port: 1, 14, 16
	// or 17.
	Aux func(line int, on bool) error

	// Record notes where the telescope points, of date.
	Record func(at model.Equatorial, utc time.Time) error

	// SaveGuiding begins and ends the saving of what guiding does.
	SaveGuiding func(ctx context.Context, on bool) error

	// Star returns the object that somebody has chosen, if one has been, for
	// inits and analysis points (place of date). Without it, that is where the
	// telescope was last sent to or synchronised.
	Star func() (name string, place model.Equatorial, ok bool)
}

// Client is the name by which mount and focuser know the paddle.
const Client = "handpad"

const op = "hand paddle"

// Paddle is the control loop of the hand paddle. Its methods but Run may be
// called from any goroutine; commands are carried out while Run runs.
type Paddle struct {
	parts    Parts
	log      *slog.Logger
	requests chan request
	done     chan outcome
	snapshot atomic.Pointer[Snapshot]
	spawn    func(func()) // begins work beside the loop

	config  Config
	mode    Mode
	on      bool // the direction keys are the rotator's, the focuser's or the auxiliary lines'
	showsOn bool // as in the snapshot
	saving  bool // what guiding does is being saved
	slew    bool // speed switch of other sources than the lines
	lines   wires
	others  []*hand
	star    star
	locked  time.Time // until when mode keys are ignored
	busy    bool      // work is being done beside the loop

	swapped   bool
	force     wish // what is in force
	owed      bool // it is to end, which has failed so far
	begun     time.Time
	nudging   bool // it moves the target
	asked     wish // the latest that was tried
	retry     time.Time
	refusal   error  // why it is not in force
	complaint string // the same, as last told
	raised    Keys   // auxiliary lines, by their keys

	message Message
	counts  Counts
	dirty   bool
}

// request is a command. answer may be called once, at any later time.
type request struct {
	do    func(ctx context.Context, now time.Time, answer func(error))
	reply chan error
}

// outcome is how work ended.
type outcome struct {
	job    job
	err    error
	answer func(error)
}

// New returns a paddle. It returns fault.Invalid for a configuration that
// Validate refuses.
func New(cfg Config, parts Parts) (*Paddle, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if parts.Log == nil {
		parts.Log = slog.New(slog.DiscardHandler)
	}
	p := &Paddle{
		parts: parts, log: parts.Log, config: cfg, mode: Mode(cfg.StartMode),
		requests: make(chan request), done: make(chan outcome, 1),
	}
	p.lines.name, p.lines.state = LinesName, NoLines
	if cfg.Present && parts.Inputs != nil {
		p.lines.restart(parts.Clock.Now())
	}
	n := parts.Mount.Snapshot()
	p.star.syncs, p.showsOn, p.swapped = n.Counts.Syncs, p.shows(n), p.swaps(n)
	p.publish(parts.Clock.Now())
	return p, nil
}

// Snapshot returns the paddle as of its latest change. It never waits.
func (p *Paddle) Snapshot() *Snapshot { return p.snapshot.Load() }

// idleLook is how often a paddle without lines looks at the keys that others
// hold.
const idleLook = 50 * time.Millisecond

// interval returns the time between two looks at the lines: two within the
// time for which they must stay the same. A clock faster than life is not
// looked at more often.
func (p *Paddle) interval() time.Duration {
	if p.lines.state == NoLines {
		return idleLook
	}
	d := milliseconds(p.config.DebounceMS) / 2
	return time.Duration(float64(d) * max(1, p.parts.Clock.Speed()))
}

// Run watches the keys until ctx ends; then it ends what they move.
func (p *Paddle) Run(ctx context.Context) error {
	var work sync.WaitGroup
	p.spawn = work.Go
	defer func() {
		p.leaveAll(ctx)
		work.Wait()
		select {
		case o := <-p.done:
			p.finish(o)
		default:
		}
		p.publish(p.parts.Clock.Now())
	}()
	every := p.interval()
	tick := p.parts.Clock.NewTicker(every)
	defer func() { tick.Stop() }()
	p.step(ctx, p.parts.Clock.Now())
	for {
		select {
		case <-ctx.Done():
			return nil
		case r := <-p.requests:
			now := p.parts.Clock.Now()
			r.do(ctx, now, func(err error) { r.reply <- err })
			p.show(now)
		case o := <-p.done:
			p.finish(o)
			p.show(p.parts.Clock.Now())
		case <-tick.C():
			p.step(ctx, p.parts.Clock.Now())
		}
		if d := p.interval(); d != every {
			every = d
			tick.Stop()
			tick = p.parts.Clock.NewTicker(every)
		}
	}
}

// leaveAll ends what the keys move when ctx has ended. A mount that does not
// answer any more has its own dead man.
func (p *Paddle) leaveAll(ctx context.Context) {
	last, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	timer := p.parts.Clock.NewTimer(time.Second)
	go func() {
		defer timer.Stop()
		select {
		case <-timer.C():
			cancel()
		case <-last.Done():
		}
	}()
	p.others = nil
	p.lines.set(p.parts.Clock.Now(), 0)
	if !p.end(last) && p.raised != 0 {
		_ = p.raise(0) // once more; nobody is left to hear of it
	}
}
