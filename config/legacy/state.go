// SPDX-License-Identifier: GPL-3.0-or-later

package legacy

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/align"
	"github.com/siderostep/siderostep/model/fit"
	"github.com/siderostep/siderostep/mount"
)

// State is what config.dat says of the telescope as it was left, which here
// belongs to the state folder. A nil is what the file does not tell.
type State struct {
	Position *Pair        `json:"position_deg,omitempty"` // where the axes stand
	Counts   *mount.Saved `json:"-"`                      // the same in this program's motor counts, not trusted; without a time

	Start align.Start `json:"start"`           // what is assumed before the first star
	Inits []Init      `json:"inits,omitempty"` // in their order, the first missing one ends them
	Use   bool        `json:"use_inits"`       // the original starts with them

	FocusPosition *int             `json:"focus_position,omitempty"` // steps
	Presets       []focuser.Preset `json:"focus_presets,omitempty"`

	PECIndex      *Pair `json:"pec_index_offset,omitempty"`          // of 200 in a cycle
	EncoderOffset *Pair `json:"encoder_offset_deg,omitempty"`        // axis less encoder
	Drift         *Pair `json:"drift_arcsec_per_min,omitempty"`      // of the axes
	TargetDrift   *Sky  `json:"target_drift_deg_per_hour,omitempty"` // of the target
}

// Pair is a value for each axis.
type Pair struct {
	Z float64 `json:"z"`
	A float64 `json:"a"`
}

// Sky is a value in each equatorial coordinate.
type Sky struct {
	RA  float64 `json:"ra"`
	Dec float64 `json:"dec"`
}

// Init is a star in the middle of the field. All is in degrees, azimuth
// clockwise.
type Init struct {
	RA       float64 `json:"ra_deg"`
	Dec      float64 `json:"dec_deg"`
	Alt      float64 `json:"alt_deg"`
	Az       float64 `json:"az_deg"`
	Sidereal float64 `json:"sidereal_time_deg"`
	Line     int     `json:"-"`
}

// entry returns the init as the alignment has it.
func (i Init) entry(at time.Time) align.Entry {
	return align.Entry{
		UTC: at, Reason: "config.dat",
		Observation: fit.Observation{
			Place: model.Equatorial{RA: model.Degrees(i.RA), Dec: model.Degrees(i.Dec)},
			LST:   model.Degrees(i.Sidereal),
			Axes:  model.Axes{Z: model.Degrees(i.Az), A: model.Degrees(i.Alt)},
		},
	}
}

// Alignment returns the alignment with which the original would start, for a
// mount as the converted configuration has it; nil where that is the one of a
// first start. The error tells, in words for the observer, why the inits make
// no pointing model.
func (s State) Alignment(c mount.Config, at time.Time) (*mount.Alignment, error) {
	book := align.Book{Start: s.Start}
	if s.Use {
		for n, i := range s.Inits {
			var err error
			if book, err = book.Init(n+1, i.entry(at)); err != nil {
				return nil, fmt.Errorf("init %d, line %d: %w", n+1, i.Line, err)
			}
		}
	}
	if book.Count() == 0 && (s.Start == "" || s.Start == align.Preset) {
		return nil, nil
	}
	a, err := mount.Preset(c, at)
	if err != nil {
		return nil, err
	}
	mode, err := fit.ParseMode(c.Alignment.Mode)
	if err != nil {
		return nil, err
	}
	return a.Solved(c, book, mode, at, "config.dat")
}

// Mount returns where the axes stand in motor counts, not to be trusted before
// a sync, nil where they cannot be told. It is without an alignment.
func (s State) Mount(at time.Time) *mount.Saved {
	if s.Counts == nil {
		return nil
	}
	saved := *s.Counts
	saved.UTC = at
	return &saved
}

// Focuser returns what belongs to the focuser, nil for nothing.
func (s State) Focuser() *focuser.Saved {
	if s.FocusPosition == nil {
		return nil
	}
	return &focuser.Saved{Position: *s.FocusPosition, Unsure: true, Presets: s.Presets}
}

// pair returns a pair of variables that end in .Z and .A, times a factor; nil
// when neither is in the file.
func (c *converter) pair(name string, by float64) *Pair {
	z, a := name+".Z", name+".A"
	if !c.hasAny(z, a) {
		return nil
	}
	return &Pair{Z: c.num(z) * by, A: c.num(a) * by}
}

// position is where things stand.
func (c *converter) position() {
	c.axisPosition()
	if p := c.pair("EncoderOffset", 180/math.Pi); p != nil {
		c.state.EncoderOffset = p
		c.tell(Saved, []string{"EncoderOffset.Z", "EncoderOffset.A"}, "azimuth %s°, altitude %s° (v × 180/π); the program finds it anew when it starts", number(p.Z), number(p.A))
	}
	if p := c.pair("PECIxOffset", 1); p != nil {
		c.state.PECIndex = p
		c.tell(Saved, []string{"PECIxOffset.Z", "PECIxOffset.A"}, "azimuth %g, altitude %g of 200; of use only with the original's curve", p.Z, p.A)
	}
	const focus = "FocusPosition"
	if c.has(focus) {
		n := c.int(focus)
		if n < 0 {
			c.tell(Doubtful, []string{focus}, "the focuser counts from 0 up: set its position anew, and the presets of eyepieces")
		} else {
			c.state.FocusPosition = &n
			c.tell(Saved, []string{focus}, "%d steps", n)
		}
	}
	c.eyepieces()
}

// axisPosition converts the counts of the motors.
func (c *converter) axisPosition() {
	const name = "AccumMs"
	names := []string{name + ".Z", name + ".A"}
	if !c.hasAny(names...) {
		return
	}
	z, okZ := c.fullStep(axes[0])
	a, okA := c.fullStep(axes[1])
	if !okZ || !okA {
		c.tell(Operator, names, "where the axes stand is not known without the angle of a full step")
		return
	}
	ms := float64(c.microsteps())
	p := Pair{Z: c.num(names[0]) * z / ms / 3600, A: c.num(names[1]) * a / ms / 3600}
	c.state.Position = &p
	c.drop(Saved, fmt.Sprintf("axis Z at %.5f° (v × %g″/%g/3600)", p.Z, z, ms), names[0])
	c.drop(Saved, fmt.Sprintf("axis A at %.5f° (v × %g″/%g/3600)", p.A, a, ms), names[1])
}

// counts turns the position into motor counts, where the configuration as it
// is read has the motors of the file. The windings are then in the phase in
// which the original left them.
func (c *converter) counts() {
	p := c.state.Position
	if p == nil {
		return
	}
	m := c.final.Mount
	saved := mount.Saved{}
	each := 1. // of the original's counts for one of ours
	if c.pulses() {
		each = 2
	}
	for i, axis := range []mount.Axis{m.Z, m.A} {
		step, _ := c.fullStep(axes[i])
		count := c.num("AccumMs."+axes[i].letter) / each
		same := axis.Microsteps == c.microsteps() && math.Abs(axis.FullStepArcsec-step*each) < 1e-9 && axis.FullStepArcsecCCW == 0
		if !same || count != math.Trunc(count) || c.num("Ms") != float64(c.microsteps()) && !c.pulses() && c.has("Ms") {
			c.ledger.tell(0, Doubtful, "mount.json cannot be written: the motor counts of axis %s have another meaning here", axes[i].letter)
			return
		}
		saved.Counts[i] = model.Microsteps(count)
		at := []float64{p.Z, p.A}[i]
		turn := 0.
		for _, t := range []float64{-360, 360} {
			if (at < axis.MinDeg || at > axis.MaxDeg) && at+t >= axis.MinDeg && at+t <= axis.MaxDeg {
				turn = t
			}
		}
		if at+turn < axis.MinDeg || at+turn > axis.MaxDeg {
			c.ledger.tell(0, Doubtful, "mount.json cannot be written: axis %s at %.3f° is beyond its limits, %g to %g", axes[i].letter, at, axis.MinDeg, axis.MaxDeg)
			return
		}
		if i == 0 {
			saved.Zero.Z = model.Degrees(turn)
		} else {
			saved.Zero.A = model.Degrees(turn)
		}
	}
	c.state.Counts = &saved
}

// eyepieces are positions of focus with names.
func (c *converter) eyepieces() {
	n := c.int("Eyepieces")
	if n < 0 || n > mostEyepieces {
		c.tell(Error, []string{"Eyepieces"}, "there are 0 to %d eyepieces; all that the file names are taken", mostEyepieces)
		n = mostEyepieces
	}
	seen := map[string]bool{}
	for i := range mostEyepieces {
		at, called := fmt.Sprintf("EPFocusPosition[%d].Position", i), fmt.Sprintf("EPFocusPosition[%d].Name", i)
		word := c.dat.values[called].word
		both := []string{at, called}
		switch {
		case !c.hasAny(both...):
		case i >= n:
			c.drop(Doubtful, fmt.Sprintf("not taken: Eyepieces is %d", n), both...)
		case !c.has(at), word == "":
			c.drop(Doubtful, "not taken: it needs both a position and a name", both...)
		case c.num(at) < 0 || seen[strings.ToLower(word)] || utf8.RuneCountInString(word) > longestWord:
			c.drop(Doubtful, "not taken: positions count from 0, and names differ", both...)
		default:
			seen[strings.ToLower(word)] = true
			c.state.Presets = append(c.state.Presets, focuser.Preset{Name: word, Position: int(c.num(at))})
			c.tell(Saved, both, "a preset of the focuser: %s at %d", word, int(c.num(at)))
		}
	}
	c.drop(Converted, fmt.Sprintf("%d presets of the focuser", len(c.state.Presets)), "Eyepieces")
	if len(c.state.Presets) > 0 && c.state.FocusPosition == nil {
		zero := 0
		c.state.FocusPosition = &zero // the original's default
	}
}

// inits are the stars of the alignment.
func (c *converter) inits() {
	const name = "StartInitState"
	n := c.int(name)
	if n < 0 || n > 4 {
		c.tell(Error, []string{name}, "StartInitState is 0 to 4; it is taken to be 0")
		n = 0
	}
	c.state.Start = []align.Start{align.Preset, align.Equatorial, align.AltAz, align.None, align.Preset}[n]
	c.state.Use = n == 0 || n == 4
	c.tell(Saved, []string{name}, "%s", []string{
		"nobody is asked at the start: alignment goes on as it was left", "alignment starts as equatorial", "alignment starts as altaz",
		"alignment starts as none", "alignment goes on with the inits",
	}[n])
	gap := ""
	for _, name := range []string{"InitOne", "InitTwo", "InitThree"} {
		v, ok := c.dat.values[name]
		switch {
		case !ok:
			gap = name
		case gap != "":
			c.tell(Error, []string{name}, "not taken, for %s is missing", gap)
		default:
			i := Init{v.num[0], v.num[1], v.num[2], v.num[3], v.num[4], v.line}
			if err := i.entry(time.Time{}).Check(); err != nil {
				c.tell(Error, []string{name}, "not taken: %v", err)
				gap = name
				continue
			}
			c.state.Inits = append(c.state.Inits, i)
			c.tell(Saved, []string{name}, "right ascension %g°, declination %g°, altitude %g°, azimuth %g°, sidereal time %g°%s", i.RA, i.Dec, i.Alt, i.Az, i.Sidereal,
				map[bool]string{false: ", not used by StartInitState"}[c.state.Use])
		}
	}
}

// drift is what the original adds to axes and target all the time.
func (c *converter) drift() {
	z, a := "DriftAzArcsecPerMin", "DriftAltArcsecPerMin"
	if c.hasAny(z, a) {
		c.state.Drift = &Pair{Z: c.num(z), A: c.num(a)}
	}
	ra, dec := "DriftRaDegPerHr", "DriftDecDegPerHr"
	if c.hasAny(ra, dec) {
		c.state.TargetDrift = &Sky{RA: c.num(ra), Dec: c.num(dec)}
	}
	for _, name := range []string{z, a, ra, dec} {
		v := c.num(name)
		switch {
		case v == 0:
			c.drop(Saved, "none", name)
		case name == ra:
			// Degrees to seconds of right ascension; SI seconds to sidereal ones.
			c.tell(Saved, []string{name}, "not kept from night to night; action Drift:Set, or RightAscensionRate %.8f s per sidereal second (v × 240/3600/1.00273791)", v*240/3600/1.00273790935)
		case name == dec:
			c.tell(Saved, []string{name}, "not kept from night to night; action Drift:Set, or DeclinationRate %.8f″/s (v × 3600/3600)", v)
		default:
			c.tell(Saved, []string{name}, "not kept from night to night; action Drift:Set")
		}
	}
}
