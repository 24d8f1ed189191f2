// SPDX-License-Identifier: GPL-3.0-or-later

package harness

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/driver/waveform"
	"github.com/siderostep/siderostep/fault"
)

// The planner's process and the executor's must have the same axes.
func TestOnPaperIsLikeTheRealOne(t *testing.T) {
	for _, name := range Presets() {
		m := plainMotors()
		if name == "five-phase" {
			m = fiveWindings()
		}
		c := preset(t, name)
		drawn, err := OnPaper(c, m)
		if err != nil {
			t.Fatal(err)
		}
		open, _ := opened(t, c, m)
		for g := range groups {
			if diff := cmp.Diff(open.groups[g].Axes, drawn.groups[g].Axes, cmp.AllowUnexported(waveform.Table{}, waveform.Phase{}), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s, group %d: %s", name, g, diff)
			}
			config := executor.Config{Axes: drawn.groups[g].Axes}
			for i := range config.Axes {
				config.Axes[i].Brake, config.Axes[i].MaxRate = 1e4, 1e4
			}
			if len(config.Axes) == 0 {
				continue
			}
			if err := config.Validate(drawn.groups[g].Outputs); err != nil {
				t.Errorf("%s, group %d: %v", name, g, err)
			}
		}
	}
	if _, err := OnPaper(DefaultConfig(), plainMotors()); !errors.Is(err, fault.Invalid) {
		t.Errorf("not enabled: %v", err)
	}
}

func TestSwitchOff(t *testing.T) {
	c := preset(t, "pi-transistors", func(c *Config) {
		c.DryRun.File = t.TempDir() + "/port"
		for _, port := range []*string{&c.Z.Port, &c.A.Port, &c.KeepAlive.Port, &c.Inputs.Port} {
			*port = DryRun
		}
	})
	recorded, err := openDryRun(c.DryRun, lineUse{})
	if err != nil {
		t.Fatal(err)
	}
	defer recorded.Close()
	if err := recorded.Write(0xC3<<16, 0xFF<<16); err != nil { // what a dead executor left
		t.Fatal(err)
	}
	if err := SwitchOff(c, plainMotors()); err != nil || recorded.Levels() != 0 {
		t.Errorf("%v, levels %x", err, recorded.Levels())
	}
	c.DryRun.File = t.TempDir()
	if err := SwitchOff(c, plainMotors()); !errors.Is(err, fault.Hardware) {
		t.Errorf("no port: %v", err)
	}
}

// A port that is not to be had does not keep the others on.
func TestSwitchOffGoesOn(t *testing.T) {
	c := preset(t, "pi-transistors", func(c *Config) {
		c.Z.Port, c.Z.Lines = PCA9685, []int{0, 1, 2, 3}
		c.Focuser = wired(Relay, Parport, 16, 17)
	})
	for _, broken := range []string{GPIO, Parport, PCA9685} {
		f := &fakeComputer{fail: map[string]error{broken: errGone}}
		if err := switchOff(c, plainMotors(), f); !errors.Is(err, fault.Hardware) {
			t.Errorf("%s broken: %v", broken, err)
		}
		for _, name := range []string{GPIO, Parport, PCA9685} {
			if off := slices.Contains(f.events, "off "+name); off == (name == broken) {
				t.Errorf("%s broken: %s is off: %v", broken, name, off)
			}
		}
	}
}
