// SPDX-License-Identifier: GPL-3.0-or-later

package metrics

import (
	"context"
	"math"
	"strings"
	"sync"
	"sync/atomic"
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

// live runs an alt-azimuth mount on pulse motors, and its metrics, inside a
// bubble.
func live(t *testing.T) (*mount.Mount, *Metrics) {
	return liveOn(t, mount.DefaultConfig(), nil)
}

func liveOn(t *testing.T, cfg mount.Config, truth func(*mount.Snapshot) (Truth, bool)) (*mount.Mount, *Metrics) {
	t.Helper()
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
	m := New(Parts{Mount: mnt, Clock: clock.Real{}, Version: "test", MountLateness: motors.Lateness, Truth: truth})
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
		way := model.Angle(m.gathered.guided[0]).Arcsec()
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

// wobbly is a fork whose worm of right ascension turns once in some minutes.
func wobbly() mount.Config {
	cfg := mount.DefaultConfig().ForGeometry("fork")
	cfg.Mount.Z.WormFullSteps, cfg.Mount.A.WormFullSteps = 1440, 0 // a degree, 239 s
	return cfg
}

// wormError is the error of its axis, in arcseconds, at a count of its motor.
func wormError(n model.Microsteps) float64 { return wave(float64(n) / (1440 * 20)) }

// A guider that sees the error of a worm, and a drift of 0.6″ a minute in
// declination, makes both known to the metrics through its pulses alone. The
// truth, which it was told, shows the same wave.
func TestGuidingShowsPeriodicErrorAndDrift(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const driftPerMinute = 0.6
		mnt, m := liveOn(t, wobbly(), func(s *mount.Snapshot) (Truth, bool) {
			minutes := time.Duration(s.At).Minutes()
			return Truth{Axes: [2]AxisTruth{{Error: model.Arcsec(30 + 3*minutes + wormError(s.Reports[0].Emitted))}}}, true
		})
		ctx := t.Context()
		if err := mnt.SetTracking(ctx, true); err != nil {
			t.Fatal(err)
		}
		s := mnt.Snapshot()
		if err := mnt.SlewEquatorial(ctx, model.HourDec{HA: model.Hours(-1), Dec: model.Degrees(20)}.Equatorial(s.LST)); err != nil {
			t.Fatal(err)
		}
		if _, err := mnt.Await(ctx, func(s *mount.Snapshot) bool { return !s.Slewing }); err != nil {
			t.Fatal(err)
		}
		start := mnt.Snapshot()
		offset := wormError(start.Reports[0].Emitted)
		for range 900 { // exposures of a second: 15 minutes
			time.Sleep(time.Second)
			synctest.Wait()
			s := mnt.Snapshot()
			// The star's place from the tube: axis Z, the hour angle, grows
			// westward, and right ascension eastward.
			west := wormError(s.Reports[0].Emitted) - offset - s.Guided.RA.Arcsec()
			south := driftPerMinute*time.Duration(s.At-start.At).Minutes() - s.Guided.Dec.Arcsec()
			pulse(t, mnt, west, mount.East, mount.West)
			pulse(t, mnt, south, mount.North, mount.South)
		}
		all, err := m.Registry().Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"periodic_error_", "truth_periodic_error_"} {
			if n, ok := pick(all, name+"turns", []string{"axis=z"}); !ok || n != 3 {
				t.Errorf("%sturns is %g", name, n)
			}
			worst := 0.0
			for i, phase := range phaseNames {
				v, ok := pick(all, name+"radians", []string{"axis=z", "phase=" + phase})
				want := wave((float64(i) + 0.5) / parts)
				worst = max(worst, math.Abs(model.Angle(v).Arcsec()-want))
				if !ok || math.Abs(model.Angle(v).Arcsec()-want) > 0.4 { // of 7.5″; the guider is a second behind
					t.Errorf("%s at %s is %.2f″, %v; want %.2f″", name, phase, model.Angle(v).Arcsec(), ok, want)
				}
			}
			t.Logf("%s: worst difference from the wave %.2f″", name, worst)
			if _, ok := pick(all, name+"radians", []string{"axis=a"}); ok {
				t.Errorf("%sradians of an axis without a worm", name)
			}
		}
		drift, ok := pick(all, "guide_drift_radians_per_second", []string{"coordinate=dec"})
		if got := model.Angle(drift).Arcsec() * 60; !ok || math.Abs(got-driftPerMinute) > 0.02 {
			t.Errorf("drift %.3f″/min, %v; want %.3f", got, ok, driftPerMinute)
		}
		if span, _ := pick(all, "guide_drift_span_seconds", nil); math.Abs(span-600) > 2 {
			t.Errorf("trend over %g s", span)
		}
		if n, _ := pick(all, "mount_tick_lateness_seconds", nil); n != 0 {
			t.Errorf("late by %g s in a bubble", n)
		}
	})
}

// pulse moves the target by so many arcseconds, at 7.5″ a second.
func pulse(t *testing.T, mnt *mount.Mount, arcsec float64, plus, minus mount.Direction) {
	t.Helper()
	if arcsec < 0 {
		plus, arcsec = minus, -arcsec
	}
	if d := time.Duration(arcsec / 7.5 * 1e9); d > time.Millisecond {
		if err := mnt.PulseGuide(t.Context(), plus, min(d, 900*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
	}
}

// Scrapes go on while the mount slews, brakes and settles.
func TestScrapesDuringASlew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mnt, m := liveOn(t, mount.DefaultConfig().ForGeometry("german"), nil)
		ctx := t.Context()
		if err := mnt.SetTracking(ctx, true); err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		scrape := func() {
			page, _ := get(t, m, "text/plain")
			for line := range strings.Lines(page) {
				if rest, ok := strings.CutPrefix(line, prefix+"mount_slew_phase{kind="); ok && strings.HasSuffix(line, "} 1\n") {
					seen[rest] = true
				}
			}
		}
		var done atomic.Bool
		var scraping sync.WaitGroup
		for i := range 3 {
			scraping.Go(func() {
				for !done.Load() {
					if i == 0 {
						scrape()
					} else {
						get(t, m, "application/openmetrics-text; version=1.0.0")
					}
					time.Sleep(time.Duration(197+100*i) * time.Millisecond)
				}
			})
		}
		s := mnt.Snapshot()
		if err := mnt.SlewEquatorial(ctx, model.HourDec{HA: model.Hours(2), Dec: model.Degrees(10)}.Equatorial(s.LST)); err != nil {
			t.Fatal(err)
		}
		if _, err := mnt.Await(ctx, func(s *mount.Snapshot) bool { return !s.Slewing }); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		done.Store(true)
		scraping.Wait()
		if len(seen) != 5 {
			t.Errorf("phases seen: %v, want all five", seen)
		}
	})
}
