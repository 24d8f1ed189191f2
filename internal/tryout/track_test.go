// SPDX-License-Identifier: GPL-3.0-or-later

package tryout

import (
	"context"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/driver/pwm"
	"github.com/siderostep/siderostep/driver/waveform"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/sim/box/plant"
)

// onMotors returns equipment of two motors on one port of eight lines: A on
// lines 0 to 3, Z on 4 to 7.
func onMotors(t *testing.T) (Equipment, *plant.Motors, *fakePort) {
	t.Helper()
	now := since(clock.Real{})
	motors, err := plant.NewMotors(plant.MotorsConfig{Count: 2, Windings: 4, Period: 2 * time.Millisecond, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	port := &fakePort{use: Use{Outputs: 0x1FF}, now: now, next: motors}
	windings, err := pwm.New(port, []int{0, 1, 2, 3, 4, 5, 6, 7}, 2*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	table, err := waveform.New(waveform.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	return Equipment{
		Axes: []executor.Axis{
			{Kind: executor.Windings, Table: table, High: true},
			{Kind: executor.Windings, Table: table},
			{Kind: executor.Pulse},
		},
		Outputs:        executor.Outputs{Windings: []driver.Windings{windings}, Clocked: []driver.Clocked{windings}, Pulsers: []driver.Pulser{nowhere{}}},
		PlannerTimeout: 500 * time.Millisecond, HoldAfterLoss: 2 * time.Second,
		KeepAlive: func(high bool) error {
			return port.Write(map[bool]uint32{true: 1 << 8}[high], 1<<8)
		},
		Off: port.Off,
	}, motors, port
}

type nowhere struct{}

func (nowhere) Pulse(driver.Instant, bool) error { return nil }

func rates(z, a float64) TrackOptions {
	axis := func(name string, rate float64) TrackAxis {
		return TrackAxis{Name: name, Rate: rate, Accel: 400, MaxRate: 1000, PerDegree: 10000, Cycle: 40}
	}
	return TrackOptions{Axes: [2]TrackAxis{axis("z", z), axis("a", a)}}
}

// Both motors turn at their rates, either way, and are switched off after a
// ramp.
func TestTrackTurnsAtTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eq, motors, port := onMotors(t)
		o := rates(200, -30.5)
		o.For = 20 * time.Second
		con, out := console(t.Context(), strings.NewReader(""))
		if err := Track(t.Context(), con, eq, o, clock.Real{}, nil); err != nil {
			t.Fatal(err)
		}
		// 20 s less the 0.1 s of the lead, half a ramp at each end: rate ×
		// 19.9 s; ten microsteps are a full step. The stop comes within a beat.
		for motor, rate := range []float64{-30.5, 200} { // A is the first motor of the port
			want, slack := rate*19.9/10, math.Abs(rate)*0.1/10+0.6
			if got := motors.Truth(motor).FullSteps; math.Abs(got-want) > slack {
				t.Errorf("motor %d turned by %.2f full steps, want %.2f ± %.2f", motor, got, want, slack)
			}
		}
		if port.levels != 0 {
			t.Errorf("levels %X at the end", port.levels)
		}
		s := out.String()
		for _, want := range []string{"     1.0 s  z  count ", "microstep ", "rate 200/s", "rate -30.5/s", "late 0, skips 0, lost 0", "Everything is off."} {
			if !strings.Contains(s, want) {
				t.Errorf("nothing said of %q in\n%s", want, s)
			}
		}
		if strings.Contains(s, "skips 1") || strings.Contains(s, "lost 1") {
			t.Errorf("skips or losses in\n%s", s)
		}
		if n := toggles(port.log, 8); n < 405 || n > 425 {
			t.Errorf("the keep-alive line toggled %d times in 20.8 s, want one in 50 ms", n)
		}
	})
}

// toggles counts how often a line changed.
func toggles(log []entry, line int) (n int) {
	for i := range len(log) - 1 {
		n += int((log[i].levels ^ log[i+1].levels) >> line & 1)
	}
	return n
}

// Ctrl-C stops with a ramp: the motor still turns for half the rate × the
// ramp's time, and loses no step.
func TestTrackStopsWithARamp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eq, motors, port := onMotors(t)
		ctx, cancel := context.WithCancel(t.Context())
		con, out := console(ctx, strings.NewReader(""))
		done := make(chan error)
		go func() { done <- Track(ctx, con, eq, rates(800, 0), clock.Real{}, nil) }()
		_ = clock.Sleep(t.Context(), clock.Real{}, 10*time.Second)
		synctest.Wait()
		at := motors.Truth(1).FullSteps
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		// 800²/(2·400) = 800 microsteps, 80 full steps.
		if way := motors.Truth(1).FullSteps - at; math.Abs(way-80) > 2 {
			t.Errorf("stopped within %.1f full steps, want 80", way)
		}
		if port.levels != 0 || !strings.Contains(out.String(), "Stopped.") {
			t.Errorf("levels %X; said\n%s", port.levels, out)
		}
	})
}

// A terminal that holds the text up (Ctrl-S) does not keep a motor going: the
// executor misses its planner, brakes, and switches off.
func TestTrackDoesNotOutliveItsPlanner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eq, motors, port := onMotors(t)
		read, write := io.Pipe()
		done := make(chan error)
		go func() {
			con := NewConsole(t.Context(), strings.NewReader(""), write)
			done <- Track(t.Context(), con, eq, rates(200, 0), clock.Real{}, nil)
		}()
		_ = clock.Sleep(t.Context(), clock.Real{}, 10*time.Second)
		synctest.Wait()
		if port.levels != 0 || port.log[len(port.log)-1].at.Sub(0) > 6*time.Second {
			t.Errorf("levels %X, last written at %v", port.levels, port.log[len(port.log)-1].at.Sub(0))
		}
		// Silent from 1 s on: 1.5 s at 20 full steps a second, and the ramp.
		if turned := motors.Truth(1).FullSteps; turned < 20 || turned > 40 {
			t.Errorf("turned by %.1f full steps", turned)
		}
		read.Close()
		if err := <-done; !errors.Is(err, fault.Hardware) {
			t.Errorf("error %v", err)
		}
	})
}

// An output that fails stops the motors, and everything is off.
func TestTrackFailure(t *testing.T) {
	for _, panics := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			eq, _, port := onMotors(t)
			port.fail, port.panics = 3000, panics
			con, _ := console(t.Context(), strings.NewReader(""))
			o := rates(200, 0)
			o.For = 20 * time.Second
			err := Track(t.Context(), con, eq, o, clock.Real{}, nil)
			if err == nil {
				t.Error("no error")
			}
			if port.fail != 0 || port.levels != 0 {
				t.Errorf("levels %X", port.levels)
			}
		})
	}
}

func TestTrackRefuses(t *testing.T) {
	for name, o := range map[string]TrackOptions{
		"nothing":    rates(0, 0),
		"too fast":   rates(1001, 0),
		"too fast a": rates(1, -1001),
		"no number":  rates(math.NaN(), 0),
		"no ramp":    {Axes: [2]TrackAxis{{Name: "z", Rate: 1, MaxRate: 10}, {Name: "a", Accel: 1}}},
	} {
		if err := CheckTrack(o); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if err := CheckTrack(rates(1000, -1000)); err != nil {
		t.Error(err)
	}
}

// A move reaches its end at rest, never faster than its rate, whether it is
// long enough to reach it or not.
func TestMove(t *testing.T) {
	for _, tt := range []struct {
		by, rate, accel float64
		pieces          int
		seconds         float64
	}{
		{1000, 100, 50, 3, 12}, // 2 s up, 8 s at 100, 2 s down
		{-1000, 100, 50, 3, 12},
		{50, 100, 50, 2, 2}, // 1 s up, 1 s down
		{0, 100, 50, 0, 0},
	} {
		from := driver.PositionOf(7)
		segments := move(1000, from, tt.by, tt.rate, tt.accel)
		if len(segments) != tt.pieces {
			t.Errorf("%+v: %d pieces", tt, len(segments))
		}
		if len(segments) == 0 {
			continue
		}
		last := segments[len(segments)-1]
		end, rate := last.At(last.End())
		if math.Abs((end-from).Microsteps()-tt.by) > 1e-3 || math.Abs(rate) > 1e-3 {
			t.Errorf("%+v: ends at %.4f with rate %.4f", tt, (end - from).Microsteps(), rate)
		}
		if got := last.End().Sub(1000).Seconds(); math.Abs(got-tt.seconds) > 1e-6 {
			t.Errorf("%+v: takes %.4f s", tt, got)
		}
		for _, s := range segments {
			if math.Abs(s.V) > tt.rate+1e-9 {
				t.Errorf("%+v: rate %.3f", tt, s.V)
			}
		}
	}
}
