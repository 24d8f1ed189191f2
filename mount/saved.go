// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"math"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// Saved is what a mount remembers from run to run. Angles are in radians.
type Saved struct {
	UTC        time.Time           `json:"utc"`                      // when it was true
	Counts     [3]model.Microsteps `json:"counts"`                   // of the motors Z, A and rotator
	Moving     bool                `json:"moving"`                   // motors were in motion: the counts may be behind
	Trusted    bool                `json:"trusted"`                  // the counts agreed with the tube
	Parked     bool                `json:"parked"`                   //
	TrackAfter bool                `json:"track_after"`              // tracking before parking
	Park       *model.Axes         `json:"park_set,omitempty"`       // by SetPark; nil for that of the configuration
	Zero       model.Axes          `json:"zero"`                     // what the axes read at count 0, dead band apart
	Backlash   [2]model.Angle      `json:"backlash_taken"`           // part of the dead bands of Z and A that is taken up
	CCW        [2]bool             `json:"ccw"`                      // Z and A last went counter-clockwise
	Encoders   *model.Axes         `json:"encoder_offset,omitempty"` // what the axes read where their encoders count 0; nil for unknown
	Alignment  *Alignment          `json:"alignment,omitempty"`
	Rotator    SavedRotator        `json:"rotator"`
}

// SavedRotator is how the camera stands.
type SavedRotator struct {
	Offset model.Angle `json:"offset"`
	Wanted model.Angle `json:"wanted"`
	Asked  bool        `json:"asked"`
}

// restRate is the rate, in microsteps per second, below which a motor is at
// rest but for the rounding of its last segment.
const restRate = 1e-3

// Saved returns what is to be remembered of a snapshot.
func (s *Snapshot) Saved() Saved {
	v := Saved{
		UTC: s.UTC, Trusted: s.Trusted, Parked: s.Parked, TrackAfter: s.trackAfter, Park: s.parkAt, Zero: s.zero,
		Rotator: s.savedRotator,
	}
	for i, b := range s.Backlash {
		v.Backlash[i], v.CCW[i] = b.Taken, s.ccw[i]
	}
	for i, r := range s.Reports {
		v.Counts[i] = r.Emitted
		v.Moving = v.Moving || math.Abs(r.Rate) > restRate
	}
	v.Alignment, v.Encoders = s.Alignment, s.encoderZero
	return v
}

// StartCounts returns the motor counts with which the axes stand where the
// last run left them, or at home at a first start.
func (c Config) StartCounts(saved *Saved) [3]model.Microsteps {
	if saved != nil {
		return saved.Counts
	}
	count := func(deg float64, q model.Angle, whole int) model.Microsteps {
		n := math.Round(float64(model.Degrees(deg)) / float64(q) / float64(whole))
		return model.Microsteps(n) * model.Microsteps(whole) // on a full step, where a rotor rests
	}
	return [3]model.Microsteps{
		count(c.Mount.Z.HomeDeg, c.Mount.Z.microstep(), c.Mount.Z.Microsteps),
		count(c.Mount.A.HomeDeg, c.Mount.A.microstep(), c.Mount.A.Microsteps),
		0,
	}
}

// restore takes up the state of the last run, and returns the alignment it
// has: preset where it has none.
func (s *state) restore(v *Saved, preset *Alignment, cfg Config, at time.Time) (*Alignment, error) {
	s.parked, s.trackAfter, s.zero = v.Parked, v.TrackAfter, v.Zero
	s.trusted = v.Trusted && !v.Moving
	if v.Moving {
		s.log.Warn("the last run ended in motion: the position is not to be trusted before a sync")
	}
	s.parkAt = v.Park
	s.rotator = rotator{offset: v.Rotator.Offset, wanted: v.Rotator.Wanted, asked: v.Rotator.Asked}
	if v.Alignment == nil {
		return preset, nil
	}
	if err := v.Alignment.Check(); err != nil {
		return nil, fault.Wrap(fault.Invalid, "saved alignment", err)
	}
	return v.Alignment.reconfigured(cfg, at)
}

// mesh takes up how the gears were left by the last run. A first start takes
// nothing of the dead bands to be taken up.
func (s *state) mesh(v *Saved) {
	for i := range s.gears {
		c := *s.config.axisConfig(i)
		if v == nil {
			s.gears[i] = newGearing(c, 0, false)
			continue
		}
		s.gears[i] = newGearing(c, v.Backlash[i], v.CCW[i])
		s.microstep[i] = c.microstepOf(v.CCW[i])
	}
}

// needsRestart returns the key of the first setting that differs between c
// and d and cannot change while running; "" for none.
func (c Config) needsRestart(d Config) string {
	switch {
	case c.Mount.Geometry != d.Mount.Geometry:
		return "mount.geometry"
	case c.Mount.Z.FullStepArcsec != d.Mount.Z.FullStepArcsec, c.Mount.Z.Microsteps != d.Mount.Z.Microsteps:
		return "mount.z.full_step_arcsec or microsteps"
	case c.Mount.A.FullStepArcsec != d.Mount.A.FullStepArcsec, c.Mount.A.Microsteps != d.Mount.A.Microsteps:
		return "mount.a.full_step_arcsec or microsteps"
	case c.Mount.Z.FullStepArcsecCCW != d.Mount.Z.FullStepArcsecCCW, c.Mount.A.FullStepArcsecCCW != d.Mount.A.FullStepArcsecCCW:
		return "full_step_arcsec_ccw"
	case c.Mount.HorizonFile != d.Mount.HorizonFile:
		return "mount.horizon_file"
	case c.Rotator.Enabled != d.Rotator.Enabled:
		return "rotator.enabled"
	case c.Rotator.StepAngle != d.Rotator.StepAngle:
		return "rotator.step_arcsec"
	}
	return ""
}
