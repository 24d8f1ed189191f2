// SPDX-License-Identifier: GPL-3.0-or-later

package measure

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/mount"
)

func TestNumbers(t *testing.T) {
	for v, want := range map[float64]string{2.7512: "2.7512", 2.5 * 1.004: "2.51", 4.0416666666666: "4.041667", 0: "0", 1296000: "1296000", -0.25: "-0.25"} {
		if got := number(v); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
	for in, want := range map[string]string{"2.50": "2.5", " 3 ": "3", "[1, 2.0]": "[1,2]", `"x"`: `"x"`, "null": "null", "{": "{", "[]": "[]", "true": "true"} {
		if got := normal(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	if got := literal(1.0 / 3); got != "0.3333333333333333" {
		t.Errorf("a setting is told whole: %s", got)
	}
}

// Nothing that a client sends panics, or gets past the limits of a key; what
// is accepted reads back as it was written.
func FuzzChange(f *testing.F) {
	for _, s := range [][2]string{
		{"mount.z.ramp_s", "0.3"}, {"mount.z.microsteps", "1e1"}, {"mount.geometry", `"fork"`}, {"rotator.enabled", "true"},
		{"mount.z", "{}"}, {"", ""}, {"mount.z.ramp_s", "NaN"}, {"mount.z.ramp_s", "1e999"}, {"site.name", `"\u0000"`},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, key, value string) {
		c := mount.DefaultConfig()
		if err := change(&c, key, value); err != nil {
			if !errors.Is(err, fault.Invalid) || !reflect.DeepEqual(c, mount.DefaultConfig()) {
				t.Fatalf("%q = %q: %v, or something has changed", key, value, err)
			}
			return
		}
		for _, s := range Settings("", c) {
			if !json.Valid([]byte(s.Value)) {
				t.Fatalf("%+v", s)
			}
			if s.Key != key {
				continue
			}
			again := mount.DefaultConfig()
			if err := change(&again, key, s.Value); err != nil || !reflect.DeepEqual(again, c) {
				t.Fatalf("%q = %q reads %q, %v", key, value, s.Value, err)
			}
		}
	})
}
