// SPDX-License-Identifier: GPL-3.0-or-later

package handpad

import (
	"slices"
	"strings"

	"github.com/siderostep/siderostep/fault"
)

// Mode is what the mode keys do, and in some modes the direction keys.
type Mode string

// The modes.
const (
	ModeOff           Mode = "off"
	ModeInitAuto      Mode = "init_auto"
	ModeInit1         Mode = "init_1"
	ModeInit2         Mode = "init_2"
	ModeInit3         Mode = "init_3"
	ModePolar         Mode = "polar"
	ModeAnalyze       Mode = "analyze" //nolint:misspell // the original's word
	ModeGuide         Mode = "guide"
	ModeGuideStay     Mode = "guide_stay"
	ModeGuideStaySave Mode = "guide_stay_save"
	ModeGuideRotate   Mode = "guide_rotate"
	ModeGuideDrag     Mode = "guide_drag"
	ModeGrandTour     Mode = "grand_tour"
	ModeScroll        Mode = "scroll"
	ModeScrollAuto    Mode = "scroll_auto"
	ModeRecord        Mode = "record"
	ModeToggleTrack   Mode = "toggle_track"
	ModeRotator       Mode = "rotator"
	ModeFocus         Mode = "focus"
	ModeAux           Mode = "aux"
)

// modes are all modes in the order of the manual's numbers, and what they are
// called.
var modes = [...]entry{
	{ModeOff, "off"},
	{ModeInitAuto, "init, the next one"},
	{ModeInit1, "init 1"},
	{ModeInit2, "init 2"},
	{ModeInit3, "init 3"},
	{ModePolar, "polar alignment"},
	{ModeAnalyze, "analysis point"},
	{ModeGuide, "guide and return"},
	{ModeGuideStay, "guide and stay"},
	{ModeGuideStaySave, "guide, stay and save"},
	{ModeGuideRotate, "guide and stay, keys turned with the field"},
	{ModeGuideDrag, "guide with drag"},
	{ModeGrandTour, "grand tour"},
	{ModeScroll, "scroll tour"},
	{ModeScrollAuto, "scroll tour, again and again"},
	{ModeRecord, "record the place"},
	{ModeToggleTrack, "tracking on and off"},
	{ModeRotator, "rotator"},
	{ModeFocus, "focus"},
	{ModeAux, "auxiliary lines"},
}

type entry struct {
	mode  Mode
	title string
}

// Modes returns all modes in the order of the manual's numbers.
func Modes() []Mode {
	all := make([]Mode, len(modes))
	for i, m := range modes {
		all[i] = m.mode
	}
	return all
}

func modeWords() []string {
	words := make([]string, len(modes))
	for i, m := range modes {
		words[i] = string(m.mode)
	}
	return words
}

// ParseMode returns the mode of a word, or fault.Invalid.
func ParseMode(word string) (Mode, error) {
	for _, m := range modes {
		if string(m.mode) == word {
			return m.mode, nil
		}
	}
	return "", fault.New(fault.Invalid, "hand paddle", "there is no mode %.40q; there are %s", word, strings.Join(modeWords(), ", "))
}

// Number returns the manual's number of the mode, 0 to 19; −1 for what is none.
func (m Mode) Number() int {
	return slices.IndexFunc(modes[:], func(e entry) bool { return e.mode == m })
}

// Title returns the mode's name for people.
func (m Mode) Title() string {
	if i := m.Number(); i >= 0 {
		return modes[i].title
	}
	return string(m)
}

// ModeOfNumber returns the mode of a number: of the manual, 0 to 19, or of the
// source of scope.exe, which lacks the mode "guide, stay and save" and counts
// the modes after it one less, 0 to 18. It returns fault.Invalid for others.
//
// Source: stepper core reference §5.1.
func ModeOfNumber(n int, manual bool) (Mode, error) {
	last := len(modes) - 1
	if !manual {
		last--
	}
	if n < 0 || n > last {
		return "", fault.New(fault.Invalid, "hand paddle", "there is no mode %d; the modes are 0 to %d", n, last)
	}
	if !manual && n >= ModeGuideStaySave.Number() {
		n++
	}
	return modes[n].mode, nil
}

// guides reports whether it is a guide mode.
func (m Mode) guides() bool {
	switch m {
	case ModeGuide, ModeGuideStay, ModeGuideStaySave, ModeGuideRotate, ModeGuideDrag:
		return true
	}
	return false
}

// scrolls reports whether it is a mode of scroll files.
func (m Mode) scrolls() bool { return m == ModeScroll || m == ModeScrollAuto }
