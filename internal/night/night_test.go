// SPDX-License-Identifier: GPL-3.0-or-later

package night

import (
	"math"
	"testing"
	"time"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

// A mount that was aligned on stars meets its first places within the
// arcminute, on both sides of the meridian.
func TestFirstGotos(t *testing.T) {
	for _, kind := range kinds {
		for _, faultless := range []bool{true, false} {
			name, limit := kind+"/default faults", model.Arcmin(1)
			if faultless {
				name, limit = kind+"/faultless", model.Arcsec(1.5)
			}
			t.Run(name, func(t *testing.T) {
				evening(t, telescope(kind, faultless), func(o *observer) {
					o.do(o.Mount.SetTracking(o.t.Context(), true))
					for _, p := range [][2]float64{{-5, 50}, {-3, 10}, {-2, 70}, {-1, -20}, {-0.3, 30}, {0.4, 55}, {1, 0}, {2.5, 35}, {4, 20}, {6, 60}} {
						to := o.at(p[0], p[1])
						o.slew(to)
						o.within("arrived", to, limit)
					}
				})
			})
		}
	}
}

// Low stars are raised by the air, by some minutes of arc, on a mount that
// stands exactly and was never aligned. The bench has its own formula; the
// two agree to some seconds.
func TestRefractedGotos(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			f := telescope(kind, true)
			f.Simulator.Aligned, f.Simulator.Refraction, f.Site.Refraction = false, true, true
			evening(t, f, func(o *observer) {
				o.do(o.Mount.SetTracking(o.t.Context(), true))
				for _, p := range [][2]float64{{-4.5, 15}, {0.3, -30}, {4.5, 15}} {
					to := o.at(p[0], p[1])
					o.slew(to)
					o.t.Logf("altitude %.1f°", o.Truth().Horizontal.Alt.Degrees())
					o.within("arrived", to, model.Arcsec(5))
				}
			})
		})
	}
}

// Truth minus target over time, for each axis on the sky. A faultless mount
// is limited by its microsteps: an ideal staircase is off by 1/√12 = 0.29
// microstep rms, and real rotors swing a little at each step.
func TestTracking(t *testing.T) {
	for _, kind := range kinds {
		for _, faultless := range []bool{true, false} {
			name := kind + "/default faults"
			if faultless {
				name = kind + "/faultless"
			}
			t.Run(name, func(t *testing.T) {
				f := telescope(kind, faultless)
				microstep := f.Mount.Z.FullStepArcsec / float64(f.Mount.Z.Microsteps)
				evening(t, f, func(o *observer) {
					o.do(o.Mount.SetTracking(o.t.Context(), true))
					for _, p := range [][2]float64{{-4, 40}, {2, 5}, {-1.5, 65}, {1, -15}} {
						to := o.at(p[0], p[1])
						o.slew(to)
						o.after(2 * time.Second)
						var z, a rms
						for range trackingTime / time.Second {
							s := o.after(990 * time.Millisecond)
							across, up := o.axisErrors(to, s.FieldAngle)
							z.add(across)
							a.add(up)
						}
						t.Logf("HA %+.1f h, Dec %+.0f°: Z %.3f″ rms (%.2f microsteps), %.2f″ at most; A %.3f″ rms (%.2f), %.2f″ at most",
							p[0], p[1], z.value(), z.value()/microstep, z.pk, a.value(), a.value()/microstep, a.pk)
						if limit := 0.35 * microstep; faultless && (z.value() > limit || a.value() > limit) {
							t.Errorf("off by more than %.3f″ rms", limit)
						}
					}
				})
			})
		}
	}
}

// axisErrors returns how far the tube is from a place, along the motion of
// axis Z and of axis A, whose growth has the position angle field.
func (o *observer) axisErrors(from model.Equatorial, field model.Angle) (across, up model.Angle) {
	e := o.Truth().Equatorial
	east := (e.RA - from.RA).WrapSigned().Mul(math.Cos(from.Dec.Radians()))
	north := e.Dec - from.Dec
	sin, cos := field.SinCos()
	return east.Mul(cos) - north.Mul(sin), east.Mul(sin) + north.Mul(cos)
}

// A guide pulse moves the truth by its rate times its duration.
func TestPulses(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			evening(t, telescope(kind, true), func(o *observer) {
				ctx := o.t.Context()
				o.do(o.Mount.SetTracking(ctx, true))
				o.slew(o.at(-2, 30))
				o.after(time.Second)
				for _, ms := range []int{20, 50, 100, 250, 500, 1000, 2000, 5000} {
					d := time.Duration(ms) * time.Millisecond
					var errors rms
					for i := range 40 {
						dir := mount.Direction(i % 4)
						before := o.Truth().Equatorial
						o.do(o.Mount.PulseGuide(ctx, dir, d))
						o.after(d + 200*time.Millisecond)
						after := o.Truth().Equatorial
						want := model.ArcsecPerSecond(7.5).Over(d)
						switch dir {
						case mount.North:
							errors.add(after.Dec - before.Dec - want)
						case mount.South:
							errors.add(after.Dec - before.Dec + want)
						case mount.East:
							errors.add((after.RA - before.RA - want).Mul(cosDec(after)))
						case mount.West:
							errors.add((after.RA - before.RA + want).Mul(cosDec(after)))
						}
					}
					t.Logf("%v: %.3f″ rms, %.3f″ at most, of %.2f″", d, errors.value(), errors.pk, 7.5*d.Seconds())
					// Two readings, each within a microstep of 0.125″ and a swing.
					if errors.pk > 0.4 {
						t.Errorf("%v: off by %.3f″", d, errors.pk)
					}
				}
			})
		})
	}
}
