// SPDX-License-Identifier: GPL-3.0-or-later

package tryout

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/harness"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/sim/box/plant"
)

// orders returns all permutations of 0 to n−1.
func orders(n int) (all [][]int) {
	if n == 0 {
		return [][]int{{}}
	}
	for _, p := range orders(n - 1) {
		for i := range n {
			all = append(all, slices.Insert(slices.Clone(p), i, n-1))
		}
	}
	return all
}

// motorOn returns a motor whose leads hang from the lines of motor Z of the
// circuit boards, pins 6 to 9, in an order.
func motorOn(t *testing.T, leads []int, now func() driver.Instant) *plant.Motors {
	t.Helper()
	m, err := plant.NewMotors(plant.MotorsConfig{
		Count: 1, Windings: 4, Leads: [][]int{leads}, Period: 2 * time.Millisecond, Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// shifted are lines 0 to 3 of a motor behind pins 6 to 9.
type shifted struct{ *plant.Motors }

func (s shifted) Write(word, mask uint32) error { return s.Motors.Write(word>>6, mask>>6&0xF) }

// watcher is the person beside the motor: asked, he says what it did since he
// was asked before.
type watcher struct {
	motor  *plant.Motors
	from   plant.MotorTruth
	cycles int
	asked  int
	port   *fakePort
	lit    uint32 // lines that were on while he was asked
}

func (w *watcher) Read(b []byte) (int, error) {
	w.asked++
	now := w.motor.Truth(0)
	turned := now.FullSteps - w.from.FullSteps
	w.from, w.lit = now, w.lit|w.port.levels
	// The cycle of the start, and a jump into it of up to two full steps.
	want := float64(4 * w.cycles)
	answer := "buzzed\n"
	switch {
	case turned > want-1:
		answer = "turned\n"
	case turned < -want+1:
		answer = "reversed\n"
	}
	return copy(b, answer), nil
}

// lineReader hands on one answer for each line that is asked for, not before.
type lineReader struct {
	w   *watcher
	ask <-chan struct{}
}

func (l lineReader) Read(b []byte) (int, error) {
	if _, ok := <-l.ask; !ok {
		return 0, io.EOF
	}
	return l.w.Read(b)
}

// asking tells a channel of questions.
type asking struct {
	*text
	ask chan<- struct{}
}

func (a asking) Write(b []byte) (int, error) {
	if strings.Contains(string(b), "?") && strings.HasPrefix(string(b), "It turned") {
		a.ask <- struct{}{}
	}
	return a.text.Write(b)
}

// find lets the finder find the order of a motor's leads.
func find(t *testing.T, leads []int) (lines []int, reverse bool, asked int, err error) {
	t.Helper()
	c, m := preset(t, "bartels-pcb")
	now := since(clock.Real{})
	motor := motorOn(t, leads, now)
	b, ports := openFakes(t, c, m, func(p *fakePort) { p.next = shifted{motor} })
	o := DefaultFinder("z")
	o.Cycles = 5
	f, err := NewFinder(b.Wires, o)
	if err != nil {
		t.Fatal(err)
	}
	ask := make(chan struct{}, 1)
	w := &watcher{motor: motor, from: motor.Truth(0), cycles: o.Cycles, port: ports[harness.Parport]}
	out := new(text)
	con := NewConsole(t.Context(), lineReader{w, ask}, asking{out, ask})
	err = f.Find(t.Context(), con, b, nil)
	close(ask)
	if w.lit != 0 {
		t.Errorf("leads %v: lines %X are on while the question is asked", leads, w.lit)
	}
	lines, reverse = parseResult(t, out.String())
	return lines, reverse, w.asked, err
}

// parseResult reads the lines for the configuration file.
func parseResult(t *testing.T, s string) (lines []int, reverse bool) {
	t.Helper()
	_, list, found := strings.Cut(s, "[hardware.z]\nlines = [")
	if !found {
		return nil, false
	}
	list, rest, _ := strings.Cut(list, "]\n\n[motors.z]\nreverse = ")
	for _, n := range strings.Split(list, ", ") {
		v, err := strconv.Atoi(n)
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		lines = append(lines, v)
	}
	return lines, strings.HasPrefix(rest, "true\n")
}

// turnBy drives a motor with the words of stepper-core §1.1, with its table of
// ReverseMotor, on pins, one cycle for a start and four more, and returns by
// how many full steps these turn it.
func turnBy(t *testing.T, leads, pins []int, reverse bool) float64 {
	t.Helper()
	now := driver.Instant(0)
	motor := motorOn(t, leads, func() driver.Instant { return now })
	exchanged := map[uint32]uint32{0x1: 0x4, 0x4: 0x1, 0x3: 0x6, 0x6: 0x3, 0x9: 0xC, 0xC: 0x9, 0x2: 0x2, 0x8: 0x8}
	var start float64
	for h := range 5 * len(four) {
		word := four[h%len(four)]
		if reverse {
			word = exchanged[word]
		}
		var levels uint32
		for i, pin := range pins {
			levels |= word >> i & 1 << pin
		}
		if err := (shifted{motor}).Write(levels, 0xF<<6); err != nil {
			t.Fatal(err)
		}
		now = now.Add(50 * time.Millisecond)
		if h == len(four)-1 {
			start = motor.Truth(0).FullSteps
		}
	}
	return motor.Truth(0).FullSteps - start
}

// Of each of the 24 orders in which four leads can be connected, the finder
// finds one that turns the motor clockwise, in three tries at most.
func TestFinderFindsEveryOrder(t *testing.T) {
	tries := map[int]int{}
	for _, leads := range orders(4) {
		t.Run(fmt.Sprint(leads), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				lines, reverse, asked, err := find(t, leads)
				if err != nil || len(lines) != 4 {
					t.Fatalf("lines %v: %v", lines, err)
				}
				tries[asked]++
				if got := turnBy(t, leads, lines, reverse); math.Abs(got-16) > 0.1 {
					t.Errorf("lines %v, reverse %v turn the motor by %.2f full steps, want 16", lines, reverse, got)
				}
			})
		})
	}
	// 8 of the 24 turn at once, 4 each way; so do 8 in each other try.
	if tries[1] != 8 || tries[2] != 8 || tries[3] != 8 {
		t.Errorf("found in so many tries: %v, want 8 orders in each", tries)
	}
}

// A motor that no order turns, as one with a broken lead, is said to be such,
// with what to do.
func TestFinderSaysWhatCannot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := preset(t, "bartels-pcb")
		b, ports := openFakes(t, c, m, nil)
		f, err := NewFinder(b.Wires, DefaultFinder("z"))
		if err != nil {
			t.Fatal(err)
		}
		con, out := console(t.Context(), strings.NewReader("b\nperhaps\nBuzzed\nagain\nbuzzed\n"))
		if err := f.Find(t.Context(), con, b, nil); err == nil || !strings.Contains(err.Error(), "no order of the leads turns motor z") {
			t.Errorf("error %v", err)
		}
		if s := out.String(); strings.Count(s, "Try ") != 4 || !strings.Contains(s, "No order turns this motor") || strings.Contains(s, "lines =") {
			t.Errorf("said\n%s", s)
		}
		if l := ports[harness.Parport].levels; l != 0 {
			t.Errorf("levels %X", l)
		}
	})
}

func TestFinderWithoutAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := preset(t, "bartels-pcb")
		b, ports := openFakes(t, c, m, nil)
		f, err := NewFinder(b.Wires, DefaultFinder("a"))
		if err != nil {
			t.Fatal(err)
		}
		con, _ := console(t.Context(), strings.NewReader(""))
		if err := f.Find(t.Context(), con, b, nil); !errors.Is(err, fault.Invalid) {
			t.Errorf("error %v", err)
		}
		if l := ports[harness.Parport].levels; l != 0 {
			t.Errorf("levels %X", l)
		}
	})
}

func TestNewFinderRefuses(t *testing.T) {
	c, m := preset(t, "bartels-pcb")
	five, fiveMotors := preset(t, "five-phase")
	for name, tt := range map[string]struct {
		wires []Wire
		o     FinderOptions
	}{
		"no motor":      {Wires(c, m), DefaultFinder("")},
		"a chip":        {Wires(c, m), DefaultFinder("rotator")},
		"five windings": {Wires(five, fiveMotors), DefaultFinder("z")},
		"full current":  {Wires(c, m), FinderOptions{Motor: "z", Duty: 1, Rate: 20, Cycles: 12}},
		"too fast":      {Wires(c, m), FinderOptions{Motor: "z", Duty: 0.2, Rate: 1000, Cycles: 12}},
		"for ever":      {Wires(c, m), FinderOptions{Motor: "z", Duty: 0.2, Rate: 20, Cycles: 1000}},
	} {
		if _, err := NewFinder(tt.wires, tt.o); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
