// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"math"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
)

// Saved is what a mount remembers from run to run. Angles are in radians.
type Saved struct {
	UTC        time.Time           `json:"utc"`         // when it was true
	Counts     [3]model.Microsteps `json:"counts"`      // of the motors Z, A and rotator
	Moving     bool                `json:"moving"`      // motors were in motion: the counts may be behind
	Trusted    bool                `json:"trusted"`     // the counts agreed with the tube
	Parked     bool                `json:"parked"`      //
	TrackAfter bool                `json:"track_after"` // tracking before parking
	Park       model.Axes          `json:"park"`        // park position
	Alignment  *Alignment          `json:"alignment,omitempty"`
	Rotator    SavedRotator        `json:"rotator"`
}

// Alignment is a pointing model that comes from stars.
type Alignment struct {
	Attitude model.Mat       `json:"attitude"` // local equatorial frame to mount frame
	Errors   pointing.Errors `json:"errors"`
	Index    model.Axes      `json:"index"` // sync
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
		UTC: s.UTC, Trusted: s.Trusted, Parked: s.Parked, TrackAfter: s.trackAfter, Park: s.parkAt,
		Rotator: s.savedRotator,
	}
	for i, r := range s.Reports {
		v.Counts[i] = r.Emitted
		v.Moving = v.Moving || math.Abs(r.Rate) > restRate
	}
	v.Alignment = &Alignment{Errors: s.Model.Errors, Index: s.Model.Index}
	if s.aligned {
		v.Alignment.Attitude = s.Model.Attitude
	}
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

// restore takes up the state of the last run, and returns the pointing model
// it has: preset where it has none.
func (s *state) restore(v *Saved, preset *pointing.Model) (*pointing.Model, error) {
	s.parked, s.trackAfter = v.Parked, v.TrackAfter
	s.trusted = v.Trusted && !v.Moving
	if v.Moving {
		s.log.Warn("the last run ended in motion: the position is not to be trusted before a sync")
	}
	if v.Park != (model.Axes{}) {
		s.parkAt = v.Park
	}
	s.rotator = rotator{offset: v.Rotator.Offset, wanted: v.Rotator.Wanted, asked: v.Rotator.Asked}
	a := v.Alignment
	if a == nil {
		return preset, nil
	}
	attitude := preset.Attitude
	if s.aligned = a.Attitude != (model.Mat{}); s.aligned {
		attitude = a.Attitude
	}
	if err := pointing.Check(attitude, preset.Errors, a.Index); err != nil {
		return nil, fault.Wrap(fault.Invalid, "saved alignment", err)
	}
	return pointing.New(attitude, preset.Errors, a.Index), nil
}

// remodel returns the pointing model for changed settings: a preset follows
// the latitude, an alignment on stars does not.
func (s *state) remodel(cfg Config) *pointing.Model {
	m := s.heaven.chain.Model
	attitude := m.Attitude
	if !s.aligned {
		attitude = s.geometry.Attitude(cfg.Site.Latitude())
	}
	return pointing.New(attitude, cfg.Mount.Errors(), m.Index)
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
	case c.Rotator.Enabled != d.Rotator.Enabled:
		return "rotator.enabled"
	case c.Rotator.StepAngle != d.Rotator.StepAngle:
		return "rotator.step_arcsec"
	}
	return ""
}
