// SPDX-License-Identifier: GPL-3.0-or-later

package align

import (
	"slices"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/fit"
	"github.com/siderostep/siderostep/model/pointing"
)

const op = "align"

// Start is what is assumed before the first star.
type Start string

// The ways to start. Preset is the way the mount's geometry stands when it is
// set up perfectly; the next three say so whatever the geometry.
const (
	Preset     Start = "preset"
	Equatorial Start = "equatorial"
	AltAz      Start = "altaz"
	AltAlt     Start = "altalt" // the primary axis lies in the meridian
	None       Start = "none"   // nothing: no place on the sky is known
)

// Starts lists the ways to start.
func Starts() []Start { return []Start{Preset, Equatorial, AltAz, AltAlt, None} }

// ParseStart returns the Start of a name. Its error is fault.Invalid.
func ParseStart(name string) (Start, error) {
	if s := Start(name); slices.Contains(Starts(), s) {
		return s, nil
	}
	return "", fault.New(fault.Invalid, op, "%.40q is none of the ways to start: %v", name, Starts())
}

// attitude returns the attitude assumed by s.
func (s Start) attitude(lat model.Angle, preset model.Mat) model.Mat {
	switch s {
	case Equatorial:
		return pointing.EquatorialAttitude(lat)
	case AltAz:
		return pointing.AltAzAttitude(lat)
	case AltAlt:
		axis := model.Angle(0) // the horizon below the elevated pole
		if lat < 0 {
			axis = model.HalfTurn
		}
		return pointing.AltAltAttitude(lat, axis)
	default:
		return preset
	}
}

// Entry is a star in the middle of the field, when and why it was noted.
type Entry struct {
	fit.Observation
	UTC    time.Time
	Reason string // in a word or two: "sync", "handpad", "analysis"
}

// MaxPoints is how many points a Book holds; a model gains nothing from more.
const MaxPoints = 500

// Book is the alignment so far. The zero Book is that of a mount just
// unpacked: Preset, no star.
type Book struct {
	Start  Start     `json:"start,omitempty"`
	Inits  [3]*Entry `json:"inits"`            // filled in their order
	Points []Entry   `json:"points,omitempty"` // beside the inits
}

// Count returns the number of inits.
func (b Book) Count() int {
	n := 0
	for n < len(b.Inits) && b.Inits[n] != nil {
		n++
	}
	return n
}

// Entries returns the inits and the points, in this order.
func (b Book) Entries() []Entry {
	entries := make([]Entry, 0, len(b.Inits)+len(b.Points))
	for _, e := range b.Inits[:b.Count()] {
		entries = append(entries, *e)
	}
	return append(entries, b.Points...)
}

// Begin returns an empty Book with another start. Points are kept: they are
// facts about the mount, whatever it stood like.
func (b Book) Begin(s Start) Book { return Book{Start: s, Points: b.Points} }

// Kill returns b without its inits.
func (b Book) Kill() Book { return b.Begin(b.Start) }

// Purge returns b without its points.
func (b Book) Purge() Book { return Book{Start: b.Start, Inits: b.Inits} }

// Init returns b with e as init n, 1 to 3. Its error is fault.Invalid for
// another n or an impossible entry, fault.Refused when the one before n is
// missing.
func (b Book) Init(n int, e Entry) (Book, error) {
	switch {
	case n < 1 || n > len(b.Inits):
		return b, fault.New(fault.Invalid, op, "there is no init %d: they are 1, 2 and 3", n)
	case n > b.Count()+1:
		return b, fault.New(fault.Refused, op, "init %d comes after init %d, which is missing", n, b.Count()+1)
	}
	if err := e.Check(); err != nil {
		return b, err
	}
	b.Inits[n-1] = &e // b is a copy
	return b, nil
}

// Slot returns which init e becomes when none is named: the next free one,
// or, of three, the one nearest to it in hour angle and declination.
func (b Book) Slot(e Entry) int {
	if n := b.Count(); n < len(b.Inits) {
		return n + 1
	}
	var stars [3]model.Vec
	for i, e := range b.Inits {
		stars[i] = e.HourDec().Vector()
	}
	return pointing.Nearest(stars, e.HourDec().Vector()) + 1
}

// Add returns b with e as a further point.
func (b Book) Add(e Entry) (Book, error) {
	if err := e.Check(); err != nil {
		return b, err
	}
	if len(b.Points) >= MaxPoints {
		return b, fault.New(fault.Refused, op, "there are %d points already; purge them first", MaxPoints)
	}
	b.Points = append(slices.Clip(b.Points), e)
	return b, nil
}

// Undo returns b without its latest entry, point or init, by time. The inits
// after it move up.
func (b Book) Undo() (Book, error) {
	n := b.Count()
	entries := b.Entries()
	if len(entries) == 0 {
		return b, fault.New(fault.Refused, op, "there is no star to take back")
	}
	latest := 0
	for i, e := range entries {
		// Of one instant the last, but an init rather than a point.
		if at := entries[latest].UTC; e.UTC.After(at) || e.UTC.Equal(at) && (i < n) == (latest < n) {
			latest = i
		}
	}
	if latest >= n {
		b.Points = slices.Delete(slices.Clone(b.Points), latest-n, latest-n+1)
		return b, nil
	}
	copy(b.Inits[latest:], b.Inits[latest+1:]) // b is a copy
	b.Inits[len(b.Inits)-1] = nil
	return b, nil
}

// Check reports, as fault.Invalid, a Book that no steps lead to, as one from
// a damaged file.
func (b Book) Check() error {
	if b.Start != "" && !slices.Contains(Starts(), b.Start) {
		return fault.New(fault.Invalid, op, "start %.40q is none of %v", b.Start, Starts())
	}
	for _, e := range b.Inits[b.Count():] {
		if e != nil {
			return fault.New(fault.Invalid, op, "an init comes after a missing one")
		}
	}
	if len(b.Points) > MaxPoints {
		return fault.New(fault.Invalid, op, "%d points are more than %d", len(b.Points), MaxPoints)
	}
	for _, e := range b.Entries() {
		if err := e.Check(); err != nil {
			return err
		}
	}
	return nil
}
