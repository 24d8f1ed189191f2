// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"strings"
	"testing"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

// A goto answers 1 below the horizon alone, whatever limit the mount names.
func TestOneIsBelowTheHorizon(t *testing.T) {
	const zenith, low = ":Sr07:08:09#:Sd+44*00#:MS#", ":Sr07:08:09#:Sd-60*00#:MS#"
	for _, tt := range []struct {
		kind       error
		send, want string
		reason     string
	}{
		{fault.BelowLimit, low, "111Object below horizon.#", "below horizon"},
		{fault.AboveLimit, low, "111Object below horizon.#", "below horizon"},
		{fault.BelowLimit, zenith, "112Above altitude limit.#", "above altitude limit"},
		{fault.AboveLimit, zenith, "112Above altitude limit.#", "above altitude limit"},
		{fault.BelowLimit, ":Sr07:08:09#:Sd+10*00#:MS#", "112Outside limits.#", "outside limits"},
		{fault.AboveLimit, ":Sr07:08:09#:Sd+10*00#:MS#", "112Outside limits.#", "outside limits"},
		{fault.Refused, low, "112Not possible now.#", "not possible now"},
	} {
		bubble(t, fixture(), func(r *rig) {
			r.m.s.Config.Mount.A.MaxDeg = 80
			r.m.closed = fault.New(tt.kind, "slew", "no")
			r.expect("a", tt.send, tt.want)
			if n := r.s.Stats().Refusals; n[tt.reason] != 1 {
				t.Errorf("%v", n)
			}
		})
	}
}

// The guide rate goes to 9999″/s for the keys, and as far as it can for pulses.
func TestGuideRateOfKeys(t *testing.T) {
	bubble(t, fixture(), func(r *rig) {
		rate := func(want float64) {
			t.Helper()
			r.expect("a", ":RG#:Mn#", "")
			wantRate(t, "key", r.m.Snapshot().HeldRates[mount.AxisA], want)
			r.expect("a", ":Qn#", "")
		}
		r.expect("a", ":AL#:XSG300#:XGG#", "0300#")
		rate(300)
		if c := r.m.Snapshot().Config.Mount; c.GuideRARate != 60 || c.GuideDecRate != 60 {
			t.Errorf("pulses at %v and %v", c.GuideRARate, c.GuideDecRate)
		}
		r.expect("a", ":XSG99999#:XGG#:XSG0#:XGG#:XSG70#:Rg12#:XGG#", "9999#0001#0012#")
		rate(12)
		r.expect("a", ":XSG70#", "")
		err := r.m.Configure(t.Context(), func(c *mount.Config) { c.Mount.GuideRARate = 30 }) // another edge
		r.expect("a", ":XGG#", "0030#")
		rate(30)
		if err != nil {
			t.Error(err)
		}
	})
}

func TestReadOnlySettings(t *testing.T) {
	cfg := fixture()
	cfg.TCP.Mode = "readonly"
	bubble(t, cfg, func(r *rig) {
		r.expect("a", ":Sb1#:Sf1#:SF1#:Sl1#:Ss1#:SyGPDCO#:Sq#:Gq#", "000000SU#")
	})
	cfg.TCP.Mode = "goto"
	bubble(t, cfg, func(r *rig) {
		r.expect("a", ":Sb1#:Sf1#:SF1#:Sl1#:Ss1#:SyGPDCO#:Sq#:Gq#", "111111EX#")
	})
}

// What the rules P and A of reference §3 refuse.
func TestParkedAndUnaligned(t *testing.T) {
	bubble(t, fixture(), func(r *rig) {
		r.m.lacking = false
		r.m.aligned(0)
		r.m.s.Parked, r.m.s.Tracking = true, false
		r.expect("a", ":Td#:Te#:AP#:AA#", "00")
		if n := r.s.Stats(); len(r.m.asked) != 0 || n.Refusals["parked"] != 4 {
			t.Errorf("asked for %v, %v", r.m.asked, n.Refusals)
		}
	})
	cfg := fixture()
	cfg.NeedAlignment = true
	bubble(t, cfg, func(r *rig) {
		r.m.aligned(1)
		r.expect("a", ":Td#:Te#:Mgn100#:MGn100#", "000")
		if n := r.s.Stats(); len(r.m.pulses) != 0 || n.Refusals["not aligned"] != 4 {
			t.Errorf("%v, %v", r.m.pulses, n.Refusals)
		}
		r.m.aligned(2)
		r.expect("a", ":Td#:Te#:Mgn100#:MGn100#", "111")
	})
}

// The slew speed is the configured one, and no other is promised.
func TestSlewSpeed(t *testing.T) {
	cfg := fixture()
	bubble(t, cfg, func(r *rig) {
		r.m.s.Config.Mount.Z.MaxRate, r.m.s.Config.Mount.A.MaxRate = 4, 4
		r.expect("a", ":Sw4#:Sw3#:Sw9#:Swx#", "1000")
	})
	cfg.TCP.Profile = "bartels"
	bubble(t, cfg, func(r *rig) { r.expect("a", ":Sw4#:Sw3#:Sw9#", "111") })
}

// Scope.exe read :MG as a goto, whatever followed.
func TestGotoOfBartels(t *testing.T) {
	cfg := fixture()
	cfg.TCP.Profile = "bartels"
	bubble(t, cfg, func(r *rig) {
		r.expect("a", ":Sr12:34:56#:Sd+05*00:00#:MGn0100#:D#", "110\x7F#")
		if len(r.m.pulses) != 0 {
			t.Error(r.m.pulses)
		}
	})
	cfg.TCP.Mode = "readonly"
	bubble(t, cfg, func(r *rig) { r.expect("a", ":MGn0100#", "2Read only.#") })
}

func TestHomeIsWhereItParks(t *testing.T) {
	bubble(t, fixture(), func(r *rig) {
		c := &r.m.s.Config.Mount
		r.expect("a", ":h?#", "0")
		r.m.s.Activity = mount.Parking
		r.expect("a", ":h?#", "2")
		r.m.s.Activity, r.m.s.Axes = mount.Idle, model.Axes{Z: model.Degrees(c.Z.HomeDeg), A: model.Degrees(c.A.HomeDeg)}
		r.expect("a", ":h?#:hP#:h?#", "01")
		r.m.s.Axes.A += model.Degrees(1) // parked elsewhere
		r.expect("a", ":h?#", "0")
		r.m.s.Parked, r.m.s.Activity = false, mount.Parking
		c.A.ParkDeg = c.A.HomeDeg + 1
		r.expect("a", ":h?#", "0")
	})
}

// A time is as old as its own command, not as what came after it.
func TestTimeIsAsOldAsItIs(t *testing.T) {
	cfg := fixture()
	cfg.TCP.SiteTime = "apply"
	bubble(t, cfg, func(r *rig) {
		r.m.aligned(0)
		r.expect("a", ":SL21:04:05#", "1")
		time.Sleep(2700 * time.Millisecond)
		r.expect("a", ":SC03/01/26#", date67)
		if want := time.Date(2026, 3, 2, 5, 4, 8, 0, time.UTC); r.m.clockSet().Sub(want).Abs() > 100*time.Millisecond {
			t.Errorf("set to %v, want %v", r.m.clockSet(), want)
		}
	})
}

// The table has a code for every name that scope.exe wrote in another way.
func TestCodesAreOfCommands(t *testing.T) {
	names := " " + strings.Join(table.names, " ") + " "
	for name := range codes {
		if !strings.Contains(names, " "+name+" ") {
			t.Errorf("%s is no command", name)
		}
	}
}
