// SPDX-License-Identifier: GPL-3.0-or-later

package focuser

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
)

// Preset is a position with a name, such as that of an eyepiece.
type Preset struct {
	Name     string `json:"name"`
	Position int    `json:"position"`
}

const (
	mostPresets = 100
	longestName = 39 // characters, as in config.dat
)

func (s *state) find(name string) int {
	return slices.IndexFunc(s.presets, func(p Preset) bool { return strings.EqualFold(p.Name, strings.TrimSpace(name)) })
}

// savePreset changes a copy: snapshots hold the old presets.
func (s *state) savePreset(name string, position int) error {
	const op = "save preset"
	name = strings.TrimSpace(name)
	if n := utf8.RuneCountInString(name); n == 0 || n > longestName || strings.ContainsFunc(name, unicode.IsControl) || !utf8.ValidString(name) {
		return fault.New(fault.Invalid, op, "the name %q; 1 to %d characters are accepted", name, longestName)
	}
	if err := s.within(op, position); err != nil {
		return err
	}
	presets := slices.Clone(s.presets)
	switch i := s.find(name); {
	case i >= 0:
		presets[i] = Preset{name, position}
	case len(presets) >= mostPresets:
		return fault.New(fault.Full, op, "there are %d presets already; remove one first", mostPresets)
	default:
		presets = append(presets, Preset{name, position})
	}
	s.presets = presets
	return nil
}

func (s *state) removePreset(name string) error {
	i := s.find(name)
	if i < 0 {
		return s.unknown("remove preset", name)
	}
	s.presets = slices.Delete(slices.Clone(s.presets), i, i+1)
	return nil
}

func (s *state) preset(now driver.Instant, name string) error {
	i := s.find(name)
	if i < 0 {
		return s.unknown("preset", name)
	}
	return s.move(now, s.presets[i].Position)
}

func (s *state) unknown(op, name string) error {
	known := make([]string, len(s.presets))
	for i, p := range s.presets {
		known[i] = p.Name
	}
	if len(known) == 0 {
		return fault.New(fault.Invalid, op, "there is no preset %q; none is saved", name)
	}
	return fault.New(fault.Invalid, op, "there is no preset %q; saved are %s", name, strings.Join(known, ", "))
}
