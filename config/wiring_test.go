// SPDX-License-Identifier: GPL-3.0-or-later

package config

import (
	"strings"
	"testing"
)

const windingsFile = `
[hardware]
enabled = true
z = {drive = 'windings', port = 'parport', lines = [6, 7, 8, 9]}
a = {drive = 'windings', port = 'parport', lines = [2, 3, 4, 5]}
FOCUS
[motors.z]
invert_output = false
[motors.a]
invert_output = false
`

const chipFile = `
[hardware]
enabled = true
z = {drive = 'step_direction', port = 'parport', lines = [6, 7], chip_microsteps = 16}
a = {drive = 'windings', port = 'PORT', lines = [2, 3, 4, 5]}
pca9685 = {pwm_hz = 1000}
[motors.a]
invert_output = false
[mount.z]
microsteps = ZSTEPS
[mount.a]
full_step_arcsec = 2
max_rate_deg_per_s = RATE
`

// What is wired must be what the other sections speak of.
func TestWiring(t *testing.T) {
	focus := func(hardware, section string) string {
		return strings.Replace(windingsFile, "FOCUS", hardware, 1) + section
	}
	chip := func(port, zsteps, rate string) string {
		return strings.NewReplacer("PORT", port, "ZSTEPS", zsteps, "RATE", rate).Replace(chipFile)
	}
	for _, tt := range []struct {
		name, text string
		want       []string // of the problem; none for none
	}{
		{"neither rotator nor focuser", focus("", ""), nil},
		{"a rotator that nothing turns", focus("", "[rotator]\nenabled = true"), []string{"rotator.enabled", "hardware.rotator.drive"}},
		{"a focuser that nothing moves", focus("", "[focuser]\nenabled = true"), []string{"focuser.enabled", "hardware.focuser.drive"}},
		{"a second one", focus("", "[focuser2]\nenabled = true"), []string{"focuser2.enabled", "hardware.focuser2.drive"}},
		{"relays", focus("focuser = {drive = 'relay', port = 'parport', lines = [16, 17]}", "[focuser]\nmotor = 'relay'"), nil},
		{"relays taken for a stepper", focus("focuser = {drive = 'relay', port = 'parport', lines = [16, 17]}", ""), []string{"focuser.motor", "hardware.focuser.drive", "step_direction"}},
		{"a stepper taken for relays", focus("focuser = {drive = 'step_direction', port = 'parport', lines = [16, 17]}", "[focuser]\nmotor = 'relay'"), []string{"focuser.motor", "hardware.focuser.drive"}},
		{"no slow relays", focus("focuser = {drive = 'relay', port = 'parport', lines = [16, 17]}", "[focuser]\nmotor = 'relay'\nrelay_slow_steps_per_s = 10"), []string{"relay_slow_steps_per_s", "hardware.focuser.lines"}},
		{"a Celestron motor has no lines", focus("", "[focuser]\nmotor = 'celestron'\nport = '/dev/ttyACM0'"), nil},
		{"pulses that are counts", chip("parport", "16", "3"), nil},
		{"pulses that are not", chip("parport", "20", "3"), []string{"mount.z.microsteps is 20", "hardware.z.chip_microsteps is 16"}},
		// 1 kHz: 500 half steps a second of 1″ are 0.1388…° a second.
		{"a chip that can follow", chip("pca9685", "16", "0.138"), nil},
		{"a chip that cannot", chip("pca9685", "16", "0.14"), []string{"mount.a.max_rate_deg_per_s", "hardware.a.port", "0.138"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := tt.text
			if strings.HasPrefix(tt.name, "a chip") {
				text = strings.Replace(text, "[motors.a]", "[motors.a]\nhalf_step_above_deg_per_s = 0.05", 1)
			}
			f, err := Parse("f.toml", text)
			if tt.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				if wired := f.Hardware.Rotator.Drive != "none"; f.Rotator.Enabled != wired {
					t.Errorf("rotator enabled: %v", f.Rotator.Enabled)
				}
				return
			}
			if err == nil {
				t.Fatal("accepted")
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%v\nlacks %q", err, part)
				}
			}
		})
	}
}
