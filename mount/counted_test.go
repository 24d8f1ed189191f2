// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"errors"
	"strings"
	"testing"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// Full steps of 3600″ and 10 microsteps: 10 counts are a degree.
func degrees() Config {
	cfg := DefaultConfig()
	for _, a := range []*Axis{&cfg.Mount.Z, &cfg.Mount.A} {
		a.FullStepArcsec, a.Microsteps = 3600, 10
	}
	cfg.Rotator.StepAngle = 3600
	return cfg
}

func TestCountLimits(t *testing.T) {
	cfg := degrees()
	cfg.Mount.A.BacklashArcmin = -120
	saved := &Saved{Zero: model.Axes{A: model.Degrees(5)}}
	for _, tt := range []struct {
		axis      int
		saved     *Saved
		low, high model.Microsteps
	}{
		{AxisZ, nil, -2800, 4600},            // −270°..450° and 10° more
		{AxisA, nil, -170, 1070},             // −5°..95°, 10°, and 2° of backlash
		{AxisA, saved, -220, 1020},           // count 0 reads 5°
		{AxisRotator, nil, -450 - 10, 280},   // a clockwise step lowers the angle
		{AxisRotator, saved, -450 - 10, 280}, //
	} {
		low, high, ok := cfg.CountLimits(tt.saved, tt.axis)
		if !ok || low < tt.low-1 || low > tt.low+1 || high < tt.high-1 || high > tt.high+1 {
			t.Errorf("axis %d: %d..%d, %v; want %d..%d", tt.axis, low, high, ok, tt.low, tt.high)
		}
	}
	if _, _, ok := cfg.CountLimits(nil, 3); ok {
		t.Error("there is no axis 3")
	}
	cfg.Mount.Z.FullStepArcsecCCW = 3601
	if _, _, ok := cfg.CountLimits(nil, AxisZ); ok {
		t.Error("limits for steps that depend on the sense")
	}
	cfg.Mount.Encoders.Use = true
	if _, _, ok := cfg.CountLimits(nil, AxisA); ok {
		t.Error("limits for an axis that encoders name anew")
	}
}

// After a crash the executor's counts go before those that were saved.
func TestContinued(t *testing.T) {
	cfg := degrees()
	cfg.Mount.A.BacklashArcmin = 60 // 10 counts
	saved := Saved{Counts: [3]model.Microsteps{100, 200, 3}, Trusted: true, Moving: true,
		Zero: model.Axes{Z: 1}, Backlash: [2]model.Angle{0, model.Arcmin(60)}}
	counts := [3]model.Microsteps{150, 204, 3}
	for _, trusted := range []bool{true, false} {
		v := cfg.Continued(&saved, counts, trusted)
		if v.Counts != counts || v.Moving || v.Trusted != trusted || v.Zero != saved.Zero {
			t.Errorf("%+v", *v)
		}
		if got := v.Backlash[AxisA]; (got - model.Arcmin(36)).Abs() > 1e-9 { // 4 of 10 counts back
			t.Errorf("taken up %v", got)
		}
		if cfg.StartCounts(v) != counts {
			t.Errorf("start counts %v", cfg.StartCounts(v))
		}
		if v := cfg.Continued(nil, counts, trusted); v.Counts != counts || v.Trusted != trusted {
			t.Errorf("without a last run: %+v", *v)
		}
	}
	saved.Trusted = false
	if cfg.Continued(&saved, counts, true).Trusted {
		t.Error("trusted though the last run was not")
	}
}

func TestContradictions(t *testing.T) {
	for key, change := range map[string]func(*Config){
		"mount.a.full_step_arcsec_ccw":           func(c *Config) { c.Mount.A.FullStepArcsecCCW = 3 * c.Mount.A.FullStepArcsec },
		"mount.z.full_step_arcsec_ccw":           func(c *Config) { c.Mount.Z.FullStepArcsecCCW = c.Mount.Z.FullStepArcsec / 3 },
		"mount.encoders.threshold_tracking_deg ": func(c *Config) { c.Mount.Encoders.MaxCorrection = 0.5 },
	} {
		cfg := DefaultConfig()
		change(&cfg)
		if err := cfg.Validate(); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", key, err)
		}
	}
}
