// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// The same as FuzzHastyCommands, with gears that have play, encoders that
// disagree, and everything that moves the axes beside the target.
func FuzzHastierCommands(f *testing.F) {
	for _, seed := range []uint64{0, 3, 7} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 2))
			cfg := DefaultConfig().ForGeometry(geometries[seed%uint64(len(geometries))].String())
			cfg.Mount.Z.BacklashArcmin, cfg.Mount.A.BacklashArcmin = 5, -3
			cfg.Mount.Encoders.Use = true
			r := start(t, cfg, nil)
			for n := range 120 {
				name, err := hastier(r, rnd)
				if errors.Is(err, fault.Cancelled) {
					t.Fatalf("seed %d, command %d, %s: %v", seed, n, name, err)
				}
				s := r.after(time.Duration(rnd.ExpFloat64() * float64(2*time.Second)))
				if s.SlewFault != nil && errors.Is(s.Stopped, fault.Hardware) && s.Stopped == s.SlewFault { // encoders, disbelieved
					r.do(r.SetTracking(t.Context(), false))
					s = &Snapshot{Config: s.Config, Axes: s.Axes, Rotator: s.Rotator, Reports: s.Reports}
				}
				check(t, r, s, seed, n, name)
			}
		})
	})
}

func hastier(r *rig, rnd *rand.Rand) (name string, err error) {
	ctx := r.t.Context()
	rate := func(most float64) model.Rate { return model.ArcsecPerSecond(most * (2*rnd.Float64() - 1)) }
	s := r.Snapshot()
	switch rnd.IntN(20) {
	case 0, 1:
		return "nudge axes", r.NudgeAxes(ctx, "me", rate(600), rate(600))
	case 2:
		return "nudge", r.Nudge(ctx, "me", rate(600), rate(600))
	case 3:
		return "drift", r.SetDrift(ctx, rate(60), rate(60))
	case 4:
		return "begin guiding", r.BeginGuiding(ctx, GuideMode(rnd.IntN(5)))
	case 5:
		return "end guiding", r.EndGuiding(ctx, false)
	case 6:
		return "step", r.StepMotor(ctx, rnd.IntN(2), rnd.IntN(20000)-10000)
	case 7:
		return "rates", r.TrackByRate(ctx, "me", [2]model.Rate{rate(3600), rate(3600)}, [2]model.Rate{rate(360), rate(360)})
	case 8, 9:
		const far = 0.02
		return "encoders", r.ReadEncoders(ctx, driver.EncoderReading{At: r.Instant(), Angles: [2]model.Angle{
			s.Axes.Z + model.Angle(far*rnd.Float64()), s.Axes.A + model.Angle(far*(rnd.Float64()-0.5))}})
	case 10:
		if s.Axes.A > model.Degrees(30) && s.Axes.A < model.Degrees(60) { // what encoders say may be beyond a limit
			return "to encoders", r.ResetToEncoders(ctx)
		}
		return "init encoders", r.InitEncoders(ctx)
	case 11:
		return "backlash", r.Configure(ctx, func(c *Config) { c.Mount.Z.BacklashArcmin = 20*rnd.Float64() - 10 })
	case 12:
		return "release", r.ReleaseMotors(ctx)
	}
	return hasty(r, rnd)
}
