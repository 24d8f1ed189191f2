// SPDX-License-Identifier: GPL-3.0-or-later

package config

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/siderostep/siderostep/fault"
)

// reader turns one text into a File and notes everything wrong with it.
type reader struct {
	name     string
	layout   *layout
	problems Problems
}

func (r *reader) read(text string) File {
	tree, ok := r.parse(text)
	if !ok {
		return Default()
	}
	r.layout = layoutOf(text)
	f := defaultFor(tree)
	r.section(reflect.ValueOf(&f).Elem(), nil, tree)
	if len(r.problems) == 0 {
		f.follow(tree)
		f.unwired(tree)
	}
	r.validate(f)
	if len(r.problems) == 0 {
		r.explicit(f)
	}
	return f
}

// parse reads TOML. Its first error is the only one: what follows a syntax
// error would be guesswork.
func (r *reader) parse(text string) (tree map[string]any, ok bool) {
	defer func() { // the parser must not bring the program down
		if p := recover(); p != nil {
			r.problems, ok = append(r.problems, Problem{File: r.name, Line: 1, Text: fmt.Sprintf("not TOML: %v", p)}), false
		}
	}()
	_, err := toml.Decode(text, &tree)
	if err == nil {
		return tree, true
	}
	problem := Problem{File: r.name, Line: 1, Text: "not TOML: " + strings.TrimPrefix(err.Error(), "toml: ")}
	if at, is := errors.AsType[toml.ParseError](err); is {
		problem.Line = min(max(at.Position.Line, 1), 1+strings.Count(text, "\n"))
		problem.Text = "not TOML: " + at.Message
		if at.LastKey != "" {
			problem.Text += fmt.Sprintf(" (at or after key %s)", at.LastKey)
		}
	}
	r.problems = append(r.problems, problem)
	return nil, false
}

// problem notes that something is wrong with a key.
func (r *reader) problem(path []string, format string, args ...any) {
	key := toml.Key(path).String()
	r.problems = append(r.problems, Problem{
		File: r.name, Line: r.layout.line(path), Key: key, Text: key + " " + fmt.Sprintf(format, args...),
	})
}

// section sets the fields of v from a table of the file.
func (r *reader) section(v reflect.Value, path []string, tree map[string]any) {
	fields := fieldsOf(v.Type())
	for name, value := range tree {
		inner := append(slices.Clone(path), name)
		f, ok := fieldNamed(fields, name)
		if !ok {
			r.unknown(inner)
			continue
		}
		target := v.FieldByIndex(f.index)
		if f.isSection() {
			if table, ok := value.(map[string]any); ok {
				r.section(target, inner, table)
			} else {
				r.problem(inner, "is %s; it is a section, written [%s]", shown(value), strings.Join(inner, "."))
			}
			continue
		}
		if !set(target, value) {
			r.problem(inner, "is %s; %s", shown(value), f.wanted())
		} else if text := f.complaint(target); text != "" {
			r.problem(inner, "%s", text)
		}
	}
}

func (r *reader) unknown(path []string) {
	if known, ok := nearest(path); ok {
		r.problem(path, "is no known key; %s is", known)
	} else {
		r.problem(path, "is no known key; siderostep check --print-default lists all")
	}
}

// set stores a value of the file in v. It reports false, and v is then of no
// use, when they do not fit.
func set(v reflect.Value, value any) bool {
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		text, ok := value.(string)
		return ok && u.UnmarshalText([]byte(text)) == nil
	}
	switch x := value.(type) {
	case bool:
		if v.Kind() == reflect.Bool {
			v.SetBool(x)
			return true
		}
	case string:
		if v.Kind() == reflect.String {
			v.SetString(x)
			return true
		}
	case float64:
		if v.CanFloat() {
			v.SetFloat(x)
			return true
		}
	case int64:
		switch {
		case v.CanFloat():
			v.SetFloat(float64(x))
			return true
		case v.CanInt() && !v.OverflowInt(x):
			v.SetInt(x)
			return true
		case v.CanUint() && x >= 0 && !v.OverflowUint(uint64(x)):
			v.SetUint(uint64(x))
			return true
		}
	case []any:
		return setList(v, x)
	}
	return false
}

func setList(v reflect.Value, values []any) bool {
	switch v.Kind() {
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), len(values), len(values)))
	case reflect.Array:
		if v.Len() != len(values) {
			return false
		}
	default:
		return false
	}
	for i, value := range values {
		if !set(v.Index(i), value) {
			return false
		}
	}
	return true
}

// shown describes a value of the file in an error.
func shown(value any) string {
	switch x := value.(type) {
	case map[string]any, []map[string]any:
		return "a section"
	case []any:
		return "a list"
	case string:
		const longest = 40
		if len(x) > longest {
			x = strings.ToValidUTF8(x[:longest], "") + "…"
		}
		return fmt.Sprintf("the text %q", x)
	case float64:
		return number(x)
	case time.Time:
		return "a date"
	default:
		return fmt.Sprint(x)
	}
}

// validator is a Config that knows contradictions between its settings.
type validator interface{ Validate() error }

// validate looks for contradictions in the sections that are otherwise in
// order, and then between them.
func (r *reader) validate(f File) {
	v := reflect.ValueOf(f)
	for i := range v.NumField() {
		sections := sectionsOf(fileType.Field(i))
		part, ok := v.Field(i).Interface().(validator)
		if ok && !r.problems.concerns(sections) {
			r.contradiction(within(sections[0], part.Validate()))
		}
	}
	if len(r.problems) > 0 {
		return
	}
	for _, t := range twins {
		r.contradiction(t.agree(f))
	}
	if f.Hardware.Enabled {
		r.contradiction(f.Hardware.ValidateMotors(f.Windings()))
		for _, err := range f.wiring() {
			r.contradiction(err)
		}
	} else {
		r.contradiction(f.Motors.sharePort())
	}
}

// within names the keys of a section in full in what its Config's Validate
// returned: that may name them without the section, and a Config that two
// sections share names the first.
func within(section string, err error) error {
	e, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return err
	}
	named := *e
	if key, _, _ := strings.Cut(e.Msg, " "); key != "" {
		if _, known := lookup(fileType, append([]string{section}, strings.Split(key, ".")...)); known {
			named.Msg = section + "." + e.Msg
		}
	}
	if section == "focuser2" {
		named.Msg = strings.ReplaceAll(named.Msg, "focuser.", "focuser2.")
	}
	return &named
}

// explicit wants the file itself to say what has no safe default: at which
// level a line switches a winding on.
func (r *reader) explicit(f File) {
	z, a := f.Hardware.NeedsExplicitInvert()
	for _, motor := range []struct {
		name  string
		needs bool
	}{{"z", z}, {"a", a}} {
		path := []string{"motors", motor.name, "invert_output"}
		if _, ok := r.layout.find(path); motor.needs && !ok {
			r.problem(path, "must be in the file when hardware.%s drives windings: a wrong value means full current in all windings; false when a line that is high switches a winding on", motor.name)
		}
	}
}

// sectionsOf returns the names of the file's sections that a field of File
// is made of.
func sectionsOf(sf reflect.StructField) []string {
	if !sf.Anonymous {
		return []string{sf.Tag.Get("toml")}
	}
	var names []string
	for _, f := range fieldsOf(sf.Type) {
		names = append(names, f.name)
	}
	return names
}

// contradiction notes an error of Validate. Of the keys that it names the
// first that the file sets tells the line.
func (r *reader) contradiction(err error) {
	if err == nil {
		return
	}
	text := err.Error()
	if e, ok := errors.AsType[*fault.Error](err); ok && e.Msg != "" {
		text = e.Msg
	}
	p := Problem{File: r.name, Text: text}
	named := keysIn(text)
	for i, path := range named {
		if _, ok := r.layout.find(path); ok || i == 0 {
			p.Key, p.Line = strings.Join(path, "."), r.layout.line(path)
			if ok {
				break
			}
		}
	}
	r.problems = append(r.problems, p)
}

// keysIn returns the known keys that a text names, in their order.
func keysIn(text string) (paths [][]string) {
	for word := range strings.FieldsFuncSeq(text, func(c rune) bool { return !isBare(c) && c != '.' }) {
		path := strings.Split(strings.Trim(word, "."), ".")
		if _, ok := lookup(fileType, path); ok && len(path) > 1 {
			paths = append(paths, path)
		}
	}
	return paths
}
