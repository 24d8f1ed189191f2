// SPDX-License-Identifier: GPL-3.0-or-later

package parport

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/fault"
)

// fakePort is a ppdev that notes requests, with their bytes, in words.
type fakePort struct {
	log             []string
	fail            map[uint]error
	status, control byte
	silent          bool
}

func (f *fakePort) ioctl(request uint, data *[2]byte) error {
	if f.silent {
		return nil
	}
	names := map[uint]string{0x708F: "PPEXCL", 0x708B: "PPCLAIM", 0x708C: "PPRELEASE",
		0x40017086: "PPWDATA", 0x40017084: "PPWCONTROL", 0x80017083: "PPRCONTROL", 0x80017081: "PPRSTATUS"}
	what := names[request]
	switch request {
	case 0x40017086, 0x40017084:
		what += fmt.Sprintf(" %02X", data[0])
	case 0x80017081:
		data[0] = f.status
	case 0x80017083:
		data[0] = f.control
	}
	f.log = append(f.log, what)
	return f.fail[request]
}

func (f *fakePort) Close() error { f.log = append(f.log, "close"); return nil }

func (f *fakePort) expect(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(f.log, want) {
		t.Errorf("got  %q\nwant %q", f.log, want)
	}
	f.log = nil
}

const outputs = Data | Control

func opened(t *testing.T, f *fakePort, u Use) *Port {
	t.Helper()
	p, err := open(u, func() (device, error) { return f, nil })
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// pins returns the set of some pins.
func pins(list ...int) (set uint32) {
	for _, pin := range list {
		set |= 1 << pin
	}
	return set
}

func TestOpenSwitchesOffAndCloseReleases(t *testing.T) {
	f := &fakePort{}
	p := opened(t, f, Use{Outputs: outputs})
	// All pins low: control bits 0 XOR 0Bh (stepper-core §1.5).
	f.expect(t, "PPEXCL", "PPCLAIM", "PPWDATA 00", "PPWCONTROL 0B")
	p.Write(pins(2, 16), pins(2, 16))
	f.log = nil
	if err := errors.Join(p.Close(), p.Close()); err != nil {
		t.Fatal(err)
	}
	f.expect(t, "PPWDATA 00", "PPWCONTROL 0B", "PPRELEASE", "close")

	f = &fakePort{}
	p = opened(t, f, Use{Outputs: Data, OffHigh: Data})
	f.expect(t, "PPEXCL", "PPCLAIM", "PPWDATA FF", "PPWCONTROL 0B") // inverted all-off is FF (§1.1)
	p.Write(0, Data)
	f.log = nil
	p.Close()
	f.expect(t, "PPWDATA FF", "PPWCONTROL 0B", "PPRELEASE", "close")
}

// Pins 2 to 9 are bits 0 to 7; pins 1, 14, 16 and 17 are bits 1, 2, 4 and 8
// XOR 0Bh; only registers that change are written.
func TestWords(t *testing.T) {
	tests := []struct {
		name       string
		word, mask uint32
		want       []string
	}{
		{"A motor at a1, Z at c3: byte C3 (§1.2)", 0xC3 << 2, Data, []string{"PPWDATA C3"}},
		{"the same again", 0xC3 << 2, Data, nil},
		{"its second part: 81", 0x81 << 2, Data, []string{"PPWDATA 81"}},
		{"pin 9 alone stays of them", 0, pins(2), []string{"PPWDATA 80"}},
		{"pin 1 high: 1 XOR B", pins(1), pins(1), []string{"PPWCONTROL 0A"}},
		{"pin 14 too: 3 XOR B", pins(14), pins(14), []string{"PPWCONTROL 08"}},
		{"pin 16 too: 7 XOR B", pins(16), pins(16), []string{"PPWCONTROL 0C"}},
		{"pin 17 too: F XOR B", pins(17), pins(17), []string{"PPWCONTROL 04"}},
		{"focus out: 16 alone, 4 XOR B", pins(16), Control, []string{"PPWCONTROL 0F"}},
		{"focus in: 17 alone, 8 XOR B", pins(17), Control, []string{"PPWCONTROL 03"}},
		{"a fifth phase: data and control", pins(2, 16), Data | pins(16, 17), []string{"PPWDATA 01", "PPWCONTROL 0F"}},
		{"nothing", pins(3), 0, nil},
	}
	f := &fakePort{}
	p := opened(t, f, Use{Outputs: outputs})
	f.log = nil
	for _, tt := range tests {
		if err := p.Write(tt.word, tt.mask); err != nil {
			t.Fatal(err)
		}
		t.Log(tt.name)
		f.expect(t, tt.want...)
	}
}

// Status bits 8, 16, 32, 64, 128 are pins 15, 13, 12, 10, 11, of which 11 is
// inverted (stepper-core §1.5, §5.3).
func TestRead(t *testing.T) {
	for _, tt := range []struct {
		status, control byte
		want            uint32
	}{
		{0x80, 0x0B, 0},
		{0x00, 0x0B, pins(11)},
		{0x88, 0x0B, pins(15)},
		{0x90, 0x0B, pins(13)},
		{0xA0, 0x0B, pins(12)},
		{0xC0, 0x0B, pins(10)},
		{0x78, 0x04, pins(10, 11, 12, 13, 15, 1, 14, 16, 17)},
		{0x87, 0xFF, pins(16)},
	} {
		p := opened(t, &fakePort{status: tt.status, control: tt.control}, Use{Outputs: outputs})
		if got, err := p.Read(); got != tt.want || err != nil {
			t.Errorf("status %02X, control %02X: %05X, %v; want %05X", tt.status, tt.control, got, err, tt.want)
		}
	}
}

// Each control pin, as written, reads back.
func TestReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		levels := rapid.Uint32().Draw(t, "levels") & outputs
		if got := spreadData(gatherData(levels)) | spreadControl(gatherControl(levels)); got != levels {
			t.Errorf("%05X comes back as %05X", levels, got)
		}
	})
}

func TestFaults(t *testing.T) {
	tests := []struct {
		name    string
		request uint
		err     error
		says    string
		log     []string
	}{
		{"claimed by another", claim, syscall.ENXIO, "rmmod lp", []string{"PPEXCL", "PPCLAIM", "close"}},
		{"no ppdev", exclude, syscall.ENOTTY, "no ppdev", []string{"PPEXCL", "close"}},
		{"gone while switching off", writeControl, syscall.EIO, "write to the parallel port",
			[]string{"PPEXCL", "PPCLAIM", "PPWDATA 00", "PPWCONTROL 0B", "PPWDATA 00", "PPWCONTROL 0B", "PPRELEASE", "close"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := &fakePort{fail: map[uint]error{tt.request: tt.err}}
			_, err := open(Use{Outputs: Data}, func() (device, error) { return f, nil })
			if !errors.Is(err, fault.Hardware) || !errors.Is(err, tt.err) || !strings.Contains(fmt.Sprint(err), tt.says) {
				t.Errorf("%v; want one that says %q", err, tt.says)
			}
			f.expect(t, tt.log...)
		})
	}
}

// After a write that failed the registers may be anything, so the next one
// writes them all.
func TestUnpluggedAndBack(t *testing.T) {
	f := &fakePort{}
	p := opened(t, f, Use{Outputs: outputs})
	f.fail = map[uint]error{writeData: syscall.EIO}
	if err := p.Write(pins(2), pins(2)); !errors.Is(err, fault.Hardware) {
		t.Errorf("unplugged: %v", err)
	}
	f.fail, f.log = nil, nil
	if err := p.Write(0, pins(2)); err != nil {
		t.Fatal(err)
	}
	f.expect(t, "PPWDATA 00", "PPWCONTROL 0B")
	f.fail = map[uint]error{readStatus: syscall.EIO}
	if _, err := p.Read(); !errors.Is(err, fault.Hardware) {
		t.Errorf("read: %v", err)
	}
	f.fail = map[uint]error{readControl: syscall.EIO}
	if _, err := p.Read(); !errors.Is(err, fault.Hardware) {
		t.Errorf("read control: %v", err)
	}
	f.fail = map[uint]error{release: syscall.EIO}
	if err := p.Close(); !errors.Is(err, fault.Hardware) {
		t.Errorf("close: %v", err)
	}
	f.log = nil
	if err := p.Write(0, pins(2)); !errors.Is(err, fault.Hardware) {
		t.Errorf("write after Close: %v", err)
	}
	if _, err := p.Read(); !errors.Is(err, fault.Hardware) {
		t.Errorf("read after Close: %v", err)
	}
	f.expect(t)
}

func TestPins(t *testing.T) {
	for pin := -1; pin <= 26; pin++ {
		out := pin >= 1 && pin <= 9 || pin == 14 || pin == 16 || pin == 17
		in := pin >= 10 && pin <= 13 || pin == 15
		if err := CheckOutput(pin); (err == nil) != out {
			t.Errorf("pin %d as output: %v", pin, err)
		}
		if err := CheckInput(pin); (err == nil) != in {
			t.Errorf("pin %d as input: %v", pin, err)
		}
	}
	p := opened(t, &fakePort{}, Use{Outputs: Data})
	if err := p.Write(pins(16), pins(16)); !errors.Is(err, fault.Invalid) {
		t.Errorf("a pin that is not ours: %v", err)
	}
	if _, err := open(Use{Outputs: pins(12)}, nil); !errors.Is(err, fault.Invalid) {
		t.Errorf("a status pin as output: %v", err)
	}
	if err := (Config{}).Validate(); !errors.Is(err, fault.Invalid) {
		t.Errorf("no device: %v", err)
	}
}

func TestNothingIsAllocated(t *testing.T) {
	p := opened(t, &fakePort{silent: true}, Use{Outputs: outputs})
	level := uint32(0)
	if n := testing.AllocsPerRun(100, func() {
		level = ^level
		p.Write(level, outputs)
		p.Read()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// On any computer: a port that is not there, and a file that is no port.
func TestRealDevice(t *testing.T) {
	file := filepath.Join(t.TempDir(), "parport0")
	if _, err := Open(Config{file}, Use{}); !errors.Is(err, fault.Hardware) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Config{file}, Use{}); !errors.Is(err, fault.Hardware) || !strings.Contains(fmt.Sprint(err), "no ppdev") {
		t.Errorf("a file: %v", err)
	}
	if _, err := Open(Config{}, Use{}); !errors.Is(err, fault.Invalid) {
		t.Errorf("no name: %v", err)
	}
}

func BenchmarkWrite(b *testing.B) {
	p, err := open(Use{Outputs: outputs}, func() (device, error) { return &fakePort{silent: true}, nil })
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	level := uint32(0)
	for b.Loop() {
		level = ^level
		p.Write(level, outputs)
	}
}
