// SPDX-License-Identifier: GPL-3.0-or-later

package harness

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/driver/waveform"
)

// anyOutput draws an output that is often nearly right.
func anyOutput(m Motor) *rapid.Generator[Output] {
	return rapid.Custom(func(t *rapid.T) Output {
		line := rapid.IntRange(-1, 33)
		o := DefaultConfig().Z
		o.Drive = rapid.SampledFrom(append(drives[m], Windings)).Draw(t, "drive")
		o.Port = rapid.SampledFrom([]string{GPIO, GPIO, Parport, PCA9685, DryRun}).Draw(t, "port")
		n := map[string]int{Windings: 4, StepDirection: 2, Relay: 2}[o.Drive] + rapid.SampledFrom([]int{0, 0, 0, 0, 1, -1}).Draw(t, "more")
		o.Lines = rapid.SliceOfN(rapid.IntRange(0, 24), max(n, 0), max(n, 0)).Draw(t, "lines")
		o.ActiveLow = o.Drive != Windings && rapid.Bool().Draw(t, "active low")
		if o.Drive == StepDirection {
			o.EnableLine = line.Draw(t, "enable")
			o.EnableActiveHigh = rapid.Bool().Draw(t, "high")
		}
		return o
	})
}

// anyConfig draws a preset with some changes.
func anyConfig() *rapid.Generator[Config] {
	return rapid.Custom(func(t *rapid.T) Config {
		c, err := Preset(rapid.SampledFrom(Presets()).Draw(t, "preset"))
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(0, 2).Draw(t, "changes") {
			m := Motor(rapid.IntRange(0, int(motors)-1).Draw(t, "motor"))
			*c.output(m) = anyOutput(m).Draw(t, m.String())
		}
		c.GPIO.AllowOnAtReset = true
		port := rapid.SampledFrom([]string{GPIO, Parport, DryRun})
		some := rapid.SampledFrom([]int{-1, -1, 1, 14, 15, 16, 17, 20, 24, 31})
		c.KeepAlive = Line{port.Draw(t, "keep-alive"), some.Draw(t, "line")}
		if line := some.Draw(t, "aux"); line >= 0 {
			c.Aux = Lines{port.Draw(t, "aux port"), []int{line}}
		}
		c.Inputs.PECIndex = []int{some.Draw(t, "index")}
		return c
	})
}

// A wiring that is found valid has no line twice, by a count of its own, and
// can be connected down to the executor.
func TestWhatIsValidCanBeConnected(t *testing.T) {
	valid := 0
	rapid.Check(t, func(t *rapid.T) {
		c := anyConfig().Draw(t, "config")
		m := plainMotors()
		for _, w := range []*waveform.Config{&m.Z, &m.A} {
			w.Windings = max(4, len(c.A.Lines))
		}
		m.Z.Invert = rapid.Bool().Draw(t, "invert")
		m.A.Invert = m.Z.Invert
		if c.Validate() != nil || c.ValidateMotors(m) != nil {
			return
		}
		valid++
		seen := map[string]bool{}
		count := func(port string, lines ...int) {
			for _, l := range lines {
				key := fmt.Sprint(port, l)
				if l >= 0 && seen[key] {
					t.Fatalf("%s is used twice", key)
				}
				seen[key] = true
			}
		}
		for _, o := range []Output{c.Z, c.A, c.Rotator, c.Focuser, c.Focuser2} {
			if o.Drive != None {
				count(o.Port, o.Lines...)
				count(o.Port, o.EnableLine)
			}
		}
		count(c.KeepAlive.Port, c.KeepAlive.Line)
		count(c.Aux.Port, c.Aux.Lines...)
		count(c.Inputs.Port, c.Inputs.PECIndex...)
		h, err := OnPaper(c, m)
		if err != nil {
			t.Fatalf("valid, but: %v", err)
		}
		for _, g := range h.groups {
			config := executor.Config{Axes: g.Axes}
			for i := range config.Axes {
				config.Axes[i].Brake, config.Axes[i].MaxRate = 1e4, 1e4
			}
			if len(config.Axes) > 0 {
				if _, err := executor.NewInline(config, g.Outputs); err != nil {
					t.Fatal(err)
				}
			}
		}
		if in := h.Inputs(); in != nil {
			if _, err := in.Read(); err != nil {
				t.Fatal(err)
			}
		}
	})
	if valid == 0 {
		t.Error("none was valid")
	}
}
