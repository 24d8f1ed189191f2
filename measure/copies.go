// SPDX-License-Identifier: GPL-3.0-or-later

package measure

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/siderostep/siderostep/fault"
)

// Copy is a named copy of the tuning: of all keys of motors and gears.
type Copy struct {
	Name   string            `json:"name"`
	Time   time.Time         `json:"time"`
	Values map[string]string `json:"values"` // by key, as the configuration file has them
}

// Change is a key that got another value.
type Change struct {
	Key  string `json:"key"`
	From string `json:"from"`
	To   string `json:"to"`
}

// Entry is a line of the log of changes.
type Entry struct {
	Time    time.Time `json:"time"`
	What    string    `json:"what"` // saved, restored, deleted, set, or the kind of a measurement
	Name    string    `json:"name,omitempty"`
	Changes []Change  `json:"changes,omitempty"`
}

// Saved is what is remembered of tuning from run to run. It is a value: what
// changes it returns another one.
type Saved struct {
	Copies []Copy  `json:"copies,omitempty"`
	Log    []Entry `json:"log,omitempty"`
}

const (
	mostCopies  = 50
	mostEntries = 500
	mostName    = 40 // characters
)

// find returns the index of a copy; capitals make no difference.
func (s Saved) find(name string) int {
	return slices.IndexFunc(s.Copies, func(c Copy) bool { return strings.EqualFold(c.Name, strings.TrimSpace(name)) })
}

// Named returns a copy, or fault.Invalid when there is none of that name.
func (s Saved) Named(name string) (Copy, error) {
	i := s.find(name)
	if i < 0 {
		return Copy{}, fault.New(fault.Invalid, opTune, "there is no copy named %.40q", name)
	}
	return s.Copies[i], nil
}

// With returns s with a copy, in place of the one that had its name.
func (s Saved) With(c Copy) (Saved, error) {
	c.Name = strings.TrimSpace(c.Name)
	if n := utf8.RuneCountInString(c.Name); n == 0 || n > mostName || !utf8.ValidString(c.Name) {
		return s, fault.New(fault.Invalid, opTune, "a name has 1 to %d characters", mostName)
	}
	copies := slices.Clone(s.Copies)
	if i := s.find(c.Name); i >= 0 {
		copies[i] = c
	} else if len(copies) < mostCopies {
		copies = append(copies, c)
	} else {
		return s, fault.New(fault.Full, opTune, "there are %d copies already; delete one", mostCopies)
	}
	s.Copies = copies
	return s.logged(Entry{Time: c.Time, What: "saved", Name: c.Name}), nil
}

// Without returns s without a copy.
func (s Saved) Without(name string, at time.Time) (Saved, error) {
	c, err := s.Named(name)
	if err != nil {
		return s, err
	}
	i := s.find(name)
	s.Copies = slices.Delete(slices.Clone(s.Copies), i, i+1)
	return s.logged(Entry{Time: at, What: "deleted", Name: c.Name}), nil
}

// logged returns s with another line in its log, of which the latest are kept.
func (s Saved) logged(e Entry) Saved {
	old := s.Log
	if len(old) >= mostEntries {
		old = old[len(old)-mostEntries+1:]
	}
	s.Log = append(slices.Clip(old), e)
	return s
}

// Changes returns what is to change in settings for them to be as the copy,
// by key. Keys that the copy lacks stay.
func (c Copy) Changes(now []Setting) []Change {
	var all []Change
	for _, s := range now {
		if v, ok := c.Values[s.Key]; ok && v != s.Value {
			all = append(all, Change{s.Key, s.Value, v})
		}
	}
	slices.SortFunc(all, func(a, b Change) int { return strings.Compare(a.Key, b.Key) })
	return all
}

// copyOf returns a copy of the settings that are tuned.
func copyOf(name string, at time.Time, now []Setting) Copy {
	c := Copy{Name: name, Time: at, Values: map[string]string{}}
	for _, s := range now {
		if tuned(s.Key) {
			c.Values[s.Key] = s.Value
		}
	}
	return c
}

// keys returns the keys of values in order.
func keys(values map[string]string) []string { return slices.Sorted(maps.Keys(values)) }
