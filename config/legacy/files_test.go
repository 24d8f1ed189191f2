// SPDX-License-Identifier: GPL-3.0-or-later

package legacy

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/model/align"
)

// read converts a text with the options.
func read(t testing.TB, text string, o Options) Result {
	t.Helper()
	d, _ := Parse(strings.NewReader(text))
	r, err := Convert(d, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// value returns what the file has for a key, as TOML writes it; "" for a key
// that is not in force.
func (r Result) value(key string) string {
	for _, s := range r.Settings {
		if s.Key == key && s.Out == "" {
			return format(s.Value)
		}
	}
	return ""
}

// asked is value, whether this program has such a key or not.
func (r Result) asked(key string) string {
	for _, s := range r.Settings {
		if s.Key == key && s.Value != nil {
			return format(s.Value)
		}
	}
	return ""
}

// on returns the note of a line.
func (r Result) on(line int) Note {
	for _, n := range r.Notes {
		if n.Line == line {
			return n
		}
	}
	return Note{}
}

// sound checks what is true of every Result: the text has no problems, and
// each line that is not blank has exactly one note.
func sound(t testing.TB, text string, r Result) config.File {
	t.Helper()
	f, err := config.Parse("out.toml", r.TOML)
	if err != nil {
		t.Fatalf("the file has problems: %v\n%s", err, r.TOML)
	}
	if f.Hardware.Enabled {
		t.Error("the file switches real motors on")
	}
	seen := map[int]int{}
	for _, n := range r.Notes {
		seen[n.Line]++
		if n.Text == "" {
			t.Errorf("%v says nothing", n)
		}
	}
	for i, line := range strings.Split(text, "\n") {
		want := 1
		if strings.Trim(line, " \t\r\v\f") == "" {
			want = 0
		}
		if seen[i+1] != want {
			t.Errorf("line %d, %q, has %d notes", i+1, line, seen[i+1])
		}
	}
	for _, s := range r.Settings {
		i := strings.LastIndexByte(s.Key, '.')
		if i < 0 || !slices.Contains(sections[:], s.Key[:i]) {
			t.Errorf("%s is in no section that has its place", s.Key)
		}
	}
	return f
}

// Expected values: the reference's table of these three files, worked out by
// hand for the keys that this program has.
func TestFiles(t *testing.T) {
	tests := []struct {
		file  string
		keys  map[string]string // in force, or "" where it must not be
		asked map[string]string // whether this program has the key or not
		kinds map[int]Kind      // of lines
		state State
	}{{
		file: "dobsonian",
		keys: map[string]string{
			"site.latitude_deg": "44.0", "site.longitude_deg": "-123.1", "lx200.utc_offset_h": "-7.0", "site.refraction": "true", "site.elevation_m": "0.0",
			"mount.geometry": `"altaz"`, "mount.a.home_deg": "10.0" /* 0, but the limit is 10 */, "mount.z.home_deg": "180.0",
			"lx200.centre_arcsec_per_s": "400.0", "mount.z1_arcmin": "6.0", "mount.z2_arcmin": "-3.0", "mount.z3_arcmin": "12.0",
			"mount.a.backlash_arcmin": "2.5", "mount.z.backlash_arcmin": "-4.0",
			"mount.a.min_deg": "10.0", "mount.a.max_deg": "88.0", "mount.z.min_deg": "", "mount.z.max_deg": "",
			"mount.guide_ra_arcsec_per_s": "6.0", "mount.guide_dec_arcsec_per_s": "6.0",
			"mount.z.worm_full_steps": "400.0", "mount.a.worm_full_steps": "400.0",
			"rotator.step_arcsec": "4.5", "rotator.sectored": "true" /* the default */, "rotator.max_rate_deg_per_s": "0.05", // 40 steps/s × 4.5″ = 180″/s
			"mount.a.full_step_arcsec": "2.75", "mount.z.full_step_arcsec": "2.71", "mount.z.microsteps": "12", "mount.a.microsteps": "12",
			"motors.z.reverse": "true", "motors.a.reverse": "", "motors.a.invert_output": "false", "motors.z.invert_output": "false",
			"motors.a.winding_compensation": "[1.0, 0.9, 1.0, 1.0]", "motors.z.winding_compensation": "",
			"mount.a.max_rate_deg_per_s": "1.13933", "mount.z.max_rate_deg_per_s": "1.12276", // 2982.9525 × 2.75/7200, × 2.71/7200
			"hardware.over_voltage.above_half_steps_per_s": "1704.54", "hardware.over_voltage.line": "17", "hardware.over_voltage.port": `"parport"`,
			"hardware.pwm_hz": "546.194", "motors.a.pwm_pause_slots": "25", "motors.z.pwm_pause_slots": "25", // 100/125 = 0.8
			"motors.a.half_step_above_deg_per_s": "0.104308", // 1638.58 × 2.75/12/3600
			"motors.a.pwm":                       "[100, 100, 100, 100, 100, 100, 100, 88, 75, 62, 48, 30]", "motors.a.pwm_approaching": "",
			"motors.a.quarter_step_correction_full_steps": "[0.0, 0.0, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]",
			"motors.z.quarter_step_correction_full_steps": "",
			"hardware.parport.device":                     `"/dev/parport0"`, "hardware.a.lines": "[2, 3, 4, 5]", "hardware.z.lines": "[6, 7, 8, 9]", "hardware.a.drive": `"windings"`,
			"encoders.protocol": `"reset_via_r"`, "encoders.reverse_a": "true", "encoders.reverse_z": "false", "encoders.device": `"/dev/ttyS0"`,
			"mount.encoders.use": "true", "mount.encoders.threshold_idle_deg": "0.1", "mount.encoders.threshold_tracking_deg": "1.0",
			"lx200.serial.device": `"/dev/ttyS1"`, "hardware.power_down_after_s": "5.0", "hardware.inputs.paddle": "[13, 12, 10, 11]",
			"hardware.inputs.pec_index": "", "lx200.slew_travel_deg": "3.81944", // 10000 × 2.75/7200
			"hardware.rotator.lines": "[1, 14]", "focuser.motor": "", "hardware.focuser.drive": "",
		},
		asked: map[string]string{"handpad.start_mode": `"guide_stay"`, "handpad.centre_arcsec_per_s": "400.0"},
		kinds: map[int]Kind{1: Comment, 2: Comment, 14: Doubtful, 16: Operator, 20: Saved, 24: Kept, 27: Converted, 50: Comment, 52: Operator, 57: Saved, 58: Operator, 59: Saved, 62: Saved, 71: Doubtful},
		state: State{
			Position: &Pair{Z: 179.99971, A: 29.99944}, Start: align.Preset, Use: true,
			Inits:         []Init{{152.092917, 11.967222, 40, 170, 150, 62}, {201.298250, -11.161389, 25, 140, 165, 63}},
			EncoderOffset: &Pair{Z: 0, A: 40.000017}, PECIndex: &Pair{Z: 0, A: 12}, TargetDrift: &Sky{RA: 0.03},
		},
	}, {
		file: "german",
		keys: map[string]string{
			"site.latitude_deg": "-31.277", "site.longitude_deg": "149.07", "site.elevation_m": "1165.0", "lx200.utc_offset_h": "10.0",
			"mount.geometry": `"german"`, "mount.at_limit": `"flip"`, "mount.past_meridian_deg": "7.5", "mount.before_meridian_deg": "7.5",
			"mount.a.home_deg": "-90.0", "mount.z.home_deg": "0.0", "site.refraction": "true",
			"rotator.enabled": "false", "focuser.motor": `"steps"`, "focuser.reverse": "true", "hardware.focuser.lines": "[16, 17]",
			"focuser.fast_steps_per_s": "500.0", "focuser.slow_steps_per_s": "20.0", "focuser.max_rate_steps_per_s": "500.0",
			"hardware.a.drive": `"step_direction"`, "hardware.z.drive": `"step_direction"`, "hardware.a.lines": "[2, 3]", "hardware.z.lines": "[4, 5]",
			"hardware.a.enable_line": "6", "hardware.z.enable_line": "7", "hardware.a.active_low": "false", "hardware.a.enable_active_high": "true",
			// 0.5″ a pulse; here a pulse is a microstep, of which a full step has two.
			"mount.a.full_step_arcsec": "1.0", "mount.z.full_step_arcsec": "1.0", "mount.a.microsteps": "2", "hardware.a.chip_microsteps": "2",
			"mount.z.worm_full_steps": "100.0",
			"motors.a.pwm":            "", "motors.a.pwm_slots": "", "motors.a.invert_output": "", "hardware.pwm_hz": "",
			"hardware.power_down_after_s": "0.1", "hardware.keep_alive.line": "14", "hardware.keep_alive.port": `"parport"`,
			"mount.a.max_rate_deg_per_s": "0.348151", // 1193181/238 × 0.5/7200
			"hardware.inputs.pec_index":  "[15, -1]", "encoders.protocol": `"none"`, "lx200.serial.precision": `"long"`,
		},
		asked: map[string]string{"handpad.present": "false", "handpad.swap_with_flip": "true"},
		kinds: map[int]Kind{1: Comment, 3: Doubtful, 9: Doubtful, 16: Doubtful, 18: Saved, 20: Operator, 22: Converted, 29: Obsolete, 34: Saved, 40: Doubtful},
		state: State{Position: &Pair{Z: 0, A: -25}, Start: align.Equatorial, FocusPosition: new(int)},
	}, {
		file: "siderostat",
		keys: map[string]string{
			"mount.geometry": `"siderostat"`, "mount.z.min_deg": "90.0", "mount.z.max_deg": "270.0", "mount.a.min_deg": "",
			"mount.guide_drag_a_arcsec_per_min": "15.0", "mount.guide_drag_ra_arcsec_per_min": "10.0", "mount.guide_drag_z_arcsec_per_min": "", // 10, the default
			"focuser.motor": `"relay"`, "hardware.focuser.drive": "" /* the windings have its pins */, "rotator.enabled": "false",
			"motors.a.windings": "5", "motors.z.windings": "5", "motors.a.reverse": "",
			"hardware.a.lines": "[2, 3, 4, 5, 16]", "hardware.z.lines": "[6, 7, 8, 9, 17]",
			"mount.a.full_step_arcsec": "1.8", "mount.z.full_step_arcsec": "1.79", "mount.z.full_step_arcsec_ccw": "1.81",
			"mount.a.max_rate_deg_per_s": "0.749486", // 1193181/398 × 1.8/7200: 3000 half steps/s in place of the loop's counts
			"motors.a.pwm_slots":         "90", "hardware.pwm_hz": "728.259", "motors.a.pwm_pause_slots": "0",
			"motors.a.half_step_above_deg_per_s": "0.0910324", // 728.259 × 1.8/4/3600
			"motors.a.pwm":                       "[90, 90, 90, 54]", "motors.a.pwm_approaching": "[0, 54, 90, 90]",
			"motors.z.pwm": "[80, 80, 80, 48]", "motors.z.pwm_approaching": "[0, 48, 80, 80]",
			"motors.a.quarter_step_correction_full_steps": "", "encoders.protocol": `"none"`, "encoders.counts_per_turn_a": "16384",
			"site.longitude_deg": "0.0", "lx200.utc_offset_h": "0.0", "mount.a.microsteps": "4",
		},
		asked: map[string]string{"handpad.design": `"direct"`},
		kinds: map[int]Kind{1: Comment, 7: Error, 9: Doubtful, 12: Doubtful, 15: Doubtful, 16: Doubtful, 19: Doubtful, 32: Doubtful, 33: Doubtful, 34: Operator, 36: Saved, 44: Converted, 45: Saved},
		state: State{
			Start: align.None, FocusPosition: new(int),
			Inits:   []Init{{10, 20, 30, 40, 50, 36}, {60, 10, 45, 100, 50, 37}, {90, -5, 60, 200, 50, 38}},
			Presets: []focuser.Preset{{Name: "Nagler 13mm", Position: 310}, {Name: "Plossl 32mm", Position: 455}},
		},
	}}
	*tests[1].state.FocusPosition = 1250
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("testdata", tt.file+".dat"))
			if err != nil {
				t.Fatal(err)
			}
			r := read(t, string(text), Options{})
			sound(t, string(text), r)
			for key, want := range tt.keys {
				if got := r.value(key); got != want {
					t.Errorf("%s is %s, want %s", key, got, want)
				}
			}
			for key, want := range tt.asked {
				if got := r.asked(key); got != want {
					t.Errorf("%s would be %s, want %s", key, got, want)
				}
			}
			for line, want := range tt.kinds {
				if n := r.on(line); n.Kind != want {
					t.Errorf("%v; want %v", n, want)
				}
			}
			near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 6e-6 })
			r.State.Counts = nil
			if d := cmp.Diff(tt.state, r.State, near); d != "" {
				t.Errorf("state (-want +got):\n%s", d)
			}
			for _, n := range r.Notes {
				if strings.HasSuffix(n.Text, "is not taken") {
					t.Errorf("nobody knew %v", n)
				}
			}
		})
	}
}

// Every variable that the original reads has a note, and none says that nobody
// knew it.
func TestEveryVariable(t *testing.T) {
	var b strings.Builder
	for _, v := range variables {
		word := fmt.Sprint(v.def)
		if v.as == text {
			word = "x"
		}
		fmt.Fprintf(&b, "%s %s\n", v.name, word)
	}
	for _, method := range []string{"", "MotorControlMethod 2\n", "MotorWindings 5\n", "Siderostat 1\n", "AutoGEMFlip 1\n", "EncoderString Ek\nEncoderComPort 1\n"} {
		r := read(t, b.String()+method, Options{})
		sound(t, b.String()+method, r)
		for _, n := range r.Notes {
			if strings.HasSuffix(n.Text, " is not taken") {
				t.Errorf("with %q: %v", method, n)
			}
		}
	}
}
