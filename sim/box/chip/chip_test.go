// SPDX-License-Identifier: GPL-3.0-or-later

package chip_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"syscall"
	"testing"
	"time"

	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/physic"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/sim/box"
	"github.com/siderostep/siderostep/sim/box/chip"
)

var (
	_ i2c.Bus       = (*chip.Bus)(nil)
	_ driver.Lines  = (*chip.GPIO)(nil)
	_ driver.Inputs = (*chip.GPIO)(nil)
)

func newClock() *clock.Manual {
	return clock.NewManual(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
}

// rig is a chip on a bus, on a clock that a test moves.
type rig struct {
	*testing.T
	clock  *clock.Manual
	faults *box.Faults
	chip   *chip.PCA9685
	bus    *chip.Bus
}

func newRig(t *testing.T) *rig {
	r := &rig{T: t, clock: newClock(), faults: &box.Faults{Seed: 1}}
	now := box.Since(r.clock)
	r.chip = chip.NewPCA9685(now, 0x40)
	r.bus = chip.NewBus(now, r.faults, r.chip)
	return r
}

// tx writes bytes and reads n.
func (r *rig) tx(n int, w ...byte) []byte {
	r.Helper()
	out := make([]byte, n)
	if err := r.bus.Tx(0x40, w, out); err != nil {
		r.Fatal(err)
	}
	return out
}

// awake brings the chip to life with auto-increment, at 1.5 kHz.
func (r *rig) awake() {
	r.Helper()
	r.tx(0, 0xFE, 3)
	r.tx(0, 0x00, 0x20)
	r.clock.Advance(500 * time.Microsecond)
}

func (r *rig) duty(ch int) float64 { return r.chip.Outputs()[ch].Duty }

func TestPowerUp(t *testing.T) {
	r := newRig(t)
	// Data sheet, tables 4 to 9: asleep, answering to all-call, totem pole,
	// every channel fully off, 200 Hz.
	for reg, want := range map[byte]byte{0: 0x11, 1: 0x04, 2: 0xE2, 3: 0xE4, 4: 0xE8, 5: 0xE0, 6: 0, 7: 0, 8: 0, 9: 0x10, 0x45: 0x10, 0xFE: 0x1E} {
		if got := r.tx(1, reg)[0]; got != want {
			t.Errorf("register %02Xh: %02Xh, want %02Xh", reg, got, want)
		}
	}
	if f := r.chip.Frequency(); math.Abs(f-196.88) > 0.01 { // 25 MHz / 4096 / 31
		t.Errorf("%v Hz", f)
	}
	if r.chip.Outputs() != [16]chip.Output{} {
		t.Error("something is on")
	}
}

func TestDuty(t *testing.T) {
	r := newRig(t)
	r.awake()
	for _, tt := range []struct {
		bytes       [4]byte
		duty, phase float64
	}{
		{[4]byte{0x00, 0x00, 0x00, 0x08}, 0.5, 0},
		{[4]byte{0x99, 0x01, 0xCC, 0x04}, 819.0 / 4096, 409.0 / 4096}, // data sheet's example 1: delay 10 %, duty 20 %
		{[4]byte{0x32, 0x0E, 0x32, 0x06}, 0.5, 3634.0 / 4096},         // off in the next period
		{[4]byte{0x00, 0x10, 0x00, 0x00}, 1, 0},                       // full on
		{[4]byte{0x00, 0x10, 0x00, 0x10}, 0, 0},                       // full off is stronger
		{[4]byte{0x00, 0x00, 0xFF, 0x0F}, 4095.0 / 4096, 0},
		{[4]byte{0x00, 0x00, 0x00, 0x00}, 0, 0},
	} {
		r.tx(0, slices.Concat([]byte{0x0A}, tt.bytes[:])...) // channel 1
		got := r.chip.Outputs()
		if got[1] != (chip.Output{Duty: tt.duty, Phase: tt.phase}) {
			t.Errorf("% X: %+v, want %v at %v", tt.bytes, got[1], tt.duty, tt.phase)
		}
		if got[0].Duty != 0 || got[2].Duty != 0 {
			t.Errorf("% X reached the neighbours: %v", tt.bytes, got[:3])
		}
	}
}

func TestPrescaleOnlyInSleep(t *testing.T) {
	r := newRig(t)
	r.tx(0, 0xFE, 5)
	if f := r.chip.Frequency(); math.Abs(f-1017.25) > 0.01 { // 25 MHz / 4096 / 6
		t.Errorf("in sleep: %v Hz", f)
	}
	r.tx(0, 0xFE, 0) // 3 is the least
	if f := r.chip.Frequency(); math.Abs(f-1525.88) > 0.01 {
		t.Errorf("fastest: %v Hz", f)
	}
	r.awake()
	r.tx(0, 0xFE, 30)
	if f := r.chip.Frequency(); math.Abs(f-1525.88) > 0.01 {
		t.Errorf("awake: %v Hz", f)
	}
}

func TestAutoIncrement(t *testing.T) {
	r := newRig(t)
	r.tx(0, 0x06, 1, 2, 3) // without it all go to one register
	if got := r.tx(2, 0x06); got[0] != 3 || got[1] != 3 {
		t.Errorf("without: % X", got)
	}
	r.tx(0, 0x00, 0x31)
	r.tx(0, 0x44, 0xAA, 0xFF, 0x31, 0x04) // over the end of the channels to MODE1
	if got := r.tx(4, 0x44); !slices.Equal(got, []byte{0xAA, 0x1F, 0x31, 0x04}) {
		t.Errorf("with: % X", got)
	}
	r.tx(0, 0xFD, 0x10, 7, 0x31) // and from the prescaler to MODE1
	if got := r.tx(2, 0xFE); !slices.Equal(got, []byte{7, 0x31}) {
		t.Errorf("end: % X", got)
	}
}

func TestAllChannels(t *testing.T) {
	r := newRig(t)
	r.awake()
	r.tx(0, 0xFA, 0, 0, 0, 4)
	for ch, o := range r.chip.Outputs() {
		if o.Duty != 0.25 {
			t.Errorf("channel %d: %v", ch, o)
		}
	}
	r.tx(0, 0xFD, 0x10) // all off, one byte
	if r.chip.Outputs() != [16]chip.Output{} {
		t.Error("something is still on")
	}
	if got := r.tx(4, 0xFA); !slices.Equal(got, make([]byte, 4)) {
		t.Errorf("reads % X, want zeros", got)
	}
}

func TestSleepRestart(t *testing.T) {
	r := newRig(t)
	r.tx(0, 0x00, 0x20)
	r.tx(0, 0x06, 0, 0, 0, 8)
	if r.duty(0) != 0 {
		t.Error("on before the oscillator runs")
	}
	r.clock.Advance(499 * time.Microsecond)
	if r.duty(0) != 0 {
		t.Error("on after 499 µs")
	}
	r.clock.Advance(time.Microsecond)
	if r.duty(0) != 0.5 {
		t.Error("off after 500 µs")
	}
	r.tx(0, 0x00, 0x30) // sleep
	if got := r.tx(1, 0x00)[0]; got != 0xB0 || r.duty(0) != 0 {
		t.Errorf("asleep: MODE1 %02Xh, duty %v", got, r.duty(0))
	}
	r.tx(0, 0x00, 0x20)
	r.tx(0, 0x00, 0xA0) // too early
	r.clock.Advance(time.Millisecond)
	if r.duty(0) != 0 {
		t.Error("on without RESTART")
	}
	r.tx(0, 0x00, 0xA0)
	if got := r.tx(1, 0x00)[0]; got != 0x20 || r.duty(0) != 0.5 {
		t.Errorf("restarted: MODE1 %02Xh, duty %v", got, r.duty(0))
	}
}

func TestInvertAndOutputEnable(t *testing.T) {
	r := newRig(t)
	r.awake()
	r.tx(0, 0x06, 0, 0, 0, 4)
	r.tx(0, 0x01, 0x14)
	if r.duty(0) != 0.75 || r.duty(1) != 1 {
		t.Errorf("inverted: %v, %v", r.duty(0), r.duty(1))
	}
	r.chip.OutputEnable(false)
	if r.chip.Outputs() != [16]chip.Output{} {
		t.Error("on with /OE high")
	}
}

func TestLatchAtStop(t *testing.T) {
	r := newRig(t)
	r.awake()
	var seen []string
	r.chip.Changed = func(at driver.Instant, o [16]chip.Output) {
		seen = append(seen, fmt.Sprint(at.Sub(0), o[0].Duty, o[1].Duty))
	}
	r.tx(0, 0x06, 0, 0, 0, 8, 0, 0, 0, 4) // two channels, one transaction
	r.clock.Advance(time.Millisecond)
	r.tx(0, 0x06, 0, 0, 0, 8) // nothing new
	r.chip.PowerGlitch()
	if got := r.tx(1, 0x00)[0]; got != 0x11 {
		t.Errorf("MODE1 %02Xh after a glitch, want 11h", got)
	}
	// Set while asleep, seen when the oscillator has started.
	r.tx(0, 0x09, 0)
	r.tx(0, 0x07, 0x10)
	r.tx(0, 0x00, 0x20)
	want := []string{"500µs 0.5 0.25", "1.5ms 0 0", "2ms 1 0"}
	if !slices.Equal(seen, want) {
		t.Errorf("changes %q, want %q", seen, want)
	}
}

func TestAddresses(t *testing.T) {
	r := newRig(t)
	if err := r.bus.Tx(0x41, []byte{0, 0}, nil); !errors.Is(err, fault.Hardware) {
		t.Errorf("nobody at 41h: %v", err)
	}
	if err := r.bus.Tx(0x70, []byte{0xFE, 9}, nil); err != nil {
		t.Errorf("all-call: %v", err)
	}
	if got := r.chip.Register(0xFE); got != 9 {
		t.Errorf("by all-call: %d", got)
	}
	if err := r.bus.Tx(0x00, []byte{6}, nil); err != nil {
		t.Errorf("software reset: %v", err)
	}
	if got := r.chip.Register(0xFE); got != 0x1E {
		t.Errorf("after a software reset: %d", got)
	}
	if err := r.bus.Tx(0x40, []byte{0x46, 1}, nil); !errors.Is(err, fault.Hardware) {
		t.Errorf("reserved register: %v", err)
	}
}

// Bits from stepper-core 1.7: a channel 56, four 164, eight 308.
func TestBusTime(t *testing.T) {
	r := newRig(t)
	r.awake()
	if err := r.bus.SetSpeed(400 * physic.KiloHertz); err != nil {
		t.Fatal(err)
	}
	for channels, bits := range map[int]int{1: 56, 4: 164, 8: 308} {
		before, _ := r.bus.Spent()
		r.tx(0, append([]byte{0x06}, make([]byte, 4*channels)...)...)
		after, _ := r.bus.Spent()
		if want := time.Duration(bits) * 2500 * time.Nanosecond; after-before != want {
			t.Errorf("%d channels: %v, want %v", channels, after-before, want)
		}
	}
	r.faults.PerByte = time.Millisecond
	r.bus.Wait = r.clock.Advance
	before := r.clock.Now()
	r.tx(1, 0x00) // address, register; address, value: 38 bits
	if took := r.clock.Now().Sub(before); took != 4*time.Millisecond+95*time.Microsecond {
		t.Errorf("slow: %v", took)
	}
	if err := r.bus.SetSpeed(0); !errors.Is(err, fault.Invalid) {
		t.Errorf("0 Hz: %v", err)
	}
}

func TestLostAcknowledgeLeavesHalfAChannel(t *testing.T) {
	r := newRig(t)
	r.awake()
	r.tx(0, 0x06, 0, 0, 0xFF, 0x0F)
	r.faults.Lost = 0.2
	failed, torn := 0, 0
	for i := range 200 {
		low := byte(i)
		if err := r.bus.Tx(0x40, []byte{0x06, 0, 0, low, 0x01}, nil); err != nil {
			if !errors.Is(err, fault.Hardware) {
				t.Fatal(err)
			}
			failed++
			if r.chip.Register(8) == low && r.chip.Register(9) != 0x01 {
				torn++
			}
			r.faults.Lost = 0
			r.tx(0, 0x06, 0, 0, 0xFF, 0x0F)
			r.faults.Lost = 0.2
		}
	}
	// 1 − 0.8⁵ = 0.67 of 200 fail, 0.8⁴·0.2 = 0.08 at the last byte.
	if failed < 100 || failed > 170 || torn < 4 || torn > 40 {
		t.Errorf("%d failed, %d torn", failed, torn)
	}
}

func TestUnpluggedBus(t *testing.T) {
	r := newRig(t)
	r.awake()
	r.tx(0, 0x06, 0, 0, 0, 8)
	r.faults.Unplug(driver.Instant(time.Second), driver.Never)
	r.clock.Advance(time.Second)
	if err := r.bus.Tx(0x40, []byte{0xFD, 0x10}, nil); !errors.Is(err, fault.Hardware) {
		t.Errorf("unplugged: %v", err)
	}
	if r.duty(0) != 0.5 {
		t.Error("the chip has lost its outputs with its bus")
	}
}

// record is a driver.Lines that keeps levels.
type record struct{ levels uint32 }

func (r *record) Write(word, mask uint32) error {
	r.levels = r.levels&^mask | word&mask
	return nil
}

func TestParallelPortPins(t *testing.T) {
	data, control := &record{}, &record{}
	p := chip.NewParallelPort(box.Since(newClock()), nil)
	p.Data, p.Control = data, control
	var pins byte
	p.Inputs = func() byte { return pins }
	do := func(request uint32, arg ...byte) byte {
		t.Helper()
		if err := p.Ioctl(request, arg); err != nil {
			t.Fatalf("%X: %v", request, err)
		}
		return append(arg, 0)[0]
	}
	if err := p.Ioctl(0x40017086, []byte{1}); !errors.Is(err, syscall.EPERM) {
		t.Errorf("before the claim: %v", err)
	}
	do(0x708F)
	do(0x708B)
	if claimed, exclusive := p.Claimed(); !claimed || !exclusive {
		t.Error("not claimed for one alone")
	}
	do(0x40017086, 0xC3)
	if data.levels != 0xC3 {
		t.Errorf("data pins %02X", data.levels)
	}
	// Pins 1, 14 and 17 are inverted, 16 is not: all low is 0Bh.
	for raw, want := range map[byte]uint32{0x0B: 0, 0x0A: 1, 0x09: 2, 0x0F: 4, 0x03: 8, 0x04: 0x0F} {
		do(0x40017084, raw)
		if control.levels != want {
			t.Errorf("control %02Xh: pins %04b, want %04b", raw, control.levels, want)
		}
		if got := do(0x80017083, 0); got != raw {
			t.Errorf("control reads %02Xh, want %02Xh", got, raw)
		}
	}
	do(0x40017084, 0x0B)
	do(0x4002708E, 0x04, 0x04)
	if control.levels != 4 {
		t.Errorf("one bit of control: pins %04b", control.levels)
	}
	// Nothing pressed: only the inverted pin 11 reads 1.
	for in, want := range map[byte]byte{0: 0x80, 0x10: 0x90, 0x40: 0xC0, 0x80: 0, 0x08: 0x88} {
		pins = in
		if got := do(0x80017081, 0); got != want {
			t.Errorf("pins %02X: status %02X, want %02X", in, got, want)
		}
	}
	do(0x708C)
	if err := p.Ioctl(0x40017086, []byte{0}); !errors.Is(err, syscall.EPERM) || data.levels != 0xC3 {
		t.Errorf("after the release: %v, pins %02X", err, data.levels)
	}
}

func TestParallelPortFaults(t *testing.T) {
	c, f := newClock(), &box.Faults{}
	p := chip.NewParallelPort(box.Since(c), f)
	f.Silence(0, 1e9)
	f.Unplug(2e9, 3e9)
	if err := p.Ioctl(chip.PPCLAIM, nil); !errors.Is(err, syscall.ENXIO) {
		t.Errorf("in use: %v", err)
	}
	c.Advance(time.Second)
	if err := p.Ioctl(chip.PPCLAIM, nil); err != nil {
		t.Error(err)
	}
	for request, arg := range map[uint32][]byte{chip.PPCLAIM: nil, chip.PPEXCL: nil, chip.PPWDATA: {1, 2}} {
		if err := p.Ioctl(request, arg); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("%X: %v", request, err)
		}
	}
	if err := p.Ioctl(0x1234, nil); !errors.Is(err, syscall.ENOTTY) {
		t.Errorf("unknown: %v", err)
	}
	c.Advance(time.Second)
	if err := p.Ioctl(chip.PPWDATA, []byte{1}); !errors.Is(err, syscall.ENODEV) {
		t.Errorf("unplugged: %v", err)
	}
}

func TestGPIO(t *testing.T) {
	c, f, out := newClock(), &box.Faults{}, &record{}
	g, err := chip.NewGPIO(28, box.Since(c), f)
	if err != nil {
		t.Fatal(err)
	}
	g.Out = out
	fails := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, fault.Hardware) {
			t.Errorf("%s: %v", what, err)
		}
	}
	fails("not asked for", g.Write(1, 1))
	fails("not there", g.Request(1<<28, 0, 0))
	if err := g.Request(0xFF0000, 0x0F0000, 0x050000); err != nil {
		t.Fatal(err)
	}
	if out.levels != 0x050000 {
		t.Errorf("from the start %06X", out.levels)
	}
	fails("taken", g.Request(0x10000, 0, 0))
	fails("an input", g.Write(0x100000, 0x100000))
	if err := g.Write(0x0A0000, 0x0E0000); err != nil || g.Levels() != 0x0B0000 || out.levels != 0x0B0000 {
		t.Errorf("%v: %06X, %06X", err, g.Levels(), out.levels)
	}
	if in, err := g.Read(); err != nil || in != 0x0B0000 {
		t.Errorf("read %06X, %v", in, err)
	}
	f.Silence(1e9, 2e9)
	f.Unplug(2e9, 3e9)
	for range 2 {
		c.Advance(time.Second)
		fails("faulty", g.Write(0, 0x0F0000))
		_, err := g.Read()
		fails("faulty", err)
	}
	if g.Levels() != 0x0B0000 {
		t.Error("lines changed without a write")
	}
	c.Advance(time.Second)
	if err := g.Free(0xFF0000); err != nil || out.levels != 0 {
		t.Errorf("freed: %v, %06X", err, out.levels)
	}
}

func FuzzPCA9685(f *testing.F) {
	f.Add([]byte{0x00, 0x20}, []byte{0x06, 0, 0, 0, 8})
	f.Add([]byte{0xFD, 0x10}, []byte{0xFF, 1, 2})
	f.Fuzz(func(t *testing.T, a, b []byte) {
		c := newClock()
		ch := chip.NewPCA9685(box.Since(c), 0x40)
		bus := chip.NewBus(box.Since(c), nil, ch)
		for _, w := range [][]byte{a, b} {
			_ = bus.Tx(0x40, w, make([]byte, 3)) // anything may be refused
			c.Advance(time.Millisecond)
			for n, o := range ch.Outputs() {
				if !(o.Duty >= 0 && o.Duty <= 1 && o.Phase >= 0 && o.Phase < 1) {
					t.Errorf("channel %d: %+v", n, o)
				}
			}
		}
	})
}
