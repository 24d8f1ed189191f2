// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// original puts slews by the original's ramps into a configuration.
func original(style string, maxDelay, minDelay, stretch int) func(*Config) {
	return func(c *Config) {
		c.Mount.SlewRamp, c.Mount.RampMaxDelay, c.Mount.RampMinDelay, c.Mount.RampStretch = style, maxDelay, minDelay, stretch
	}
}

// ladder returns when each half step of a way of n is due after its start,
// worked out half step by half step: so many at each delay of a timer of
// 1193181 Hz on the way up, the rest at the shortest, and down as up.
//
// Source: stepper-core reference §2.3.
func ladder(style string, maxDelay, minDelay, stretch, n int) []float64 {
	var up []float64
	for delay := maxDelay; delay > minDelay; delay-- {
		x := float64(maxDelay-delay) / float64(maxDelay-minDelay)
		last := map[string]float64{"s_curve": 6 * x, "s_curve_meant": 6 * (x - 0.75)}[style]
		bow := math.Abs(math.Sin((x-0.5)*math.Pi)) * x * math.Max(1, 1+last)
		stay := math.Floor(float64(stretch) * (1.5 + float64(maxDelay/minDelay-1)*bow))
		if style == "simple" {
			stay = float64(stretch * maxDelay / delay)
		}
		for range int(stay) {
			up = append(up, float64(delay)/1193181)
		}
	}
	due, t := make([]float64, n), 0.0
	for i := range due {
		from := min(i, n-1-i) // from the nearer end
		pace := float64(minDelay) / 1193181
		if from < len(up) {
			pace = up[from]
		}
		t += pace
		due[i] = t
	}
	return due
}

// A slew of axis Z makes the half steps of the original, each when it is due
// to half a half step, and then stands at the exact end: with ramps that reach
// the top and ones that do not, in both senses.
func TestRampsOfTheOriginal(t *testing.T) {
	for _, tt := range []struct {
		style   string
		maximum int
		minimum int
		stretch int
		way     int     // half steps
		ccw     float64 // their angle counter-clockwise, against that clockwise
		ramp    int     // half steps of a ramp, from the reference; 0: not in it
	}{
		{"simple", 1000, 300, 5, 14000, 1, 5683},
		{"s_curve", 1000, 300, 5, 36000, 1, 16870},
		{"s_curve", 1000, 300, 5, -20000, 1, 0},
		{"s_curve_meant", 1000, 300, 5, -24000, 1.05, 0},
		{"simple", 2000, 500, 5, 3001, 1, 0},
		{"s_curve", 1000, 200, 5, 40, 1, 0},
		{"simple", 1000, 300, 5, -1, 1, 0},
	} {
		cfg := DefaultConfig()
		original(tt.style, tt.maximum, tt.minimum, tt.stretch)(&cfg)
		cfg.Mount.Z.FullStepArcsecCCW = tt.ccw * cfg.Mount.Z.FullStepArcsec
		cfg.Mount.Z.Microsteps, cfg.Rotator.Enabled = 2, false // so that a pulse is a half step
		pulses := &recorder{}
		epoch := time.Date(2026, 3, 20, 4, 0, 0, 0, time.UTC)
		m, err := New(cfg, Parts{Clock: clock.NewManual(epoch), Epoch: epoch, Motors: newMotorsOn(t, cfg, nil, pulses)})
		if err != nil {
			t.Fatal(err)
		}
		s, now := m.state, driver.Instant(0)
		s.step(now)
		if err := s.ready("slew"); err != nil {
			t.Fatal(err)
		}
		to := s.axes
		to.Z += model.Arcsec(1.25 * float64(tt.way))
		if tt.way < 0 {
			to.Z += model.Arcsec(1.25 * float64(tt.way) * (tt.ccw - 1))
		}
		at, before := s.change(now)
		s.begin(SlewingToAxes)
		s.setOut(now, at, before, route{goal: goal{axes: to}})
		arrival := s.arrives()
		for s.activity != Idle {
			now = now.Add(Tick)
			s.step(now)
		}
		n := tt.way
		if n < 0 {
			n = -n
		}
		due := ladder(tt.style, tt.maximum, tt.minimum, tt.stretch, n)
		if took := seconds(arrival) - seconds(at); math.Abs(took-due[n-1]-halt.Seconds()) > 1e-3 {
			t.Errorf("%+v: takes %.4f s, %.4f s by the formula", tt, took, due[n-1])
		}
		if tt.ccw != 1 { // a tick or two pass before the motor's steps are counted as the other ones
			middle := len(pulses.at) / 2
			if top := seconds(pulses.at[middle]) - seconds(pulses.at[middle-1]); math.Abs(top*1193181/float64(tt.minimum)-1) > 0.001 || math.Abs(float64(len(pulses.at)-n)) > 10 {
				t.Errorf("%+v: %d half steps, %.1f per second at the top", tt, len(pulses.at), 1/top)
			}
			continue
		}
		if d := s.axes.Z - to.Z; len(pulses.at) != n || d.Abs() > model.Arcsec(0.01) {
			t.Fatalf("%+v: %d half steps, ends %.3f″ off", tt, len(pulses.at), d.Arcsec())
		}
		worst := 0.0
		for i, p := range pulses.at {
			// A pulse comes half-way between two counts.
			ideal := due[i] - pace(due, i)/2
			worst = max(worst, math.Abs(seconds(p)-seconds(at)-ideal)/pace(due, i))
		}
		if worst > 0.5 {
			t.Errorf("%+v: up to %.2f half steps beside the ladder", tt, worst)
		}
		if tt.ramp > 0 {
			first, top := seconds(pulses.at[1])-seconds(pulses.at[0]), seconds(pulses.at[tt.ramp+51])-seconds(pulses.at[tt.ramp+50])
			if slow, fast := float64(tt.maximum)/1193181, float64(tt.minimum)/1193181; math.Abs(first/slow-1) > 0.01 || math.Abs(top/fast-1) > 0.001 {
				t.Errorf("%+v: %.1f half steps per second at first, %.1f at the top", tt, 1/first, 1/top)
			}
		}
	}
}

// pace returns how long half step i takes.
func pace(due []float64, i int) float64 {
	if i == 0 {
		return due[0]
	}
	return due[i] - due[i-1]
}

// Slews onto the moving sky end on target and track it, whether they go to
// their end, are superseded half-way or aborted; what changes the target's
// motion meanwhile leaves the ramps alone. No rate changes by more at once
// than a slew's first.
func TestRampsOntoTheSky(t *testing.T) {
	t.Parallel()
	cfg, world := worldly("altaz")
	for _, a := range []*Axis{&cfg.Mount.Z, &cfg.Mount.A} {
		a.FullStepArcsec, a.Microsteps = 4, 12
	}
	original("s_curve", 1200, 500, 3)(&cfg) // 994 to 2386 half steps of 2″: 0.55 to 1.33°/s
	ramp, err := cfg.Mount.ramp()
	if err != nil {
		t.Fatal(err)
	}
	start, top := 2*ramp.Start()/3600, 2*ramp.Top()/3600 // °/s
	onBench(t, cfg, world, func(r *benched) {
		t, ctx := r.t, r.t.Context()
		// watch follows both axes for a time: the rate of each stays below the
		// top and the sky's, and changes no faster than ramps, brakes and a
		// start make it.
		last := r.Snapshot()
		rate := func(s *Snapshot, i int) float64 {
			return s.Reports[i].Rate * cfg.Mount.Z.microstep().Degrees()
		}
		watch := func(d time.Duration) (fastest float64) {
			for end := r.Instant().Add(d); r.Instant() < end; {
				s := r.after(Tick)
				for i := range 2 {
					v := rate(s, i)
					fastest = max(fastest, math.Abs(v))
					if jump := math.Abs(v - rate(last, i)); jump > start*1.05+cfg.Mount.Z.Accel*Tick.Seconds() {
						t.Fatalf("axis %d: from %.3f to %.3f°/s at once", i, rate(last, i), v)
					}
				}
				last = s
			}
			return fastest
		}
		onTarget := func(what string, to model.Equatorial) {
			t.Helper()
			r.arrive()
			last = r.Snapshot()
			if miss, later := r.miss(to), r.worst(to, 6*time.Second); miss > model.Arcsec(2) || later > model.Arcsec(2) {
				t.Errorf("%s: %.2f″ off on arrival, %.2f″ afterwards", what, miss.Arcsec(), later.Arcsec())
			}
			last = r.Snapshot()
		}
		r.do(r.SetTracking(ctx, true))
		to := r.at(-3, 30)
		r.do(r.SlewEquatorial(ctx, to))
		if fastest := watch(30 * time.Second); math.Abs(fastest-top) > 0.02*top {
			t.Errorf("at most %.3f°/s, where the ramp's top is %.3f°/s", fastest, top)
		}
		onTarget("from afar", to)
		for _, by := range []float64{0.001, -0.02, 0.3} { // degrees
			to.Dec += model.Degrees(by)
			to.RA -= model.Degrees(by / 2)
			r.do(r.SlewEquatorial(ctx, to))
			watch(2 * time.Second)
			onTarget("nearby", to)
		}
		r.do(r.SlewEquatorial(ctx, r.at(-1, 10)))
		watch(8 * time.Second)
		to = r.at(-4, 40) // back
		r.do(r.SlewEquatorial(ctx, to))
		watch(8 * time.Second)
		onTarget("superseded", to)

		r.do(r.SlewEquatorial(ctx, r.at(-2, 10)))
		watch(6 * time.Second)
		arrival := r.Snapshot().Arrival
		rates := model.ArcsecPerSecond(0.5)
		r.do(r.SetRateOffsets(ctx, &rates, nil))
		if d := r.Snapshot().Arrival.Sub(arrival); d.Abs() > time.Second {
			t.Errorf("another rate of the target moves the arrival by %v", d)
		}
		watch(time.Second)
		r.do(r.Abort(ctx))
		begun := r.Instant()
		for r.Snapshot().Slewing {
			watch(Tick)
		}
		// From the top at the axis's acceleration, of which the ramp smooths
		// the ends.
		if d := r.Instant().Sub(begun).Seconds(); d > top/cfg.Mount.Z.Accel+cfg.Mount.Z.RampS+0.2 {
			t.Errorf("stopped %.2f s after the abort", d)
		}
		var zero model.Rate
		r.do(r.SetRateOffsets(ctx, &zero, &zero))
		if s := r.Snapshot(); !s.Tracking || r.worst(s.Target, 10*time.Second) > model.Arcsec(2) {
			t.Errorf("after the abort: tracking %v, off the target", s.Tracking)
		}
	})
}

// The way is checked against limits as with other slews, and goes round them.
func TestRampsKeepAboveHorizon(t *testing.T) {
	within(t, "fork", func(c *Config) {
		c.Mount.HorizonDeg = 24
		c.Mount.Z.MaxRate, c.Mount.A.MaxRate = 5, 5
		original("simple", 2000, 600, 2)(c)
	}, nil, func(r *rig) {
		t, ctx := r.t, r.t.Context()
		r.do(r.SetTracking(ctx, true))
		r.do(r.SlewEquatorial(ctx, r.at(-9.5, 70)))
		r.arrive()
		to := r.at(-2, -10)
		r.do(r.SlewEquatorial(ctx, to))
		lowest := model.Quarter
		s := r.watched(func(s *Snapshot) { lowest = min(lowest, s.Horizontal.Alt) })
		r.onTarget("arrived", s.Equatorial, to, fine)
		if lowest < model.Degrees(23.8) {
			t.Errorf("down to %v on the way", lowest)
		}
		if err := r.SlewEquatorial(ctx, r.at(-7, 0)); !errors.Is(err, fault.BelowLimit) {
			t.Errorf("a place below the limit: %v", err)
		}
	})
}

// Random slews, aborts and changes of mind with ramps ask nothing impossible of
// an axis, and those that are let go end on target.
func FuzzRamps(f *testing.F) {
	for seed := range uint64(2) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 3))
			g := geometries[seed%uint64(len(geometries))]
			cfg := DefaultConfig().ForGeometry(g.String())
			cfg.Mount.Z.MaxRate, cfg.Mount.A.MaxRate = 8, 8
			maximum, minimum := 700+rnd.IntN(3000), 300+rnd.IntN(400)
			original(rampStyles[rnd.IntN(len(rampStyles))], maximum, minimum, 1+rnd.IntN(5))(&cfg)
			r := start(t, cfg, nil)
			r.do(r.SetTracking(t.Context(), true))
			for n := range 30 {
				var err error
				name := "slew"
				if rnd.IntN(2) == 0 {
					to := r.at(-6+12*rnd.Float64(), -20+100*rnd.Float64())
					if err = r.SlewEquatorial(t.Context(), to); err == nil && rnd.IntN(3) == 0 {
						if s := r.arrive(); s.HasTarget { // which moves at offset rates, perhaps to where it sets
							r.onTarget("at the end of a slew", s.Equatorial, s.Target, fine)
						}
					}
				} else {
					name, err = hasty(r, rnd)
				}
				if errors.Is(err, fault.Hardware) || errors.Is(err, fault.Cancelled) {
					t.Fatalf("seed %d, command %d, %s: %v", seed, n, name, err)
				}
				check(t, r, r.after(time.Duration(rnd.ExpFloat64()*float64(3*time.Second))), seed, n, name)
			}
		})
	})
}

// Ramps that are none, or faster than an axis may be, are refused by the names
// of their keys.
func TestRampSettings(t *testing.T) {
	for _, tt := range []struct {
		change func(*Config)
		says   []string
	}{
		{original("simple", 1000, 300, 5), nil},
		{original("jerk_limited", 1, 1, 0), nil}, // not looked at
		{original("s_curve", 300, 300, 5), []string{"mount.ramp_max_delay", "mount.ramp_min_delay", "above MinDelay"}},
		{original("s_curve", 1000, 10, 5), []string{"mount.ramp_min_delay", "no motor follows that"}},
		{original("s_curve", 1000, 300, 0), []string{"mount.ramp_stretch"}},
		// 1193181/130 half steps of 1.25″ per second are 3.187°/s.
		{original("simple", 1000, 130, 5), []string{"mount.ramp_min_delay", "mount.z.max_rate_deg_per_s", "3.187"}},
		{func(c *Config) {
			original("simple", 1000, 130, 5)(c)
			c.Mount.Z.MaxRate, c.Mount.A.MaxRate = 3.2, 3.18
		}, []string{"mount.ramp_min_delay", "mount.a.max_rate_deg_per_s"}},
		{func(c *Config) {
			original("simple", 1000, 140, 5)(c) // 2.96°/s one way, 3.08°/s the other
			c.Mount.A.FullStepArcsecCCW = 2.6
		}, []string{"mount.a.max_rate_deg_per_s"}},
	} {
		cfg := DefaultConfig()
		tt.change(&cfg)
		err := cfg.Validate()
		if (err == nil) != (tt.says == nil) || err != nil && !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", tt.says, err)
		}
		for _, word := range tt.says {
			if err != nil && !strings.Contains(err.Error(), word) {
				t.Errorf("%q is not in: %v", word, err)
			}
		}
	}
}
