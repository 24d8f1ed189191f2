// SPDX-License-Identifier: GPL-3.0-or-later

package record

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/realtime"
	"github.com/siderostep/siderostep/fault"
)

func open(t *testing.T, path string, capacity int) *Port {
	t.Helper()
	p, err := Open(path, capacity)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func TestWritesAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "port")
	p, reader := open(t, path, 100), open(t, path, 5)
	before := realtime.Now()
	for _, w := range [][2]uint32{{0xFF, 0x0F}, {0x30, 0xF0}, {0, 0x01}} {
		if err := p.Write(w[0], w[1]); err != nil {
			t.Fatal(err)
		}
	}
	after := realtime.Now()
	var levels []uint32
	last := before
	for r := range reader.Records(0) {
		levels = append(levels, r.Levels)
		if r.At < last || r.At > after || r.PID != uint32(os.Getpid()) {
			t.Errorf("%+v is out of time or from elsewhere", r)
		}
		last = r.At
	}
	if want := []uint32{0x0F, 0x3F, 0x3E}; !slices.Equal(levels, want) {
		t.Errorf("levels %x, want %x", levels, want)
	}
	if reader.Levels() != 0x3E || reader.Written() != 3 {
		t.Errorf("levels %x after %d", reader.Levels(), reader.Written())
	}
	if again := slices.Collect(reader.Records(2)); len(again) != 1 || again[0].Index != 2 || again[0].Mask != 1 {
		t.Errorf("from index 2: %+v", again)
	}
}

func TestOldWritesGo(t *testing.T) {
	p := open(t, filepath.Join(t.TempDir(), "port"), 4)
	for i := range uint32(10) {
		p.Write(i, ^uint32(0))
	}
	var words []uint32
	for r := range p.Records(0) {
		words = append(words, r.Word)
	}
	if want := []uint32{6, 7, 8, 9}; !slices.Equal(words, want) || p.Written() != 10 {
		t.Errorf("%v of %d, want %v", words, p.Written(), want)
	}
}

// Writers, each with a line of its own, keep each other's lines.
func TestManyWriters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "port")
	const writers, writes = 4, 1000
	var all sync.WaitGroup
	for w := range writers {
		p := open(t, path, writers*writes)
		all.Go(func() {
			for i := range uint32(writes) {
				p.Write((i&1)<<w, 1<<w)
			}
		})
	}
	all.Wait()
	p := open(t, path, 0)
	if n := len(slices.Collect(p.Records(0))); n != writers*writes || p.Levels() != 1<<writers-1 {
		t.Errorf("%d records, levels %b", n, p.Levels())
	}
}

// A writer that dies in a write leaves a gap, and the rest readable.
func TestUnfinishedWrite(t *testing.T) {
	p := open(t, filepath.Join(t.TempDir(), "port"), 4)
	p.Write(1, 1)
	p.head.next.Add(1)
	p.Write(0, 1)
	if got := slices.Collect(p.Records(0)); len(got) != 2 || got[1].Index != 2 {
		t.Errorf("%+v", got)
	}
}

func TestBrokenPortAndInputs(t *testing.T) {
	p := open(t, filepath.Join(t.TempDir(), "port"), 4)
	p.Break(true)
	if err := p.Write(1, 1); !errors.Is(err, fault.Hardware) || p.Written() != 0 {
		t.Errorf("a broken port: %v, %d writes", err, p.Written())
	}
	p.Break(false)
	if err := p.Write(1, 1); err != nil {
		t.Error(err)
	}
	p.SetInputs(0xA5)
	if got, err := p.Read(); got != 0xA5 || err != nil {
		t.Errorf("inputs %x, %v", got, err)
	}
}

func TestForeignFiles(t *testing.T) {
	for name, text := range map[string]string{"short": "x", "long": string(make([]byte, 4096))} {
		path := filepath.Join(t.TempDir(), name)
		os.WriteFile(path, []byte(text), 0o600)
		if _, err := Open(path, 10); !errors.Is(err, fault.Hardware) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open(t.TempDir(), 10); !errors.Is(err, fault.Hardware) {
		t.Errorf("a folder: %v", err)
	}
}

func TestWriteAllocatesNothing(t *testing.T) {
	p := open(t, filepath.Join(t.TempDir(), "port"), 16)
	if n := testing.AllocsPerRun(100, func() { p.Write(1, 1) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// The supply follows the keep-alive line, and the windings the supply.
func TestGate(t *testing.T) {
	const alive, ms = 1 << 31, driver.Instant(time.Millisecond)
	records := slices.Values([]Record{
		{At: 10 * ms, Mask: 0xFF, Levels: 0x01},                   // on, without power
		{At: 100 * ms, Mask: alive, Levels: alive | 0x01},         // toggles: power
		{At: 200 * ms, Mask: alive, Levels: alive | 0x01},         // written, but the same
		{At: 300 * ms, Mask: 0xFF, Levels: alive | 0x02},          // another winding
		{At: 350 * ms, Mask: alive, Levels: 0x02},                 // toggles: to 850
		{At: 400 * ms, Mask: 0xFF, Levels: 0},                     // off
		{At: 500 * ms, Mask: 0xFF, Levels: 0x10},                  // on, to the end of the power
		{At: 2000 * ms, Mask: alive, Levels: alive | 0x10},        // power again
		{At: 2100 * ms, Mask: alive | 0xFF, Levels: alive | 0xFF}, // to the end
	})
	got := Gate{alive, 500 * time.Millisecond}.Powered(records, 0xFF, 0xFF, 2200*ms)
	want := []Span{{100 * ms, 400 * ms}, {500 * ms, 850 * ms}, {2000 * ms, 2200 * ms}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	inverted := slices.Values([]Record{
		{At: 1 * ms, Mask: alive, Levels: alive},
		{At: 2 * ms, Mask: 0x0F, Levels: alive | 0x0F},
		{At: 3 * ms, Mask: 0x0F, Levels: alive | 0x0E},
		{At: 4 * ms, Mask: 0x0F, Levels: alive | 0x0F},
	})
	got = Gate{alive, time.Second}.Powered(inverted, 0x0F, 0, 5*ms)
	if diff := cmp.Diff([]Span{{3 * ms, 4 * ms}}, got); diff != "" {
		t.Error(diff)
	}
}
