// SPDX-License-Identifier: GPL-3.0-or-later

package handpad

import (
	"errors"
	"testing"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/mount"
)

// The two tables of numbers (operator features reference §4), written out.
func TestModeNumbers(t *testing.T) {
	manual := []Mode{
		0: "off", 1: "init_auto", 2: "init_1", 3: "init_2", 4: "init_3", 5: "polar", 6: "analyze", 7: "guide", 8: "guide_stay", //nolint:misspell // the original's word
		9: "guide_stay_save", 10: "guide_rotate", 11: "guide_drag", 12: "grand_tour", 13: "scroll", 14: "scroll_auto",
		15: "record", 16: "toggle_track", 17: "rotator", 18: "focus", 19: "aux",
	}
	source := []Mode{
		0: "off", 1: "init_auto", 2: "init_1", 3: "init_2", 4: "init_3", 5: "polar", 6: "analyze", 7: "guide", 8: "guide_stay", //nolint:misspell // the original's word
		9: "guide_rotate", 10: "guide_drag", 11: "grand_tour", 12: "scroll", 13: "scroll_auto",
		14: "record", 15: "toggle_track", 16: "rotator", 17: "focus", 18: "aux",
	}
	for _, tt := range []struct {
		manual bool
		want   []Mode
	}{{true, manual}, {false, source}} {
		for n, want := range tt.want {
			if got, err := ModeOfNumber(n, tt.manual); got != want || err != nil {
				t.Errorf("manual %v, %d: %s, %v; want %s", tt.manual, n, got, err, want)
			}
		}
		for _, n := range []int{-1, len(tt.want), 26, 1 << 30} {
			if got, err := ModeOfNumber(n, tt.manual); !errors.Is(err, fault.Invalid) {
				t.Errorf("manual %v, %d: %s, %v", tt.manual, n, got, err)
			}
		}
	}
	for n, m := range Modes() {
		if m != manual[n] || m.Number() != n || m.Title() == "" {
			t.Errorf("mode %d is %s with the number %d, titled %q", n, m, m.Number(), m.Title())
		}
		if got, err := ParseMode(string(m)); got != m || err != nil {
			t.Errorf("%s: %s, %v", m, got, err)
		}
	}
	for _, word := range []string{"", "Off", "guide stay", "init_4"} {
		if _, err := ParseMode(word); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", word, err)
		}
	}
	if Mode("nothing").Number() != -1 || Mode("nothing").Title() != "nothing" {
		t.Error("what is no mode has a number or a title")
	}
}

// What both mode keys do in every mode: what the mount and the others are
// asked for, one key after the other, and how it ends (operator features
// reference §4, stepper core reference §5.1).
func TestModeKeys(t *testing.T) {
	const left, right = false, true
	type press struct {
		right bool
		kind  error
		asked string
		on    bool
	}
	tests := map[Mode][]press{
		ModeOff:       {{left, fault.Refused, "", false}, {right, fault.Refused, "", false}},
		ModeInitAuto:  {{left, nil, "Initialise 0  12.000 10.00", false}, {right, nil, "Initialise 0  12.000 10.00", false}},
		ModeInit1:     {{left, nil, "Initialise 1  12.000 10.00", false}, {right, nil, "Initialise 1  12.000 10.00", false}},
		ModeInit2:     {{left, nil, "Initialise 2  12.000 10.00", false}, {right, nil, "Initialise 2  12.000 10.00", false}},
		ModeInit3:     {{left, nil, "Initialise 3  12.000 10.00", false}, {right, nil, "Initialise 3  12.000 10.00", false}},
		ModePolar:     {{left, nil, "PolarNext", false}, {right, fault.Refused, "", false}},
		ModeAnalyze:   {{left, nil, "AddPoint  12.000 10.00 0", false}, {right, nil, "AddPoint  12.000 10.00 0", false}},
		ModeGuide:     {{right, fault.Refused, "", false}, {left, nil, "BeginGuiding return", true}, {left, nil, "save true", true}, {left, fault.Refused, "", true}, {right, nil, "save false", true}, {right, nil, "EndGuiding true", false}},
		ModeGuideStay: {{left, nil, "BeginGuiding stay", true}, {right, nil, "EndGuiding true", false}, {left, nil, "BeginGuiding stay", true}},
		ModeGuideStaySave: {
			{left, nil, "BeginGuiding stay, save true", true}, {left, fault.Refused, "", true}, {right, nil, "save false, EndGuiding true", false},
		},
		ModeGuideRotate: {{left, nil, "BeginGuiding rotate", true}, {right, nil, "EndGuiding true", false}},
		ModeGuideDrag:   {{left, nil, "BeginGuiding drag", true}, {right, nil, "EndGuiding true", false}},
		ModeGrandTour:   {{left, nil, "next", false}, {right, nil, "previous", false}},
		ModeScroll:      {{left, nil, "continue false", true}, {left, nil, "continue false", true}, {right, nil, "stop", false}},
		ModeScrollAuto:  {{left, nil, "continue true", true}, {right, nil, "stop", false}},
		ModeRecord:      {{left, nil, "record 11.000 20.00", false}, {right, nil, "record 11.000 20.00", false}},
		ModeToggleTrack: {{right, nil, "SetTracking false", false}, {left, nil, "SetTracking true", true}},
		ModeRotator:     {{left, nil, "", true}, {right, nil, "", false}},
		ModeFocus:       {{left, nil, "", true}, {left, nil, "", true}, {right, nil, "", false}},
		ModeAux:         {{left, nil, "", true}, {right, nil, "", false}},
	}
	for _, mode := range Modes() {
		presses, ok := tests[mode]
		if !ok {
			t.Errorf("mode %s is not tested", mode)
		}
		for _, byLines := range []bool{true, false} {
			b := newTable(t, func(c *Config, _ *Parts) { c.StartMode, c.LockoutMS = string(mode), 0 })
			b.m.set(func(s *mount.Snapshot) { s.Target, s.Equatorial = at(12, 10), at(11, 20) })
			for i, press := range presses {
				b.m.took()
				b.o.asked = nil
				var err error
				if byLines {
					level := uint32(208)
					if press.right {
						level = 224
					}
					b.p.message = Message{}
					b.lines(level)
					b.lines(128)
					err = b.p.Snapshot().Message.Err
				} else {
					err = b.press(press.right)
				}
				asked := b.m.took()
				for _, a := range b.o.asked {
					if mode == ModeGuideStaySave && a == "save false" {
						asked = a + ", " + asked
						continue
					}
					if asked != "" {
						asked += ", "
					}
					asked += a
				}
				if fault.KindOf(err) != press.kind || asked != press.asked || b.p.Snapshot().On != press.on {
					t.Errorf("%s, press %d: asked for %q, on %v, error %v; want %q, %v, %v",
						mode, i+1, asked, b.p.Snapshot().On, err, press.asked, press.on, press.kind)
				}
			}
		}
	}
}

// What the telescope lacks is said, and nothing is done.
func TestLacking(t *testing.T) {
	for mode, kind := range map[Mode]error{
		ModeGrandTour: fault.Unsupported, ModeScroll: fault.Unsupported, ModeScrollAuto: fault.Unsupported, ModeRecord: fault.Unsupported,
		ModeRotator: fault.Unsupported, ModeFocus: fault.Unsupported, ModeAux: fault.Unsupported, ModeGuideStaySave: fault.Unsupported,
	} {
		b := newTable(t, func(c *Config, p *Parts) {
			c.StartMode, c.LockoutMS = string(mode), 0
			*p = Parts{Mount: p.Mount, Clock: p.Clock, Inputs: p.Inputs}
		})
		b.m.set(func(s *mount.Snapshot) { s.Rotator.Present = false })
		for _, right := range []bool{false, true} {
			if mode == ModeGuideStaySave && right {
				kind = fault.Refused // guiding is off
			}
			err := b.press(right)
			s := b.p.Snapshot()
			if !errors.Is(err, kind) || s.Message.Err != err || s.On || b.m.took() != "" {
				t.Errorf("%s, right %v: %v, message %v", mode, right, err, s.Message)
			}
		}
	}
	// Guiding goes on where it cannot be saved.
	b := newTable(t, func(c *Config, p *Parts) { c.StartMode, c.LockoutMS, p.SaveGuiding = "guide", 0, nil })
	b.must(func() error { return b.p.PressMode(t.Context(), false) })
	if err := b.press(false); !errors.Is(err, fault.Unsupported) || !b.p.Snapshot().On {
		t.Errorf("save: %v", err)
	}
	b.must(func() error { return b.p.PressMode(t.Context(), true) })
}
