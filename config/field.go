// SPDX-License-Identifier: GPL-3.0-or-later

package config

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// field is one key of a section, as the tags of a Config's field describe it:
// toml its name, doc its meaning, range the numbers and oneof the texts it
// accepts, restart whether a change has to wait for the next start.
type field struct {
	name    string
	doc     string
	limits  *limits // nil for none
	oneOf   []string
	restart bool
	index   []int
	typ     reflect.Type
}

// limits are the lowest and highest number that a key accepts.
type limits struct{ lo, hi float64 }

func (l limits) String() string { return fmt.Sprintf("%s to %s", number(l.lo), number(l.hi)) }

// isSection reports whether the field is a section, with keys of its own.
func (f field) isSection() bool { return f.typ.Kind() == reflect.Struct }

// fieldsOf lists the keys of a section; those of an embedded struct count as
// its own. It panics on a malformed tag, which a test finds.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		sf := t.Field(i)
		name, _, _ := strings.Cut(sf.Tag.Get("toml"), ",")
		switch {
		case sf.Anonymous && name == "":
			for _, f := range fieldsOf(sf.Type) {
				f.index = append([]int{i}, f.index...)
				fields = append(fields, f)
			}
		case sf.IsExported() && name != "" && name != "-":
			fields = append(fields, newField(sf, name, i))
		}
	}
	return fields
}

func newField(sf reflect.StructField, name string, index int) field {
	f := field{name: name, doc: sf.Tag.Get("doc"), restart: sf.Tag.Get("restart") == "yes", index: []int{index}, typ: sf.Type}
	if tag, ok := sf.Tag.Lookup("range"); ok {
		lo, hi, _ := strings.Cut(tag, "..")
		f.limits = &limits{lo: mustNumber(sf, lo), hi: mustNumber(sf, hi)}
	}
	if tag, ok := sf.Tag.Lookup("oneof"); ok {
		f.oneOf = strings.Split(tag, ",")
	}
	return f
}

func mustNumber(sf reflect.StructField, s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		panic(fmt.Sprintf("config: field %s: range tag %q is not of the form lo..hi", sf.Name, sf.Tag.Get("range")))
	}
	return v
}

// fieldNamed returns the field of that very name.
func fieldNamed(fields []field, name string) (field, bool) {
	i := slices.IndexFunc(fields, func(f field) bool { return f.name == name })
	if i < 0 {
		return field{}, false
	}
	return fields[i], true
}

// lookup returns the field that a path names within t.
func lookup(t reflect.Type, path []string) (field, bool) {
	var f field
	for i, name := range path {
		if i > 0 && !f.isSection() {
			return field{}, false
		}
		var ok bool
		if f, ok = fieldNamed(fieldsOf(t), name); !ok {
			return field{}, false
		}
		t = f.typ
	}
	return f, len(path) > 0
}

// walk calls visit for every key below t that is not a section, with its
// path and its value in each of values, which are of type t.
func walk(t reflect.Type, under []string, values []reflect.Value, visit func(path []string, f field, values []reflect.Value)) {
	for _, f := range fieldsOf(t) {
		path := append(slices.Clone(under), f.name)
		inner := make([]reflect.Value, len(values))
		for i, v := range values {
			inner[i] = v.FieldByIndex(f.index)
		}
		if f.isSection() {
			walk(f.typ, path, inner, visit)
		} else {
			visit(path, f, inner)
		}
	}
}

// complaint returns what is wrong with v as the value of f, or "".
func (f field) complaint(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if text := f.complaint(v.Index(i)); text != "" {
				return fmt.Sprintf("element %d %s", i+1, text)
			}
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if f.limits != nil && (float64(v.Int()) < f.limits.lo || float64(v.Int()) > f.limits.hi) {
			return fmt.Sprintf("is %d; accepted are %v", v.Int(), f.limits)
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if f.limits != nil && (float64(v.Uint()) < f.limits.lo || float64(v.Uint()) > f.limits.hi) {
			return fmt.Sprintf("is %d; accepted are %v", v.Uint(), f.limits)
		}
	case reflect.Float32, reflect.Float64:
		x := v.Float()
		if f.limits != nil && !(x >= f.limits.lo && x <= f.limits.hi) {
			return fmt.Sprintf("is %s; accepted are %v", number(x), f.limits)
		}
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Sprintf("is %s; a finite number is accepted", number(x))
		}
	case reflect.String:
		if len(f.oneOf) > 0 && !slices.Contains(f.oneOf, v.String()) {
			return fmt.Sprintf("is %q; accepted are %s", v.String(), f.choices())
		}
	}
	return ""
}

// choices lists the texts that the key accepts.
func (f field) choices() string {
	shown := slices.Clone(f.oneOf)
	for i, s := range shown {
		if s == "" {
			shown[i] = `""`
		}
	}
	return strings.Join(shown, ", ")
}

// wanted says what kind of value the key accepts.
func (f field) wanted() string {
	var kind string
	switch t := f.typ; t.Kind() {
	case reflect.Bool:
		return "true or false is accepted"
	case reflect.String:
		if len(f.oneOf) > 0 {
			return "accepted are " + f.choices() + ", in quotes"
		}
		return "a text in quotes is accepted"
	case reflect.Float32, reflect.Float64:
		kind = "a number"
	case reflect.Slice, reflect.Array:
		kind = "a list in square brackets"
	case reflect.Struct:
		kind = "a section"
	default:
		kind = "a whole number"
	}
	if f.limits != nil {
		return fmt.Sprintf("%s is accepted, %v", kind, f.limits)
	}
	return kind + " is accepted"
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
