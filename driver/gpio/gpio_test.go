// SPDX-License-Identifier: GPL-3.0-or-later

package gpio

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"periph.io/x/conn/v3/gpio"
	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/fault"
)

// windings are GPIO16 to GPIO23, the eight lines of stepper-core §1.7.
const windings uint32 = 0xFF << 16

// The worked bytes of stepper-core §1.2, written as §1.7 says: lines fall
// first, then others rise, one store each.
func TestBankStores(t *testing.T) {
	b := &fakeBoard{}
	p := opened(t, b, Use{Outputs: windings})
	b.took()
	for _, tt := range []struct {
		word uint32
		want []string
	}{
		{0xC3, []string{"clear 003C0000", "set 00C30000"}},
		{0x81, []string{"clear 007E0000", "set 00810000"}},
		{0x00, []string{"clear 00FF0000"}},
		{0xFF, []string{"set 00FF0000"}},
	} {
		if err := p.Write(tt.word<<16, windings); err != nil {
			t.Fatal(err)
		}
		expect(t, b.took(), tt.want...)
	}
	if err := p.Write(0xFFFFFFFF, 1<<20); err != nil {
		t.Fatal(err)
	}
	expect(t, b.took(), "set 00100000")
}

// Inverted, a high level is off, so rising comes first; lines of both kinds
// go off before any comes on.
func TestBankSwitchesOffFirst(t *testing.T) {
	b := &fakeBoard{}
	p := opened(t, b, Use{Outputs: windings, OffHigh: windings})
	b.took()
	p.Write(0x3C<<16, windings)
	expect(t, b.took(), "set 003C0000", "clear 00C30000")

	p = opened(t, b, Use{Outputs: 0b1111 << 16, OffHigh: 0b1100 << 16})
	b.took()
	p.Write(0b0110<<16, 0b1111<<16) // 16 off, 17 on, 18 off, 19 on
	expect(t, b.took(), "clear 00010000", "set 00040000", "clear 00080000", "set 00020000")
}

func TestOutputsComeUpOff(t *testing.T) {
	b := &fakeBoard{}
	opened(t, b, Use{Outputs: 1<<17 | 1<<4, OffHigh: 1 << 4, Inputs: 1 << 24})
	expect(t, b.took(), "output 4 true", "output 17 false", "input 24 PullDown")

	b = &fakeBoard{bank: errNone}
	opened(t, b, Use{Outputs: 1<<17 | 1<<4, OffHigh: 1 << 4, Inputs: 1 << 24}, func(c *Config) { c.Pull = "up" })
	expect(t, b.took(), "request out [4 17]", "out 01 of 03", "request in PullUp [24]")
}

// One system call a write, with the set's own bits: line i of the request is
// bit i.
func TestLineSetWrites(t *testing.T) {
	b := &fakeBoard{bank: errNone}
	p := opened(t, b, Use{Outputs: 1<<5 | 1<<12 | 1<<13 | 1<<31})
	b.took()
	p.Write(1<<12|1<<31, 1<<5|1<<12|1<<31)
	expect(t, b.took(), "out 0A of 0B")
	p.Write(0, 0) // the kernel's library takes mask 0 for all
	expect(t, b.took())
}

func TestRead(t *testing.T) {
	b := &fakeBoard{level: 1<<24 | 1<<2}
	p := opened(t, b, Use{Outputs: 1 << 16, Inputs: 1<<24 | 1<<25})
	if got, err := p.Read(); got != 1<<24 || err != nil {
		t.Errorf("bank: %08X, %v; want GPIO 24 alone", got, err)
	}
	b = &fakeBoard{bank: errNone, level: 0b10}
	p = opened(t, b, Use{Inputs: 1<<24 | 1<<25})
	if got, err := p.Read(); got != 1<<25 || err != nil {
		t.Errorf("line set: %08X, %v; want GPIO 25 alone", got, err)
	}
	b.fail = map[string]error{"read": errors.New("no such device")}
	if _, err := p.Read(); !errors.Is(err, fault.Hardware) {
		t.Errorf("unplugged: %v", err)
	}
	p = opened(t, &fakeBoard{bank: errNone}, Use{Outputs: 1})
	if got, err := p.Read(); got != 0 || err != nil {
		t.Errorf("no inputs: %v, %v", got, err)
	}
}

func TestClose(t *testing.T) {
	b := &fakeBoard{}
	p := opened(t, b, Use{Outputs: 1<<17 | 1<<4, OffHigh: 1 << 4})
	b.took()
	if err := errors.Join(p.Close(), p.Close()); err != nil {
		t.Fatal(err)
	}
	expect(t, b.took(), "clear 00020000", "set 00000010", "input 17 PullDown", "input 4 PullUp")
	if err := p.Write(1<<17, 1<<17); !errors.Is(err, fault.Hardware) {
		t.Errorf("write after Close: %v", err)
	}
	if _, err := p.Read(); !errors.Is(err, fault.Hardware) {
		t.Errorf("read after Close: %v", err)
	}
	expect(t, b.took())

	b = &fakeBoard{bank: errNone}
	p = opened(t, b, Use{Outputs: 1<<17 | 1<<4, OffHigh: 1 << 4, Inputs: 1 << 9})
	b.took()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	expect(t, b.took(), "out 01 of 03", "close out", "request in PullDown [17]", "close in PullDown",
		"request in PullUp [4]", "close in PullUp", "close in PullDown")
}

// What fails halfway is given back, and what somebody else has is not touched.
func TestFaults(t *testing.T) {
	none := Use{Outputs: windings, Inputs: 1 << 24}
	tests := []struct {
		name   string
		board  fakeBoard
		use    Use
		change func(*Config)
		kind   error
		says   string
		log    []string
	}{
		{name: "line busy, bank", board: fakeBoard{users: map[int]string{18: "spi0 CS0"}}, use: none,
			kind: fault.Hardware, says: `GPIO 18 is in use by "spi0 CS0"`},
		{name: "input busy, bank: outputs off again", board: fakeBoard{users: map[int]string{24: "w1"}}, use: Use{Outputs: 1 << 16, Inputs: 1 << 24},
			kind: fault.Hardware, says: `GPIO 24`, log: []string{"output 16 false", "clear 00010000", "input 16 PullDown"}},
		{name: "line busy, line set", use: Use{Outputs: 1 << 16},
			board: fakeBoard{bank: errNone, fail: map[string]error{"request out [16]": errors.New("LineSetFromConfig: device or resource busy")}},
			kind:  fault.Hardware, says: "cannot take GPIO 16 (another program", log: []string{"request out [16]"}},
		{name: "input busy, line set", use: Use{Outputs: 1 << 16, Inputs: 1 << 9},
			board: fakeBoard{bank: errNone, fail: map[string]error{"request in PullDown [9]": errors.New("device or resource busy")}},
			kind:  fault.Hardware, says: "cannot take GPIO 9",
			log: []string{"request out [16]", "out 00 of 01", "request in PullDown [9]", "out 00 of 01", "close out", "request in PullDown [16]", "close in PullDown"}},
		{name: "no permission", board: fakeBoard{bank: errNone, noChip: fs.ErrPermission}, use: none, kind: fault.Hardware, says: "group gpio"},
		{name: "no chip", board: fakeBoard{bank: errNone, noChip: fs.ErrNotExist}, use: none, kind: fault.Hardware, says: "gpiochip"},
		{name: "no registers", board: fakeBoard{bank: errNone}, change: func(c *Config) { c.Backend = Bank }, use: none, kind: fault.Hardware, says: "no registers here"},
		{name: "not on the header", board: fakeBoard{}, use: Use{Outputs: 1 << 28}, kind: fault.Invalid, says: "GPIO 28 is not on the header"},
		{name: "both ways", board: fakeBoard{}, use: Use{Outputs: 3, Inputs: 2}, kind: fault.Invalid, says: "GPIO 1 is to be an output and an input"},
		{name: "backend", board: fakeBoard{}, change: func(c *Config) { c.Backend = "sysfs" }, kind: fault.Invalid, says: `backend is "sysfs"; it must be auto, bank or lines`},
		{name: "pull", board: fakeBoard{}, change: func(c *Config) { c.Pull = "sideways" }, kind: fault.Invalid, says: "input_pull"},
		{name: "bank with a chip", board: fakeBoard{}, change: func(c *Config) { c.Backend, c.Chip = Bank, "/dev/gpiochip4" }, kind: fault.Invalid, says: "bank knows no chips"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := DefaultConfig()
			if tt.change != nil {
				tt.change(&c)
			}
			_, err := open(c, tt.use, &tt.board)
			if !errors.Is(err, tt.kind) || !strings.Contains(fmt.Sprint(err), tt.says) {
				t.Errorf("%v; want kind %v, saying %q", err, tt.kind, tt.says)
			}
			expect(t, tt.board.log, tt.log...)
		})
	}
}

func TestUnplugged(t *testing.T) {
	b := &fakeBoard{bank: errNone}
	p := opened(t, b, Use{Outputs: 1 << 16})
	b.fail = map[string]error{"out 01 of 01": errors.New("no such device"), "out 00 of 01": errors.New("no such device")}
	if err := p.Write(1<<16, 1<<16); !errors.Is(err, fault.Hardware) {
		t.Errorf("write: %v", err)
	}
	if err := p.Write(1<<17, 1<<17); !errors.Is(err, fault.Invalid) {
		t.Errorf("a line that is no output: %v", err)
	}
	b.took()
	if err := p.Close(); !errors.Is(err, fault.Hardware) {
		t.Errorf("close: %v", err)
	}
	expect(t, b.took(), "out 00 of 01", "close out", "request in PullDown [16]", "close in PullDown")
}

func TestChoice(t *testing.T) {
	tests := []struct {
		name   string
		bank   error
		change func(*Config)
		says   string
		chip   string
	}{
		{name: "a Pi", says: "registers of the bank, because this is a Raspberry Pi"},
		{name: "no Pi", bank: errNone, says: "line sets of the kernel on the fake chip, because the registers are not in reach (no registers here)"},
		{name: "line sets wanted", change: func(c *Config) { c.Backend = LineSets }, says: "line sets of the kernel on the fake chip, as configured"},
		{name: "chip wanted", change: func(c *Config) { c.Chip = "/dev/gpiochip2" }, says: "as configured", chip: "/dev/gpiochip2"},
		{name: "bank wanted", change: func(c *Config) { c.Backend = Bank }, says: "registers of the bank, as configured"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := &fakeBoard{bank: tt.bank}
			var change []func(*Config)
			if tt.change != nil {
				change = append(change, tt.change)
			}
			p := opened(t, b, Use{Outputs: 1 << 16}, change...)
			if !strings.Contains(p.Report(), tt.says) || b.pinned != tt.chip {
				t.Errorf("%q on chip %q; want %q on %q", p.Report(), b.pinned, tt.says, tt.chip)
			}
		})
	}
}

// GPIO0 to GPIO8 reset to pull-up, 9 to 27 to pull-down: stepper-core §1.7.
func TestReset(t *testing.T) {
	allow := DefaultConfig()
	allow.AllowOnAtReset = true
	for line := range 28 {
		for _, offHigh := range []bool{false, true} {
			ok := (line <= 8) == offHigh
			if err := DefaultConfig().CheckReset(line, offHigh); (err == nil) != ok {
				t.Errorf("GPIO %d, off high %t: %v", line, offHigh, err)
			}
			if err := allow.CheckReset(line, offHigh); err != nil {
				t.Errorf("allowed: %v", err)
			}
		}
	}
	if CheckLine(-1) == nil || CheckLine(32) == nil || CheckLine(27) != nil {
		t.Error("lines are 0 to 31")
	}
}

func TestGatherSpread(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word, lines := rapid.Uint32().Draw(t, "word"), rapid.Uint32().Draw(t, "lines")
		if got := spread(gather(word, lines), lines); got != word&lines {
			t.Errorf("%08X of %08X comes back as %08X", word, lines, got)
		}
	})
}

func TestWriteAllocatesNothing(t *testing.T) {
	for name, way := range map[string]backend{"bank": bank{quietRegisters{}}, "line set": &sets{out: quietSet{}, outLines: windings}} {
		p := &Port{use: Use{Outputs: windings}, way: way}
		if n := testing.AllocsPerRun(100, func() { p.Write(0xC3<<16, windings) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

type quietRegisters struct{ fakeRegisters }

func (quietRegisters) set(uint32)   {}
func (quietRegisters) clear(uint32) {}

type quietSet struct{ lineSet }

func (quietSet) Out(_, _ gpio.GPIOValue) error { return nil }

// On any computer: a chip that is not there, and a file that is no chip.
func TestRealChipMissing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "gpiochip9")
	c := DefaultConfig()
	c.Chip = file
	_, err := Open(c, Use{Outputs: 1 << 16})
	if !errors.Is(err, fault.Hardware) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(c, Use{Outputs: 1 << 16}); !errors.Is(err, fault.Hardware) {
		t.Errorf("no chip: %v", err)
	}
}

func BenchmarkWrite(b *testing.B) {
	for name, way := range map[string]backend{"bank": bank{quietRegisters{}}, "line set": &sets{out: quietSet{}, outLines: windings}} {
		p := &Port{use: Use{Outputs: windings}, way: way}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.Write(0xC3<<16, windings)
			}
		})
	}
}
