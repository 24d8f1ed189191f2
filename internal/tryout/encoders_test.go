// SPDX-License-Identifier: GPL-3.0-or-later

package tryout

import (
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/encoder"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/sim/box"
)

// tube is what the encoders hang from.
type tube struct {
	mu      sync.Mutex
	az, alt model.Angle
}

func (u *tube) axes() (az, alt model.Angle) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.az, u.alt
}

func (u *tube) turn(az, alt model.Angle) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.az, u.alt = u.az+az, u.alt+alt
}

func (u *tube) set(az, alt model.Angle) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.az, u.alt = az, alt
}

func boxConfig(protocol string) encoder.Config {
	c := encoder.DefaultConfig()
	c.Protocol, c.Device, c.CountsZ, c.CountsA, c.PollS, c.MaxRate = protocol, "/dev/box", 8000, 4000, 1, 170
	return c
}

// talk runs the display on a box in a bubble; hand acts meanwhile.
func talk(t *testing.T, cfg encoder.Config, u *tube, f *box.Faults, hand func(typed io.Writer, wait func(time.Duration))) string {
	t.Helper()
	b, err := box.NewEncoder(box.EncoderConfig{Protocol: cfg.Protocol, Axes: u.axes, Counts: [2]int{8000, 4000}, Resolution: [2]int{cfg.CountsZ, cfg.CountsA}})
	if err != nil {
		t.Fatal(err)
	}
	near, far := net.Pipe()
	line := box.NewLine(b, clock.Real{}, f)
	go func() { _ = line.Run(t.Context(), far) }()
	ctx, cancel := context.WithCancel(t.Context())
	read, typed := io.Pipe()
	con, out := console(ctx, read)
	done := make(chan error, 1)
	go func() {
		err := Encoders(ctx, con, func() (io.ReadWriteCloser, error) { return near, nil }, EncoderOptions{Config: cfg}, clock.Real{})
		read.CloseWithError(err)
		done <- err
	}()
	hand(typed, func(d time.Duration) { _ = clock.Sleep(t.Context(), clock.Real{}, d) })
	cancel()
	typed.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
	return out.String()
}

// Counts, angles, a query in between, a turn by hand, a reset.
func TestEncodersConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := new(tube)
		s := talk(t, boxConfig(box.ResetViaR), u, nil, func(typed io.Writer, wait func(time.Duration)) {
			wait(1500 * time.Millisecond)
			u.turn(model.Degrees(45), model.Degrees(-9))
			io.WriteString(typed, "Q\n") // between two polls
			wait(10 * time.Millisecond)
			io.WriteString(typed, "T\n")
			for range 8 { // a whole turn, slowly
				u.turn(model.Degrees(45), 0)
				wait(time.Second)
			}
			io.WriteString(typed, "T\n")
			io.WriteString(typed, "q\n")
			io.WriteString(typed, "R\n")
			io.WriteString(typed, "no\n")
			io.WriteString(typed, "R\n")
			io.WriteString(typed, "yes\n")
			wait(1500 * time.Millisecond)
		})
		for _, want := range []string{
			"0.000 s  z raw      0, counts      +0, angle   +0.0000°   a raw      0, counts      +0, angle   +0.0000°",
			"1.500 s  z raw   1000, counts   +1000, angle  +45.0000°   a raw   -100, counts    -100, angle   -9.0000°",
			"axis z: +8000 counts, +360.0000° as it is configured",
			"[encoders]\ncounts_per_turn_z = 8000\nreverse_z = false",
			`"q" is none of Q, T, R`,
			"give the box 8000 and 4000 counts per turn? Type yes.\nnot reset\n",
			"the box confirms: its counters are 0",
			// After the reset the box counts from 0, and the angles go on.
			"z raw      0, counts   +9000, angle +405.0000°",
			"no reply 0, garbage 0, refused 0, jumps 0, out of step 0, resets 1",
		} {
			if !strings.Contains(s, want) {
				t.Errorf("nothing said of %q in\n%s", want, s)
			}
		}
	})
}

// The counts of a turn are those of the box, whatever was configured.
func TestTurnFindsTheCounts(t *testing.T) {
	for _, tt := range []struct {
		counts  int
		gear    float64
		reverse bool
		turn    model.Angle
		want    string
	}{
		{4000, 1, false, model.Degrees(360), "counts_per_turn_a = 4000\nreverse_a = false"},
		{4000, 1, false, model.Degrees(-360), "counts_per_turn_a = 4000\nreverse_a = true"},
		{4000, 1, true, model.Degrees(360), "counts_per_turn_a = 4000\nreverse_a = false"},
		{4000, 1, true, model.Degrees(-360), "counts_per_turn_a = 4000\nreverse_a = true"},
		{400, 10, false, model.Degrees(360), "counts_per_turn_a = 400\nreverse_a = false\n(with turns_per_axis_turn_a = 10)"},
	} {
		synctest.Test(t, func(t *testing.T) {
			u := new(tube)
			cfg := boxConfig(box.NoReset)
			cfg.CountsA, cfg.GearA, cfg.ReverseA = tt.counts, tt.gear, tt.reverse
			cfg.MaxRate = 160 / tt.gear
			s := talk(t, cfg, u, nil, func(typed io.Writer, wait func(time.Duration)) {
				wait(500 * time.Millisecond)
				io.WriteString(typed, "t\n")
				for i := range 360 { // the box of 4000 counts wraps at 2000
					u.set(0, tt.turn*model.Angle(i+1)/360)
					io.WriteString(typed, "Q\n")
					wait(100 * time.Millisecond)
				}
				wait(time.Second)
				io.WriteString(typed, "T\nR\n")
				wait(time.Millisecond)
			})
			if !strings.Contains(s, tt.want) {
				t.Errorf("%+v: said\n%s", tt, s[max(0, len(s)-600):])
			}
		})
	}
}

// What a box fails to say is told by its kind.
func TestEncodersTellFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := new(box.Faults)
		f.Silence(0, driver.Instant(2500*time.Millisecond))
		s := talk(t, boxConfig(box.BSeg), new(tube), f, func(_ io.Writer, wait func(time.Duration)) { wait(4500 * time.Millisecond) })
		if strings.Count(s, "no reply (") != 3 || !strings.Contains(s, "no reply (3 so far)") || !strings.Contains(s, "readings 2, no reply 3, garbage 0") {
			t.Errorf("said\n%s", s)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		f := &box.Faults{Garbage: 0.5, Seed: 1}
		s := talk(t, boxConfig(box.BSeg), new(tube), f, func(_ io.Writer, wait func(time.Duration)) { wait(5500 * time.Millisecond) })
		if !strings.Contains(s, "garbage (1 so far)") {
			t.Errorf("said\n%s", s)
		}
	})
}

// A line that is gone ends the test with an error.
func TestEncodersLineGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		far.Close()
		con, _ := console(t.Context(), strings.NewReader(""))
		err := Encoders(t.Context(), con, func() (io.ReadWriteCloser, error) { return near, nil }, EncoderOptions{Config: boxConfig(box.BSeg)}, clock.Real{})
		if !errors.Is(err, fault.Hardware) {
			t.Errorf("error %v", err)
		}
	})
}

// Over a real terminal: the device as the program opens it.
func TestEncodersOverTerminal(t *testing.T) {
	u := new(tube)
	b, err := box.NewEncoder(box.EncoderConfig{Protocol: box.ResetViaZ, Axes: u.axes, Counts: [2]int{8000, 4000}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	path, done, err := box.NewLine(b, clock.Real{}, nil).Serve(ctx, filepath.Join(t.TempDir(), "box"))
	if err != nil {
		t.Fatal(err)
	}
	u.turn(model.Degrees(45), model.Degrees(9))
	cfg := boxConfig(box.ResetViaZ)
	cfg.Device, cfg.ReplyMS, cfg.PollS, cfg.MaxRate = path, 2000, 5, 30
	con, out := console(t.Context(), strings.NewReader(""))
	if err := Encoders(t.Context(), con, cfg.Opener(), EncoderOptions{Config: cfg, For: time.Nanosecond}, clock.Real{}); err != nil {
		t.Error(err)
	}
	if !strings.Contains(out.String(), "z raw   1000, counts   +1000, angle  +45.0000°   a raw    100, counts    +100, angle   +9.0000°") {
		t.Errorf("said\n%s", out)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
