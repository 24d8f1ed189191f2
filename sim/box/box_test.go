// SPDX-License-Identifier: GPL-3.0-or-later

package box_test

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/sim/box"
)

func newClock() *clock.Manual {
	return clock.NewManual(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
}

// seconds is an instant.
func seconds(s float64) driver.Instant { return driver.Instant(s * 1e9) }

// mount is axes that a test turns.
type mount struct{ az, alt model.Angle }

func (m *mount) axes() (az, alt model.Angle) { return m.az, m.alt }

// counts turns the axes to so many counts of 8192 and a little beyond, from
// where they stood at zero.
func (m *mount) counts(az, alt float64) {
	m.az = model.Degrees((az + 0.25) * 360 / 8192)
	m.alt = model.Degrees((alt + 0.25) * 360 / 8192)
}

func newEncoder(t *testing.T, cfg box.EncoderConfig) *box.Encoder {
	t.Helper()
	if cfg.Counts == [2]int{} {
		cfg.Counts = [2]int{8192, 8192}
	}
	e, err := box.NewEncoder(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// ask gives a box a command and checks its answer, byte by byte.
func ask(t *testing.T, b box.Box, at driver.Instant, command, want string) {
	t.Helper()
	if got := string(b.Take(at, []byte(command))); got != want {
		t.Errorf("%q: answer %q, want %q", command, got, want)
	}
}

func TestKindsCanAllBeMade(t *testing.T) {
	kinds := box.Kinds()
	if len(kinds) != 9 {
		t.Errorf("%d kinds, want 8 encoder boxes and a focus motor: %q", len(kinds), kinds)
	}
	for _, k := range kinds {
		if b, err := box.New(k, box.Options{}); err != nil || b == nil {
			t.Errorf("%s: %v, %v", k, b, err)
		}
	}
	b, err := box.New("encoder:mouse", box.Options{})
	if !errors.Is(err, fault.Invalid) || b != nil {
		t.Errorf("a mouse is no box, got %v, %v", b, err)
	}
	b, err = box.New("encoder:bseg", box.Options{Counts: [2]int{-1, 1}})
	if !errors.Is(err, fault.Invalid) || b != nil {
		t.Errorf("−1 counts: %v, %v", b, err)
	}
}

func TestPortIsSlow(t *testing.T) {
	c := newClock()
	m := &mount{}
	e := newEncoder(t, box.EncoderConfig{Protocol: box.NoReset, Axes: m.axes})
	p := box.NewLine(e, c, &box.Faults{PerByte: 10 * time.Millisecond}).Port()
	if _, err := p.Write([]byte("Q")); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 64)
	for step := range 15 {
		want := min(1, step) // a byte every 10 ms, 14 of them
		n, err := p.Read(buf)
		if n != want || (n == 0) != errors.Is(err, io.EOF) {
			t.Fatalf("after %d ms: %d bytes, %v, want %d", 10*step, n, err, want)
		}
		c.Advance(10 * time.Millisecond)
	}
	if n, err := p.Read(buf); n != 0 || err != io.EOF {
		t.Errorf("after all: %d bytes, %v", n, err)
	}
}

func TestPortIdleMayLetTimePass(t *testing.T) {
	c := newClock()
	e := newEncoder(t, box.EncoderConfig{Protocol: box.NoReset, Axes: (&mount{}).axes})
	p := box.NewLine(e, c, &box.Faults{PerByte: time.Millisecond}).Port()
	p.Idle = func() { c.Advance(2 * time.Millisecond) }
	if _, err := p.Write([]byte("Q")); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 14)
	if _, err := io.ReadFull(p, buf); err != nil || string(buf) != "+00000\t+00000\r" {
		t.Errorf("read %q, %v", buf, err)
	}
}

func TestPortSilenceAndUnplug(t *testing.T) {
	c := newClock()
	f := &box.Faults{}
	e := newEncoder(t, box.EncoderConfig{Protocol: box.Ek, Axes: (&mount{}).axes})
	l := box.NewLine(e, c, f)
	p := l.Port()
	f.Silence(seconds(1), seconds(2))
	f.Unplug(seconds(3), seconds(4))
	var got string
	for range 5 {
		n, err := p.Write([]byte("y"))
		buf := make([]byte, 8)
		r, rerr := p.Read(buf)
		got += fmt.Sprintf("%d %v %d %v; ", n, err, r, rerr)
		c.Advance(time.Second)
	}
	const want = "1 <nil> 4 <nil>; 1 <nil> 0 EOF; 1 <nil> 4 <nil>; 0 input/output error 0 input/output error; 1 <nil> 4 <nil>; "
	if got != want {
		t.Errorf("second by second:\n got %s\nwant %s", got, want)
	}
	if l.Now() != seconds(5) {
		t.Errorf("line's time %v", l.Now())
	}
	_ = p.Close()
	if _, err := p.Write([]byte("y")); err == nil {
		t.Error("a closed port takes bytes")
	}
}

func TestPortFlush(t *testing.T) {
	e := newEncoder(t, box.EncoderConfig{Protocol: box.Ek, Axes: (&mount{}).axes})
	p := box.NewLine(e, newClock(), nil).Port()
	_, _ = p.Write([]byte("yy"))
	_ = p.Flush()
	if n, err := p.Read(make([]byte, 9)); n != 0 || err != io.EOF {
		t.Errorf("after a flush: %d, %v", n, err)
	}
}

func TestSpoilIsByChanceAndRepeatable(t *testing.T) {
	in := make([]byte, 100000)
	lose := func(seed uint64) string { return string((&box.Faults{Seed: seed, Lost: 0.1, Garbage: 0.1}).Spoil(in)) }
	if a, b := lose(1), lose(1); a != b {
		t.Error("the same seed spoils differently")
	}
	if lose(1) == lose(2) {
		t.Error("another seed spoils alike")
	}
	// Each of the rates within 5 standard deviations: √(100000·0.1·0.9) ≈ 95.
	near := func(name string, got int, want float64) {
		t.Helper()
		if d := float64(got) - want; d > 475 || d < -475 {
			t.Errorf("%s: %d, want about %.0f", name, got, want)
		}
	}
	near("lost", len(in)-len((&box.Faults{Lost: 0.1}).Spoil(in)), 10000)
	near("extra", len((&box.Faults{Extra: 0.1}).Spoil(in))-len(in), 10000)
	garbage := 0
	for _, b := range (&box.Faults{Garbage: 0.1}).Spoil(in) {
		if b != 0 {
			garbage++
		}
	}
	near("garbage", garbage, 10000)
	if f := (*box.Faults)(nil); string(f.Spoil(in)) != string(in) || f.Silent(0) || f.Unplugged(0) || f.Slowness() != 0 || f.Loses() {
		t.Error("no faults are not perfect")
	}
}

func TestSpoilKeepsGarbageApart(t *testing.T) {
	for _, b := range (&box.Faults{Garbage: 1}).Spoil(make([]byte, 5000)) {
		if b == 0 {
			t.Fatal("a spoiled byte arrived as itself")
		}
	}
}
