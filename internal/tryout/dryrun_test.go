// SPDX-License-Identifier: GPL-3.0-or-later

package tryout

import (
	"errors"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/harness"
	"github.com/siderostep/siderostep/driver/record"
	"github.com/siderostep/siderostep/fault"
)

// written are records of a port, 1 ms apart, with these levels.
type written []uint32

func (w written) Written() uint64 { return uint64(len(w)) }

func (w written) Records(index uint64) iter.Seq[record.Record] {
	return func(yield func(record.Record) bool) {
		for i := index; i < uint64(len(w)); i++ {
			if !yield(record.Record{Index: i, At: driver.Instant(i) * driver.Instant(time.Millisecond), Levels: w[i]}) {
				return
			}
		}
	}
}

func TestDecode(t *testing.T) {
	wires := []Wire{
		{Name: "z winding a", Line: 6}, {Name: "z winding b", Line: 7, OffHigh: true}, {Name: "focuser relay in", Line: 17},
	}
	for _, tt := range []struct {
		levels written
		want   string
	}{
		{nil, ""},
		{written{0x80}, "1 write, levels 80h"},
		{written{0x20080}, "1 write, levels 20080h; focuser relay in 100 %"},
		{written{0xC0, 0x80, 0x80, 0x80, 0xC0}, "5 writes, levels C0h 80h; z winding a 25 %"},
		{written{0, 0x80, 0}, "3 writes, levels 0h 80h; z winding b 50 %"},
	} {
		tape := &Tape{wires: wires, from: tt.levels}
		if got := tape.decode(tape.written()); got != tt.want {
			t.Errorf("%X: %q, want %q", tt.levels, got, tt.want)
		}
		if got := tape.decode(tape.written()); got != "" {
			t.Errorf("%X: again %q", tt.levels, got)
		}
	}
}

// All lines are on the recorded port, each on one of its own.
func TestDryRunConfig(t *testing.T) {
	for _, name := range harness.Presets() {
		c, m := preset(t, name)
		before, beforeInputs := Wires(c, m), inputsOf(&c)
		dry, err := DryRun(c, "x.rec")
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(dry.Validate(), dry.ValidateMotors(m)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		after := Wires(dry, m)
		if len(after) != len(before) || len(inputsOf(&dry)) != len(beforeInputs) {
			t.Fatalf("%s: %d lines, want %d", name, len(after), len(before))
		}
		for i := range after {
			// A preset has one port, so that its numbers stay.
			if after[i].Port != harness.DryRun || after[i].Line != before[i].Line || after[i].Name != before[i].Name {
				t.Errorf("%s: %v became %v", name, before[i], after[i])
			}
		}
	}
}

func TestDryRunOfTwoPorts(t *testing.T) {
	c, m := preset(t, "bartels-pcb")
	c.Inputs = harness.Inputs{Port: harness.GPIO, Paddle: []int{16, 17, 22, 27}, PECIndex: []int{-1, 5}}
	lines := slices.Clone(c.Z.Lines)
	dry, err := DryRun(c, "x.rec")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(dry.Validate(), dry.ValidateMotors(m)); err != nil {
		t.Error(err)
	}
	seen := map[int]bool{}
	for _, w := range Wires(dry, m) {
		seen[w.Line] = true
	}
	for _, in := range inputsOf(&dry) {
		seen[in.line] = true
	}
	if len(seen) != 4+4+2+2+4+1 || dry.Inputs.PECIndex[0] != -1 {
		t.Errorf("%d lines, PEC index %v", len(seen), dry.Inputs.PECIndex)
	}
	if !slices.Equal(c.Z.Lines, lines) {
		t.Error("the original was changed")
	}
	c.Aux = harness.Lines{Port: harness.GPIO, Lines: make([]int, 16)}
	if _, err := DryRun(c, "x.rec"); !errors.Is(err, fault.Invalid) {
		t.Errorf("33 lines: error %v", err)
	}
}

// The whole way: the lights' test on a recorded port, whose words are told.
func TestDryRunTellsItsWords(t *testing.T) {
	c, m := preset(t, "bartels-pcb")
	m.A.Invert, m.Z.Invert = true, true
	dry, err := DryRun(c, filepath.Join(t.TempDir(), "lines.rec"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := OpenBoard(dry, m, Computer(dry, clock.Real{}), clock.Real{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := record.Open(dry.DryRun.File, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	plan, err := Lights(b.Wires, LightOptions{Motor: "focuser", Duty: 0.2, Each: MinEach})
	if err != nil {
		t.Fatal(err)
	}
	plan.Steps[0].For = time.Millisecond
	con, out := console(t.Context(), strings.NewReader(""))
	if err := plan.Run(t.Context(), con, b, NewTape(b.Wires, p)); err != nil {
		t.Fatal(err)
	}
	if s := out.String(); !strings.Contains(s, "focuser relay out (line 16)\n    recorded: 2 writes, levels 3FCh 103FCh; focuser relay out") {
		t.Errorf("said\n%s", s)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if p.Levels() != 0xFF<<2 {
		t.Errorf("levels %X at the end", p.Levels())
	}
	if err := b.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
}
