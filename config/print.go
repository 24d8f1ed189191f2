// SPDX-License-Identifier: GPL-3.0-or-later

package config

import (
	"bufio"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/BurntSushi/toml"
)

// PrintDefault writes a configuration file that sets every key to its
// default, each explained. Keys whose default follows from another one are
// there as comments.
func PrintDefault(w io.Writer) error {
	p := printer{Writer: bufio.NewWriter(w), follows: followers()}
	p.comment("Configuration of siderostep. Every key is here with its default; leave out what suits you.")
	p.comment("The program refuses a file with an unknown key or a value out of range.")
	p.section(reflect.ValueOf(Default()), nil)
	return p.Flush()
}

type printer struct {
	*bufio.Writer
	follows map[string]string
}

// section writes the keys of a section, then the sections within it.
func (p *printer) section(v reflect.Value, path []string) {
	fields := fieldsOf(v.Type())
	for _, f := range fields {
		if !f.isSection() {
			p.key(f, strings.Join(append(path, f.name), "."), v.FieldByIndex(f.index))
		}
	}
	for _, f := range fields {
		if !f.isSection() {
			continue
		}
		inner := append(path, f.name)
		fmt.Fprintln(p)
		if doc := sectionDoc(f, strings.Join(inner, ".")); doc != "" {
			p.comment(sentence(doc))
		}
		fmt.Fprintf(p, "[%s]\n", strings.Join(inner, "."))
		p.section(v.FieldByIndex(f.index), inner)
	}
}

func (p *printer) key(f field, path string, v reflect.Value) {
	doc := sentence(f.doc)
	if unit := unitOf(f.name); unit != "" && f.limits != nil {
		doc += fmt.Sprintf(" In %s, %v.", unit, f.limits)
	} else if unit != "" {
		doc += fmt.Sprintf(" In %s.", unit)
	} else if f.limits != nil {
		doc += fmt.Sprintf(" Range %v.", f.limits)
	}
	if len(f.oneOf) > 0 {
		doc += fmt.Sprintf(" One of: %s.", f.choices())
	}
	if f.restart {
		doc += " Takes effect at the next start."
	}
	remark := ""
	if leader := p.follows[path]; leader != "" {
		doc += fmt.Sprintf(" The default follows %s.", leader)
		remark = "# "
	}
	fmt.Fprintln(p)
	p.comment(doc)
	fmt.Fprintf(p, "%s%s = %s\n", remark, f.name, format(v.Interface()))
}

// comment writes text as comment lines of readable width.
func (p *printer) comment(text string) {
	const width = 96
	line := "#"
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > width && line != "#" {
			fmt.Fprintln(p, line)
			line = "#"
		}
		line += " " + word
	}
	fmt.Fprintln(p, line)
}

// sectionDoc explains a section.
func sectionDoc(f field, path string) string {
	switch {
	case f.doc != "":
		return f.doc
	case path == "site":
		return "where the telescope stands"
	case path == "mount":
		return "the mount beneath the tube, and the tube"
	case path == "rotator":
		return "the field rotator, the mount's third axis"
	}
	return ""
}

func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// unitOf returns the unit that the name of a key carries.
func unitOf(name string) string {
	for _, u := range []struct{ suffix, unit string }{
		{"_arcsec_per_s", "arcseconds per second"},
		{"_deg_per_s2", "degrees per second squared"},
		{"_deg_per_s", "degrees per second"},
		{"_half_steps_per_s", "half steps per second"},
		{"_steps_per_s2", "steps per second squared"},
		{"_steps_per_s", "steps per second"},
		{"_steps_per_celsius", "steps per degree Celsius"},
		{"_microns_per_c", "micrometres per degree Celsius"},
		{"_c_per_h", "degrees Celsius per hour"},
		{"_percent", "percent"},
		{"_microns", "micrometres"},
		{"_ppm", "parts per million"},
		{"_arcsec", "arcseconds"},
		{"_arcmin", "arcminutes"},
		{"_deg", "degrees"},
		{"_hpa", "hectopascals"},
		{"_hz", "hertz"},
		{"_mm", "millimetres"},
		{"_um", "micrometres"},
		{"_ms", "milliseconds"},
		{"_us", "microseconds"},
		{"_ma", "milliamperes"},
		{"_min", "minutes"},
		{"_per_s", "per second"},
		{"_c", "degrees Celsius"},
		{"_m", "metres"},
		{"_s", "seconds"},
	} {
		if strings.HasSuffix(name, u.suffix) {
			return u.unit
		}
	}
	return ""
}

// format returns a value as TOML writes it, on one line.
func format(v any) string {
	if r := reflect.ValueOf(v); r.Kind() == reflect.Slice && r.Len() == 0 {
		return "[]"
	}
	text, err := toml.Marshal(map[string]any{"k": v})
	if err != nil { // none of the kinds that a Config holds
		return fmt.Sprintf("%q", fmt.Sprint(v))
	}
	return strings.TrimSpace(strings.TrimPrefix(string(text), "k = "))
}
