// SPDX-License-Identifier: GPL-3.0-or-later

package action

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Field is a parameter or a part of an answer.
type Field struct {
	Name     string
	Type     string // as JSON has it: number, whole number, text, truth value, list, object
	Doc      string
	Required bool // may not be left out

	limits string // in words, for numbers and texts that have some
	lo, hi float64
	words  []string
}

// fieldsOf reads the tags of a struct type. It panics on a wrong tag: that is
// a mistake of the program's.
func fieldsOf(t reflect.Type) []Field {
	if t.Kind() != reflect.Struct {
		panic(fmt.Sprintf("action: %v is not a struct", t))
	}
	var fields []Field
	for i := range t.NumField() {
		sf := t.Field(i)
		name, _, _ := strings.Cut(sf.Tag.Get("json"), ",")
		f := Field{Name: name, Doc: sf.Tag.Get("doc")}
		if name == "" || f.Doc == "" || !sf.IsExported() {
			panic(fmt.Sprintf("action: field %s of %v needs the tags json and doc", sf.Name, t))
		}
		of := sf.Type
		if of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		switch of.Kind() {
		case reflect.Float64:
			f.Type = "number"
		case reflect.Int:
			f.Type = "whole number"
		case reflect.String:
			f.Type = "text"
		case reflect.Bool:
			f.Type = "truth value"
		case reflect.Slice:
			f.Type = "list"
		case reflect.Struct, reflect.Map:
			f.Type = "object"
			if of == reflect.TypeFor[time.Time]() {
				f.Type = "text" // RFC 3339
			}
		default:
			panic(fmt.Sprintf("action: field %s of %v has a type that JSON lacks", sf.Name, t))
		}
		f.Required = sf.Type.Kind() != reflect.Pointer && of.Kind() != reflect.Bool && of.Kind() != reflect.Slice
		if text, ok := sf.Tag.Lookup("range"); ok {
			lo, hi, _ := strings.Cut(text, "..")
			var err1, err2 error
			f.lo, err1 = strconv.ParseFloat(lo, 64)
			f.hi, err2 = strconv.ParseFloat(hi, 64)
			if err1 != nil || err2 != nil {
				panic(fmt.Sprintf("action: field %s of %v: range %q is not lo..hi", sf.Name, t, text))
			}
			f.limits = text
		}
		if text, ok := sf.Tag.Lookup("oneof"); ok {
			f.words = strings.Split(text, ",")
			f.limits = strings.Join(f.words, "|")
		}
		fields = append(fields, f)
	}
	return fields
}

// accepts says what the field accepts.
func (f Field) accepts() string {
	s := "it is a " + f.Type
	switch {
	case f.words != nil:
		s += ", one of " + strings.Join(f.words, ", ")
	case f.limits != "":
		s += " in " + f.limits
	}
	return s + " (" + f.Doc + ")"
}

// holds reports whether v is within the field's limits.
func (f Field) holds(v reflect.Value) bool {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch {
	case f.words != nil:
		return slices.Contains(f.words, v.String())
	case f.limits == "":
		return true
	case v.CanFloat():
		return v.Float() >= f.lo && v.Float() <= f.hi
	default:
		return float64(v.Int()) >= f.lo && float64(v.Int()) <= f.hi
	}
}
