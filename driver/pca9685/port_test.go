// SPDX-License-Identifier: GPL-3.0-or-later

package pca9685_test

import (
	"errors"
	"math"
	"sync"
	"testing"
	"time"

	"periph.io/x/conn/v3/physic"
	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/pca9685"
	"github.com/siderostep/siderostep/fault"
)

func pattern(slots ...driver.Slot) *driver.Pattern {
	p := &driver.Pattern{N: len(slots)}
	copy(p.Slots[:], slots)
	return p
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A at a1, Z at c3 of stepper-core §1.2, C3×6 81×4 00×5: windings 0 and 7 are
// on for 10 slots of 15, 1 and 6 for 6. Of 4096 these are 2731 (0AABh) and
// 1638 (0666h). Channel n goes on at 100h·n.
func TestBytesOnTheWire(t *testing.T) {
	f := newFake()
	p := newPort(t, newChip(t, f), 0, 1, 2, 3, 4, 5, 6, 7)
	f.wire()
	for _, tt := range []struct {
		name string
		p    *driver.Pattern
		want string
	}{
		{"a1 c3", pattern(driver.Slot{Word: 0xC3, For: 6}, driver.Slot{Word: 0x81, For: 4}, driver.Slot{For: 5}),
			"06" + "0000AB0A" + "00016607" + " 1E" + "0006660C" + "0007AB01"}, // 700h+AABh wraps at 1000h
		{"the same", pattern(driver.Slot{Word: 0xC3, For: 6}, driver.Slot{Word: 0x81, For: 4}, driver.Slot{For: 5}), ""},
		{"only winding 1", pattern(driver.Slot{Word: 0xC3, For: 10}, driver.Slot{For: 5}), "0A" + "0001AB0B" + " 1E" + "0006AB00"},
		{"half step", pattern(driver.Slot{Word: 0x83, For: 15}), "06" + "00100000" + "00100000" + " 1E" + "00000010" + "00100000"},
		{"off", pattern(driver.Slot{For: 15}), "06" + "00000010" + "00000010" + " 22" + "00000010"},
	} {
		must(t, p.Drive(0, tt.p))
		if got := f.wire(); got != tt.want {
			t.Errorf("%s: wrote %s\nwant  %s", tt.name, got, tt.want)
		}
	}
}

// Each pin is high for its share of the period, whatever came before, and the
// channels go on one after the other; bits without a channel, and channels of
// others, stay as they are.
func TestShares(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := newFake()
		chip, err := pca9685.New(f, pca9685.DefaultConfig(), f.wait)
		if err != nil {
			t.Fatal(err)
		}
		all := rapid.Permutation([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}).Draw(t, "channels")
		split := rapid.IntRange(1, 15).Draw(t, "split")
		ports := [2][]int{all[:split], all[split:]}
		var driven [2]*pca9685.Port
		for i := range ports {
			if driven[i], err = chip.Port(ports[i]); err != nil {
				t.Fatal(err)
			}
		}
		var want [16]float64
		for range rapid.IntRange(1, 8).Draw(t, "changes") {
			i := rapid.IntRange(0, 1).Draw(t, "port")
			var p driver.Pattern
			p.N = rapid.IntRange(1, driver.MaxSlots).Draw(t, "entries")
			for k := range p.N {
				p.Slots[k] = driver.Slot{Word: rapid.Uint16().Draw(t, "word"), For: rapid.Uint16Range(1, 65535).Draw(t, "for")}
			}
			if err := driven[i].Drive(0, &p); err != nil {
				t.Fatal(err)
			}
			for bit, channel := range ports[i] {
				want[channel] = 0
				for _, s := range p.Slots[:p.N] {
					if s.Word&(1<<bit) != 0 {
						want[channel] += 4096 * float64(s.For) / float64(p.Period())
					}
				}
			}
			for channel := range want {
				on, first := f.on(channel)
				if math.Abs(float64(on)-want[channel]) > 0.5 {
					t.Fatalf("channel %d is on for %d, want %v", channel, on, want[channel])
				}
				if on > 0 && on < 4096 && first != 256*channel {
					t.Fatalf("channel %d goes on at %d", channel, first)
				}
			}
		}
	})
}

func TestActiveLow(t *testing.T) {
	f := newFake()
	chip := newChip(t, f, func(c *pca9685.Config) { c.Invert = true })
	p := newPort(t, chip, 3)
	must(t, p.Drive(0, pattern(driver.Slot{Word: 1, For: 1}, driver.Slot{For: 3})))
	if on, _ := f.on(3); on != 3*1024 {
		t.Errorf("high for %d, want low for a quarter", on)
	}
	must(t, chip.Off())
	if on, _ := f.on(3); on != 4096 {
		t.Errorf("high for %d after Off", on)
	}
}

func TestOff(t *testing.T) {
	f := newFake()
	chip := newChip(t, f)
	p := newPort(t, chip, 0, 1, 2, 3)
	both := pattern(driver.Slot{Word: 3, For: 7})
	must(t, p.Drive(0, both))
	f.wire()
	must(t, chip.Off())
	if got := f.wire(); got != "FD10" || f.running() {
		t.Errorf("off: wrote %s", got)
	}
	must(t, p.Drive(0, both))
	if on, _ := f.on(1); on != 4096 {
		t.Errorf("on for %d when driven again", on)
	}
}

// What was not acknowledged is written again with the next pattern, even when
// that is the same, or the one before.
func TestDriveFails(t *testing.T) {
	f := newFake()
	chip := newChip(t, f)
	p := newPort(t, chip, 0, 1, 2, 3)
	a, c := pattern(driver.Slot{Word: 1, For: 9}), pattern(driver.Slot{Word: 4, For: 9})
	must(t, p.Drive(0, a))
	for _, next := range []*driver.Pattern{c, a, a} {
		f.fail[f.txs] = errNack
		if err := p.Drive(0, next); !errors.Is(err, fault.Hardware) || !errors.Is(err, errNack) {
			t.Fatalf("drive: %v", err)
		}
	}
	f.wire()
	must(t, p.Drive(0, a))
	if got := f.wire(); got != "0600100000" {
		t.Errorf("wrote %s", got)
	}
	f.fail[f.txs] = errNack
	if err := chip.Off(); !errors.Is(err, fault.Hardware) {
		t.Errorf("off: %v", err)
	}
	f.wire()
	must(t, p.Drive(0, pattern(driver.Slot{For: 1})))
	if got := f.wire(); got != "0600000010000000100000001000000010" {
		t.Errorf("after Off failed: wrote %s", got)
	}
	if err := p.Drive(0, new(driver.Pattern)); !errors.Is(err, fault.Invalid) || len(f.log) != 0 {
		t.Errorf("empty pattern: %v", err)
	}
}

// A chip that lost its power acknowledges writes as if nothing had happened.
func TestVerify(t *testing.T) {
	f := newFake()
	chip := newChip(t, f)
	p, q := newPort(t, chip, 0, 1), newPort(t, chip, 8)
	on := pattern(driver.Slot{Word: 1, For: 1})
	must(t, p.Drive(0, on))
	f.wire()
	must(t, chip.Verify())
	if got := f.wire(); got != "00? FE?" {
		t.Errorf("verify: wrote %s", got)
	}
	f.power()
	if err := chip.Verify(); !errors.Is(err, fault.Hardware) {
		t.Errorf("after a loss of power: %v", err)
	}
	if f.regs[0] != 0x20 || f.regs[0xFE] != 3 || f.running() {
		t.Error("not set up again, or not off")
	}
	f.wire()
	for i, port := range []*pca9685.Port{p, q} {
		if err := port.Drive(0, on); !errors.Is(err, fault.Hardware) || len(f.log) != 0 {
			t.Errorf("port %d is not told: %v, %v", i, err, f.log)
		}
		must(t, port.Drive(0, on))
		if got := f.wire(); got == "" {
			t.Errorf("port %d: nothing written", i)
		}
	}
	must(t, chip.Verify())

	// Unplugged: everything fails until it is back and found so.
	f.gone = true
	if err := chip.Verify(); !errors.Is(err, errNack) {
		t.Errorf("unplugged: %v", err)
	}
	f.gone = false
	f.power()
	for range 3 {
		if err := p.Drive(0, on); !errors.Is(err, fault.Hardware) {
			t.Errorf("drive before it is set up: %v", err)
		}
	}
	if err := chip.Verify(); !errors.Is(err, fault.Hardware) {
		t.Errorf("the first after: %v", err)
	}
	must(t, chip.Verify())
	if err := p.Drive(0, on); !errors.Is(err, fault.Hardware) {
		t.Errorf("first drive: %v", err)
	}
	must(t, p.Drive(0, on))
	if steps, _ := f.on(0); steps != 4096 {
		t.Errorf("on for %d", steps)
	}
}

// A changed prescale alone is noticed, too.
func TestVerifyPrescale(t *testing.T) {
	f := newFake()
	chip := newChip(t, f)
	f.regs[0xFE] = 121
	if err := chip.Verify(); !errors.Is(err, fault.Hardware) || f.regs[0xFE] != 3 {
		t.Errorf("%v, prescale %d", err, f.regs[0xFE])
	}
}

// The executor drives while another goroutine supervises.
func TestVerifyBesideDrive(t *testing.T) {
	f := newFake()
	chip := newChip(t, f)
	p := newPort(t, chip, 0, 1)
	var supervising sync.WaitGroup
	supervising.Go(func() {
		for range 200 {
			if err := chip.Verify(); err != nil {
				t.Error(err)
			}
		}
	})
	for i := range 2000 {
		if err := p.Drive(0, pattern(driver.Slot{Word: uint16(i) % 4, For: 1})); err != nil {
			t.Error(err)
		}
	}
	supervising.Wait()
}

// null takes everything.
type null struct{ bytes int }

func (n *null) String() string                  { return "null" }
func (n *null) SetSpeed(physic.Frequency) error { return nil }
func (n *null) Tx(_ uint16, w, r []byte) error {
	n.bytes += len(w)
	if len(r) > 0 {
		r[0] = map[byte]byte{0: 0x20, 0xFE: 3}[w[0]]
	}
	return nil
}

// stepping returns a port on a bus that costs nothing, and patterns of two
// motors that microstep.
func stepping(t testing.TB) (*pca9685.Port, *null, []driver.Pattern) {
	bus := new(null)
	chip, err := pca9685.New(bus, pca9685.DefaultConfig(), func(time.Duration) {})
	if err != nil {
		t.Fatal(err)
	}
	var all []driver.Pattern
	for k := range uint16(98) {
		all = append(all, *pattern(driver.Slot{Word: 0x33, For: 1 + k}, driver.Slot{Word: 0x11, For: 99 - k}, driver.Slot{For: 20}))
	}
	return newPort(t, chip, 0, 1, 2, 3, 4, 5, 6, 7), bus, all
}

func TestNothingIsAllocated(t *testing.T) {
	p, bus, all := stepping(t)
	n := 0
	runs := testing.AllocsPerRun(1000, func() {
		n++
		if p.Drive(0, &all[n%len(all)]) != nil {
			t.Fatal("drive")
		}
	})
	if runs != 0 || bus.bytes < 9000 {
		t.Errorf("%v allocations a run, %d bytes written", runs, bus.bytes)
	}
}

func BenchmarkDrive(b *testing.B) {
	p, _, all := stepping(b)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		if p.Drive(0, &all[n%len(all)]) != nil {
			b.Fatal("drive")
		}
	}
}
