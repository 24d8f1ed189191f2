// SPDX-License-Identifier: GPL-3.0-or-later

package config

import (
	"reflect"
	"strings"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model/pointing"
)

// twin is a fact that two keys state. A file need set only one of them; the
// other follows.
type twin struct{ first, second string }

var twins = [...]twin{
	{"mount.geometry", "simulator.mount"},
	{"mount.z.microsteps", "motors.z.microsteps_per_full_step"},
	{"mount.a.microsteps", "motors.a.microsteps_per_full_step"},
}

// agree returns fault.Invalid when the keys contradict each other.
func (t twin) agree(f File) error {
	first, second := valueAt(&f, t.first), valueAt(&f, t.second)
	if first.Equal(second) {
		return nil
	}
	return fault.New(fault.Invalid, "configuration", "%s (%v) contradicts %s (%v); leave one of them out", t.second, second, t.first, first)
}

// defaultFor returns what a file's own keys are laid over: the default
// configuration, with the axis limits, home and park of the geometry that the
// file names.
func defaultFor(tree map[string]any) File {
	f := Default()
	name, ok := at(tree, "mount.geometry").(string)
	if !ok {
		name, ok = at(tree, "simulator.mount").(string)
	}
	switch lat := at(tree, "site.latitude_deg").(type) { // limits differ by hemisphere
	case float64:
		f.Site.LatitudeDeg = lat
	case int64:
		f.Site.LatitudeDeg = float64(lat)
	}
	if geometry, err := pointing.ParseGeometry(name); ok && err == nil {
		f.Config = f.ForGeometry(geometry.String())
	}
	return f
}

// follow gives each key that the file leaves out the value of its twin: the
// first one's, unless the file has only the second.
func (f *File) follow(tree map[string]any) {
	for _, t := range twins {
		switch first, second := at(tree, t.first), at(tree, t.second); {
		case second == nil:
			valueAt(f, t.second).Set(valueAt(f, t.first))
		case first == nil:
			valueAt(f, t.first).Set(valueAt(f, t.second))
		}
	}
}

// at returns the value of a key in a parsed file, or nil.
func at(tree map[string]any, key string) any {
	path := strings.Split(key, ".")
	for _, name := range path[:len(path)-1] {
		tree, _ = tree[name].(map[string]any)
	}
	return tree[path[len(path)-1]]
}

// valueAt returns the value of a known key of f.
func valueAt(f *File, key string) reflect.Value {
	v := reflect.ValueOf(f).Elem()
	for name := range strings.SplitSeq(key, ".") {
		known, _ := fieldNamed(fieldsOf(v.Type()), name)
		v = v.FieldByIndex(known.index)
	}
	return v
}

// followers returns the keys whose default follows another key, and that
// other key.
func followers() map[string]string {
	keys := map[string]string{}
	for _, t := range twins {
		keys[t.second] = t.first
	}
	plain := Default()
	for _, g := range pointing.Geometries() {
		changed := Diff("", plain.Config, plain.ForGeometry(g.String()))
		for key := range changed {
			if key != "mount.geometry" {
				keys[key] = "mount.geometry"
			}
		}
	}
	return keys
}
