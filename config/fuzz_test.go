// SPDX-License-Identifier: GPL-3.0-or-later

package config

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

func seeds(f *testing.F) {
	f.Helper()
	for _, text := range []string{
		"", "\uFEFF", "[", "[site", "=", "site = {", "[[site]]\nname='a'",
		"[site]\nname = 'x'\nlatitude_deg = 4e1 # c\n[mount]\nz.min_deg = -1\na = { min_deg = 0, max_deg = 9, }\n",
		"'site'.\"n\\u0061me\" = \"\"\"a\\\"\"\"\"\"\n", "site.name = '''\n[mount]''''' # x\n",
		"mount = { z = { min_deg = -1 }, name = 'n' }\n", "[motors . z]\npwm = [1, # ]\n [2], {a=1}]\n",
		"[site]\r\nname = 'x'\r\n\r\n[server]\r\nlisten=':0'", "[simulator]\nmount = 'fork'\n[server]\nlisten='x'\n",
		"x = 1979-05-27 07:32:00 # date\nsite.name = \"\"\n",
	} {
		f.Add(text)
	}
}

// FuzzLoad: no file brings the program down, and each complaint names a line
// or a key.
func FuzzLoad(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse("f.toml", text)
		if err == nil {
			if err := file.Validate(); err != nil {
				t.Errorf("accepted, but invalid: %v", err)
			}
			return
		}
		problems, ok := errors.AsType[Problems](err)
		if !ok || len(problems) == 0 {
			t.Fatalf("error is a %T: %v", err, err)
		}
		lines := 1 + strings.Count(text, "\n")
		for _, p := range problems {
			if p.Line < 0 || p.Line > lines || p.Line == 0 && p.Key == "" && !strings.Contains(p.Text, "motors") {
				t.Errorf("a text of %d lines has the problem %+v", lines, p)
			}
		}
	})
}

// FuzzLayout: in every TOML text the scanner finds the keys that the parser
// finds, and their values.
func FuzzLayout(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		var tree map[string]any
		if _, err := toml.Decode(text, &tree); err != nil {
			layoutOf(text) // must end all the same
			return
		}
		l := layoutOf(text)
		for _, e := range l.entries {
			if overLists(tree, e.path) {
				continue
			}
			var got struct{ K any }
			if _, err := toml.Decode("K="+text[e.start:e.end], &got); err != nil {
				t.Fatalf("%q: value %q: %v", e.path, text[e.start:e.end], err)
			}
			if want := walkTree(tree, e.path); !sameTOML(want, got.K) {
				t.Errorf("%q is %v, but the scanner sees %v", e.path, want, got.K)
			}
		}
		for _, path := range leaves(tree, nil) {
			if _, ok := l.find(path); !ok {
				t.Errorf("the scanner overlooks %q", path)
			}
		}
	})
}

// FuzzSet: after a change, a file that was valid is valid still; the key has
// its value and all others have theirs.
func FuzzSet(f *testing.F) {
	seeds(f)
	changes := map[string]any{"site.name": "Ω \"\\'", "mount.z.ramp_s": 1.25, "rotator.reverse": true, "motors.a.pwm": []int{}}
	f.Fuzz(func(t *testing.T, text string) {
		want, err := Parse("f.toml", text)
		if err != nil {
			return
		}
		for key, value := range changes {
			edited, err := edit("f.toml", text, map[string]any{key: value})
			if err != nil {
				continue // refused: some places cannot be edited
			}
			got, err := Parse("f.toml", edited)
			if err != nil {
				t.Fatal(err)
			}
			want := want
			valueAt(&want, key).Set(reflect.ValueOf(value))
			if diff := Diff("", want, got); len(diff) != 0 && key != "motors.a.pwm" {
				t.Errorf("after %s = %v there differ %v", key, value, diff)
			}
		}
	})
}

// walkTree returns what a parsed file has at a path.
func walkTree(tree map[string]any, path []string) any {
	var v any = tree
	for _, name := range path {
		table, _ := v.(map[string]any)
		v = table[name]
	}
	return v
}

// overLists reports whether the path leads through a list of tables, in which
// a key can stand several times.
func overLists(tree map[string]any, path []string) bool {
	for n := range path {
		if _, ok := walkTree(tree, path[:n]).(map[string]any); !ok {
			return true
		}
	}
	return false
}

// leaves returns the paths of the values in a tree; lists of tables count as
// no values.
func leaves(tree map[string]any, under []string) (paths [][]string) {
	for name, v := range tree {
		path := append(under[:len(under):len(under)], name)
		switch v := v.(type) {
		case map[string]any:
			paths = append(paths, leaves(v, path)...)
		case []map[string]any:
		default:
			paths = append(paths, path)
		}
	}
	return paths
}

// sameTOML compares values, for which NaN equals NaN and an inline table may
// have grown in the file.
func sameTOML(a, b any) bool {
	return reflect.DeepEqual(a, b) || format(a) == format(b)
}
