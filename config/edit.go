// SPDX-License-Identifier: GPL-3.0-or-later

package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/siderostep/siderostep/internal/statefile"
)

// Set changes keys of the configuration file at path, such as
// "site.latitude_deg", and leaves everything else as it is, comments and
// order included. Keys and sections that the file does not have yet are
// added, and so is the file itself. The file is replaced atomically.
//
// It returns an error, and has changed nothing, when a key is unknown or the
// file would not load with its new values.
func Set(path string, changes map[string]any) error {
	if len(changes) == 0 {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("configuration: %w", err)
	}
	if len(text) == 0 {
		text = []byte("# Settings of siderostep that were changed while it ran.\n")
	}
	edited, err := edit(path, string(text), changes)
	if err != nil {
		return err
	}
	return statefile.Write(path, []byte(edited))
}

// edit returns text with its keys changed, or an error when it then would not
// load.
func edit(name, text string, changes map[string]any) (string, error) {
	if _, err := Parse(name, text); err != nil {
		return "", err
	}
	for _, key := range slices.Sorted(maps.Keys(changes)) {
		path := strings.Split(key, ".")
		if f, ok := lookup(fileType, path); !ok || f.isSection() || len(path) < 2 {
			return "", fmt.Errorf("configuration: %s is no known key", key)
		}
		text = layoutOf(text).with(path, format(changes[key]))
	}
	if _, err := Parse(name, text); err != nil {
		return "", err
	}
	return text, nil
}

// with returns the text with the value of one key changed. The section of a
// new key is where the file has it: a header, an inline table, dotted keys or
// nowhere yet.
func (l *layout) with(path []string, value string) string {
	if e, ok := l.find(path); ok {
		return l.text[:e.start] + value + l.text[e.end:]
	}
	home, name := path[:len(path)-1], path[len(path)-1]
	for i, s := range l.sections {
		if i > 0 && slices.Equal(s.path, home) {
			return l.insertLine(l.endOf(i), name+" = "+value)
		}
	}
	for n := len(home); n > 0; n-- {
		if e, ok := l.find(home[:n]); ok && e.table {
			return l.insertInline(e, strings.Join(path[n:], ".")+" = "+value)
		}
		for _, e := range slices.Backward(l.entries) {
			s := l.sections[e.section].path
			if !e.inline && len(s) < n && len(e.path) > n && slices.Equal(e.path[:n], path[:n]) {
				return l.insertLine(l.lineAfter(e.end), strings.Join(path[len(s):], ".")+" = "+value)
			}
		}
	}
	return l.insertLine(len(l.text), "", "["+strings.Join(home, ".")+"]", name+" = "+value)
}

// endOf returns the offset behind the last key of a section.
func (l *layout) endOf(section int) int {
	at := l.sections[section].after
	for _, e := range l.entries {
		if e.section == section {
			at = max(at, l.lineAfter(e.end))
		}
	}
	return at
}

// insertLine puts lines at an offset where a line begins or the text ends.
func (l *layout) insertLine(at int, lines ...string) string {
	end := "\n"
	if strings.Contains(l.text, "\r\n") {
		end = "\r\n"
	}
	before := l.text[:at]
	if before != "" && !strings.HasSuffix(before, "\n") {
		before += end
	}
	return before + strings.Join(lines, end) + end + l.text[at:]
}

// insertInline puts an element first into an inline table.
func (l *layout) insertInline(e entry, element string) string {
	inside := e.start + 1
	if strings.TrimSpace(l.text[inside:e.end-1]) != "" {
		element += ","
	}
	return l.text[:inside] + " " + element + l.text[inside:]
}

// Diff returns the keys of a section, "" for the whole file, whose values
// differ between two states of its Config, with the new values: what Set
// wants.
func Diff[T any](section string, before, after T) map[string]any {
	var under []string
	if section != "" {
		under = strings.Split(section, ".")
	}
	changes := map[string]any{}
	walk(reflect.TypeFor[T](), under, []reflect.Value{reflect.ValueOf(before), reflect.ValueOf(after)},
		func(path []string, _ field, v []reflect.Value) {
			if !reflect.DeepEqual(v[0].Interface(), v[1].Interface()) {
				changes[strings.Join(path, ".")] = v[1].Interface()
			}
		})
	return changes
}
