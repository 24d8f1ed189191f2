// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/siderostep/siderostep/fault"
)

// setting is one value of a configuration, as its struct tags declare it:
// toml names it, doc explains it, range and oneof bound it, and restart says
// that it cannot change while the program runs. So each setting is declared
// once, beside its meaning.
type setting struct {
	Key     string // "mount.z.max_rate_deg_per_s"
	Group   string // what the settings around it are about
	Doc     string
	OneOf   []string
	Restart bool
	Ranged  bool
	Min     float64
	Max     float64

	value reflect.Value
}

// settingsOf returns the settings of a configuration, given by pointer, in
// the order of its fields. Their keys begin with prefix.
func settingsOf(prefix, group string, config any) []setting {
	return appendSettings(nil, prefix, group, reflect.ValueOf(config).Elem())
}

func appendSettings(out []setting, prefix, group string, v reflect.Value) []setting {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name := field.Tag.Get("toml")
		if name == "" {
			continue
		}
		s := setting{
			Key: prefix + name, Group: group, Doc: field.Tag.Get("doc"),
			Restart: field.Tag.Get("restart") == "yes", value: v.Field(i),
		}
		if field.Type.Kind() == reflect.Struct {
			title := s.Doc
			if title == "" {
				title = name
			}
			out = appendSettings(out, s.Key+".", title, v.Field(i))
			continue
		}
		if one := field.Tag.Get("oneof"); one != "" {
			s.OneOf = strings.Split(one, ",")
		}
		s.Min, s.Max, s.Ranged = parseRange(field.Tag.Get("range"))
		out = append(out, s)
	}
	return out
}

// parseRange reads "low..high".
func parseRange(text string) (low, high float64, ok bool) {
	l, h, ok := strings.Cut(text, "..")
	if !ok {
		return 0, 0, false
	}
	low, lowErr := strconv.ParseFloat(l, 64)
	high, highErr := strconv.ParseFloat(h, 64)
	return low, high, lowErr == nil && highErr == nil
}

// checkRanges returns fault.Invalid, naming the key, for a configuration with
// a value out of the range that its tag declares.
func checkRanges(config any) error {
	for _, s := range settingsOf("", "", config) {
		if err := s.check(); err != nil {
			return err
		}
	}
	return nil
}

func (s setting) check() error {
	if s.Ranged {
		if v := s.number(); !(v >= s.Min && v <= s.Max) {
			return fault.New(fault.Invalid, "", "%s is %v, but must be %s", s.Key, v, s.Bounds())
		}
	}
	if s.OneOf != nil && !slices.Contains(s.OneOf, s.value.String()) {
		return fault.New(fault.Invalid, "", "%s is %q, but must be one of %s", s.Key, s.value.String(), strings.Join(s.OneOf, ", "))
	}
	return nil
}

// Bounds tells the accepted range in words.
func (s setting) Bounds() string {
	return string(appendNumber(nil, s.Min)) + " to " + string(appendNumber(nil, s.Max))
}

// number returns the value of a numeric setting.
func (s setting) number() float64 {
	if s.value.Kind() == reflect.Int {
		return float64(s.value.Int())
	}
	return s.value.Float()
}

// Text returns the value as people type it.
func (s setting) Text() string {
	switch s.value.Kind() {
	case reflect.Float64:
		return string(appendNumber(nil, s.value.Float()))
	case reflect.Bool:
		return strconv.FormatBool(s.value.Bool())
	case reflect.Int:
		return strconv.FormatInt(s.value.Int(), 10)
	}
	return s.value.String()
}

// Truth reports whether the setting is a yes or no.
func (s setting) Truth() bool { return s.value.Kind() == reflect.Bool }

// Number reports whether the setting is a number.
func (s setting) Number() bool {
	return s.value.Kind() == reflect.Float64 || s.value.Kind() == reflect.Int
}

// maxText is the longest text of a setting, in bytes.
const maxText = 100

// set reads text into the setting. Its error says what is accepted; the
// value may then be anything.
func (s setting) set(text string) error {
	switch s.value.Kind() {
	case reflect.Float64:
		v, err := parseNumber(strings.TrimSpace(text))
		if err != nil {
			return err
		}
		s.value.SetFloat(v)
	case reflect.Int:
		v, err := parseWhole(strings.TrimSpace(text))
		if err != nil {
			return err
		}
		s.value.SetInt(int64(v))
	case reflect.Bool:
		v, err := parseTruth(text)
		if err != nil {
			return err
		}
		s.value.SetBool(v)
	case reflect.String:
		if len(text) > maxText || strings.ContainsFunc(text, unprintable) {
			return fmt.Errorf("at most %d printable characters", maxText)
		}
		s.value.SetString(text)
	}
	return s.check()
}

func unprintable(r rune) bool { return !strconv.IsPrint(r) }
