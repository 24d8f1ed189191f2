// SPDX-License-Identifier: GPL-3.0-or-later

package legacy

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

func TestMalformed(t *testing.T) {
	tests := []struct {
		name, text string
		line       int
		kind       Kind
		says       string
		key, want  string // of another line, or of this one all the same
	}{
		{"no value", "MsPause\nHeight 5", 1, Error, "has no value on its line", "site.elevation_m", "5.0"},
		{"a comment for a value", "MsPause ; later\nHeight 5", 1, Error, "has no value on its line", "site.elevation_m", "5.0"},
		{"no number", "Height tall", 1, Error, `"tall" is no number`, "site.elevation_m", "0.0"},
		{"unknown name", "Frobnicate 5\nHeight 5", 1, Doubtful, "unknown name", "site.elevation_m", "5.0"},
		{"name of an older chapter", "MsDelay 5", 1, Doubtful, "now MsDelayX", "", ""},
		{"the manual's name", "F9Hotkey 5", 1, Doubtful, "HotkeyF9", "", ""},
		{"the manual's init", "OneInit 1 2 3 4 5", 1, Doubtful, "InitOne", "", ""},
		{"hexadecimal", "PPortAddr 0x378", 1, Operator, "the original read it as 0", "hardware.parport.device", `"/dev/parport0"`},
		{"hexadecimal in a flag", "DST 1\nReverseZMotor 0x1", 2, Doubtful, "is read as 0", "motors.z.reverse", "false"},
		{"bad hexadecimal", "PPortAddr 0xZZ", 1, Error, "is no number", "", ""},
		{"yes", "ReverseZMotor yes", 1, Doubtful, "the original read it as 0", "motors.z.reverse", "true"},
		{"Off", "ReverseZMotor Off", 1, Kept, "motors.z.reverse = false", "motors.z.reverse", "false"},
		{"yes for a number", "Height yes", 1, Error, "is no number", "", ""},
		{"a fraction of a whole number", "Ms 12.9", 1, Doubtful, "read as 12", "mount.z.microsteps", "12"},
		{"letters behind", "Height 5m", 1, Doubtful, "read as 5", "site.elevation_m", "5.0"},
		{"a comment behind", "Height 5;m", 1, Kept, "", "site.elevation_m", "5.0"},
		{"exponent", "Height 1.5e2", 1, Kept, "", "site.elevation_m", "150.0"},
		{"infinite", "Height inf", 1, Error, "is no number", "site.elevation_m", "0.0"},
		{"NaN", "Height nan", 1, Error, "is no number", "", ""},
		{"too great for 16 bits", "Ms 70000", 1, Error, "out of the range", "mount.z.microsteps", "10"},
		{"too great for any", "Height 1e99", 1, Error, "out of the range", "", ""},
		{"far too great", "Height 1e999", 1, Error, "too great", "", ""},
		{"out of ours", "LatitudeDeg 95", 1, Error, "accepted are -90 to 90", "site.latitude_deg", ""},
		{"odd microsteps", "Ms 11", 1, Error, "even", "mount.z.microsteps", "10"},
		{"too many microsteps", "Ms 41", 1, Error, "from 2 to 40", "mount.z.microsteps", "10"},
		{"no full step", "AltFullStepSizeArcsec 0", 1, Error, "above 0", "", ""},
		{"delays the wrong way round", "MaxDelay 300\nMinDelay 300", 2, Error, "below MaxDelay", "", ""},
		{"delays of the author's tests", steps + "MaxDelay 10\nMinDelay 5", 3, Doubtful, "600 to 3000", "", ""},
		{"three windings", "MotorWindings 3", 1, Error, "4 or 5", "motors.z.windings", "4"},
		{"a keep-alive pin that is none", "KeepAlivePPortPin 3", 1, Error, "1, 14, 16 and 17", "hardware.keep_alive.line", ""},
		{"an index pin that is none", "AutoAzPECPin 10", 1, Error, "101213", "", ""},
		{"an encoder box that is none", "EncoderString Frob\nEncoderComPort 1", 1, Error, "no encoder box", "encoders.protocol", `"none"`},
		{"an encoder box with a comment", "EncoderString Ek  ; mine\nEncoderComPort 1", 1, Doubtful, "left out", "encoders.protocol", `"ek"`},
		{"a port that is none", "LX200ComPort 7", 1, Error, "1 to 4", "lx200.serial.device", ""},
		{"two on a port", "EncoderString Ek\nEncoderComPort 1\nLX200ComPort 1", 3, Error, "on one port", "encoders.protocol", `"none"`},
		{"no counts", "EncoderString Ek\nEncoderComPort 1\nAltEncoderCountsPerRev 0", 3, Error, "above 0", "encoders.counts_per_turn_a", ""},
		{"method that is none", "MotorControlMethod 1", 1, Doubtful, "it is 0", "hardware.z.drive", `"windings"`},
		{"ramp of nothing", "HsRampX 0", 1, Doubtful, "below 1 it is 1", "", ""},
		{"an entry above MaxPWM", "Ms 2\nMaxPWM 50\nPWM[0] 60\nPWM[1] 10", 3, Error, "0 to MaxPWM, 50", "motors.a.pwm", ""},
		{"an entry too many", "Ms 2\nPWM[0] 60\nPWM[1] 10\nPWM[2] 5", 4, Doubtful, "PWM[0] to [1]", "motors.a.pwm", "[60, 10]"},
		{"a blank in the brackets", "PWM[ 1] 10", 1, Error, "without blanks", "", ""},
		{"an index beyond the table", "PWM[40] 10", 1, Error, "0 to 39", "", ""},
		{"an entry without count", "PWM[1]", 1, Error, "lacks a value", "", ""},
		{"an entry without second count", "Ms 2\nPWM[0] 9 :\nPWM[1] 8", 2, Error, "lacks a value", "", ""},
		{"a trim in capitals", "PWM_A_B_Comp 0.5", 1, Doubtful, "capital", "motors.a.winding_compensation", "[1.0, 0.5, 1.0, 1.0]"},
		{"a trim of a fifth winding", "PWM_A_e_Comp 0.5", 1, Error, "ended the original", "", ""},
		{"a trim above 1", "PWM_A_a_Comp 1.5", 1, Error, "from 0 to 1", "motors.a.winding_compensation", ""},
		{"a quarter step in capitals", "QSC_A1 0.05 : 0.02", 1, Doubtful, "capital", "", ""},
		{"a quarter step that is none", "QSC_a4 0.5 : 0.25", 1, Error, "another digit for 0", "", ""},
		{"a star of four numbers", "InitOne 1 2 3 4", 1, Error, "lacks a value", "", ""},
		{"an eyepiece too many", "EPFocusPosition[12].Name x", 1, Error, "of eyepieces", "", ""},
		{"a twin", "Height 1\nHeight 2", 1, Doubtful, "superseded by line 2", "site.elevation_m", "2.0"},
		{"a twin that is wrong", "Height 1\nHeight two", 1, Kept, "", "site.elevation_m", "1.0"},
		{"more behind the value", "Height 1 and more", 1, Doubtful, `"and" behind the value`, "site.elevation_m", "1.0"},
		{"no end of line", "Height 3", 1, Kept, "", "site.elevation_m", "3.0"},
		{"lines of DOS", "Height 3\r\nTz 4\r\n", 1, Kept, "", "site.elevation_m", "3.0"},
		{"end of a text under DOS", "Height 3\n\x1aHeight 4", 1, Kept, "", "site.elevation_m", "3.0"},
		{"lines the original writes", "'COM1 1", 1, Comment, "", "", ""},
		{"zeros", "\x00\x00\x00 1\nHeight 3", 1, Doubtful, "unknown name", "site.elevation_m", "3.0"},
		{"letters of DOS", "InterfacePath C:\\\x84\x94\\", 1, Obsolete, "exchange of files", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := read(t, tt.text, Options{})
			n := r.on(tt.line)
			if n.Kind != tt.kind || !strings.Contains(n.Text, tt.says) {
				t.Errorf("%v; want %v with %q", n, tt.kind, tt.says)
			}
			if tt.key != "" && r.value(tt.key) != tt.want {
				t.Errorf("%s is %q, want %q", tt.key, r.value(tt.key), tt.want)
			}
			if !strings.Contains(tt.text, "\x1a") {
				sound(t, tt.text, r)
			}
		})
	}
}

func TestUnreadable(t *testing.T) {
	broken := errors.New("broken disk")
	_, notes := Parse(io.MultiReader(strings.NewReader("Height 1\n"), iotest.ErrReader(broken)))
	if last := notes[len(notes)-1]; last.Kind != Error || !strings.Contains(last.Text, "broken disk") {
		t.Errorf("%v", notes)
	}
	_, notes = Parse(strings.NewReader(strings.Repeat(";", longestFile+1)))
	if last := notes[len(notes)-1]; last.Kind != Error || last.Line != 0 {
		t.Errorf("of a huge file: %v", last)
	}
}

// FuzzConvert: whatever the file, what comes of it is in order.
func FuzzConvert(f *testing.F) {
	files, err := filepath.Glob("testdata/*.dat")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add("Ms 2\nPWM[0] 90 : 0\nPWMZ[1] -5\nQSC_a0 9 : 9\nPWM_Z_a_Comp 3\nLatitudeDeg -91\nAzLowLimitDeg 900\nAzHighLimitDeg 1000\nHomeAzDeg 5")
	f.Add("MotorControlMethod 2\nFRStepSizeArcsec -1e-5\nFRStepSpeedMilliSec 0\nFocusMethod 3\nHsOverVoltageControl 700\nKeepAlivePPortPin 17")
	f.Fuzz(func(t *testing.T, text string) {
		d, _ := Parse(strings.NewReader(text))
		lines := text
		if strings.Contains(text, "\x1a") || strings.HasPrefix(text, "\xef\xbb\xbf") {
			lines = "" // some are passed over
		}
		for _, o := range []Options{{}, {Geometry: "german", Numbering: Manual}} {
			r, err := Convert(d, o)
			if err != nil {
				t.Fatal(err)
			}
			if lines != text {
				r.Notes = nil
			}
			f := sound(t, lines, r)
			if a, err := r.State.Alignment(f.Config, evening); err == nil && a != nil {
				if err := a.Check(); err != nil {
					t.Error(err)
				}
			}
		}
	})
}
