// SPDX-License-Identifier: GPL-3.0-or-later

package handpad

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/mount"
)

// fakeMount behaves as the mount does, but for its ramps: what is held moves
// at once.
type fakeMount struct {
	mu    sync.Mutex
	s     mount.Snapshot
	shown *mount.Snapshot // a copy of it; nil once it has changed
	nudge [2]model.Rate   // in right ascension and declination
	axes  [2]model.Rate   // along the axes
	heard int
	calls []string
	fail  map[string]error // by method, and MoveAxis by method and axis
}

func newFakeMount() *fakeMount {
	cfg := mount.DefaultConfig()
	cfg.Site.LatitudeDeg, cfg.Site.Refraction = 44, false
	cfg.Mount.GuideRARate, cfg.Mount.GuideDecRate = 6, 5
	m := pointing.New(pointing.AltAzAttitude(cfg.Site.Latitude()), pointing.Errors{}, model.Axes{})
	f := &fakeMount{fail: map[string]error{}, s: mount.Snapshot{
		Config: &cfg, Model: m, Tracking: true, Trusted: true, HasTarget: true, LST: model.Hours(5),
		Rotator: mount.RotatorState{Present: true},
	}}
	f.point(model.Degrees(150), model.Degrees(40))
	f.s.Target = f.s.Equatorial
	return f
}

// point has the tube at angles of the axes.
func (f *fakeMount) point(z, a model.Angle) {
	f.set(func(s *mount.Snapshot) {
		s.Axes = model.Axes{Z: z, A: a}
		chain := chainOf(s)
		s.Equatorial = chain.HourDec(s.Axes).Equatorial(s.LST)
	})
}

func (f *fakeMount) Snapshot() *mount.Snapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.shown == nil {
		s := f.s
		f.shown = &s
	}
	return f.shown
}

// set changes the mount.
func (f *fakeMount) set(change func(*mount.Snapshot)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.shown = nil
	change(&f.s)
}

// do carries out a command that is not made to fail.
func (f *fakeMount) do(method, call string, work func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.shown = nil
	f.calls = append(f.calls, strings.TrimSpace(method+" "+call))
	if err := f.fail[method]; err != nil {
		return err
	}
	return work()
}

// took returns the calls since it was asked last.
func (f *fakeMount) took() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := strings.Join(f.calls, ", ")
	f.calls = nil
	return s
}

func (f *fakeMount) Heard(client string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if client == f.s.Holder {
		f.heard++
	}
}

func (f *fakeMount) MaxOffset() model.Rate { return model.ArcsecPerSecond(600) }

// end is a limit, say, that ends all held motion.
func (f *fakeMount) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.let()
}

// let ends all held motion.
func (f *fakeMount) let() {
	f.shown = nil
	f.s.Holder, f.s.HeldRates, f.nudge, f.axes = "", [3]model.Rate{}, [2]model.Rate{}, [2]model.Rate{}
	if f.s.Activity == mount.Held {
		f.s.Activity = mount.Idle
	}
}

func (f *fakeMount) MoveAxis(_ context.Context, client string, axis int, rate model.Rate) error {
	if err := f.fail[fmt.Sprint("MoveAxis ", axis)]; err != nil && rate != 0 {
		return err
	}
	return f.do("MoveAxis", fmt.Sprintf("%d %.0f", axis, rate.ArcsecPerSecond()), func() error {
		switch f.s.Activity {
		case mount.Idle, mount.Held, mount.Stopping:
		default:
			return fault.New(fault.Refused, "move axis", "the mount is %s", f.s.Activity)
		}
		if rate != 0 && f.s.Holder != client {
			f.let()
		}
		if rate != 0 {
			f.nudge, f.axes = [2]model.Rate{}, [2]model.Rate{}
		}
		f.s.HeldRates[axis] = rate
		if f.s.HeldRates == ([3]model.Rate{}) {
			f.let()
			return nil
		}
		f.s.Holder = client
		f.s.Activity = mount.Idle
		if f.s.HeldRates[0] != 0 || f.s.HeldRates[1] != 0 {
			f.s.Activity = mount.Held
		}
		return nil
	})
}

// beside is motion beside tracking.
func (f *fakeMount) beside(method, client string, rates [2]model.Rate, where *[2]model.Rate) error {
	call := fmt.Sprintf("%.1f %.1f", rates[0].ArcsecPerSecond(), rates[1].ArcsecPerSecond())
	return f.do(method, call, func() error {
		if rates == ([2]model.Rate{}) {
			f.let()
			return nil
		}
		if f.s.Activity != mount.Idle || !f.s.Tracking {
			return fault.New(fault.Refused, "nudge", "the mount is %s, tracking %v", f.s.Activity, f.s.Tracking)
		}
		for _, r := range rates {
			if r.Abs() > f.MaxOffset() {
				return fault.New(fault.Invalid, "nudge", "too fast")
			}
		}
		f.let()
		f.s.Holder, *where = client, rates
		return nil
	})
}

func (f *fakeMount) Nudge(_ context.Context, client string, ra, dec model.Rate) error {
	return f.beside("Nudge", client, [2]model.Rate{ra, dec}, &f.nudge)
}

func (f *fakeMount) NudgeAxes(_ context.Context, client string, z, a model.Rate) error {
	return f.beside("NudgeAxes", client, [2]model.Rate{z, a}, &f.axes)
}

func (f *fakeMount) Abort(context.Context) error {
	return f.do("Abort", "", func() error { f.let(); f.s.Activity = mount.Idle; return nil })
}

func (f *fakeMount) SetTracking(_ context.Context, on bool) error {
	return f.do("SetTracking", fmt.Sprint(on), func() error { f.s.Tracking = on; return nil })
}

func (f *fakeMount) BeginGuiding(_ context.Context, mode mount.GuideMode) error {
	return f.do("BeginGuiding", mode.String(), func() error {
		if !f.s.Tracking {
			return fault.New(fault.Refused, "guiding", "tracking is off")
		}
		f.s.Guiding.Mode = mode
		return nil
	})
}

func (f *fakeMount) EndGuiding(_ context.Context, update bool) error {
	return f.do("EndGuiding", fmt.Sprint(update), func() error { f.s.Guiding.Mode = mount.GuideOff; f.let(); return nil })
}

func (f *fakeMount) PolarNext(context.Context) error {
	return f.do("PolarNext", "", func() error { return nil })
}

func (f *fakeMount) Initialise(_ context.Context, init int, name string, at model.Equatorial) (int, error) {
	return init, f.do("Initialise", fmt.Sprintf("%d %s %.3f %.2f", init, name, at.RA.Hours(), at.Dec.Degrees()), func() error { return nil })
}

func (f *fakeMount) AddPoint(_ context.Context, name string, at model.Equatorial, sigma model.Angle) error {
	return f.do("AddPoint", fmt.Sprintf("%s %.3f %.2f %.0f", name, at.RA.Hours(), at.Dec.Degrees(), sigma.Arcsec()), func() error { return nil })
}

// fakeFocuser holds a key.
type fakeFocuser struct {
	held  focuser.Hold
	heard int
	fail  error
}

func (f *fakeFocuser) Jog(_ context.Context, h focuser.Hold) error {
	if f.fail != nil {
		return f.fail
	}
	f.held = h
	return nil
}
func (f *fakeFocuser) Heard(string) { f.heard++ }

// others are the parts that a telescope may lack. They note what they are
// asked for.
type others struct {
	asked   []string
	fail    error
	high    []int // auxiliary lines
	jammed  error // they cannot be set
	running bool
}

func (o *others) ask(what string) error { o.asked = append(o.asked, what); return o.fail }

func (o *others) Next(context.Context) error     { return o.ask("next") }
func (o *others) Previous(context.Context) error { return o.ask("previous") }
func (o *others) Continue(_ context.Context, again bool) error {
	o.running = true
	return o.ask(fmt.Sprint("continue ", again))
}
func (o *others) Stop(context.Context) error { o.running = false; return o.ask("stop") }
func (o *others) Running() bool              { return o.running }
func (o *others) save(_ context.Context, on bool) error {
	return o.ask(fmt.Sprint("save ", on))
}

func (o *others) record(at model.Equatorial, _ time.Time) error {
	return o.ask(fmt.Sprintf("record %.3f %.2f", at.RA.Hours(), at.Dec.Degrees()))
}

func (o *others) aux(line int, on bool) error {
	if o.jammed != nil {
		return o.jammed
	}
	o.high = slices.DeleteFunc(o.high, func(l int) bool { return l == line })
	if on {
		o.high = append(o.high, line)
	}
	return nil
}

// table is a paddle whose looks a test makes by hand. Work of mode keys is
// done at once.
type table struct {
	t     testing.TB
	p     *Paddle
	m     *fakeMount
	f     *fakeFocuser
	o     *others
	clock *clock.Manual
	level uint32
	err   error // of reading it
}

func (b *table) Read() (uint32, error) { return b.level, b.err }

// look is the time between two looks at the lines, that of DefaultConfig.
const look = 5 * time.Millisecond

var evening = time.Date(2026, 3, 2, 5, 4, 5, 0, time.UTC)

// newTable returns a paddle of which everything is there, after it has been
// proven.
func newTable(t testing.TB, change func(*Config, *Parts)) *table {
	t.Helper()
	b := &table{t: t, m: newFakeMount(), f: &fakeFocuser{}, o: &others{}, clock: clock.NewManual(evening)}
	cfg := DefaultConfig()
	cfg.Present = true
	parts := Parts{
		Mount: b.m, Clock: b.clock, Inputs: b, Focuser: b.f, Tour: b.o, Scroll: b.o,
		Aux: b.o.aux, Record: b.o.record, SaveGuiding: b.o.save,
	}
	if _, fuzzing := t.(*testing.F); !fuzzing {
		parts.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	if change != nil {
		change(&cfg, &parts)
	}
	p, err := New(cfg, parts)
	if err != nil {
		t.Fatal(err)
	}
	p.spawn = func(work func()) { work(); p.finish(<-p.done) }
	b.p = p
	b.pass(50 * time.Millisecond)
	return b
}

// pass lets time pass, look by look.
func (b *table) pass(d time.Duration) {
	for ; d > 0; d -= look {
		b.clock.Advance(look)
		b.p.step(b.t.Context(), b.clock.Now())
	}
}

// lines sets the level and lets it count.
func (b *table) lines(level uint32) {
	b.level = level
	b.pass(4 * look)
}

// do carries out a command.
func (b *table) do(command func() error) error {
	done := make(chan error, 1)
	go func() { done <- command() }()
	select {
	case r := <-b.p.requests:
		now := b.clock.Now()
		r.do(b.t.Context(), now, func(err error) { r.reply <- err })
		b.p.show(now)
		return <-done
	case err := <-done:
		return err
	}
}

func (b *table) must(command func() error) {
	b.t.Helper()
	if err := b.do(command); err != nil {
		b.t.Fatal(err)
	}
}

func (b *table) mode(m Mode) {
	b.t.Helper()
	b.must(func() error { return b.p.SetMode(b.t.Context(), string(m)) })
}

func (b *table) key(source, key string, down bool) error {
	return b.do(func() error { return b.p.Key(b.t.Context(), source, key, down) })
}

func (b *table) press(right bool) error {
	return b.do(func() error { return b.p.PressMode(b.t.Context(), right) })
}

// moves returns what is held in motion: rates of the axes, of the target and
// along the axes beside it, in arcseconds per second.
func (b *table) moves() string {
	b.m.mu.Lock()
	defer b.m.mu.Unlock()
	var s []string
	for _, held := range [...]struct {
		what  string
		rates []model.Rate
	}{{"axes", b.m.s.HeldRates[:]}, {"target", b.m.nudge[:]}, {"guide", b.m.axes[:]}} {
		if slices.ContainsFunc(held.rates, func(r model.Rate) bool { return r != 0 }) {
			text := held.what
			for _, r := range held.rates {
				text += fmt.Sprintf(" %.0f", r.ArcsecPerSecond())
			}
			s = append(s, text)
		}
	}
	if b.f.held.Way != 0 {
		s = append(s, fmt.Sprintf("focus %d %v", b.f.held.Way, b.f.held.Fast))
	}
	if len(b.o.high) > 0 {
		s = append(s, fmt.Sprint("lines ", b.o.high))
	}
	return strings.ReplaceAll(strings.Join(s, ", "), "-0", "0")
}

func (b *table) expect(when, want string) {
	b.t.Helper()
	if got := b.moves(); got != want {
		b.t.Errorf("%s: %q moves, want %q", when, got, want)
	}
}
