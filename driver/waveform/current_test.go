// SPDX-License-Identifier: GPL-3.0-or-later

package waveform

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/siderostep/siderostep/fault"
)

// Worked values: stepper-core §1.8 and the manual: 6 V × 1.2 A = 7.2 W, so
// 0.6 A at 12 V. 5 Ω at 12 V draw 2.4 A when on, so 0.6 A is a quarter.
func TestCurrentFormulas(t *testing.T) {
	for _, tt := range []struct {
		name      string
		got, want float64
	}{
		{"rated current, 12 V", RatedCurrent(6, 1.2, 12), 0.6},
		{"rated current, 24 V", RatedCurrent(6, 1.2, 24), 0.3},
		{"rated duty, 12 V", RatedDuty(6, 12), 0.25},
		{"rated duty, 24 V", RatedDuty(6, 24), 0.0625},
		{"rated duty of a weak supply", RatedDuty(6, 5), 1},
		{"duty of 0.6 A in 5 Ω at 12 V", Duty(0.6, 5, 12), 0.25},
		{"duty of 0.1 A in 5 Ω at 12 V, tracking", Duty(0.1, 5, 12), 1.0 / 24},
		{"the limits agree", Duty(RatedCurrent(6, 1.2, 17), 6/1.2, 17), RatedDuty(6, 17)},
	} {
		if math.Abs(tt.got-tt.want) > 1e-12 {
			t.Errorf("%s: got %v, want %v", tt.name, tt.got, tt.want)
		}
	}
}

// motor is the manual's 6 V, 1.2 A motor on 12 V.
func motor(c *Config) { c.Supply, c.Rated, c.Resistance = 12, 6, 5 }

func TestCurrentOfPatterns(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Config)
		want   float64 // mean current of a full count, A
	}{
		{"rated watts", motor, 0.6},
		{"tracking", func(c *Config) { motor(c); c.Current = 0.1 }, 0.1},
		{"tracking, without ratings", func(c *Config) { c.Supply, c.Resistance, c.Current = 12, 5, 0.1 }, 0.1},
		{"a pause of two thirds", func(c *Config) { motor(c); c.Current, c.Pause = 0.1, 200 }, 0.1},
		{"a pause that limits more", func(c *Config) { motor(c); c.Pause = 900 }, 0.24},
		{"at 24 V", func(c *Config) { motor(c); c.Supply = 24 }, 0.3},
		{"not used", func(c *Config) { c.Pause = 100 }, 1.2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := DefaultConfig()
			tt.change(&c)
			made := table(t, c)
			volts, ohms := c.Supply, c.Resistance
			if volts == 0 {
				volts, ohms = 12, 5
			}
			amps := func(p Phase) float64 {
				return float64(p.On()) / float64(made.Period()) * volts / ohms
			}
			if got := amps(made.Phase(0)); math.Abs(got-tt.want) > 1e-3*tt.want {
				t.Errorf("a full step draws %v A, want %v", got, tt.want)
			}
			// 100:100 at the half step, 100:33 at the first microstep.
			if got := amps(made.Phase(5)); math.Abs(got-2*tt.want) > 1e-3*tt.want {
				t.Errorf("two windings draw %v A, want twice %v", got, tt.want)
			}
			if got := amps(made.Phase(1)); math.Abs(got-1.33*tt.want) > 2e-3*tt.want {
				t.Errorf("100 and 33 draw %v A, want 1.33 times %v", got, tt.want)
			}
			if got := amps(made.HalfStep(0)); math.Abs(got-volts/ohms) > 1e-9 {
				t.Errorf("half steps of a slew draw %v A; they are not limited", got)
			}
		})
	}
}

// Motors with and without a wanted current share a port, and each keeps its
// own share of the period.
func TestPairOfDifferentCurrents(t *testing.T) {
	limited := table(t, DefaultConfig(), motor) // a quarter
	plain := table(t, DefaultConfig(), func(c *Config) { c.Leaving = []int{40, 30, 20, 10, 10, 10, 10, 10, 10, 10} })
	for _, tables := range [][2]*Table{{limited, plain}, {plain, limited}} {
		p := pair(t, tables[0], tables[1])
		got := p.Combine(tables[0].Phase(0), tables[1].Phase(0))
		on := map[uint16]int{}
		for _, s := range got.Slots[:got.N] {
			for _, bit := range []uint16{0x01, 0x10} {
				if s.Word&bit != 0 {
					on[bit] += int(s.For)
				}
			}
		}
		share := func(bit uint16) float64 { return float64(on[bit]) / float64(got.Period()) }
		low, high := share(0x01), share(0x10)
		if tables[0] == plain {
			low, high = high, low
		}
		if math.Abs(low-0.25) > 1e-4 || math.Abs(high-0.40) > 1e-4 {
			t.Errorf("shares are %v and %v, want 0.25 and 0.40: %s", low, high, text(got))
		}
	}
}

func TestValidateCurrent(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Config)
		says   string
	}{
		{"all", func(c *Config) { motor(c); c.Current = 0.6 }, ""},
		{"supply alone", func(c *Config) { c.Supply = 12 }, ""},
		{"above the rated watts", func(c *Config) { motor(c); c.Current = 0.61 }, "rated_volts at supply_volts allows at most 0.6 A"},
		{"above the supply", func(c *Config) { c.Supply, c.Resistance, c.Current = 12, 5, 2.5 }, "supply_volts and winding_ohms allow at most 2.4 A"},
		{"above the pause", func(c *Config) { c.Supply, c.Resistance, c.Current, c.Pause = 12, 5, 1.3, 100 }, "pwm_pause_slots leaves at most 1.2 A"},
		{"no supply", func(c *Config) { c.Resistance, c.Current = 5, 0.1 }, "current_amps needs supply_volts and winding_ohms"},
		{"no resistance", func(c *Config) { c.Supply, c.Current = 12, 0.1 }, "current_amps needs supply_volts and winding_ohms"},
		{"ratings without supply", func(c *Config) { c.Rated = 6 }, "rated_volts is given without supply_volts"},
		{"negative", func(c *Config) { motor(c); c.Current = -0.1 }, "current_amps is -0.1"},
		{"not a number", func(c *Config) { c.Supply = math.NaN() }, "supply_volts is NaN"},
		{"infinite", func(c *Config) { c.Resistance = math.Inf(1) }, "winding_ohms is +Inf"},
		{"hopeless supply", func(c *Config) { c.Supply, c.Resistance, c.Current = 1e-300, 5, 0.1 }, "allow at most 0 A"},
		{"shape", func(c *Config) { c.Shape = "square" }, `pwm_shape is "square"`},
		{"dead band", func(c *Config) { c.Dead = 100 }, "pwm_dead_slots is 100"},
		{"negative dead band", func(c *Config) { c.Dead = -1 }, "pwm_dead_slots is -1"},
	}
	for _, tt := range tests {
		c := DefaultConfig()
		tt.change(&c)
		err := c.Validate()
		switch {
		case tt.says == "" && err != nil:
			t.Errorf("%s: refused: %v", tt.name, err)
		case tt.says != "" && (!errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.says)):
			t.Errorf("%s: got %v, want fault.Invalid saying %q", tt.name, err, tt.says)
		}
	}
}
