// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"strings"
	"testing"
	"time"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

var date67 = "1Updating        planetary data. #" + strings.Repeat(" ", 32) + "#"

func at(ra, dec float64) func(*rig) {
	return func(r *rig) {
		r.m.s.Equatorial = model.Equatorial{RA: model.Hours(ra), Dec: model.Degrees(dec)}
	}
}

func field(deg float64) func(*rig) {
	return func(r *rig) { r.m.s.FieldAngle = model.Degrees(deg) }
}

func focusAt(n int) func(*rig) { return func(r *rig) { r.f.at, r.f.to = n, n } }

// TestExchanges are the exchanges of reference §7 that are one stream each,
// in both profiles. Where the tables of §3 mark what scope.exe (B:) answered
// otherwise, or that it did not know a command (N), that is expected of
// profile bartels.
func TestExchanges(t *testing.T) {
	const targets = "#:Sr 12:34:56#:Sd -05\xDF23:07#"
	const here = "05:34:32#+22*00:52#" // :Gr# and :Gd# of bartels: no target
	for _, tt := range []struct {
		n       string
		as      string // the client; "" for one on TCP
		cfg     func(*Dialect)
		set     func(*rig)
		send    []string // sent and expected, in turn
		bartels []string // expected of bartels instead; "-" where it is another profile's
		u       string   // counters U0 U1 U2 Un overlong; "" for any
		uOld    string   // the same of bartels; "" for those of classic
	}{
		{n: "1", send: []string{"\x06", "A"}},
		{n: "2", send: []string{":GR#", "05:34:32#"}},
		{n: "3", send: []string{"#:GR#:GD#", "05:34:32#+22*00:52#"}},
		{n: "4", send: []string{":U#:GR#:GD#:GA#:GZ#", "05:34.5#+22*01#+45*30#124*00#"}},
		{n: "5", send: []string{"#:GZ#:GA#", "124*00:00#+45*30:30#"}},
		{n: "6", as: "serial", send: []string{"#:GZ#:GA#", "124\xDF00:00#+45\xDF30:30#"}},
		{n: "7", set: at(dms(23, 59, 59.6), 0), send: []string{":GR#", "00:00:00#"}},
		{n: "8", set: at(dms(23, 59, 57.5), 0), send: []string{":U#:GR#", "00:00.0#"}},
		{n: "9", set: at(0, -dms(0, 0, 20.4)), send: []string{":GD#:U#:GD#", "-00*00:20#+00*00#"}},
		{n: "10", set: at(0, -dms(10, 59, 59.6)), send: []string{":GD#", "-11*00:00#"}},
		{n: "11", set: func(r *rig) {
			at(0, dms(89, 59, 59.7))(r)
			r.m.s.Horizontal.Az = model.Degrees(dms(359, 59, 59.8))
		}, send: []string{":GD#:GZ#", "+90*00:00#000*00:00#"}},
		{n: "12", send: []string{":GR\x06:GD#", "A+22*00:52#"}},
		{n: "13", send: []string{":GR#\x06:GD#", "05:34:32#A+22*00:52#"}},
		{n: "14", send: []string{"\r\n\x00zz#:GD#\r\n", "+22*00:52#"}},
		{n: "17", send: []string{":GR:GD#", "05:34:32#+22*00:52#"}},
		{n: "18", send: []string{":" + strings.Repeat("A", 200) + "#:GR#", "05:34:32#"}, u: "0 0 0 0 1"},
		{n: "19", send: []string{":ED#:$BDG#:ZZ#:GD#", "+22*00:52#"}, u: "2 1 0 0 0"},
		{n: "20", send: []string{targets + ":Gr#:Gd#", "1112:34:56#-05*23:07#"}, bartels: []string{"11" + here}},
		{n: "21", send: []string{":Sr05:34.5#:Gr#", "105:34:30#"}, bartels: []string{"105:34:32#"}},
		{n: "22", send: []string{":Sr5:4:3#:Gr#", "105:04:03#"}, bartels: []string{"105:34:32#"}},
		{n: "23", send: []string{":Sr12:34:56.78#:Gr#", "112:34:57#"}, bartels: []string{"105:34:32#"}},
		{n: "24", send: []string{":Sr24:00:00#:Sr12:60:00#:Sr#", "000"}},
		{n: "25", send: []string{":Sd+22*00'52#:Sd-00*30:15#:Gd#", "11-00*30:15#"}, bartels: []string{"11+22*00:52#"}},
		{n: "26", send: []string{":Sd10:30#:Gd#", "1+10*30:00#"}, bartels: []string{"1+22*00:52#"}},
		{n: "27", send: []string{":Sd+90*00:01#:Sd-90*00#", "01"}},
		{n: "28", send: []string{":MS#", "2No target set.#"}},
		{n: "29", set: func(r *rig) { r.m.low = true }, send: []string{targets, "11", ":MS#", "1Object below horizon.#"}},
		{n: "30", set: func(r *rig) { r.m.s.Parked = true }, send: []string{targets, "11", ":MS#", "2Mount parked.#"}},
		{n: "32", send: []string{targets, "11", ":MS#", "0", ":Q#:D#", "#"}},
		{n: "34", send: []string{targets, "11", ":CM#:GR#", "Coordinates     matched.        #12:34:56#"},
			bartels: []string{"11", "12:34:56#-05*23:07#12:34:56#"}},
		{n: "35", send: []string{":SC03/01/26#", date67}, bartels: []string{"1"}},
		{n: "36", send: []string{":SC02/30/26#:SL25:00:00#", "00"}},
		{n: "37", send: []string{":SG+8.0#:SG-05.5#:SG+06#:SG+99#", "1110"}},
		{n: "38", send: []string{":GG#:GL#:GC#:Gt#:Gg#:Gc#", "+08#21:04:05#03/01/26#+44*03#123*05#24#"},
			bartels: []string{"  8#21:04:05#03/01/26#+44*03:08#123*05:12#(24)#"}},
		{n: "39", set: func(r *rig) { r.m.aligned(0) }, cfg: func(d *Dialect) { d.SiteTime = "apply" }, send: []string{":Sg-05*54#:Gg#", "1354*06#"}, bartels: []string{"1354*06:00#"}},
		{n: "43", send: []string{":Mgn0500#:Mge00250#:MGw100#", "1"}, bartels: []string{"2No target set.#"}}, // :MG is :MS there, whatever follows
		{n: "45", send: []string{":XGG#:XSG0012#:XGG#:XS7#:XGG#", "0005#0012#0007#"}},
		{n: "46a", set: field(315.56), send: []string{":XGR#", "315.56#"}},
		{n: "46b", set: field(-45), send: []string{":XGR#", "315.00#"}, bartels: []string{"-45.00#"}},
		{n: "46c", set: field(359.996), send: []string{":XGR#", "000.00#"}, bartels: []string{"360.00#"}},
		{n: "47a", set: focusAt(12), send: []string{":XGP#", "+012#"}},
		{n: "47b", set: focusAt(-5), send: []string{":Xgp#", "-005#"}},
		{n: "48", send: []string{":XHt#:XHu#:XZtrackoff#:GD#", "+22*00:52#"}, u: "0 0 1 0 0", uOld: "0 0 2 0 0"},
		{n: "49", send: []string{":GVP#:GW#:GT#:GM#:LI#", "LX200 Classic#AT2#60.1#SCP##"}, bartels: []string{"Scope.exe#SCP##"}},
		{n: "50", send: []string{":GVP#:GVF#:Gc#:SC03/01/26#", ""}, bartels: []string{"Scope.exe#BartelsStepper#(24)#1"}},
		{n: "51", send: []string{":AP#:GW#", "AT2#"}, bartels: []string{""}},
		{n: "53", send: []string{":SMHome Hill#:GM#", "1Home Hill#"}},
	} {
		for _, profile := range []string{"classic", "bartels"} {
			if profile == "classic" && tt.n == "50" {
				continue // is one of bartels
			}
			t.Run(tt.n+" "+profile, func(t *testing.T) {
				cfg := fixture()
				for _, d := range []*Dialect{&cfg.TCP.Dialect, &cfg.Serial.Dialect} {
					d.Profile = profile
					if tt.cfg != nil {
						tt.cfg(d)
					}
				}
				bubble(t, cfg, func(r *rig) {
					if tt.set != nil {
						tt.set(r)
					}
					as := tt.as
					if as == "" {
						as = "a"
					}
					for i := 0; i < len(tt.send); i += 2 {
						want := tt.send[i+1]
						if profile == "bartels" && tt.bartels != nil {
							want = tt.bartels[i/2]
						}
						r.expect(as, tt.send[i], want)
					}
					want := tt.u
					if profile == "bartels" && tt.uOld != "" {
						want = tt.uOld
					}
					if u := r.unknowns(); want != "" && u != want {
						t.Errorf("U0 U1 U2 Un overlong are %s, want %s", u, want)
					}
				})
			})
		}
	}
}

// TestTimed are the exchanges of reference §7 in which time passes, in both
// profiles.
func TestTimed(t *testing.T) {
	run := func(n string, test func(*rig)) {
		for _, profile := range []string{"classic", "bartels"} {
			t.Run(n+" "+profile, func(t *testing.T) {
				cfg := fixture()
				cfg.TCP.Profile, cfg.Serial.Profile = profile, profile
				bubble(t, cfg, test)
			})
		}
	}
	run("15", func(r *rig) {
		r.expect("a", ":G", "")
		time.Sleep(700 * time.Millisecond)
		r.expect("a", "D#", "+22*00:52#")
	})
	run("16", func(r *rig) {
		r.expect("a", ":G", "")
		time.Sleep(2700 * time.Millisecond)
		r.expect("a", "D#:GR#", "05:34:32#")
		if u := r.unknowns(); u != "0 0 0 1 0" {
			r.t.Error(u)
		}
	})
	run("31", func(r *rig) {
		r.expect("a", ":Sr12:34:56#:Sd+05:00:00#:MS#:D#", "110\x7F#")
		time.Sleep(10 * time.Second)
		r.expect("a", ":D#", "#")
	})
	run("33", func(r *rig) {
		r.expect("ip/1", ":Sr12:34:56#", "1")
		r.expect("ip/2", ":Sd+05:00:00#", "1")
		r.expect("ip/3", ":MS#", "0")
	})
	run("40", func(r *rig) {
		r.expect("a", ":RG#:Mn#", "")
		time.Sleep(6 * time.Second)
		r.m.mu.Lock()
		defer r.m.mu.Unlock()
		if d := r.m.stopped[mount.AxisA].Sub(r.m.started[mount.AxisA]); d < 5*time.Second || d > 5200*time.Millisecond {
			r.t.Errorf("moved for %v", d)
		}
	})
	run("41", func(r *rig) {
		r.expect("a", ":Mn#", "")
		for range 8 {
			r.expect("a", ":GR#", "05:34:32#")
			time.Sleep(700 * time.Millisecond)
		}
		if r.m.Snapshot().HeldRates[mount.AxisA] == 0 {
			r.t.Error("stopped in spite of polling")
		}
		r.expect("a", ":Qn#", "")
		if r.m.Snapshot().Activity != mount.Idle {
			r.t.Error("goes on")
		}
	})
	run("42", func(r *rig) {
		r.expect("a", ":Mn#:Me#:Qe#", "")
		if h := r.m.Snapshot().HeldRates; h[mount.AxisZ] != 0 || h[mount.AxisA] == 0 {
			r.t.Error(h)
		}
	})
	run("44", func(r *rig) {
		r.expect("a", ":Mn#", "")
		r.expect("a", ":Q", "")
		if r.m.Snapshot().Activity != mount.Idle {
			r.t.Error("goes on")
		}
	})
	run("52", func(r *rig) {
		r.expect("a", ":Sr12:34:56#:Sd+05:00:00#:MS#", "110")
		r.expect("b", ":Sr02:34:56#:Sd+05:00:00#:MS#", "112In use by another client.#")
		r.expect("b", ":Q#", "")
		if r.m.Snapshot().Activity != mount.Idle {
			r.t.Error("goes on")
		}
	})
	run("54", func(r *rig) {
		r.dial("serial")
		time.Sleep(10 * time.Second)
		r.expect("serial", ":GD#", "+22\xDF00:52#")
		if n := len(r.port.attempts()); n != 1 {
			r.t.Errorf("the port was opened %d times", n)
		}
	})
}

// TestBartels are more answers that the tables of reference §3 mark with B:.
func TestBartels(t *testing.T) {
	cfg := fixture()
	cfg.TCP.Profile = "bartels"
	bubble(t, cfg, func(r *rig) {
		r.expect("a", ":GVD#:GW#:GT#:GVN#:GVT#:Mgn100#:h?#:P#:Sz10*00#:rG#:FG#:GRH#", "Sep  6 2009#")
		r.expect("a", ":U0#:GS#:U7#:GS#", "07:08.2#07:08:09#")
		r.expect("a", ":$QX#:$Q#", "")
	})
}
