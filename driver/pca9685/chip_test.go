// SPDX-License-Identifier: GPL-3.0-or-later

package pca9685_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/pca9685"
	"github.com/siderostep/siderostep/fault"
)

func TestSetUp(t *testing.T) {
	tests := []struct {
		name   string
		change func(*pca9685.Config)
		want   string
	}{
		{"default", func(*pca9685.Config) {}, "FD10 0104 0030 0030 FE03 0020 00A0 00? FE?"},
		{"active low", func(c *pca9685.Config) { c.Invert = true }, "FD10 0114 0030 0030 FE03 0020 00A0 00? FE?"},
		{"open drain", func(c *pca9685.Config) { c.OpenDrain = true }, "FD10 0100 0030 0030 FE03 0020 00A0 00? FE?"},
		{"external clock", func(c *pca9685.Config) { c.ClockHz, c.PWMHz = 50e6, 1000 }, "FD10 0104 0030 0070 FE0B 0060 00E0 00? FE?"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake()
			newChip(t, f, tt.change)
			if got := f.wire(); got != tt.want {
				t.Errorf("wrote %s\nwant  %s", got, tt.want)
			}
			if f.sleepy != 500*time.Microsecond {
				t.Errorf("waited %v", f.sleepy)
			}
			off := 0
			if f.regs[1]&0x10 != 0 {
				off = 4096 // pins are high while off
			}
			for channel := range 16 {
				if on, _ := f.on(channel); on != off {
					t.Errorf("channel %d is high for %d", channel, on)
				}
			}
		})
	}
}

// A chip that another program has left running is switched off by the first
// write, and does not take its work up again.
func TestSetUpOfARunningChip(t *testing.T) {
	f := newFake()
	old := newPort(t, newChip(t, f), 0, 1)
	if err := old.Drive(0, &driver.Pattern{N: 1, Slots: [6]driver.Slot{{Word: 3, For: 1}}}); err != nil {
		t.Fatal(err)
	}
	if f.put(0, 0x30); f.regs[0] != 0xB0 {
		t.Fatalf("MODE1 is %x", f.regs[0])
	}
	f.wire()
	newChip(t, f)
	if f.log[0] != "FD10" || f.regs[0] != 0x20 || f.running() {
		t.Errorf("first write %s, MODE1 %x, running: %t", f.log[0], f.regs[0], f.running())
	}
}

// Prescales worked out by hand: 25 MHz / 4096 = 6103.515625.
func TestPrescale(t *testing.T) {
	for _, tt := range []struct {
		hz, clock float64
		prescale  byte
		really    float64
	}{
		{1526, 0, 3, 1525.87890625},  // 3.9997 → 4
		{1000, 0, 5, 1017.252604167}, // 6.1035 → 6
		{200, 0, 30, 196.8876},       // 30.5176 → 31: the chip's own 1Eh
		{50, 0, 121, 50.0288},        // 122.07 → 122
		{24, 0, 253, 24.02959},       // 254.313 → 254
		{3052, 50e6, 3, 3051.7578125},
		{100, 1e6, 3, 61.03515625}, // refused: see below
	} {
		config := pca9685.Config{Address: 0x40, PWMHz: tt.hz, ClockHz: tt.clock}
		f := newFake()
		chip, err := pca9685.New(f, config, f.wait)
		if tt.clock == 1e6 {
			if !errors.Is(err, fault.Invalid) {
				t.Errorf("%v Hz of %v Hz: %v", tt.hz, tt.clock, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%v Hz: %v", tt.hz, err)
			continue
		}
		if f.regs[0xFE] != tt.prescale || math.Abs(chip.Hz()/tt.really-1) > 1e-5 {
			t.Errorf("%v Hz: prescale %d, want %d; %v Hz, want %v", tt.hz, f.regs[0xFE], tt.prescale, chip.Hz(), tt.really)
		}
	}
}

func TestBadConfig(t *testing.T) {
	for says, change := range map[string]func(*pca9685.Config){
		"address is 63":            func(c *pca9685.Config) { c.Address = 0x3F },
		"address is 128":           func(c *pca9685.Config) { c.Address = 0x80 },
		"pwm_hz is 1527":           func(c *pca9685.Config) { c.PWMHz = 1527 },
		"from 24 to 1526":          func(c *pca9685.Config) { c.PWMHz = 23 },
		"pwm_hz is 0":              func(c *pca9685.Config) { c.PWMHz = 0 },
		"pwm_hz is -50":            func(c *pca9685.Config) { c.PWMHz = -50 },
		"pwm_hz is NaN":            func(c *pca9685.Config) { c.PWMHz = math.NaN() },
		"external_clock_hz is NaN": func(c *pca9685.Config) { c.ClockHz = math.NaN() },
		"external_clock_hz is 6e":  func(c *pca9685.Config) { c.ClockHz = 6e7 },
		"clock of 1 Hz":            func(c *pca9685.Config) { c.ClockHz, c.PWMHz = 1, 1 },
	} {
		c := pca9685.DefaultConfig()
		change(&c)
		f := newFake()
		if _, err := pca9685.New(f, c, f.wait); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want fault.Invalid saying %q", err, says)
		}
		if f.txs != 0 {
			t.Error("wrote to the chip")
		}
	}
	chip := newChip(t, newFake())
	newPort(t, chip, 4, 5)
	for says, wiring := range map[string][]int{
		"at least one":          {},
		"channel 16":            {0, 16},
		"channel -1":            {-1},
		"winding 2":             {0, 1, 0},
		"channel 5, which is i": {6, 5},
	} {
		if _, err := chip.Port(wiring); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), says) {
			t.Errorf("%v: got %v, want fault.Invalid saying %q", wiring, err, says)
		}
	}
	newPort(t, chip, 6) // what was refused left no trace
}

// Whatever transfer fails during the set-up, New says so.
func TestSetUpFails(t *testing.T) {
	whole := newFake()
	newChip(t, whole)
	for tx := range whole.txs {
		f := newFake()
		f.fail[tx] = errNack
		chip, err := pca9685.New(f, pca9685.DefaultConfig(), f.wait)
		if chip != nil || !errors.Is(err, fault.Hardware) || !errors.Is(err, errNack) {
			t.Errorf("transfer %d fails: %v", tx, err)
		}
	}
	nobody := newFake()
	nobody.addr = 0x41
	if _, err := pca9685.New(nobody, pca9685.DefaultConfig(), nobody.wait); !errors.Is(err, fault.Hardware) {
		t.Errorf("no chip: %v", err)
	}
	// A chip that once took the external clock keeps it until its power is cut.
	f := newFake()
	newChip(t, f, func(c *pca9685.Config) { c.ClockHz = 25e6 })
	if _, err := pca9685.New(f, pca9685.DefaultConfig(), f.wait); !errors.Is(err, fault.Hardware) || !strings.Contains(err.Error(), "MODE1") {
		t.Errorf("back to the internal clock: %v", err)
	}
}

// Figures of the reference: bits on the bus, and what follows for rates.
func TestRates(t *testing.T) {
	for channels, bits := range map[int]int{1: 56, 4: 164, 8: 308} {
		if got := pca9685.UpdateBits(channels); got != bits {
			t.Errorf("%d channels: %d bits, want %d", channels, got, bits)
		}
	}
	for _, tt := range []struct{ got, want float64 }{
		{1e6 / pca9685.UpdateRate(1, 400e3), 140}, // µs
		{1e6 / pca9685.UpdateRate(4, 400e3), 410},
		{1e6 / pca9685.UpdateRate(8, 400e3), 770},
		{1e6 / pca9685.UpdateRate(8, 1e6), 308},
		{pca9685.StepRate(2, 400e3, 1526), 763},   // the chip's period is the limit
		{pca9685.StepRate(8, 100e3, 1526), 324.7}, // the bus is
	} {
		if math.Abs(tt.got-tt.want) > 0.1 {
			t.Errorf("%v, want %v", tt.got, tt.want)
		}
	}
}
