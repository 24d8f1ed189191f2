// SPDX-License-Identifier: GPL-3.0-or-later

package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEdit(t *testing.T) {
	tests := []struct {
		name, before string
		key          string
		value        any
		after        string
	}{{
		name:   "a value, its comment kept",
		before: "# top\n[site] # here\nlatitude_deg   =  44.5 # measured\nname = 'x'\n",
		key:    "site.latitude_deg", value: -33.25,
		after: "# top\n[site] # here\nlatitude_deg   =  -33.25 # measured\nname = 'x'\n",
	}, {
		name:   "a key that its section does not have yet",
		before: "[site]\nname = 'x' # y\n\n# next\n[mount]\nname = 'z'\n",
		key:    "site.latitude_deg", value: 10.0,
		after: "[site]\nname = 'x' # y\nlatitude_deg = 10.0\n\n# next\n[mount]\nname = 'z'\n",
	}, {
		name:   "a key in an empty section at the end, without line end",
		before: "[site]",
		key:    "site.name", value: "A \"b\"\n",
		after: "[site]\nname = \"A \\\"b\\\"\\n\"\n",
	}, {
		name:   "a section that the file does not have yet",
		before: "[site]\nname = 'x'\n",
		key:    "mount.z.park_deg", value: 90.0,
		after: "[site]\nname = 'x'\n\n[mount.z]\npark_deg = 90.0\n",
	}, {
		name:   "a section whose sub-section is there",
		before: "[mount.z]\npark_deg = 1.0\n",
		key:    "mount.horizon_deg", value: 5.0,
		after: "[mount.z]\npark_deg = 1.0\n\n[mount]\nhorizon_deg = 5.0\n",
	}, {
		name:   "dotted keys",
		before: "mount.z.park_deg = 1.0\nsite.name = 'a'\n[focuser]\nname = 'b'\n",
		key:    "mount.z.home_deg", value: 5.0,
		after: "mount.z.park_deg = 1.0\nmount.z.home_deg = 5.0\nsite.name = 'a'\n[focuser]\nname = 'b'\n",
	}, {
		name:   "a key beside dotted keys in a section",
		before: "[mount]\nz.park_deg = 1.0\n",
		key:    "mount.z.home_deg", value: 5.0,
		after: "[mount]\nz.park_deg = 1.0\nz.home_deg = 5.0\n",
	}, {
		name:   "an inline table",
		before: "[mount]\nz = { park_deg = 1.0 } # note\n",
		key:    "mount.z.park_deg", value: 2.0,
		after: "[mount]\nz = { park_deg = 2.0 } # note\n",
	}, {
		name:   "a key that an inline table does not have yet",
		before: "mount = { z = {}, name = 'x' }\n",
		key:    "mount.z.park_deg", value: 2.0,
		after: "mount = { z = { park_deg = 2.0}, name = 'x' }\n",
	}, {
		name:   "a section that an inline table does not have yet",
		before: "mount = { name = 'x' }\n",
		key:    "mount.z.park_deg", value: 2.0,
		after: "mount = { z.park_deg = 2.0, name = 'x' }\n",
	}, {
		name:   "line ends of Windows",
		before: "[site]\r\nname = 'x'\r\n",
		key:    "site.refraction", value: false,
		after: "[site]\r\nname = 'x'\r\nrefraction = false\r\n",
	}, {
		name:   "a list over several lines",
		before: "[motors.z]\nmicrosteps_per_full_step = 4\npwm = [ # tuned\n 9,9,9,\n 9 ] # end\npwm_slots = 100\n[motors.a]\npwm_slots = 100\n",
		key:    "motors.z.pwm", value: []int{1, 1, 1, 1},
		after: "[motors.z]\nmicrosteps_per_full_step = 4\npwm = [1, 1, 1, 1] # end\npwm_slots = 100\n[motors.a]\npwm_slots = 100\n",
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := edit("f.toml", tt.before, map[string]any{tt.key: tt.value})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.after, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSetRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "siderostep.toml")
	const text = "[site]\nlatitude_deg = 1\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		key   string
		value any
		want  string
	}{
		{"site.latitude_deg", 91.0, "siderostep.toml:2: site.latitude_deg is 91; accepted are -90 to 90"},
		{"site.latitude", 9.0, "site.latitude is no known key"},
		{"site", 9.0, "site is no known key"},
		{"mount.z", 9.0, "mount.z is no known key"},
		{"site.name", 9, "site.name is 9; a text"},
	}
	for _, tt := range tests {
		err := Set(path, map[string]any{tt.key: tt.value})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s = %v: got %v, want %s", tt.key, tt.value, err, tt.want)
		}
		if after, err := os.ReadFile(path); err != nil || string(after) != text {
			t.Errorf("%s = %v: the file became %q, %v", tt.key, tt.value, after, err)
		}
	}
}

// Settings changed at run time are there after the next start.
func TestDiffThenSetThenLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "siderostep.toml")
	before, want := Default(), Default()
	want.Site.LatitudeDeg = -12.5
	want.Mount.Z.ParkDeg = 33
	want.Focuser.TempComp = true
	for _, changes := range []map[string]any{
		Diff("", before.Config, want.Config),
		Diff("focuser", before.Focuser, want.Focuser),
	} {
		if err := Set(path, changes); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := len(Diff("", want, want)); n != 0 {
		t.Errorf("%d differences between equals", n)
	}
}
