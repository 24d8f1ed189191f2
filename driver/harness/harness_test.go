// SPDX-License-Identifier: GPL-3.0-or-later

package harness

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/driver/waveform"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

func microsteps(n int64) model.Microsteps { return model.Microsteps(n) }

// Axes of the mount's group.
const (
	axisZ = 0
	axisA = 1
)

// The rows of stepper-core §1.1, as bytes on the pins of the original's port:
// A on data 0 to 3, Z on data 4 to 7, each while the other stands at its
// first winding.
func TestHalfStepRowsThroughTheHarness(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Motors)
		axis   int
		row    string
	}{
		{"altitude", func(*Motors) {}, axisA, "11 13 12 16 14 1C 18 19 11"},
		{"azimuth", func(*Motors) {}, axisZ, "11 31 21 61 41 C1 81 91 11"},
		{"altitude reversed", func(m *Motors) { m.A.Reverse = true }, axisA, "14 16 12 13 11 19 18 1C 14"},
		{"inverted", func(m *Motors) { m.A.Invert, m.Z.Invert = true, true }, axisA, "EE EC ED E9 EB E3 E7 E6 EE"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := plainMotors()
			tt.change(&m)
			s := newTelescope(t, preset(t, "bartels-pcb"), m, [3]int64{}, 1)
			s.move(tt.axis, 42, 1000)
			if got := s.ports[Parport].bytes(); !contains(got, strings.Fields(tt.row)) {
				t.Errorf("got %v\nwant among it %s (stepper-core §1.1)", got, tt.row)
			}
		})
	}
}

// The worked bytes of §1.2, modulated: A at a1, Z at c3.
func TestWorkedBytesThroughTheHarness(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Motors)
		row    string
	}{
		{"plain", func(*Motors) {}, "C3 81 00 C3 81 00"},
		{"inverted", func(m *Motors) { m.A.Invert, m.Z.Invert = true, true }, "3C 7E FF 3C 7E FF"},
		{"A reversed", func(m *Motors) { m.A.Reverse = true }, "C6 84 00 C6 84 00"},
	}
	worked := waveform.Config{Windings: 4, Microsteps: 4, Slots: 10, Pause: 5, Leaving: []int{10, 10, 10, 6}, Approaching: []int{0, 6, 10, 10}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := Motors{Z: worked, A: worked}
			tt.change(&m)
			c := preset(t, "bartels-pcb")
			s := newTelescope(t, c, m, [3]int64{axisZ: 11, axisA: 1}, 0)
			s.pass(10 * time.Millisecond)
			got := s.ports[Parport].bytes()
			if !contains(got, strings.Fields(tt.row)) {
				t.Errorf("got %v\nwant among it %s (stepper-core §1.2)", got, tt.row)
			}
			if err := s.motors.Close(); err != nil {
				t.Fatal(err)
			}
			if off := s.ports[Parport].use.offHigh; s.ports[Parport].levels != off {
				t.Errorf("after the end %x, want %x", s.ports[Parport].levels, off)
			}
		})
	}
}

// §1.5: bits 0-3 on data 0-3, 5-8 on data 4-7, bit 4 on pin 16, bit 9 on 17.
func TestFivePhaseThroughTheHarness(t *testing.T) {
	s := newTelescope(t, preset(t, "five-phase"), fiveWindings(), [3]int64{}, 1)
	s.move(axisA, 52, 1000)
	row := "11 13 12 16 14 1C 18 18:16 10:16 11:16 11"
	if got := s.ports[Parport].bytes(); !contains(got, strings.Fields(row)) {
		t.Errorf("altitude: got %v\nwant among it %s", got, row)
	}
	s = newTelescope(t, preset(t, "five-phase"), fiveWindings(), [3]int64{}, 1)
	s.move(axisZ, 52, 1000)
	row = "11 31 21 61 41 C1 81 81:17 01:17 11:17 11"
	if got := s.ports[Parport].bytes(); !contains(got, strings.Fields(row)) {
		t.Errorf("azimuth: got %v\nwant among it %s", got, row)
	}
}

// §1.7: byte b on GPIO 16 to 23 is b<<16.
func TestTransistorsThroughTheHarness(t *testing.T) {
	s := newTelescope(t, preset(t, "pi-transistors"), plainMotors(), [3]int64{}, 1)
	if u := s.ports[GPIO].use; u.outputs != 0x01FF<<16 || u.inputs != 1<<5|1<<6|1<<12|1<<13 || u.offHigh != 0 {
		t.Errorf("use %x", u)
	}
	s.move(axisA, 12, 1000)
	if got := s.ports[GPIO].log; !contains(got, []uint32{0x11 << 16, 0x13 << 16, 0x12 << 16}) {
		t.Errorf("levels %x", got)
	}
	axes := s.harness.Mount().Axes
	if axes[axisA].High || !axes[axisZ].High || axes[axisA].Port != axes[axisZ].Port {
		t.Errorf("A must have the low half of the port, Z the high one")
	}
	if n := len(s.harness.Mount().Outputs.Clocked); n != 1 {
		t.Errorf("%d clocked outputs, want the one port", n)
	}
}

// Two ports for two motors need not fit each other.
func TestMotorsOnTwoPorts(t *testing.T) {
	c := preset(t, "pi-transistors", func(c *Config) { c.Z.Port, c.Z.Lines = DryRun, []int{3, 2, 1, 0} })
	m := plainMotors()
	m.Z.Pause = 50
	s := newTelescope(t, c, m, [3]int64{}, 1)
	s.move(axisZ, 8, 1000)
	if got := s.ports[DryRun].log; !contains(got, []uint32{0b1000, 0b1100, 0b0100}) { // a is line 3, b line 2
		t.Errorf("Z shows %b", got)
	}
	if got := s.ports[GPIO].levels; got != 1<<16 {
		t.Errorf("A shows %x", got)
	}
	axes := s.harness.Mount().Axes
	if axes[axisA].High || axes[axisZ].High || axes[axisA].Port == axes[axisZ].Port {
		t.Error("each motor must have the low half of a port of its own")
	}
}

func TestPWMChip(t *testing.T) {
	c := preset(t, "pi-transistors", func(c *Config) {
		c.A, c.Z = wired(Windings, PCA9685, 0, 1, 2, 3), wired(Windings, PCA9685, 4, 5, 6, 7)
		c.PCA9685.OutputEnableLine = 4
	})
	m := plainMotors()
	m.A.Invert, m.Z.Invert = true, true
	s := newTelescope(t, c, m, [3]int64{}, 0)
	if !slices.Equal(s.chip.channels, []int{0, 1, 2, 3, 4, 5, 6, 7}) {
		t.Errorf("channels %v", s.chip.channels)
	}
	if last := s.chip.patterns[len(s.chip.patterns)-1]; last.Slots[0].Word != 0x11 {
		t.Errorf("pattern %x: the chip inverts by itself", last.Slots[0].Word)
	}
	if u := s.ports[GPIO].use; u.outputs != 1<<4|1<<24 || u.offHigh != 1<<4 || s.ports[GPIO].levels != 0 {
		t.Errorf("output enable must be high while off, and low now: %x, %x", u.offHigh, s.ports[GPIO].levels)
	}
	if chip := c.chip(m); !chip.Invert || chip.Address != 0x40 || chip.PWMHz != 1000 {
		t.Errorf("chip %+v", chip)
	}
	s.chip.refuse = errGone
	if err := s.harness.Verify(); !errors.Is(err, fault.Hardware) {
		t.Errorf("verify: %v", err)
	}
	s.chip.refuse = nil
	s.events = nil
	s.harness.Close()
	if want := []string{"close pca9685", "close gpio"}; !slices.Equal(s.events, want) {
		t.Errorf("closed %v, want the chip first, then its output enable", s.events)
	}
}

func TestKeepAliveAuxInputs(t *testing.T) {
	c := preset(t, "pi-transistors", func(c *Config) {
		c.Aux = Lines{GPIO, []int{25, 26, 27, 10}}
		c.Balance = Line{GPIO, 11}
		c.Inputs.PECIndex = []int{-1, 9}
	})
	s := newTelescope(t, c, plainMotors(), [3]int64{}, 0)
	h, p := s.harness, s.ports[GPIO]
	before := p.levels
	check := func(what string, err error, want uint32) {
		t.Helper()
		if err != nil || p.levels != want|before {
			t.Errorf("%s: %x, %v; want %x", what, p.levels, err, want|before)
		}
	}
	check("keep-alive", h.KeepAlive(true), 1<<24)
	check("keep-alive low", h.KeepAlive(false), 0)
	aux, mask := h.Aux()
	if mask != 0b11111 {
		t.Errorf("aux mask %b", mask)
	}
	check("aux", aux.Write(0b1001, mask), 1<<25|1<<10)
	check("aux", aux.Write(0b0010, 0b1010), 1<<25|1<<26)
	check("counterweight", aux.Write(1<<AuxBalance, 1<<AuxBalance), 1<<25|1<<26|1<<11)
	check("counterweight alone", aux.Write(0, 0b1111), 1<<11)
	check("aux off", aux.Write(0, mask), 0)
	in := h.Inputs()
	p.inputs = 1<<6 | 1<<13 | 1<<9 | 1<<25
	if got, err := in.Read(); got != PaddleDown|PaddleFourth|IndexA || err != nil {
		t.Errorf("inputs %06b, %v; want down and clockwise, and A's index", got, err)
	}
	p.refuse = errGone
	if _, err := in.Read(); !errors.Is(err, fault.Hardware) {
		t.Errorf("inputs: %v", err)
	}
	if err := h.KeepAlive(true); !errors.Is(err, fault.Hardware) || !h.HasKeepAlive() {
		t.Errorf("keep-alive: %v", err)
	}
	p.refuse = nil
	if n := testing.AllocsPerRun(100, func() { h.KeepAlive(true); aux.Write(3, mask); in.Read() }); n != 0 {
		t.Errorf("%v allocations", n)
	}

	h, err := open(preset(t, "five-phase", func(c *Config) { c.Inputs.Paddle, c.Inputs.PECIndex = nil, []int{-1} }), fiveWindings(), &fakeComputer{})
	if err != nil {
		t.Fatal(err)
	}
	aux, mask = h.Aux()
	if h.HasKeepAlive() || h.KeepAlive(true) != nil || aux != nil || mask != 0 || h.Inputs() != nil || h.Verify() != nil {
		t.Error("what is not there does nothing")
	}
	if _, ok := h.Focuser(); ok {
		t.Error("there is no focuser")
	}
}

func TestBoostAndStanding(t *testing.T) {
	c := preset(t, "bartels-pcb", func(c *Config) {
		c.Focuser.Drive = None
		c.OverVoltage = Boost{Line{Parport, 17}, 1200}
		c.HoldPercent, c.HoldAfter, c.PowerDownAfter = 40, 2, 60
	})
	h, err := open(c, plainMotors(), &fakeComputer{})
	if err != nil {
		t.Fatal(err)
	}
	out := h.Mount().Outputs
	if out.Boost == nil || out.BoostMask != 1<<17 || out.BoostAbove != 1200 {
		t.Errorf("boost on %x above %v", out.BoostMask, out.BoostAbove)
	}
	want := executor.Standing{HoldAfter: 2 * time.Second, HoldShare: 0.4, PowerDownAfter: time.Minute}
	if got := h.Mount().Axes[axisA].Standing; got != want {
		t.Errorf("standing %+v, want %+v", got, want)
	}
	c.HoldPercent, c.PowerDownAfter = 100, 0
	if h, err = open(c, plainMotors(), &fakeComputer{}); err != nil {
		t.Fatal(err)
	}
	if got := h.Mount().Axes[axisZ].Standing; got != (executor.Standing{}) {
		t.Errorf("standing %+v, want nothing", got)
	}
}

func TestOpenFailures(t *testing.T) {
	c := preset(t, "pi-transistors", func(c *Config) { c.Z.Port, c.Z.Lines = DryRun, []int{0, 1, 2, 3} })
	f := &fakeComputer{fail: map[string]error{DryRun: errGone}}
	if _, err := open(c, plainMotors(), f); !errors.Is(err, fault.Hardware) || !strings.Contains(err.Error(), "port dry_run") {
		t.Errorf("%v", err)
	}
	if want := []string{"close gpio"}; !slices.Equal(f.events, want) {
		t.Errorf("%v, want %v", f.events, want)
	}
	c.Enabled = false
	if _, err := open(c, plainMotors(), f); !errors.Is(err, fault.Invalid) {
		t.Errorf("not enabled: %v", err)
	}
	if _, err := open(preset(t, "five-phase"), plainMotors(), f); !errors.Is(err, fault.Invalid) {
		t.Errorf("motors that do not fit: %v", err)
	}
	if _, err := open(preset(t, "bartels-pcb", func(c *Config) { c.A.Lines = nil }), plainMotors(), f); !errors.Is(err, fault.Invalid) {
		t.Errorf("no lines: %v", err)
	}
}

func TestOffAndClose(t *testing.T) {
	f := &fakeComputer{}
	h, err := open(preset(t, "pi-transistors"), plainMotors(), f)
	if err != nil {
		t.Fatal(err)
	}
	f.ports[GPIO].Write(0xFF<<16, 0xFF<<16)
	if err := h.Off(); err != nil || f.ports[GPIO].levels != 0 {
		t.Errorf("off: %v, %x", err, f.ports[GPIO].levels)
	}
	f.events = nil
	if err := errors.Join(h.Close(), h.Close()); err != nil || !slices.Equal(f.events, []string{"close gpio"}) {
		t.Errorf("close: %v, %v", err, f.events)
	}
	if h, _ := opened(t, preset(t, "five-phase"), fiveWindings()); !strings.Contains(strings.Join(h.Report(), "\n"), "no keep-alive line") {
		t.Errorf("report %q does not warn", h.Report())
	}
	report := strings.Join(h.Report(), "\n")
	for _, line := range []string{"fake gpio", "z: windings on GPIO 20, GPIO 21, GPIO 22, GPIO 23"} {
		if !strings.Contains(report, line) {
			t.Errorf("report %q lacks %q", report, line)
		}
	}
}

// The real dry run: a file, off at both ends.
func TestDryRun(t *testing.T) {
	c := preset(t, "pi-transistors", func(c *Config) {
		c.DryRun.File = t.TempDir() + "/port"
		for _, port := range []*string{&c.Z.Port, &c.A.Port, &c.KeepAlive.Port, &c.Inputs.Port} {
			*port = DryRun
		}
	})
	m := plainMotors()
	m.A.Invert, m.Z.Invert = true, true
	h, err := Open(c, m)
	if err != nil {
		t.Fatal(err)
	}
	recorded, err := openDryRun(c.DryRun, lineUse{})
	if err != nil {
		t.Fatal(err)
	}
	defer recorded.Close()
	if recorded.Levels() != 0xFF<<16 {
		t.Errorf("levels %x; want all windings off, which is high", recorded.Levels())
	}
	recorded.SetInputs(1 << 5)
	if got, err := h.Inputs().Read(); got != PaddleUp || err != nil {
		t.Errorf("paddle %b, %v", got, err)
	}
	if err := h.KeepAlive(true); err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil || recorded.Levels() != 0xFF<<16 {
		t.Errorf("closed: %v, %x", err, recorded.Levels())
	}
	c.DryRun.File = t.TempDir()
	if _, err := Open(c, m); !errors.Is(err, fault.Hardware) {
		t.Errorf("a folder: %v", err)
	}
}

// §1.4, MotorControlMethod 2: bits 0 to 5 are A pulse, A direction, Z pulse,
// Z direction, A power, Z power; direction is 1 for clockwise.
func TestStepDirectionThroughTheHarness(t *testing.T) {
	s := newTelescope(t, preset(t, "bartels-stepdir"), plainMotors(), [3]int64{}, 0)
	s.move(axisA, 2, 100)
	s.move(axisZ, -1, 100)
	s.move(axisA, -1, 100)
	want := "20 30 32 33 32 33 32 36 32 30 31 30" // power of Z, of A; direction, pulse, end; Z turns the other way, then A
	if got := s.ports[Parport].bytes(); !contains(got, strings.Fields(want)) {
		t.Errorf("got %v\nwant among it %s (stepper-core §1.4)", got, want)
	}
}

// The chips of a Pi: mode pins at 32 microsteps (M0 high, M1 low, M2 high), on
// by the low level of their enable lines as soon as the motors have power.
func TestDRV8825ThroughTheHarness(t *testing.T) {
	s := newTelescope(t, preset(t, "pi-drv8825"), plainMotors(), [3]int64{}, 0)
	p := s.ports[GPIO]
	if p.use.offHigh != 1<<5|1<<6 || p.levels != 1<<22|1<<24|1<<25|1<<27 {
		t.Errorf("before the first pulse %x, off %x", p.levels, p.use.offHigh)
	}
	s.move(axisA, 1, 100)
	if p.levels != 1<<17|1<<22|1<<24|1<<25|1<<27 {
		t.Errorf("after a pulse of A %x", p.levels)
	}
	if err := s.harness.Off(); err != nil || p.levels != 1<<5|1<<6 {
		t.Errorf("off: %v, %x", err, p.levels)
	}
}

// Focus methods 0 and 2 of stepper-core §7.1: relays out on pin 16, in on 17;
// pulses on 1, direction on 14.
func TestFocusersThroughTheHarness(t *testing.T) {
	h, f := opened(t, preset(t, "bartels-pcb", func(c *Config) {
		c.Rotator.Drive = None
		c.Focuser2 = wired(StepDirection, Parport, 1, 14)
	}), plainMotors())
	group, ok := h.Focuser()
	if !ok || len(group.Axes) != 1 || group.Axes[0].Kind != executor.Relay || len(group.Outputs.Clocked) != 1 {
		t.Fatalf("focuser: %+v", group)
	}
	port := f.ports[Parport]
	motor := group.Outputs.Relays[0]
	for _, tt := range []struct {
		at        time.Duration
		direction int
		want      uint32
	}{{1e9, 1, 1 << 16}, {2e9, 0, 0}, {3e9, -1, 1 << 17}, {4e9, 0, 0}} {
		if err := motor.Switch(driver.Instant(tt.at), tt.direction); err != nil || port.levels != tt.want {
			t.Errorf("direction %d: %v, %x; want %x", tt.direction, err, port.levels, tt.want)
		}
	}
	second, ok := h.Focuser2()
	if !ok || second.Axes[0].Kind != executor.Pulse {
		t.Fatalf("focuser2: %+v", second)
	}
	port.log = nil
	if err := second.Outputs.Pulsers[0].Pulse(5e9, true); err != nil {
		t.Fatal(err)
	}
	if got, want := port.log, []uint32{1 << 14, 1<<14 | 1<<1, 1 << 14}; !slices.Equal(got, want) {
		t.Errorf("a pulse outward: %x, want %x", got, want)
	}

	_, f = opened(t, preset(t, "bartels-pcb", func(c *Config) { c.Focuser.ActiveLow = true }), plainMotors())
	if port := f.ports[Parport]; port.use.offHigh != 1<<16|1<<17 || port.levels != 1<<16|1<<17 {
		t.Errorf("relays that are on by a low level: off %x, now %x", port.use.offHigh, port.levels)
	}
}

func opened(t *testing.T, c Config, m Motors) (*Harness, *fakeComputer) {
	t.Helper()
	f := &fakeComputer{}
	h, err := open(c, m, f)
	if err != nil {
		t.Fatal(err)
	}
	return h, f
}
