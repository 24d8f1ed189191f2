// SPDX-License-Identifier: GPL-3.0-or-later

package measure

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/mount"
)

// Setting is one key of the configuration file and its value.
type Setting struct {
	Key     string
	Value   string // as the file has it
	Doc     string
	Accepts string // "lo..hi", words with commas between, or ""
	Restart bool   // takes effect at the next start only
}

// Line returns the line of the configuration file.
func (s Setting) Line() string { return s.Key + " = " + s.Value }

// Settings returns all keys of a struct of the configuration, as the motors'
// with prefix "motors", in its order.
func Settings(prefix string, v any) []Setting {
	var all []Setting
	walk(prefix, reflect.ValueOf(v), func(key string, f reflect.StructField, at reflect.Value) {
		all = append(all, Setting{
			Key: key, Value: literal(at.Interface()), Doc: f.Tag.Get("doc"),
			Accepts: f.Tag.Get("range") + f.Tag.Get("oneof"), Restart: f.Tag.Get("restart") != "",
		})
	})
	return all
}

// walk calls do for every key below a struct.
func walk(prefix string, v reflect.Value, do func(string, reflect.StructField, reflect.Value)) {
	for i := range v.NumField() {
		f, key := v.Type().Field(i), prefix
		if name := f.Tag.Get("toml"); name != "" {
			key = strings.TrimPrefix(prefix+"."+name, ".")
		}
		switch {
		case f.Type.Kind() == reflect.Struct:
			walk(key, v.Field(i), do)
		case f.Tag.Get("toml") != "":
			do(key, f, v.Field(i))
		}
	}
}

// literal returns a number, truth value, text or list of them as the
// configuration file has it, which JSON has the same way.
func literal(v any) string {
	if r := reflect.ValueOf(v); r.Kind() == reflect.Slice && r.Len() == 0 {
		return "[]"
	}
	text, err := json.Marshal(v)
	if err != nil {
		return `""` // there are no such keys
	}
	return string(text)
}

// normal returns a value as literal writes it, so that 2.50 is 2.5. What is no
// value stays as it is.
func normal(value string) string {
	var v any
	if err := json.Unmarshal([]byte(value), &v); err != nil || v == nil {
		return value
	}
	return literal(v)
}

// number returns a measured value with no more than seven digits.
func number(v float64) string {
	if r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 7, 64), 64); err == nil {
		v = r
	}
	return literal(v)
}

const opTune = "tune"

// change sets a key of the mount's configuration to a value of the file. It
// returns fault.Invalid for an unknown key, or a value that it cannot have.
func change(c *mount.Config, key, value string) error {
	var found bool
	var wrong error
	walk("", reflect.ValueOf(c).Elem(), func(k string, f reflect.StructField, at reflect.Value) {
		if k == key {
			found, wrong = true, put(k, f, at, value)
		}
	})
	if !found {
		return fault.New(fault.Invalid, opTune, "there is no setting %.60q of the mount", key)
	}
	return wrong
}

func put(key string, f reflect.StructField, at reflect.Value, value string) error {
	fresh := reflect.New(f.Type)
	if err := json.Unmarshal([]byte(value), fresh.Interface()); err != nil || value == "null" {
		return fault.New(fault.Invalid, opTune, "%s is %.40s, but must be a %s", key, value, kindWord(f.Type.Kind()))
	}
	v := fresh.Elem()
	if words := f.Tag.Get("oneof"); words != "" && !slices.Contains(strings.Split(words, ","), v.String()) {
		return fault.New(fault.Invalid, opTune, "%s is %.40s, but must be one of %s", key, value, words)
	}
	if limits := f.Tag.Get("range"); limits != "" && !within(v, limits) {
		return fault.New(fault.Invalid, opTune, "%s is %.40s, but must be in %s", key, value, limits)
	}
	at.Set(v)
	return nil
}

func within(v reflect.Value, limits string) bool {
	low, high, _ := strings.Cut(limits, "..")
	lo, err1 := strconv.ParseFloat(low, 64)
	hi, err2 := strconv.ParseFloat(high, 64)
	n := 0.0
	switch {
	case v.CanFloat():
		n = v.Float()
	case v.CanInt():
		n = float64(v.Int())
	}
	return err1 == nil && err2 == nil && n >= lo && n <= hi
}

func kindWord(k reflect.Kind) string {
	switch k {
	case reflect.Float64:
		return "number"
	case reflect.Int:
		return "whole number"
	case reflect.Bool:
		return "truth value"
	case reflect.String:
		return "text"
	}
	return "list"
}

// tunedKeys are the beginnings of the keys that are tuned, and copied by name:
// motors, gears and what belongs to them. Limits, the site and the Sun have
// commands of their own, or only the file.
var tunedKeys = [...]string{"motors.", "mount.z.", "mount.a.", "mount.settle_s", "mount.guide_", "mount.encoders."}

// tuned reports whether a key is among those.
func tuned(key string) bool {
	if strings.HasSuffix(key, ".min_deg") || strings.HasSuffix(key, ".max_deg") {
		return false // of the axes: cables and tubes rely on them
	}
	return slices.ContainsFunc(tunedKeys[:], func(p string) bool { return strings.HasPrefix(key, p) })
}
