// SPDX-License-Identifier: GPL-3.0-or-later

package measure

import (
	"context"
	"sync"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/mount"
)

// Parts are what an Owner is built from.
type Parts struct {
	Mount    Mount
	Clock    clock.Clock
	Encoders Encoders  // nil for none
	Fixed    []Setting // keys that only the file changes, as of motors and encoders; see Settings
	Saved    *Saved    // of the last run; nil for a first start
}

// Owner owns the measurement in progress, of which there is one at a time, and
// the copies of the tuning. Its methods may be called from any goroutine.
type Owner struct {
	parts Parts

	mu      sync.Mutex
	session *session // nil for none
	record  recording
	saved   Saved

	jobs chan Recording // holds one
}

// session is a measurement in progress.
type session struct {
	request Request
	since   time.Time
	procedure
}

// New returns an owner without a measurement.
func New(p Parts) *Owner {
	o := &Owner{parts: p, jobs: make(chan Recording, 1)}
	if p.Saved != nil {
		o.saved = *p.Saved
	}
	return o
}

func (o *Owner) world() world {
	return world{mount: o.parts.Mount, now: o.parts.Mount.Snapshot(), fixed: o.parts.Fixed}
}

func (o *Owner) utc() time.Time { return o.parts.Clock.Now().UTC().Truncate(time.Second) }

// Start begins a measurement. It returns fault.Refused while another one is in
// progress, or when things are not as it needs them, saying what to do; then
// nothing has changed.
func (o *Owner) Start(ctx context.Context, r Request) (State, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.free(); err != nil {
		return State{}, err
	}
	p, err := begin(ctx, o.world(), r)
	if err != nil {
		return State{}, err
	}
	o.session = &session{request: r, since: o.utc(), procedure: p}
	return o.state(), nil
}

// free reports what is in progress, as fault.Refused.
func (o *Owner) free() error {
	if o.session != nil {
		return fault.New(fault.Refused, op, "a measurement of the kind %s is in progress; finish or cancel it first", o.session.request.Kind)
	}
	if o.record.running {
		return fault.New(fault.Refused, op, "the encoders are being recorded; wait, or cancel it first")
	}
	return nil
}

func (o *Owner) inProgress() error {
	if o.session == nil {
		return fault.New(fault.Refused, op, "no measurement is in progress; start one")
	}
	return nil
}

// State returns the measurement in progress; its Kind is "" for none.
func (o *Owner) State() State {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.state()
}

func (o *Owner) state() State {
	s := o.session
	if s == nil {
		return State{Next: "Start a measurement."}
	}
	return State{Kind: s.request.Kind, Axis: s.request.Axis, Since: s.since, Marks: s.marks(), Next: s.next(o.world()), Done: s.done()}
}

// Mark says that what was to be done is done. It returns fault.Refused when it
// is not, saying what is wrong; the measurement then is as it was.
func (o *Owner) Mark(ctx context.Context, m Mark) (State, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.inProgress(); err != nil {
		return State{}, err
	}
	w := o.world()
	if o.session.done() {
		return State{}, fault.New(fault.Refused, op, "the measurement is complete; ask for its result, or cancel it")
	}
	if err := o.session.ready(w); err != nil {
		return State{}, err
	}
	p, err := o.session.mark(ctx, w, m)
	if err != nil {
		return State{}, err
	}
	o.session = &session{request: o.session.request, since: o.session.since, procedure: p}
	return o.state(), nil
}

// Result returns what was found so far. It returns fault.Refused before there
// is anything.
func (o *Owner) Result() (Result, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.inProgress(); err != nil {
		return Result{}, err
	}
	r, err := o.session.result(o.world())
	r.Kind, r.Axis = o.session.request.Kind, o.session.request.Axis
	return r, err
}

// Apply ends the measurement and puts in force what of its result can change
// while running. The lines of the result, for the configuration file, are to
// be kept all the same. It returns the errors of Result, and those of the
// mount; the measurement then goes on.
func (o *Owner) Apply(ctx context.Context) (Result, error) {
	r, err := o.Result()
	if err != nil {
		return r, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.inProgress(); err != nil {
		return r, err
	}
	if err := o.session.end(ctx, o.world()); err != nil {
		return r, err
	}
	values := map[string]string{}
	for _, l := range r.Lines {
		values[l.Key] = l.Value
	}
	if _, err := o.put(ctx, values, string(r.Kind), ""); err != nil {
		return r, err
	}
	o.session = nil
	return r, nil
}

// Cancel ends the measurement, stops what it moves and puts back what it has
// changed. Without one it does nothing.
func (o *Owner) Cancel(ctx context.Context) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.session == nil {
		return nil
	}
	if err := o.session.end(ctx, o.world()); err != nil {
		return err
	}
	o.session = nil
	return nil
}

// line returns a line for the configuration file with a number in it.
func line(w world, key string, v float64) Setting {
	return text(w, key, number(v))
}

// text returns a line with what the setting is known for.
func text(w world, key, value string) Setting {
	s := Setting{Key: key, Restart: true}
	for _, known := range allSettings(w.now.Config, w.fixed) {
		if known.Key == key {
			s = known
		}
	}
	s.Value = value
	return s
}

func allSettings(c *mount.Config, fixed []Setting) []Setting {
	all := Settings("", *c)
	for _, s := range fixed {
		s.Restart = true
		all = append(all, s)
	}
	return all
}
