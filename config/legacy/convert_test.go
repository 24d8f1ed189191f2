// SPDX-License-Identifier: GPL-3.0-or-later

package legacy

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model/align"
)

const steps = "AltFullStepSizeArcsec 3\nAzFullStepSizeArcsec 3\n"

// Sources: the reference's table of variables, by hand.
func TestConversions(t *testing.T) {
	tests := []struct {
		name, text string
		key, want  string
		options    Options
	}{
		{"longitude beyond 180 west is east", "LongitudeDeg 200", "site.longitude_deg", "160.0", Options{}},
		{"longitude of 180", "LongitudeDeg 180", "site.longitude_deg", "180.0", Options{}},
		{"negative longitude is east", "LongitudeDeg -10.5", "site.longitude_deg", "10.5", Options{}},
		{"default of the longitude", "LatitudeDeg 1", "site.longitude_deg", "-123.0", Options{}},
		{"time zone without summer time", "Tz 5\nDST 0", "lx200.utc_offset_h", "-5.0", Options{}},
		{"refraction off by an equatorial start", "RefractFlag 1\nStartInitState 1", "site.refraction", "false", Options{}},
		{"equatorial start is a fork", "StartInitState 1", "mount.geometry", `"fork"`, Options{}},
		{"flipping is german", "GEMFlipPossible 1", "mount.geometry", `"german"`, Options{}},
		{"the option wins", "GEMFlipPossible 1", "mount.geometry", `"fork"`, Options{Geometry: "fork"}},
		{"flipped margin is past the meridian", "AutoGEMFlip 1\nAutoGEMFlipOnFuzzDeg 5\nAutoGEMFlipOffFuzzDeg -3", "mount.past_meridian_deg", "5.0", Options{}},
		{"the other one before it", "AutoGEMFlip 1\nAutoGEMFlipOnFuzzDeg 5\nAutoGEMFlipOffFuzzDeg -3", "mount.before_meridian_deg", "-3.0", Options{}},
		{"equal limits are none", "AltLowLimitDeg 5\nAltHighLimitDeg 5", "mount.a.min_deg", "", Options{}},
		{"home is brought within", "HomeAzDeg 350\nAzLowLimitDeg -20\nAzHighLimitDeg 100", "mount.z.home_deg", "-10.0", Options{}},
		{"southern german limits", "GEMFlipPossible 1\nLatitudeDeg -30", "mount.z.max_deg", "60.0", Options{}},
		{"mode 9 by the source", "StartingHandpadMode 9", "handpad.start_mode", `"guide_rotate"`, Options{}},
		{"mode 9 by the manual", "StartingHandpadMode 9", "handpad.start_mode", `"guide_stay_save"`, Options{Numbering: Manual}},
		{"mode 18 by the source", "StartingHandpadMode 18", "handpad.start_mode", `"aux"`, Options{}},
		{"mode 19 by the manual", "StartingHandpadMode 19", "handpad.start_mode", `"aux"`, Options{Numbering: Manual}},
		{"mode 5 by the manual", "StartingHandpadMode 5", "handpad.start_mode", `"polar"`, Options{Numbering: Manual}},
		{"encoders the right way round", "AltEncoderDir 1", "encoders.reverse_a", "false", Options{}},
		{"encoders the wrong way round", "AzEncoderDir 0", "encoders.reverse_z", "true", Options{}},
		{"no threshold, no use", "EncoderString Ek\nEncoderComPort 2\nEncoderErrorThresholdDeg 0\nTrackEncoderErrorThresholdDeg 1", "mount.encoders.use", "false", Options{}},
		{"pause of 500 in 6", "MsPause 500", "motors.a.pwm_pause_slots", "83", Options{}}, // 500/6 = 83.3
		{"pause of the default", steps, "motors.z.pwm_pause_slots", "83", Options{}},
		{"frames", "PWMRepsTick 22", "hardware.pwm_hz", "400.543", Options{}}, // 22 × 18.206481
		{"slew speed of the defaults", steps, "mount.a.max_rate_deg_per_s", "1.6572", Options{}},
		{"values of the author's tests", steps + "MaxDelay 10\nMinDelay 5", "mount.a.max_rate_deg_per_s", "1.24915", Options{}},          // 1193181/398 × 3/7200
		{"half steps beyond Ms/4 a period", steps + "Ms 8\nPWMRepsTick 30", "motors.a.half_step_above_deg_per_s", "0.113791", Options{}}, // 2 × 546.194 × 3/8/3600
		{"default table", steps, "motors.a.pwm", "[100, 100, 100, 100, 100, 100, 85, 70, 55, 35]", Options{}},
		{"no table of other microsteps", steps + "Ms 20", "motors.a.pwm", "", Options{}},
		{"Z table is a copy", "Ms 2\nPWM[0] 90\nPWM[1] 80", "motors.z.pwm", "[90, 80]", Options{}},
		{"slots by the first entry", "Ms 2\nPWM[0] 90\nPWM[1] 80", "motors.z.pwm_slots", "90", Options{}},
		{"second column is cut", "Ms 2\nPWM[0] 90 : 0\nPWM[1] 80 : 95", "motors.a.pwm_approaching", "[0, 90]", Options{}},
		{"table after that of Z", "Ms 2\nPWMZ[0] 70\nPWMZ[1] 60\nPWM[0] 90\nPWM[1] 80\nMaxPWM 100", "motors.a.pwm", "[90, 80]", Options{}},
		{"inverted step and direction", "MotorControlMethod 2\nInvertOutput 1", "hardware.a.enable_active_high", "false", Options{}},
		{"reversed step and direction", "MotorControlMethod 2\nReverseZMotor 1", "hardware.z.reverse", "true", Options{}},
		{"second port", "PPortAddr 2", "hardware.parport.device", `"/dev/parport1"`, Options{}},
		{"address in hexadecimal", "PPortAddr 0x278", "hardware.parport.device", `"/dev/parport1"`, Options{}},
		{"relays of two speeds", "FocusMethod 1\nFocusFastStepsSec 30\nFocusSlowStepsSec 4", "hardware.focuser.lines", "[16, 17, 1, 14]", Options{}},
		{"slow relays", "FocusMethod 1\nFocusFastStepsSec 30\nFocusSlowStepsSec 4", "focuser.relay_slow_steps_per_s", "4.0", Options{}},
		{"focuser on the rotator's pins", "FocusMethod 2", "rotator.enabled", "false", Options{}},
		{"rotator as it comes", "FRStepSizeArcsec 60", "rotator.max_rate_deg_per_s", "0.833333", Options{}}, // 50 steps/s × 60″
		{"sectored drive", "FRStepSizeArcsec 5\nSectoredFRDrive 1", "rotator.sectored", "true", Options{}},
		{"sectored drive of the defaults", "FRStepSizeArcsec 5", "rotator.sectored", "true", Options{}},
		{"drive of a whole circle", "FRStepSizeArcsec 5\nSectoredFRDrive 0", "rotator.sectored", "false", Options{}},
		{"sectored drive without a rotator", "FRStepSizeArcsec 0\nSectoredFRDrive 1", "rotator.sectored", "", Options{}},
		{"over-voltage off", "HsOverVoltageControl 0", "hardware.over_voltage.line", "", Options{}},
		{"worm", "FullstepsPerPECArray 1000", "mount.a.worm_full_steps", "1000.0", Options{}},
		{"half steps of a key", steps + "LX200SlewHs 2000", "lx200.slew_travel_deg", "0.833333", Options{}}, // 2000 × 3/7200
		{"speed of keys", "MsArcsecSec 600", "lx200.centre_arcsec_per_s", "600.0", Options{}},
		{"last one counts", "Height 1\nHeight 2", "site.elevation_m", "2.0", Options{}},
		{"two on a line", "Height 7 Tz 0 DST 0", "lx200.utc_offset_h", "0.0", Options{}},
		{"names in any letters", "HEIGHT 7", "site.elevation_m", "7.0", Options{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := read(t, tt.text, tt.options)
			sound(t, tt.text, r)
			if got := r.asked(tt.key); got != tt.want {
				t.Errorf("%s is %s, want %s", tt.key, got, tt.want)
			}
		})
	}
}

// The original's defaults take 7.1 s from 1193 to 3977 half steps per second,
// says the reference: 392 half steps per second squared, of 3″/2.
func TestAcceleration(t *testing.T) {
	r := read(t, steps, Options{})
	f := sound(t, steps, r)
	want := (3977.27 - 1193.18) / 7.1 * 3 / 7200
	if got := f.Mount.A.Accel; got < 0.98*want || got > 1.02*want {
		t.Errorf("acceleration is %g °/s², want %g", got, want)
	}
}

func TestOptions(t *testing.T) {
	d, _ := Parse(strings.NewReader(""))
	for _, o := range []Options{{Geometry: "gem"}, {Numbering: "book"}} {
		if _, err := Convert(d, o); !errors.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// What has no safe default is asked for, and never set.
func TestAskedFor(t *testing.T) {
	tests := []struct {
		text string
		keys []string
	}{
		{"", []string{"motors.z.invert_output", "motors.a.invert_output", "mount.z.full_step_arcsec", "mount.a.full_step_arcsec"}},
		{"MotorControlMethod 2", []string{"hardware.z.active_low", "hardware.a.active_low"}},
		{"AltFullStepSizeArcsec 0\nAzFullStepSizeArcsec -1", []string{"mount.z.full_step_arcsec", "mount.a.full_step_arcsec"}},
		{"InvertOutput maybe", []string{"motors.z.invert_output", "motors.a.invert_output"}},
		{"PPortAddr 1000", []string{"hardware.parport.device"}},
	}
	for _, tt := range tests {
		r := read(t, tt.text, Options{})
		sound(t, tt.text, r)
		for _, key := range tt.keys {
			if r.asked(key) != "" || !strings.Contains(r.TOML, "# "+key[strings.LastIndexByte(key, '.')+1:]+" =\n") {
				t.Errorf("%q: %s is set, or not asked for\n%s", tt.text, key, r.TOML)
			}
		}
		if r.Count(Operator) == 0 {
			t.Errorf("%q: nothing needs the operator", tt.text)
		}
	}
}

func TestPositionAndCounts(t *testing.T) {
	tests := []struct {
		name, text string
		want       Pair
		z, a       int64 // counts; both −1 for none
		turnZ      float64
	}{
		// The reference: 1505200 is 114.98° at Ms 10 and 57.49° at Ms 20, of 2.75″.
		{"Ms 10", "Ms 10\nAccumMs.A 1505200", Pair{0, 114.98056}, -1, -1, 0}, // beyond 95°
		{"Ms 20", "Ms 20\nAccumMs.A 1505200", Pair{0, 57.49028}, 0, 1505200, 0},
		{"two counts a pulse", "MotorControlMethod 2\nAccumMs.A 3600", Pair{0, 1.375}, 0, 1800, 0},
		{"half a pulse", "MotorControlMethod 2\nAccumMs.A 3601", Pair{0, 1.37538}, -1, -1, 0},
		{"turned back into the limits", "AzLowLimitDeg -180\nAzHighLimitDeg 180\nMs 10\nAccumMs.Z 3665454", Pair{279.99996, 0}, 3665454, 0, -360},
		{"friction drive", "Ms 10\nAccumMs.A 10\nAzFullStepSizeArcsecCW 2.7\nAzFullStepSizeArcsecCCW 2.8", Pair{0, 0.00076}, -1, -1, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := "AltFullStepSizeArcsec 2.75\nAzFullStepSizeArcsec 2.75\nInvertOutput 0\n" + tt.text
			r := read(t, text, Options{Geometry: "altaz"})
			sound(t, text, r)
			p := r.State.Position
			if p == nil || fmt.Sprintf("%.5f %.5f", p.Z, p.A) != fmt.Sprintf("%.5f %.5f", tt.want.Z, tt.want.A) {
				t.Errorf("position %+v, want %+v", p, tt.want)
			}
			m := r.State.Mount(evening)
			if tt.z < 0 {
				if m != nil {
					t.Errorf("counts %v, want none", m.Counts)
				}
				return
			}
			if m == nil || int64(m.Counts[0]) != tt.z || int64(m.Counts[1]) != tt.a || m.Trusted || !m.UTC.Equal(evening) {
				t.Fatalf("saved %+v", m)
			}
			if got := m.Zero.Z.Degrees(); got < tt.turnZ-1e-9 || got > tt.turnZ+1e-9 {
				t.Errorf("zero of axis Z %g°, want %g°", got, tt.turnZ)
			}
		})
	}
}

func TestStarts(t *testing.T) {
	want := []align.Start{align.Preset, align.Equatorial, align.AltAz, align.None, align.Preset}
	for n, start := range want {
		r := read(t, fmt.Sprintf("StartInitState %d\nInitOne 1 2 3 4 5", n), Options{})
		if r.State.Start != start || r.State.Use != (n == 0 || n == 4) {
			t.Errorf("StartInitState %d: %v, inits used %v", n, r.State.Start, r.State.Use)
		}
	}
}
