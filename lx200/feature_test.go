// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

// What a telescope lacks is not answered, and counted as ignored; what it has
// is done, in every spelling.
func TestFeaturesThatMayBeLacking(t *testing.T) {
	cfg := fixture()
	cfg.TCP.Scroll = true
	const all = ":$Q#:$QA+#:$QZ-#:XHa#:XHt#:XHL#:XHR#:XI1#:XI2#:XI3#:XZGoto M 31#"
	bubble(t, cfg, func(r *rig) {
		r.expect("a", ":XSNVega#:Sr12:00:00#:Sd+10*00#"+all, "11")
		n := r.s.Stats()
		for _, name := range []string{"$Q", "$QA+", "$QZ-", "XZ"} {
			if n.Commands[Count{name, Ignored}] != 1 {
				t.Errorf("%s: %v", name, n.Commands)
			}
		}
		if n.Refusals["not supported"] != 11 {
			t.Errorf("%v", n.Refusals)
		}
		r.m.lacking = false
		r.expect("a", all, "")
		want := "PEC,PEC 1 true,PEC 0 false,mode 0 true,mode 19 true,press false,press true,init 1 Vega 12.00 10.00,init 2 Vega 12.00 10.00,init 3 Vega 12.00 10.00,scroll Goto M 31"
		if got := strings.Join(r.m.asked, ","); got != want {
			t.Errorf("asked for %s\nwant %s", got, want)
		}
		r.m.asked = nil
		r.m.s.Parked = true
		r.expect("a", ":XI1#", "")
		r.m.s.Parked = false
		r.expect("b", ":XI1#", "") // no target
		if len(r.m.asked) > 0 {
			t.Error(r.m.asked)
		}
	})
	bubble(t, cfg, func(r *rig) {
		r.m.aligned(0)
		r.m.lacking = false
		r.expect("a", ":Sr12:00:00#:Sd+10*00#:XI3#:XI2#:XI1#:AP#:AA#", "11")
		if got := strings.Join(r.m.asked, ","); got != "init 1  12.00 10.00,begin equatorial,begin altaz" {
			t.Error(got)
		}
	})
	bubble(t, DefaultConfig(), func(r *rig) { // mode goto
		r.m.lacking = false
		r.expect("a", ":Sr12:00:00#:Sd+10*00#:XI1#:XZtrackoff#", "11")
		if n := r.s.Stats(); len(r.m.asked) > 0 || n.Refusals["not in this mode"] != 2 {
			t.Errorf("%v, %v", r.m.asked, n.Refusals)
		}
	})
}

func TestCustomSpellings(t *testing.T) {
	bubble(t, fixture(), func(r *rig) {
		r.expect("a", ":XGM#:XSM0450#:XGM#:XSM999999#:XGM#", "0300#0450#9999#")
		r.expect("a", ":XSF300#:XGF#:XgF#:XsF310#:XGF#", "300#300#310#")
		r.expect("a", ":XSf20#:XGf#:Xgf#:Xsf400#:XGf#:XSF40#:XGf#", "020#020#310#040#")
		r.expect("a", ":XSG99#:XGG#:XS3#:XGG#", "0099#0003#")
		r.expect("a", ":XSNM 31, the Great Galaxy in Andromeda#:XX#", "")
		if got := r.s.Stats().Object; got != "M 31, the Great Galaxy " {
			t.Errorf("the object is %q", got)
		}
		r.expect("a", ":XNVega#", "")
		if got := r.s.Stats().Object; got != "Vega" {
			t.Errorf("the object is %q", got)
		}
	})
}

func TestTrackingRates(t *testing.T) {
	bubble(t, fixture(), func(r *rig) {
		r.expect("a", ":TS#:GT#:TL#:GT#:TQ#:GT#", "60.0#57.9#60.1#")
		r.expect("a", ":ST60.0#:GT#:T57.9#:GT#:ST60.1#:GT#", "160.0#157.9#160.1#")
		r.expect("a", ":ST61.5#:GT#:T+#:GT#:T-#:T-#:GT#", "161.5#61.6#61.4#")
		// 61.4 Hz where the stars have 60.164: faster than they by 2.054 %.
		if got := r.m.Snapshot().RARate.ArcsecPerSecond(); math.Abs(got+0.30899) > 1e-3 {
			t.Errorf("%v″/s", got)
		}
		r.expect("a", ":TQ#:GT#:TM#:GT#:T49#:ST71#:SD60.0#", "60.1#61.4#00")
		r.expect("a", ":Td#:GT#:Te#", "100.0#1")
	})
}

func TestRotator(t *testing.T) {
	bubble(t, fixture(), func(r *rig) {
		r.m.s.Rotator.Mechanical = model.Degrees(200.5)
		r.m.s.Rotator.Following, r.m.s.Rotator.Moving = true, true
		r.expect("a", ":rA#:GX98#:rG#:rT#:rI#:rM#", "1D#+200*30#MD5#-270#450#")
		r.expect("a", ":rS+090*15#:rr-010*30#:r>#:r<#:rC#:rS+361*00#:rSx#", "100")
		var got []float64
		for _, a := range r.m.turned {
			got = append(got, math.Round(a.Degrees()*1e6)/1e6)
		}
		if want := []float64{90.25, 190, 201.5, 199.5, 90}; !slices.Equal(got, want) {
			t.Errorf("turned to %v, want %v", got, want)
		}
		r.expect("a", ":r-#", "")
		if r.m.Snapshot().Config.Rotator.Follow {
			t.Error("follows on")
		}
		r.expect("a", ":r+#:rR#:rQ#:rZ#", "")
		if c := r.m.Snapshot().Config.Rotator; !c.Follow || !c.Reverse {
			t.Errorf("%+v", c)
		}
		r.m.s.Rotator = mount.RotatorState{}
		r.expect("a", ":rA#:GX98#:rG#:rT#:rS+090*00#:r+#", "0N#0")
	})
}

func TestHighestPrecision(t *testing.T) {
	bubble(t, fixture(), func(r *rig) {
		r.expect("a", ":GRH#:GDH#:GAH#:GZH#", "05:34:31.9400#+22*00:52.200#+45*30:29.600#123*59:59.700#")
		r.expect("a", ":GSH#:GLH#:GtH#:GgH#:GX90#", "07:08:09.4000#21:04:05.0000#+44*03:08.000#123*05:12.000#0.33#")
		r.expect("a", ":Sr01:02:03.4567#:Sd-00*00:00.4#:GrH#:GdH#", "1101:02:03.4567#-00*00:00.400#")
	})
}

// Place and time of a client, in the orders in which clients send them.
func TestSiteAndTime(t *testing.T) {
	cfg := fixture()
	cfg.TCP.SiteTime = "apply"
	want := time.Date(2026, 3, 2, 5, 4, 5, 0, time.UTC)
	for name, order := range map[string][]string{
		"INDI": {":SG+08.0#", ":SL21:04:05#", ":SC03/01/26#"}, "INDIGO": {":SC03/01/26#", ":SG+08#", ":SL21:04:05#"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := cfg
			cfg.UTCOffsetH = 3
			bubble(t, cfg, func(r *rig) {
				r.m.aligned(0)
				for _, text := range order {
					if !r.m.clockSet().IsZero() {
						t.Errorf("set before %s", text)
					}
					r.expect("a/"+text, text, map[bool]string{true: date67, false: "1"}[strings.HasPrefix(text, ":SC")])
				}
				// The time given is as old as its last part is late.
				if d := r.m.clockSet().Sub(want); d < 0 || d > time.Second {
					t.Errorf("set to %v", r.m.clockSet())
				}
				r.expect("b", ":GG#", "+08#")
			})
		})
	}
	bubble(t, cfg, func(r *rig) { // a time alone, after 5 s of silence
		r.m.aligned(0)
		r.expect("a", ":SL20:00:00#", "1")
		time.Sleep(4 * time.Second)
		if !r.m.clockSet().IsZero() {
			t.Error("too early")
		}
		time.Sleep(time.Second)
		if want := time.Date(2026, 3, 2, 4, 0, 5, 0, time.UTC); r.m.clockSet().Sub(want).Abs() > 100*time.Millisecond {
			t.Errorf("set to %v, want %v", r.m.clockSet(), want)
		}
	})
	bubble(t, cfg, func(r *rig) {
		r.m.aligned(0)
		r.expect("a", ":St-30*15:30#:Sg005*30#", "11")
		if c := r.m.Snapshot().Config.Site; math.Abs(c.LatitudeDeg+dms(30, 15, 30)) > 1e-9 || math.Abs(c.LongitudeDeg+5.5) > 1e-9 {
			t.Errorf("%+v", c)
		}
		r.expect("a", ":Sg354*30#:Gg#", "1354*30#")
		if c := r.m.Snapshot().Config.Site; math.Abs(c.LongitudeDeg-5.5) > 1e-9 {
			t.Errorf("%+v", c)
		}
	})
	for name, change := range map[string]func(*Config){
		"ignore": func(c *Config) { c.TCP.SiteTime = "ignore" }, "goto": func(c *Config) { c.TCP.Mode = "goto" }, "aligned": nil,
	} {
		cfg := cfg
		stars := 2
		if change != nil {
			change(&cfg)
			stars = 0
		}
		bubble(t, cfg, func(r *rig) {
			r.m.aligned(stars)
			r.expect("a", ":St-30*15#:Sg005*30#:SG+01#:SL10:00:00#:SC03/01/26#", "1111"+date67)
			time.Sleep(6 * time.Second)
			if c := r.m.Snapshot().Config.Site; c.LatitudeDeg < 0 || !r.m.clockSet().IsZero() {
				t.Errorf("%s: applied", name)
			}
			r.expect("a", ":GG#", "+08#")
		})
	}
}

// A mount that stands still is synchronised where the target is just now.
func TestSyncWithoutTracking(t *testing.T) {
	bubble(t, fixture(), func(r *rig) {
		r.m.s.LST, r.m.s.Tracking = model.Hours(12), false
		r.expect("a", ":Sr12:00:00#:Sd+44*03:08#:CM#", "11Coordinates     matched.        #")
		if r.m.synced == nil || r.m.synced.Alt < model.Degrees(89.999) {
			t.Errorf("what culminates in the zenith was taken for %v", r.m.synced)
		}
	})
}

func TestNeedAlignment(t *testing.T) {
	cfg := fixture()
	cfg.NeedAlignment = true
	bubble(t, cfg, func(r *rig) {
		r.m.aligned(1)
		r.expect("a", ":Sr12:00:00#:Sd+10*00#:MS#:CM#:GW#", "112Mount not aligned.#Match fail: not aligned#AT1#")
		r.m.aligned(0)
		r.expect("a", ":MS#:ACK#:GW#", "2Mount not aligned.#L#AT0#")
		r.m.aligned(2)
		r.expect("a", ":MS#", "0")
	})
}
