// SPDX-License-Identifier: GPL-3.0-or-later

package config

import (
	"errors"
	"io/fs"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestBadFiles(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string // the problems, one by one
	}{{
		name: "syntax", text: "[site]\nlatitude_deg = = 4\n",
		want: []string{"f.toml:2: not TOML: expected value but found '=' instead (at or after key site.latitude_deg)"},
	}, {
		name: "the same key twice", text: "[site]\nname = \"a\"\n\nname = \"b\"\n",
		want: []string{"f.toml:4: not TOML: Key 'site.name' has already been defined. (at or after key site.name)"},
	}, {
		name: "number out of range", text: "# where\n\n[site]\nlatitude_deg = 91.5\n",
		want: []string{"f.toml:4: site.latitude_deg is 91.5; accepted are -90 to 90"},
	}, {
		name: "not a number", text: "[site]\nelevation_m = nan\n",
		want: []string{"f.toml:2: site.elevation_m is NaN; accepted are -300 to 10000"},
	}, {
		name: "infinite, in a list", text: "[motors.z]\nwinding_compensation = [1, inf]\n",
		want: []string{"f.toml:2: motors.z.winding_compensation element 2 is +Inf; a finite number is accepted"},
	}, {
		name: "whole number out of range, in a deep section", text: "[mount.z]\nmicrosteps = 500",
		want: []string{"f.toml:2: mount.z.microsteps is 500; accepted are 2 to 256"},
	}, {
		name: "real motors, and nobody said at which level they are on",
		text: "[hardware]\nenabled = true\nz = {drive = 'windings', port = 'parport', lines = [6, 7, 8, 9]}\na = {drive = 'windings', port = 'parport', lines = [2, 3, 4, 5]}\n[motors.z]\ninvert_output = false\n",
		want: []string{"f.toml:5: motors.a.invert_output must be in the file when hardware.a drives windings: a wrong value means full current in all windings; false when a line that is high switches a winding on"},
	}, {
		name: "the second of two sections with the same keys", text: "[focuser2]\nmax_step = 100\nstart_position = 200\n",
		want: []string{"f.toml:3: focuser2.start_position (200) is beyond focuser2.max_step (100)"},
	}, {
		name: "a contradiction told without the section", text: "[encoders]\nprotocol = 'ek'\n",
		want: []string{"f.toml:1: encoders.device is empty, but must name the device of the box"},
	}, {
		name: "not among the choices", text: "[mount]\ngeometry = 'gem'",
		want: []string{`f.toml:2: mount.geometry is "gem"; accepted are altaz, fork, german, siderostat, altalt`},
	}, {
		name: "text for a number", text: "[mount.z]\npark_deg = \"180\"\n",
		want: []string{`f.toml:2: mount.z.park_deg is the text "180"; a number is accepted, -720 to 720`},
	}, {
		name: "fraction for a whole number", text: "[focuser]\nmax_step = 1.5\n",
		want: []string{"f.toml:2: focuser.max_step is 1.5; a whole number is accepted, 10 to 10000000"},
	}, {
		name: "number for a truth value", text: "[focuser]\nenabled = 1\n",
		want: []string{"f.toml:2: focuser.enabled is 1; true or false is accepted"},
	}, {
		name: "list for a text", text: "[site]\nname = [\n 'a',\n 'b' ]\n",
		want: []string{"f.toml:2: site.name is a list; a text in quotes is accepted"},
	}, {
		name: "text in a list of numbers", text: "[motors.a]\npwm = [1, 'b']\n",
		want: []string{"f.toml:2: motors.a.pwm is a list; a list in square brackets is accepted"},
	}, {
		name: "value for a section", text: "mount = 5",
		want: []string{"f.toml:1: mount is 5; it is a section, written [mount]"},
	}, {
		name: "section for a value", text: "[site.name]\nx = 1\n",
		want: []string{"f.toml:1: site.name is a section; a text in quotes is accepted"},
	}, {
		name: "list of sections", text: "[[site]]\nname = 'a'\n",
		want: []string{"f.toml:1: site is a section; it is a section, written [site]"},
	}, {
		name: "misspelt key", text: "[site]\nlattude_deg = 1\n",
		want: []string{"f.toml:2: site.lattude_deg is no known key; site.latitude_deg is"},
	}, {
		name: "capitals", text: "[Site]\nlatitude_deg = 1\n",
		want: []string{"f.toml:1: Site is no known key; site is"},
	}, {
		name: "key of another section", text: "[mount]\n\nlongitude_deg = 1\n",
		want: []string{"f.toml:3: mount.longitude_deg is no known key; site.longitude_deg is"},
	}, {
		name: "unknown key", text: "[site]\nfavourite_colour = 'red'\n",
		want: []string{"f.toml:2: site.favourite_colour is no known key; siderostep check --print-default lists all"},
	}, {
		name: "unknown key in dots and quotes", text: "site.\"hei ght\" = 3\n",
		want: []string{`f.toml:1: site."hei ght" is no known key; siderostep check --print-default lists all`},
	}, {
		name: "contradiction", text: "[mount.z]\nhome_deg = 700\n",
		want: []string{"f.toml:2: mount.z.home_deg (700) is outside -270..450, the limits of its axis"},
	}, {
		name: "contradiction, the key named first being a default", text: "[mount.z]\n\n\nmax_deg = -300\n",
		want: []string{"f.toml:4: mount.z.min_deg (-270) must be below mount.z.max_deg (-300)"},
	}, {
		name: "contradiction within another package", text: "[motors.a]\npwm_approaching = [1, 2]\n",
		want: []string{"f.toml:2: motors.a.pwm_approaching is given without pwm"},
	}, {
		name: "motors that cannot share a port", text: "[motors.a]\npwm_slots = 50\n",
		want: []string{"f.toml: motors on one port must have the same pwm_slots and pwm_pause_slots, not 100+0 and 50+0"},
	}, {
		name: "contradicting twins", text: "[mount]\ngeometry = 'fork'\n[simulator]\nmount = 'german'\n",
		want: []string{"f.toml:4: simulator.mount (german) contradicts mount.geometry (fork); leave one of them out"},
	}, {
		name: "address without port", text: "[server]\nlisten = 'localhost'\n",
		want: []string{`f.toml:2: server.listen is "localhost"; accepted is an address and a port, such as :11111 or 127.0.0.1:0`},
	}, {
		name: "impossible port", text: "[server]\nlisten = ':99999'\n",
		want: []string{`f.toml:2: server.listen is ":99999"; the port must be a number, 0 to 65535`},
	}, {
		name: "everything together, in the order of lines",
		text: "[site]\nlatitude_deg = 100\n[focuser]\nname = 3\nmaxstep = 4\n[mount]\nz = { min_deg = 1, max_deg = true }\naperture_mm = 1\n[discovery]\nport = -1\n",
		want: []string{
			"f.toml:2: site.latitude_deg is 100; accepted are -90 to 90",
			"f.toml:4: focuser.name is 3; a text in quotes is accepted",
			"f.toml:5: focuser.maxstep is no known key; focuser.max_step is",
			"f.toml:7: mount.z.max_deg is true; a number is accepted, -720 to 720",
			"f.toml:10: discovery.port is -1; accepted are 0 to 65535",
		},
	}, {
		name: "values after strings and lists over several lines",
		text: "[site]\nname = \"\"\"\nlatitude_deg = 5\n[mount]\n\"\"\"\n[motors.z]\npwm = [ # ]\n  1,\n  2 ]\nwindings = 9\n",
		want: []string{"f.toml:10: motors.z.windings is 9; accepted are 4 to 5"},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := Parse("f.toml", tt.text)
			if err == nil {
				t.Fatal("accepted")
			}
			if diff := cmp.Diff(strings.Join(tt.want, "\n"), err.Error()); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if _, ok := errors.AsType[Problems](err); !ok {
				t.Errorf("the error is a %T", err)
			}
			if diff := cmp.Diff(Default(), f); diff != "" {
				t.Errorf("the result is not the default:\n%s", diff)
			}
		})
	}
}

func TestGoodFile(t *testing.T) {
	got, err := Parse("f.toml", "\uFEFF# mine\r\n[site]\r\nlatitude_deg = -33\r\nname = 'B\"r'\r\n\r\n[mount]\r\na.ramp_s=1\r\n"+
		"[mount.z]\r\nmicrosteps = 4\r\n[motors.z]\r\npwm = [100, 99, 98, 1_0]\r\nwinding_compensation = [1, 0.9, 1, 1]\r\n")
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Site.LatitudeDeg, want.Site.Name = -33, `B"r`
	want.Mount.A.RampS = 1
	want.Mount.Z.Microsteps, want.Motors.Z.Microsteps = 4, 4
	want.Motors.Z.Leaving = []int{100, 99, 98, 10}
	want.Motors.Z.Compensation = []float64{1, 0.9, 1, 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestGeometryBringsItsLimits(t *testing.T) {
	tests := []struct {
		name, text, geometry string
		change               func(*File)
	}{
		{name: "mount.geometry", text: "[mount]\ngeometry = 'german'\n", geometry: "german"},
		{
			name: "in the south", text: "[mount]\ngeometry = 'german'\n[site]\nlatitude_deg = -30\n", geometry: "german",
			change: func(f *File) {
				f.Site.LatitudeDeg = -30
				f.Mount.Z.MinDeg, f.Mount.Z.MaxDeg, f.Mount.Z.HomeDeg, f.Mount.Z.ParkDeg = -240, 60, -90, -90
			},
		},
		{name: "simulator.mount", text: "[simulator]\nmount = 'fork'\n", geometry: "fork"},
		{name: "both", text: "[mount]\ngeometry = 'fork'\n[simulator]\nmount = 'fork'\n", geometry: "fork"},
		{
			name: "with a limit of its own", text: "[mount]\ngeometry = 'german'\n[mount.z]\nmax_deg = 200\n", geometry: "german",
			change: func(f *File) { f.Mount.Z.MaxDeg = 200 },
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse("f.toml", tt.text)
			if err != nil {
				t.Fatal(err)
			}
			want := Default()
			want.Config = want.ForGeometry(tt.geometry)
			want.Simulator.Mount = tt.geometry
			if tt.change != nil {
				tt.change(&want)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTwinsFollow(t *testing.T) {
	other := Default().Mount.A.Microsteps
	for _, text := range []string{"[mount.z]\nmicrosteps = 16\n", "[motors.z]\nmicrosteps_per_full_step = 16\n"} {
		f, err := Parse("f.toml", text)
		if err != nil {
			t.Fatal(err)
		}
		if f.Mount.Z.Microsteps != 16 || f.Motors.Z.Microsteps != 16 || f.Mount.A.Microsteps != other || f.Motors.A.Microsteps != other {
			t.Errorf("%q: mount %d, motor %d, the other axis %d", text, f.Mount.Z.Microsteps, f.Motors.Z.Microsteps, f.Mount.A.Microsteps)
		}
	}
}

func TestDefaultIsValid(t *testing.T) {
	if err := Default().Validate(); err != nil {
		t.Error(err)
	}
	f := Default()
	f.Motors.A.Slots = 0
	if f.Validate() == nil {
		t.Error("Validate overlooks the motors")
	}
	f = Default()
	f.Simulator.Mount = "german"
	if f.Validate() == nil {
		t.Error("Validate overlooks a contradiction between sections")
	}
}

func TestUnreadableFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.toml")
	if _, err := Load(path); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want an error that names %s", err, path)
	}
}

func printed(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	if err := PrintDefault(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What PrintDefault writes loads back as the default, as it is and with its
// commented keys in force.
func TestPrintDefaultLoadsBack(t *testing.T) {
	text := printed(t)
	uncommented := strings.ReplaceAll(text, "\n# mount = ", "\nmount = ")
	for key := range followers() {
		name := key[strings.LastIndexByte(key, '.')+1:]
		uncommented = strings.ReplaceAll(uncommented, "\n# "+name+" = ", "\n"+name+" = ")
	}
	if n := strings.Count(text, "\n# min_deg = "); n != 2 {
		t.Errorf("%d limits are commented, want 2", n)
	}
	if uncommented == text || strings.Contains(uncommented, "\n# min_deg = ") {
		t.Error("the commented keys were not found")
	}
	for name, text := range map[string]string{"as printed": text, "uncommented": uncommented} {
		got, err := Parse("printed.toml", text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(Default(), got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-default +loaded):\n%s", name, diff)
		}
	}
}

// Every key of the file is explained and in the printed default.
func TestEveryKeyIsExplained(t *testing.T) {
	text := printed(t)
	walk(fileType, nil, nil, func(path []string, f field, _ []reflect.Value) {
		if f.doc == "" {
			t.Errorf("%s has no doc tag", strings.Join(path, "."))
		}
		if !strings.Contains(text, "\n"+f.name+" = ") && !strings.Contains(text, "\n# "+f.name+" = ") {
			t.Errorf("%s is not in the printed default", strings.Join(path, "."))
		}
		if f.doc != "" && strings.HasSuffix(f.doc, ".") {
			t.Errorf("the doc tag of %s ends in a full stop", strings.Join(path, "."))
		}
	})
}
