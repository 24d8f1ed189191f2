// SPDX-License-Identifier: GPL-3.0-or-later

package measure_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/measure"
)

// The keys and values of the settings are those of the configuration file,
// whole: read back, nothing has changed.
func TestSettings(t *testing.T) {
	f := config.Default()
	f.Motors.Z.Correction = []float64{0, 0.01, -0.02}
	all := measure.Settings("", f.Config)
	all = append(all, measure.Settings("motors", f.Motors)...)
	got := map[string]measure.Setting{}
	for _, s := range all {
		if !json.Valid([]byte(s.Value)) || s.Doc == "" {
			t.Errorf("%+v", s)
		}
		got[s.Key] = s
	}
	for key, want := range map[string]measure.Setting{
		"mount.z.full_step_arcsec":                    {Value: "2.5", Accepts: "0.01..100", Restart: true},
		"mount.z.backlash_while_guiding":              {Value: "true"},
		"mount.z.microsteps":                          {Value: "20", Accepts: "2..256", Restart: true},
		"mount.geometry":                              {Value: `"altaz"`, Accepts: "altaz,fork,german,siderostat,altalt", Restart: true},
		"site.latitude_deg":                           {Value: "44.06", Accepts: "-90..90"},
		"mount.encoders.readings":                     {Value: "3", Accepts: "1..60"},
		"motors.a.pwm":                                {Value: "[]"},
		"motors.z.pwm_shape":                          {Value: `"manual"`, Accepts: "manual,tangent,sine"},
		"motors.a.microsteps_per_full_step":           {Value: "20", Accepts: "2..256"},
		"motors.z.quarter_step_correction_full_steps": {Value: "[0,0.01,-0.02]"},
		"motors.z.half_step_above_deg_per_s":          {Value: "0.5", Accepts: "0..20"},
	} {
		s, ok := got[key]
		if !ok || s.Value != want.Value || s.Accepts != want.Accepts || s.Restart != want.Restart {
			t.Errorf("%s: %+v, want %+v", key, s, want)
		}
	}
	if l := got["mount.z.full_step_arcsec"].Line(); l != "mount.z.full_step_arcsec = 2.5" {
		t.Error(l)
	}
}

// A day of tuning: copies by name, the log, and what comes back after a
// restart.
func TestCopies(t *testing.T) {
	f := faultless()
	f.Simulator.EncoderCounts = 0
	onBench(t, f, func(b *bench) {
		ctx, t := b.t.Context(), b.t
		_, err := b.o.Save("  Master ")
		b.do(err)
		tuned, err := b.o.Set(ctx, map[string]string{"mount.a.ramp_s": "0.3", "mount.a.microsteps": "10", "mount.settle_s": "0.2"})
		b.do(err)
		if want := []measure.Change{{Key: "mount.a.ramp_s", From: "0.4", To: "0.3"}}; !cmp.Equal(tuned.Changed, want) {
			t.Error(cmp.Diff(tuned.Changed, want))
		}
		if len(tuned.Restart) != 1 || tuned.Restart[0].Line() != "mount.a.microsteps = 10" {
			t.Errorf("%+v", tuned.Restart)
		}
		for values, words := range map[[2]string]string{
			{"mount.a.ramp_s", "7"}:            "must be in 0.02..5",
			{"mount.a.ramp_s", "null"}:         "must be a number",
			{"mount.a.ramp_s", ""}:             "must be a number",
			{"mount.encoders.use", "1"}:        "must be a truth value",
			{"mount.encoders.readings", "2.5"}: "must be a whole number",
			{"mount.sun_avoidance", `"off"`}:   "no setting",
			{"mount.a.max_deg", `180`}:         "no setting",
			{"site.latitude_deg", `1`}:         "no setting",
			{"mount.a", "{}"}:                  "no setting",
			{"", "1"}:                          "no setting",
			{"mount.a.home_deg", "720"}:        "outside", // the mount's own check
		} {
			_, err := b.o.Set(ctx, map[string]string{values[0]: values[1], "mount.z.ramp_s": "0.7"})
			if !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), words) {
				t.Errorf("%v: %v; want %q", values, err, words)
			}
		}
		if got := b.Mount.Snapshot().Config.Mount.Z.RampS; got != 0.4 {
			t.Errorf("a refused change has changed %g", got)
		}
		_, err = b.o.Save("working")
		b.do(err)
		d, err := b.o.Compare("master")
		b.do(err)
		if want := []measure.Change{{Key: "mount.a.ramp_s", From: "0.3", To: "0.4"}}; !cmp.Equal(d, want) {
			t.Error(cmp.Diff(d, want))
		}

		// As it was saved, on another program.
		text, err := json.Marshal(b.o.Saved())
		b.do(err)
		var saved measure.Saved
		b.do(json.Unmarshal(text, &saved))
		o := measure.New(measure.Parts{Mount: b.Mount, Clock: clock.Real{}, Saved: &saved, Fixed: []measure.Setting{{Key: "motors.z.pwm_shape", Value: `"sine"`}}})
		back, err := o.Restore(ctx, "MASTER")
		b.do(err)
		if len(back.Changed) != 1 || b.Mount.Snapshot().Config.Mount.A.RampS != 0.4 {
			t.Errorf("%+v", back)
		}
		if len(back.Restart) != 1 || back.Restart[0].Line() != `motors.z.pwm_shape = "manual"` {
			t.Errorf("%+v", back.Restart)
		}
		b.do(o.Delete("working"))
		if s := o.Saved(); len(s.Copies) != 1 || s.Copies[0].Name != "Master" || len(b.o.Saved().Copies) != 2 {
			t.Errorf("%+v", s.Copies)
		}
		var what []string
		for _, e := range o.Saved().Log {
			what = append(what, e.What+" "+e.Name)
		}
		if got := strings.Join(what, ", "); got != "saved Master, set , saved working, restored Master, deleted working" {
			t.Error(got)
		}
		for _, err := range []error{o.Delete("working"), func() error { _, err := o.Save(" "); return err }(), func() error { _, err := o.Save(strings.Repeat("x", 41)); return err }()} {
			if !errors.Is(err, fault.Invalid) {
				t.Error(err)
			}
		}
	})
}

// Copies and log have an end.
func TestSavedIsBounded(t *testing.T) {
	var s measure.Saved
	for i := range 600 {
		next, err := s.With(measure.Copy{Name: strings.Repeat("x", 1+i%40), Time: time.Unix(int64(i), 0)})
		if err != nil {
			t.Fatal(err)
		}
		s = next
	}
	if len(s.Copies) != 40 || len(s.Log) != 500 || s.Log[499].Time.Unix() != 599 || s.Log[0].Time.Unix() != 100 {
		t.Errorf("%d copies, %d entries", len(s.Copies), len(s.Log))
	}
	if next, err := s.With(measure.Copy{Name: "X", Time: time.Unix(7, 0)}); err != nil || next.Copies[0].Name != "X" || s.Copies[0].Name != "x" {
		t.Errorf("%v: another copy of the name has changed the value before it", err)
	}
	for i := range 20 {
		next, err := s.With(measure.Copy{Name: "y" + strings.Repeat("z", i)})
		if i >= 10 != errors.Is(err, fault.Full) {
			t.Fatalf("%d: %v", i, err)
		}
		s = next
	}
}

// Only one measurement at a time, whoever begins it.
func TestOneAtATime(t *testing.T) {
	f := faultless()
	f.Simulator.EncoderCounts = 0
	onBench(t, f, func(b *bench) {
		results := make(chan error, 20)
		for range 20 {
			go func() {
				_, err := b.o.Start(b.t.Context(), measure.Request{Kind: measure.Backlash})
				results <- err
			}()
		}
		begun := 0
		for range 20 {
			if err := <-results; err == nil {
				begun++
			} else if !errors.Is(err, fault.Refused) {
				b.t.Error(err)
			}
		}
		synctest.Wait()
		if begun != 1 {
			b.t.Errorf("%d have begun", begun)
		}
	})
}
