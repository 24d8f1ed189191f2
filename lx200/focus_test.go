// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/focuser"
)

func TestFocuser(t *testing.T) {
	bubble(t, fixture(), func(r *rig) {
		r.f.at, r.f.to, r.f.cfg.StepUM = 1000, 1000, 2
		r.expect("a", ":FA#:FG#:Fg#:FM#:FI#:FT#", "1+2000#+1000#100000#0#S3#")
		r.expect("a", ":FS3000#:FT#", "1M3#")
		time.Sleep(time.Second)
		r.expect("a", ":FT#:FG#:FR-500#", "S3#+3000#")
		time.Sleep(time.Second)
		r.expect("a", ":FG#:FS-1#:FS200000#:FSx#:FR-99999#:FG#:FZ#", "+2500#000+2500#")
		r.f.cfg.StepUM = 0
		r.expect("a", ":FG#:FM#", "+1250#50000#")

		// The keys: at the focuser's fast speed until stopped, 10 s at most, and slow.
		r.expect("a", ":F+#", "")
		if got := r.f.Snapshot().Holder; !strings.HasPrefix(got, "lx200 ") {
			t.Errorf("held by %q", got)
		}
		time.Sleep(700 * time.Millisecond)
		r.expect("a", ":FQ#", "")
		if got := r.f.Snapshot(); got.Moving || got.Position != 1250+500 {
			t.Errorf("after a second outward, at %d, moving %v", got.Position, got.Moving)
		}
		r.expect("a", ":F+#", "")
		time.Sleep(15 * time.Second)
		if got := r.f.Snapshot().Position; got != 1750+5000 {
			t.Errorf("after 15 s outward, at %d", got)
		}
		at := r.f.Snapshot().Position
		r.expect("a", ":FS#:FT#:F-#", "S1#")
		time.Sleep(3700 * time.Millisecond)
		r.expect("a", ":FQ#:FF#", "")
		if got := at - r.f.Snapshot().Position; got < 380 || got > 406 { // 100 steps/s
			t.Errorf("slow for 4 s inward: %d steps", got)
		}
		r.expect("a", ":F-#:FS5000#", "1") // a place takes over from a key
		time.Sleep(30 * time.Second)
		if got := r.f.Snapshot().Position; got != 5000 {
			t.Errorf("at %d", got)
		}
	})
	cfg := fixture()
	cfg.TCP.FocusPlus = "in"
	bubble(t, cfg, func(r *rig) {
		r.f.at, r.f.to = 1000, 1000
		r.expect("a", ":F+#", "")
		if r.f.Snapshot().Position >= 1000 {
			t.Error("focus_plus = in moves out")
		}
	})
	bubbleWith(t, fixture(), func(p *Parts) { p.Focuser = nil }, func(r *rig) {
		r.expect("a", ":FA#:FG#:FS100#:FR1#:FT#:F+#:FQ#:XGP#", "00+000#")
	})
}

// A focuser whose motor does not answer says nothing of what was, as if there
// were none; only a stop gets to its owner.
func TestFocuserOutOfReach(t *testing.T) {
	bubble(t, fixture(), func(r *rig) {
		r.f.at, r.f.to = 1000, 1000
		r.f.offline = fault.New(fault.Hardware, "focus motor", "no answer")
		r.expect("a", ":FA#:FG#:Fg#:FM#:FI#:FT#:FR1#:F+#:XGP#:FS100#", "0+000#0")
		if got := r.f.Snapshot(); got.Moving || r.f.halts != 0 {
			t.Errorf("it was sent to %d, and stopped %d times", got.Target, r.f.halts)
		}
		r.expect("a", ":FQ#", "")
		if r.f.halts != 1 {
			t.Errorf("stopped %d times", r.f.halts)
		}
		if n := r.s.Stats().Refusals["hardware fault"]; n != 8 {
			t.Errorf("%d refusals", n)
		}
		r.f.offline = nil
		r.expect("a", ":FA#:Fg#", "1+1000#")
	})
}

// Speeds of the keys: those of the configuration, and of motors that have
// their own, which are not to be set.
func TestFocusSpeeds(t *testing.T) {
	bubble(t, fixture(), func(r *rig) {
		r.expect("a", ":XGF#:XGf#", "500#100#")
		r.expect("a", ":XSF900#:XGF#:XSF0#:XGF#:XGf#", "500#001#001#")
		r.f.cfg.MaxRate = 200
		r.expect("a", ":XSF300#:XGF#:XSf250#:XGf#", "200#200#")
		if c := r.f.cfg; c.MaxRate != 200 || c.FastRate != 200 || c.SlowRate != 200 {
			t.Errorf("rates are %g, %g and %g", c.MaxRate, c.FastRate, c.SlowRate)
		}
		r.f.cfg.Motor, r.f.cfg.RelayRate, r.f.cfg.RelaySlowRate = focuser.Relays, 80, 30
		r.expect("a", ":XSF7#:XGF#:XGf#", "080#030#")
		r.f.cfg.RelaySlowRate = 0
		r.expect("a", ":XGf#", "080#")
		if r.f.cfg.FastRate != 200 {
			t.Error("a speed was set that means nothing")
		}
	})
}

// The end of a serial line lets go of its own focus key, and of no other; the
// end of the server lets go of those of all LX200 clients.
func TestFocusKeysAreLetGo(t *testing.T) {
	for holder, moves := range map[string]bool{"web": true, "lx200 /dev/other": true} {
		bubble(t, fixture(), func(r *rig) {
			r.expect("serial", ":GVN#", "01.2#")
			_ = r.f.Jog(t.Context(), focuser.Hold{By: holder, Way: 1, Within: time.Minute})
			r.port.unplug()
			synctest.Wait()
			if r.f.Snapshot().Holder == "" == moves {
				t.Errorf("held by %q: %v", holder, r.f.Snapshot().Holder)
			}
		})
	}
	for holder, moves := range map[string]bool{"web": true, "lx200 somebody": false} {
		f := newFakeFocuser(time.Now)
		s := New(fixture(), Parts{Mount: newFakeMount(time.Now), Focuser: f, Clock: clock.Real{}})
		_ = f.Jog(t.Context(), focuser.Hold{By: holder, Way: 1, Within: time.Minute})
		s.farewell(t.Context())
		if got := f.Snapshot().Holder != ""; got != moves {
			t.Errorf("at the end, held by %q: moves %v", holder, got)
		}
	}
}
