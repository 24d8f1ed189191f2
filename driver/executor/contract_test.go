// SPDX-License-Identifier: GPL-3.0-or-later

package executor_test

import (
	"math"
	"sync"
	"testing"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/drivertest"
	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/driver/waveform"
	"github.com/siderostep/siderostep/model"
)

func TestInlinePulsesContract(t *testing.T) {
	drivertest.Motors(t, func(t *testing.T) drivertest.Rig {
		counters := [3]drivertest.Counter{}
		c, out := pulses(counters[:])
		m, err := executor.NewInline(c, out)
		if err != nil {
			t.Fatal(err)
		}
		return drivertest.Rig{
			Motors: m, Axes: len(counters), Brake: c.Axes[0].Brake, MaxRate: c.Axes[0].MaxRate,
			Made: func(axis int) model.Microsteps { return counters[axis].Count },
		}
	})
}

func pulses(counters []drivertest.Counter) (executor.Config, executor.Outputs) {
	var c executor.Config
	var out executor.Outputs
	for i := range counters {
		out.Pulsers = append(out.Pulsers, &counters[i])
		c.Axes = append(c.Axes, executor.Axis{Kind: executor.Pulse, Port: i, Brake: 50000, MaxRate: 80000})
	}
	return c, out
}

func TestInlineWindingsContract(t *testing.T) {
	for name, change := range map[string]func(*waveform.Config){
		"four windings":    func(*waveform.Config) {},
		"five windings":    func(c *waveform.Config) { c.Windings = 5 },
		"inverted":         func(c *waveform.Config) { c.Invert = true },
		"twenty to a step": func(c *waveform.Config) { c.Microsteps = 20 },
	} {
		t.Run(name, func(t *testing.T) {
			wave := waveform.DefaultConfig()
			change(&wave)
			drivertest.Motors(t, func(t *testing.T) drivertest.Rig { return windings(t, wave) })
		})
	}
}

// windings returns a rig of two motors on one port. Their tables make a field
// that turns evenly, so that a rotor tells microsteps apart.
func windings(t *testing.T, wave waveform.Config) drivertest.Rig {
	wave.Slots = 1000
	wave.Pause = 100
	angle := 2 * math.Pi / float64(wave.Windings)
	for k := range wave.Microsteps {
		// Two fields an angle apart that add up to a direction between them.
		at := angle * float64(k) / float64(wave.Microsteps)
		wave.Leaving = append(wave.Leaving, int(math.Round(900*math.Sin(angle-at)/math.Sin(angle))))
		wave.Approaching = append(wave.Approaching, int(math.Round(900*math.Sin(at)/math.Sin(angle))))
	}
	table, err := waveform.New(wave)
	if err != nil {
		t.Fatal(err)
	}
	rotor := drivertest.NewRotor(wave.Windings, wave.Invert)
	axis := executor.Axis{Table: table, Brake: 50000, MaxRate: 80000, HalfStepAbove: 5000}
	c := executor.Config{Axes: []executor.Axis{axis, axis}}
	c.Axes[1].High = true
	m, err := executor.NewInline(c, executor.Outputs{Windings: []driver.Windings{rotor}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if rotor.Jumps != 0 || rotor.Back != 0 {
			t.Errorf("%d jumps, %d steps back in time", rotor.Jumps, rotor.Back)
		}
	})
	return drivertest.Rig{
		Motors: m, Axes: 2, Brake: axis.Brake, MaxRate: axis.MaxRate,
		Made: func(axis int) model.Microsteps {
			return model.Microsteps(math.Round(rotor.FullSteps(axis) * float64(wave.Microsteps)))
		},
		Energised: rotor.Energised,
	}
}

// An executor on a goroutine of its own, in real time, as it will be in
// a process of its own.
func TestExecutorApartContract(t *testing.T) {
	drivertest.Motors(t, func(t *testing.T) drivertest.Rig {
		t.Parallel() // it waits most of the time
		counters := [2]drivertest.Counter{}
		c, out := pulses(counters[:])
		board := new(executor.Board)
		exec, err := executor.New(c, out, board, 0)
		if err != nil {
			t.Fatal(err)
		}
		var real clock.Real
		begin := real.Now()
		now := func() driver.Instant { return driver.Instant(real.Now().Sub(begin)) }
		var mu sync.Mutex // of the counters, which only a test looks into
		done := make(chan struct{})
		var playing sync.WaitGroup
		playing.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					mu.Lock()
					exec.Advance(now())
					mu.Unlock()
					clock.Sleep(t.Context(), real, time.Millisecond)
				}
			}
		})
		t.Cleanup(func() { close(done); playing.Wait() })
		return drivertest.Rig{
			Motors: executor.NewPlanner(c, board), Axes: len(counters), Brake: c.Axes[0].Brake, MaxRate: c.Axes[0].MaxRate,
			Made: func(axis int) model.Microsteps {
				mu.Lock()
				defer mu.Unlock()
				return counters[axis].Count
			},
			Now:   now,
			Sleep: func(d time.Duration) { clock.Sleep(t.Context(), real, d) },
		}
	})
}
