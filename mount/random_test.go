// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
)

// No sequence of commands, however hasty, asks the impossible of an axis,
// leaves its limits or loses a step of the plan. The seeds are those that once
// found something.
func FuzzHastyCommands(f *testing.F) {
	for i, seed := range []uint64{0, 1, 2, 8, 11, 45} {
		if i%thinning < 2 { // each of the two mounts that there are under the race detector
			f.Add(seed)
		}
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		synctest.Test(t, func(t *testing.T) {
			g := geometries[seed%uint64(len(geometries))]
			rnd := rand.New(rand.NewPCG(seed, 1))
			r := start(t, DefaultConfig().ForGeometry(g.String()), nil)
			for n := range 150 {
				name, err := hasty(r, rnd)
				if errors.Is(err, fault.Hardware) || errors.Is(err, fault.Cancelled) {
					t.Fatalf("seed %d, command %d, %s: %v", seed, n, name, err)
				}
				s := r.after(time.Duration(rnd.ExpFloat64() * float64(2*time.Second)))
				check(t, r, s, seed, n, name)
			}
		})
	})
}

func check(t *testing.T, r *rig, s *Snapshot, seed uint64, n int, name string) {
	t.Helper()
	if s.SlewFault != nil {
		t.Fatalf("seed %d, command %d, %s: %v", seed, n, name, s.SlewFault)
	}
	const play = 0.2 // degrees: a limit stops motion with a ramp
	for i, ax := range []Axis{s.Config.Mount.Z, s.Config.Mount.A} {
		deg := [...]model.Angle{s.Axes.Z, s.Axes.A}[i].Degrees()
		if deg < ax.MinDeg-play || deg > ax.MaxDeg+play {
			t.Fatalf("seed %d, command %d, %s: axis %s at %.3f°, limits %g..%g", seed, n, name, axisName(i), deg, ax.MinDeg, ax.MaxDeg)
		}
	}
	if deg := s.Rotator.Turned.Degrees(); deg < s.Config.Rotator.MinDeg-play || deg > s.Config.Rotator.MaxDeg+play {
		t.Fatalf("seed %d, command %d, %s: rotator at %.3f°", seed, n, name, deg)
	}
	for i, rep := range s.Reports {
		if rep.Underruns != 0 || rep.Late != 0 {
			t.Fatalf("seed %d, command %d, %s: axis %d: %d underruns, %d late segments", seed, n, name, i, rep.Underruns, rep.Late)
		}
		if d := rep.Position.Microsteps() - float64(rep.Emitted); d > 0.51 || d < -0.51 {
			t.Fatalf("seed %d, command %d, %s: axis %d emitted %d at position %.3f", seed, n, name, i, rep.Emitted, rep.Position.Microsteps())
		}
	}
}

// hasty gives one random command.
func hasty(r *rig, rnd *rand.Rand) (name string, err error) {
	ctx := r.t.Context()
	angle := func(lo, hi float64) float64 { return lo + (hi-lo)*rnd.Float64() }
	switch rnd.IntN(20) {
	case 0, 1, 2, 3:
		return "slew", r.SlewEquatorial(ctx, r.at(angle(-12, 12), angle(-90, 90)))
	case 4:
		return "slew to the pole", r.SlewEquatorial(ctx, r.at(angle(-12, 12), 90))
	case 5:
		return "slew alt-az", r.SlewHorizontal(ctx, model.Horizontal{Az: model.Degrees(angle(0, 360)), Alt: model.Degrees(angle(-10, 90))})
	case 6, 7:
		return "track", r.SetTracking(ctx, rnd.IntN(3) > 0)
	case 8, 9:
		return "pulse", r.PulseGuide(ctx, Direction(rnd.IntN(4)), time.Duration(rnd.IntN(3000))*time.Millisecond)
	case 10, 11:
		return "move axis", r.MoveAxis(ctx, "me", rnd.IntN(3), model.DegreesPerSecond(angle(-3, 3)*float64(rnd.IntN(2))))
	case 12:
		return "abort", r.Abort(ctx)
	case 13:
		return "park", errors.Join(r.Park(ctx), r.Unpark(ctx))
	case 14:
		return "home", r.FindHome(ctx)
	case 15:
		ra, dec := model.ArcsecPerSecond(angle(-300, 300)), model.ArcsecPerSecond(angle(-300, 300))
		return "offsets", r.SetRateOffsets(ctx, &ra, &dec)
	case 16:
		return "drive", r.SetDriveRate(ctx, DriveRate(rnd.IntN(4)))
	case 17:
		return "flip", r.Flip(ctx, pointing.PierSide(rnd.IntN(2)))
	case 18:
		return "rotate", r.RotateBy(ctx, model.Degrees(angle(-400, 400)))
	default:
		s := r.Snapshot()
		e := s.Equatorial
		e.RA += model.Degrees(angle(-1, 1))
		return "sync", r.SyncEquatorial(ctx, e)
	}
}
