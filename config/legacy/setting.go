// SPDX-License-Identifier: GPL-3.0-or-later

package legacy

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// Setting is one key of the configuration file.
type Setting struct {
	Key   string
	Value any      // bool, int, float64, string, []int or []float64; nil where only the owner knows it
	From  []string // variables of config.dat
	Out   string   // why it is only there as a comment; "" when it is in force
}

// put sets a key, and notes what of it is the original's default. Nothing is
// set where the file does not ask for it and siderostep's default is the same.
func (c *converter) put(key string, value any, names ...string) {
	asked := c.hasAny(names...)
	if !asked && c.isDefault(key, value) {
		return
	}
	c.settings = append(c.settings, Setting{Key: key, Value: value, From: names})
	if !asked && len(names) > 0 {
		why := "as the original's own"
		if v := known(names[0]); v.name != "" {
			why = fmt.Sprintf("for the original's default of %s is %v", v.name, v.def)
		}
		c.ledger.tell(0, Defaulted, "%s = %s, %s", key, format(value), why)
	}
}

// ask leaves a key to the owner of the telescope.
func (c *converter) ask(key, why string, names ...string) {
	c.settings = append(c.settings, Setting{Key: key, From: names, Out: why})
	c.tell(Operator, names, "%s: %s", key, why)
}

// isDefault reports whether a key has a value without being set.
func (c *converter) isDefault(key string, value any) bool {
	v, ok := at(reflect.ValueOf(c.base), strings.Split(key, "."))
	if !ok {
		return false
	}
	if v.Kind() == reflect.Slice && v.Len() == 0 {
		return reflect.ValueOf(value).Len() == 0
	}
	return reflect.DeepEqual(v.Interface(), value)
}

// at returns the value of a key in a struct with toml tags.
func at(v reflect.Value, path []string) (reflect.Value, bool) {
	if len(path) == 0 {
		return v, true
	}
	if v.Kind() != reflect.Struct {
		return v, false
	}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if name := field.Tag.Get("toml"); name == path[0] {
			return at(v.Field(i), path[1:])
		} else if field.Anonymous && name == "" {
			if found, ok := at(v.Field(i), path); ok {
				return found, true
			}
		}
	}
	return v, false
}

// format returns a value as TOML writes it. Numbers have up to twelve
// digits, more than any input has.
func format(value any) string {
	switch x := value.(type) {
	case float64:
		s := strconv.FormatFloat(x, 'g', 12, 64)
		if !strings.ContainsAny(s, ".en") {
			s += ".0"
		}
		return s
	case string:
		return quoted(x)
	case []int, []float64:
		v := reflect.ValueOf(x)
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = format(v.Index(i).Interface())
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return fmt.Sprint(value)
}

// quoted returns a string of TOML.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// number shows a value in a note.
func number(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

// clamp moves a value into the range that its key accepts, and says so.
func (c *converter) clamp(key string, v, lo, hi float64, names ...string) float64 {
	in := math.Max(lo, math.Min(hi, v))
	if in != v {
		c.tell(Doubtful, names, "%s would be %s, and is limited to %s", key, number(v), number(in))
	}
	return in
}
