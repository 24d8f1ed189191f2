// SPDX-License-Identifier: GPL-3.0-or-later

package metrics

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

type nowhere struct{}

func (nowhere) Pulse(driver.Instant, bool) error { return nil }

// live runs a mount on pulse motors, and its metrics, inside a bubble.
func live(t *testing.T) (*mount.Mount, *Metrics) {
	t.Helper()
	cfg := mount.DefaultConfig()
	counts := cfg.StartCounts(nil)
	axis := func(i int, q model.Angle, rate, accel float64) executor.Axis {
		perDegree := float64(model.Degrees(1) / q)
		return executor.Axis{Kind: executor.Pulse, Port: i, Initial: counts[i], Brake: accel * perDegree, MaxRate: 2 * rate * perDegree}
	}
	z, a, r := cfg.Mount.Z, cfg.Mount.A, cfg.Rotator
	motors, err := executor.NewInline(executor.Config{Axes: []executor.Axis{
		axis(0, model.Angle(microstep(&cfg, 0)), z.MaxRate, z.Accel),
		axis(1, model.Angle(microstep(&cfg, 1)), a.MaxRate, a.Accel),
		axis(2, model.Angle(microstep(&cfg, 2)), r.MaxRate, r.Accel),
	}}, executor.Outputs{Pulsers: []driver.Pulser{nowhere{}, nowhere{}, nowhere{}}})
	if err != nil {
		t.Fatal(err)
	}
	mnt, err := mount.New(cfg, mount.Parts{Clock: clock.Real{}, Epoch: time.Now(), Motors: motors})
	if err != nil {
		t.Fatal(err)
	}
	m := New(Parts{Mount: mnt, Clock: clock.Real{}, Version: "test"})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 2)
	go func() { done <- mnt.Run(ctx) }()
	go func() { done <- m.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done; <-done })
	synctest.Wait()
	return mnt, m
}

// A mount that tracks without mechanics is off by rounding only: a uniform
// error of at most half a microstep, 1/√12 of one rms.
func TestLiveMount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mnt, m := live(t)
		if err := mnt.SetTracking(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		time.Sleep(70 * time.Second)
		synctest.Wait()

		s := mnt.Snapshot()
		m.mu.Lock()
		minute := m.errors.figures(time.Duration(s.At))[2]
		m.mu.Unlock()
		if minute.n < 1190 || minute.n > 1210 {
			t.Errorf("%d samples in a minute, want about 1200", minute.n)
		}
		for i, f := range minute.axis {
			q := microstep(s.Config, i)
			t.Logf("axis %s: mean %.3f, rms %.3f, peak %.3f microsteps", axisNames[i], f.mean/q, f.rms/q, f.peak/q)
			if f.rms/q > 0.35 || f.rms/q < 0.2 || f.peak/q > 0.6 || math.Abs(f.mean/q) > 0.1 {
				t.Errorf("axis %s: mean %.3f, rms %.3f, peak %.3f microsteps; want 0, 0.289, 0.5", axisNames[i], f.mean/q, f.rms/q, f.peak/q)
			}
		}

		if err := mnt.PulseGuide(t.Context(), mount.West, 2*time.Second); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		m.mu.Lock()
		way := model.Angle(m.guided[0]).Arcsec()
		m.mu.Unlock()
		if want := 2 * s.Config.Mount.GuideRARate; math.Abs(way-want) > 1e-6 {
			t.Errorf("guide travel %g″, want %g″", way, want)
		}

		mnt.Halt()
		time.Sleep(time.Second)
		synctest.Wait()
		m.mu.Lock()
		halts := m.stops[causeOf(fault.Cancelled)]
		m.mu.Unlock()
		if halts != 1 {
			t.Errorf("%d stops of kind cancelled, want 1", halts)
		}
		if _, err := m.Registry().Gather(); err != nil {
			t.Error(err)
		}
	})
}

// The rate of field rotation is that of the snapshots' field angle.
func TestFieldRotationRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mnt, m := live(t)
		if err := mnt.SetTracking(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		got := value(t, m, "siderostep_field_rotation_rate_radians_per_second")
		before := mnt.Snapshot()
		time.Sleep(100 * time.Second)
		synctest.Wait()
		after := mnt.Snapshot()
		want := (after.FieldAngle - before.FieldAngle).WrapSigned().Radians() / time.Duration(after.At-before.At).Seconds()
		t.Logf("%.6g rad/s, mean over 100 s %.6g", got, want)
		if math.Abs(got-want) > 0.02*math.Abs(want) {
			t.Errorf("%g rad/s, want %g", got, want)
		}
	})
}

func value(t *testing.T, m *Metrics, name string) float64 {
	t.Helper()
	all, err := m.Registry().Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatalf("no %s", name)
	return 0
}
