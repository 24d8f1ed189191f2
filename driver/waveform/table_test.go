// SPDX-License-Identifier: GPL-3.0-or-later

package waveform

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
)

// worked is the example of stepper-core §1.2: four microsteps, ten slots.
func worked() Config {
	return Config{
		Windings: 4, Microsteps: 4, Slots: 10, Pause: 5,
		Leaving: []int{10, 10, 10, 6}, Approaching: []int{0, 6, 10, 10},
	}
}

func table(t testing.TB, c Config, change ...func(*Config)) *Table {
	t.Helper()
	for _, f := range change {
		f(&c)
	}
	made, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func pair(t testing.TB, low, high *Table) Pair {
	t.Helper()
	p, err := NewPair(low, high)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// text gives a pattern as in the reference: "C3×6 81×4 00×5".
func text(p driver.Pattern) string {
	var words []string
	for _, s := range p.Slots[:p.N] {
		words = append(words, fmt.Sprintf("%02X×%d", s.Word, s.For))
	}
	return strings.Join(words, " ")
}

// Full steps and microsteps within them as counts: b1 is 1·4 + 1.
const (
	a0, a1, a2, a3 = 0, 1, 2, 3
	b1, c3, d3     = 5, 11, 15
)

func TestWorkedExample(t *testing.T) {
	invert := func(c *Config) { c.Invert = true }
	reverse := func(c *Config) { c.Reverse = true }
	plain := table(t, worked())
	tests := []struct {
		name      string
		low, high *Table
		a, z      model.Microsteps
		want      string
		source    string
	}{
		{"a0", plain, nil, a0, 0, "01×10 00×5", "§1.2"},
		{"a1", plain, nil, a1, 0, "03×6 01×4 00×5", "§1.2"},
		{"a2", plain, nil, a2, 0, "03×10 00×5", "§1.2"},
		{"a3", plain, nil, a3, 0, "03×6 02×4 00×5", "§1.2"},
		{"b1", plain, nil, b1, 0, "06×6 02×4 00×5", "§1.2"},
		{"d3", plain, nil, d3, 0, "09×6 01×4 00×5", "§1.2"},
		{"a1 and c3", plain, plain, a1, c3, "C3×6 81×4 00×5", "§1.2"},
		{"inverted", table(t, worked(), invert), table(t, worked(), invert), a1, c3, "3C×6 7E×4 FF×5", "§1.2"},
		{"A reversed", table(t, worked(), reverse), plain, a1, c3, "C6×6 84×4 00×5", "§1.2"},
		{"c3 on the high half alone", nil, plain, 0, c3, "C0×6 80×4 00×5", "§1.2"},
		{"one motor inverted: the other half off too", table(t, worked(), invert), nil, a0, 0, "FE×10 FF×5", "§9, hazard 1"},
		{"a cycle on", plain, plain, a1 + 16, c3 - 160, "C3×6 81×4 00×5", "§0: electrical cycle"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var low, high Phase
			if tt.low != nil {
				low = tt.low.Phase(tt.a)
			}
			if tt.high != nil {
				high = tt.high.Phase(tt.z)
			}
			if got := text(pair(t, tt.low, tt.high).Combine(low, high)); got != tt.want {
				t.Errorf("got %s, want %s (%s)", got, tt.want, tt.source)
			}
		})
	}
}

func TestHalfStepWords(t *testing.T) {
	invert := func(c *Config) { c.Invert = true }
	reverse := func(c *Config) { c.Reverse = true }
	five := func(c *Config) { c.Windings = 5 }
	tests := []struct {
		name   string
		change []func(*Config)
		low    string // words of the half-steps of a cycle, hex
		high   string
	}{
		{"four windings", nil, "01 03 02 06 04 0C 08 09", "10 30 20 60 40 C0 80 90"},
		{"reversed", []func(*Config){reverse}, "04 06 02 03 01 09 08 0C", "40 60 20 30 10 90 80 C0"},
		{"inverted", []func(*Config){invert}, "FE FC FD F9 FB F3 F7 F6", "EF CF DF 9F BF 3F 7F 6F"},
		{"five windings", []func(*Config){five}, "01 03 02 06 04 0C 08 18 10 11", "20 60 40 C0 80 180 100 300 200 220"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			made := table(t, worked(), tt.change...)
			p := pair(t, made, made)
			for i, want := range strings.Fields(tt.low) {
				n := model.Microsteps(2 * i)
				if got := text(p.Combine(made.HalfStep(n), Phase{})); got != want+"×15" {
					t.Errorf("half step %d: got %s, want %s all the period (stepper-core §1.1)", i, got, want)
				}
				if got := text(p.Combine(Phase{}, made.HalfStep(n))); got != strings.Fields(tt.high)[i]+"×15" {
					t.Errorf("half step %d, high: got %s, want %s", i, got, strings.Fields(tt.high)[i])
				}
			}
		})
	}
}

func TestNearestHalfStep(t *testing.T) {
	made := table(t, DefaultConfig()) // a half step is 5 microsteps
	for n, want := range map[model.Microsteps]model.Microsteps{
		2: 0, 3: 5, 7: 5, 8: 10, -2: 0, -3: -5, 38: 40, -48: -50,
	} {
		if made.HalfStep(n) != made.HalfStep(want) {
			t.Errorf("half step nearest to %d is not that of %d", n, want)
		}
	}
}

func TestColumns(t *testing.T) {
	tests := []struct {
		name                 string
		config               Config
		leaving, approaching []int
		source               string
	}{{
		name: "computed, 10", config: Config{Microsteps: 10, Slots: 100},
		leaving:     []int{100, 100, 100, 100, 100, 100, 82, 65, 50, 33},
		approaching: []int{0, 33, 50, 65, 82, 100, 100, 100, 100, 100},
		source:      "stepper-core §1.2, generator",
	}, {
		name: "one column", config: Config{Microsteps: 10, Slots: 100, Leaving: []int{100, 100, 100, 100, 100, 100, 85, 70, 55, 35}},
		leaving:     []int{100, 100, 100, 100, 100, 100, 85, 70, 55, 35},
		approaching: []int{0, 35, 55, 70, 85, 100, 100, 100, 100, 100},
		source:      "stepper-core §10 default, §1.2 rule",
	}, {
		name: "two columns", config: worked(),
		leaving: []int{10, 10, 10, 6}, approaching: []int{0, 6, 10, 10},
		source: "stepper-core §1.2, worked example",
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			leaving, approaching := tt.config.Columns()
			if !slices.Equal(leaving, tt.leaving) || !slices.Equal(approaching, tt.approaching) {
				t.Errorf("got %v and %v, want %v and %v (%s)", leaving, approaching, tt.leaving, tt.approaching, tt.source)
			}
		})
	}
}

// The original scales both windings of a segment by one of them; a trim
// belongs to the line it is named for, reversed or not.
func TestCompensationOfTheRightWinding(t *testing.T) {
	trim := func(c *Config) { c.Compensation = []float64{1, 0.5, 1, 1} } // line b
	made := table(t, worked(), trim)
	p := pair(t, made, nil)
	for n, want := range map[model.Microsteps]string{
		a1: "03×3 01×7 00×5", // a 10, b 6 × ½
		b1: "06×5 04×1 00×9", // b 10 × ½, c 6
		a0: "01×10 00×5",     // a alone
		4:  "02×5 00×10",     // b alone
		c3: "0C×6 08×4 00×5", // c and d: untouched
		d3: "09×6 01×4 00×5", // d and a: untouched
		7:  "06×3 04×7 00×5", // b 6 × ½, c 10
		2:  "03×5 01×5 00×5", // a 10, b 10 × ½
		6:  "06×5 04×5 00×5", // b 10 × ½, c 10
		-1: "09×6 01×4 00×5", // d3 from below
		-4: "08×10 00×5",     // d0
		40: "04×10 00×5",     // c0, two cycles on
		10: "0C×10 00×5",     // c2
		12: "08×10 00×5",     // d0
	} {
		if got := text(p.Combine(made.Phase(n), Phase{})); got != want {
			t.Errorf("microstep %d: got %s, want %s", n, got, want)
		}
	}
	trimA := func(c *Config) { c.Compensation, c.Reverse = []float64{0.5, 1, 1, 1}, true }
	reversed := table(t, worked(), trimA)
	if got, want := text(p.Combine(reversed.Phase(8), Phase{})), "01×5 00×10"; got != want {
		t.Errorf("reversed, winding c is on line a: got %s, want %s", got, want)
	}
}

// A pattern says when each winding goes off, so it must give back each
// winding's count.
func TestCombineConservesDuty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := DefaultConfig()
		c.Windings = rapid.SampledFrom([]int{4, 5}).Draw(t, "windings")
		c.Microsteps = 2 * rapid.IntRange(1, 20).Draw(t, "half step")
		c.Slots = rapid.IntRange(1, 300).Draw(t, "slots")
		c.Pause = rapid.IntRange(0, 50).Draw(t, "pause")
		c.Invert = rapid.Bool().Draw(t, "invert")
		counts := rapid.SliceOfN(rapid.IntRange(0, c.Slots), c.Microsteps, c.Microsteps)
		c.Leaving = counts.Draw(t, "leaving")
		c.Approaching = counts.Draw(t, "approaching")
		made, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		p, err := NewPair(made, made)
		if err != nil {
			t.Fatal(err)
		}
		cycle := c.Windings * c.Microsteps
		a, z := rapid.IntRange(0, cycle-1).Draw(t, "a"), rapid.IntRange(0, cycle-1).Draw(t, "z")
		got := p.Combine(made.Phase(model.Microsteps(a)), made.Phase(model.Microsteps(z)))
		if got.N < 1 || got.N > driver.MaxSlots || got.Period() != c.Slots+c.Pause {
			t.Fatalf("%d entries, %d slots; want a period of %d", got.N, got.Period(), c.Slots+c.Pause)
		}
		duty := make([]int, 2*c.Windings)
		for _, s := range got.Slots[:got.N] {
			if s.For == 0 {
				t.Fatalf("an entry of no length in %s", text(got))
			}
			word := s.Word
			if c.Invert {
				word ^= 1<<(2*c.Windings) - 1
			}
			for bit := range duty {
				duty[bit] += int(word>>bit&1) * int(s.For)
			}
		}
		want := make([]int, 2*c.Windings)
		for half, n := range []int{a, z} {
			w, k := n/c.Microsteps, n%c.Microsteps
			want[half*c.Windings+w] += c.Leaving[k]
			want[half*c.Windings+(w+1)%c.Windings] += c.Approaching[k]
		}
		if !slices.Equal(duty, want) {
			t.Errorf("duties %v, want %v from %s", duty, want, text(got))
		}
	})
}

func TestOff(t *testing.T) {
	plain := table(t, worked())
	if got := text(pair(t, plain, plain).Off()); got != "00×15" {
		t.Errorf("off is %s", got)
	}
	inverted := table(t, worked(), func(c *Config) { c.Invert = true })
	if got := text(pair(t, nil, inverted).Off()); got != "FF×15" {
		t.Errorf("inverted off is %s", got)
	}
}
