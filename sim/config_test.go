// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

func TestConfig(t *testing.T) {
	for _, c := range []Config{DefaultConfig(), Faultless()} {
		if err := c.Validate(); err != nil {
			t.Error(err)
		}
	}
	for _, tt := range []struct {
		spoil func(*Config)
		names []string
	}{
		{func(c *Config) { c.Mount = "dobson" }, []string{"mount", "altaz, fork, german", "dobson"}},
		{func(c *Config) { c.BaseTiltNorthArcmin = 601 }, []string{"base_tilt_north_arcmin", "-600", "600", "601"}},
		{func(c *Config) { c.Z.BacklashArcsec = -1 }, []string{"simulator.z", "backlash_arcsec"}},
		{func(c *Config) { c.Motor.PullOutHalfStepsPerS = math.NaN() }, []string{"simulator.motor", "pull_out"}},
		{func(c *Config) { c.EncoderCounts = -1 }, []string{"encoder_counts_per_turn"}},
	} {
		c := DefaultConfig()
		tt.spoil(&c)
		err := c.Validate()
		if !errors.Is(err, fault.Invalid) {
			t.Errorf("%v: error %v", tt.names, err)
			continue
		}
		for _, name := range tt.names {
			if !strings.Contains(err.Error(), name) {
				t.Errorf("%q does not name %q", err, name)
			}
		}
		if _, err := New(c, testRig()); err == nil {
			t.Error("a bench is built from a bad configuration")
		}
	}
	r := testRig()
	r.Site.Latitude = model.Degrees(91)
	if _, err := New(DefaultConfig(), r); !errors.Is(err, fault.Invalid) {
		t.Errorf("latitude 91°: %v", err)
	}
	r = testRig()
	r.A.FullStep = 0
	if _, err := New(DefaultConfig(), r); !errors.Is(err, fault.Invalid) {
		t.Errorf("no full step: %v", err)
	}
}
