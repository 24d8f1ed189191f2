// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"log/slog"
	"testing"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
)

// tracking returns a state on target, and the instant.
func tracking(b testing.TB, cfg Config) (*state, driver.Instant) {
	epoch := time.Date(2026, 3, 20, 4, 0, 0, 0, time.UTC)
	m, err := New(cfg, Parts{Clock: clock.NewManual(epoch), Epoch: epoch, Motors: newMotors(b, cfg, nil), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	s, now := m.state, driver.Instant(0)
	if err := s.setTracking(now, true); err != nil {
		b.Fatal(err)
	}
	to := model.HourDec{HA: model.Hours(-3), Dec: model.Degrees(30)}.Equatorial(s.heaven.lst(now))
	if err := s.slewEquatorial(now, to); err != nil {
		b.Fatal(err)
	}
	for s.activity != Idle {
		now = now.Add(Tick)
		s.step(now)
	}
	return s, now
}

// BenchmarkTrackingHour plans, queues and plays one hour of alt-azimuth
// tracking on three axes, step by step.
func BenchmarkTrackingHour(b *testing.B) {
	s, now := tracking(b, DefaultConfig())
	start := s.reports
	b.ReportAllocs()
	hours := 0
	for b.Loop() {
		for end := now.Add(time.Hour); now < end; {
			now = now.Add(Tick)
			s.step(now)
		}
		hours++
		if s.stopped != nil {
			b.StopTimer()
			s, now = tracking(b, DefaultConfig())
			b.StartTimer()
		}
	}
	_ = start
	b.ReportMetric(3600*float64(hours)/b.Elapsed().Seconds(), "×real-time")
}

// BenchmarkSlew plans a slew of 30° onto a tracked place, tick by tick, and
// plays it: 432,000 microsteps of 0.25″ on the one axis, sidereal motion and a
// rotator on the others.
func BenchmarkSlew(b *testing.B) {
	cfg := DefaultConfig().ForGeometry("fork")
	cfg.Mount.Z.Microsteps, cfg.Mount.A.Microsteps = 10, 10
	s, now := tracking(b, cfg)
	b.ReportAllocs()
	steps, way := model.Microsteps(0), model.Degrees(30)
	for b.Loop() {
		to := s.course.target.at(now)
		to.RA += way
		way = -way
		from := s.reports[AxisZ].Emitted
		if err := s.slewEquatorial(now, to); err != nil {
			b.Fatal(err)
		}
		for s.activity == SlewingToSky {
			now = now.Add(Tick)
			s.step(now)
		}
		for s.activity != Idle {
			now = now.Add(Tick)
			s.step(now)
		}
		steps += max(s.reports[AxisZ].Emitted-from, from-s.reports[AxisZ].Emitted)
	}
	b.ReportMetric(float64(steps)/b.Elapsed().Seconds(), "steps/s")
}

// BenchmarkTick is one tick while tracking, without the snapshot.
func BenchmarkTick(b *testing.B) {
	s, now := tracking(b, DefaultConfig())
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		now = now.Add(Tick)
		s.step(now)
		if n++; n%50000 == 0 {
			b.StopTimer()
			s, now = tracking(b, DefaultConfig())
			b.StartTimer()
		}
	}
}

// BenchmarkSkyToAxes is the full chain from a moving target to the axes, its
// context kept: sidereal time, target, refraction, attitude, mount errors.
func BenchmarkSkyToAxes(b *testing.B) {
	s, now := tracking(b, DefaultConfig())
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(time.Millisecond)
		s.heaven.axes(s.course.target.at(now), now, pointing.Normal)
	}
}

func TestTickAllocatesNothing(t *testing.T) {
	s, now := tracking(t, stepsFor(DefaultConfig()))
	if n := testing.AllocsPerRun(1000, func() {
		now = now.Add(Tick)
		s.step(now)
	}); n != 0 {
		t.Errorf("a tick allocates %v times", n)
	}
}
