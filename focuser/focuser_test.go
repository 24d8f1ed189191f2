// SPDX-License-Identifier: GPL-3.0-or-later

package focuser

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// motor is a focus motor that counts what it is given.
type motor struct {
	position   int
	directions []bool          // of the first pulse after each reversal
	moved      func(count int) // told of every step
	failAt     int             // where its output fails; 0 nowhere
}

func (m *motor) Pulse(_ driver.Instant, clockwise bool) error {
	if m.failAt != 0 && m.position == m.failAt {
		return fault.New(fault.Hardware, "pulser", "burnt")
	}
	if n := len(m.directions); n == 0 || m.directions[n-1] != clockwise {
		m.directions = append(m.directions, clockwise)
	}
	if clockwise {
		m.position++
	} else {
		m.position--
	}
	if m.moved != nil {
		m.moved(m.position)
	}
	return nil
}

// air is a thermometer.
type air struct {
	mu      sync.Mutex
	celsius float64
	err     error
}

func (a *air) Celsius() (float64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.celsius, a.err
}

func (a *air) set(celsius float64, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.celsius, a.err = celsius, err
}

// run starts a focuser inside a synctest bubble.
func run(t *testing.T, cfg Config, thermometer driver.Thermometer) (*Focuser, *motor) {
	t.Helper()
	f, m, _ := resume(t, cfg, Parts{Thermometer: thermometer})
	return f, m
}

// resume starts a focuser that goes on from a saved state. end ends its run;
// it ends with the test at the latest.
func resume(t *testing.T, cfg Config, p Parts) (f *Focuser, m *motor, end func()) {
	t.Helper()
	m = &motor{position: cfg.StartCount(p.Saved)}
	motors, err := executor.NewInline(executor.Config{Axes: []executor.Axis{{
		Kind: executor.Pulse, Initial: model.Microsteps(m.position), Brake: cfg.Accel, MaxRate: 1.5 * cfg.MaxRate,
	}}}, executor.Outputs{Pulsers: []driver.Pulser{m}})
	if err != nil {
		t.Fatal(err)
	}
	p.Motors = motors
	f, end = start(t, cfg, p)
	return f, m, end
}

func start(t *testing.T, cfg Config, p Parts) (f *Focuser, end func()) {
	t.Helper()
	p.Clock, p.Epoch = clock.Real{}, time.Now()
	f, err := New(cfg, p)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		done <- f.Run(ctx)
		close(done)
	}()
	end = func() { cancel(); <-done }
	t.Cleanup(end)
	return f, end
}

// pass lets time pass.
func pass(f *Focuser, d time.Duration) *Snapshot {
	time.Sleep(d)
	synctest.Wait()
	return f.Snapshot()
}

func wait(t *testing.T, f *Focuser) *Snapshot {
	t.Helper()
	for range 2000 {
		time.Sleep(50 * time.Millisecond)
		synctest.Wait()
		if s := f.Snapshot(); !s.Moving {
			return s
		}
	}
	t.Fatal("never arrived")
	return nil
}

func TestMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, m := run(t, DefaultConfig(), nil)
		for _, tt := range []struct{ to, want int }{
			{30000, 30000}, {30001, 30001}, {0, 0}, {-10, 0}, {50000, 50000}, {50010, 50000}, {25000, 25000},
		} {
			if err := f.Move(t.Context(), tt.to); err != nil {
				t.Fatal(err)
			}
			if s := wait(t, f); s.Position != tt.want || m.position != tt.want || s.Fault != nil {
				t.Errorf("to %d: at %d, motor at %d, fault %v", tt.to, s.Position, m.position, s.Fault)
			}
		}
	})
}

func TestBacklashEndsInOneDirection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, backlash := range []int{400, -400} {
			cfg := DefaultConfig()
			cfg.BacklashSteps = backlash
			f, m := run(t, cfg, nil)
			for _, to := range []int{20000, 30000, 29990} {
				if err := f.Move(t.Context(), to); err != nil {
					t.Fatal(err)
				}
				if s := wait(t, f); s.Position != to || m.position != to {
					t.Errorf("to %d: at %d", to, s.Position)
				}
				if last := m.directions[len(m.directions)-1]; last != (backlash > 0) {
					t.Errorf("backlash %d, to %d: came clockwise %v", backlash, to, last)
				}
			}
		}
	})
}

func TestHaltAndRedirect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, m := run(t, DefaultConfig(), nil)
		_ = f.Move(t.Context(), 50000)
		time.Sleep(3 * time.Second)
		if err := f.Halt(t.Context()); err != nil {
			t.Fatal(err)
		}
		s := wait(t, f)
		// 3 s at 2000 steps/s, less and plus the ramps.
		if s.Position < 30000 || s.Position > 31500 || s.Position != m.position {
			t.Errorf("halted at %d, motor at %d", s.Position, m.position)
		}
		_ = f.Move(t.Context(), 40000)
		time.Sleep(2 * time.Second)
		_ = f.Move(t.Context(), 10000)
		if s := wait(t, f); s.Position != 10000 || m.position != 10000 {
			t.Errorf("redirected to 10000, at %d", s.Position)
		}
	})
}

func TestTemperature(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &air{celsius: 12}
		f, m := run(t, DefaultConfig(), a)
		time.Sleep(time.Second)
		synctest.Wait()
		if s := f.Snapshot(); !s.HasTemperature || s.TemperatureC != 12 {
			t.Fatalf("temperature %v %v", s.HasTemperature, s.TemperatureC)
		}
		if err := f.SetTempComp(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		a.set(9.5, nil)
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if want := 25000 + 50; m.position != want { // −20 steps/°C
			t.Errorf("2.5° colder: at %d, want %d", m.position, want)
		}
		_ = f.Move(t.Context(), 25000)
		if s := wait(t, f); s.Position != 25000 {
			t.Errorf("a move with compensation on ended at %d", s.Position)
		}
		a.set(0, fault.New(fault.Hardware, "thermometer", "unplugged"))
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if f.Snapshot().HasTemperature {
			t.Error("an unplugged thermometer still tells the temperature")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		f, _ := run(t, DefaultConfig(), nil)
		if err := f.SetTempComp(t.Context(), true); !errors.Is(err, fault.Unsupported) {
			t.Errorf("compensation without a thermometer: %v", err)
		}
	})
}

// A planner that is held up finds the motor braked, its count exact, and the
// move goes on.
func TestPlannerHeldUp(t *testing.T) {
	m := &motor{position: 25000}
	cfg := DefaultConfig()
	motors, err := executor.NewInline(executor.Config{Axes: []executor.Axis{{
		Kind: executor.Pulse, Initial: 25000, Brake: cfg.Accel, MaxRate: 2 * cfg.MaxRate,
	}}}, executor.Outputs{Pulsers: []driver.Pulser{m}})
	if err != nil {
		t.Fatal(err)
	}
	epoch := time.Date(2026, 3, 20, 20, 0, 0, 0, time.UTC)
	f, err := New(cfg, Parts{Clock: clock.NewManual(epoch), Epoch: epoch, Motors: motors})
	if err != nil {
		t.Fatal(err)
	}
	now := driver.Instant(0)
	if err := f.state.move(now, 40000); err != nil {
		t.Fatal(err)
	}
	for i := range 400 {
		now = now.Add(Tick)
		if i == 30 {
			now = now.Add(5 * time.Second)
		}
		f.state.observe(now)
		f.state.step(now)
	}
	if s := f.state.snapshot(now); s.Moving || s.Position != 40000 || m.position != 40000 || s.Fault != nil || s.Report.CatchUps > 0 {
		t.Errorf("moving %v, at %d, motor at %d, fault %v", s.Moving, s.Position, m.position, s.Fault)
	}
}
