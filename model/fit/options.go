// SPDX-License-Identifier: GPL-3.0-or-later

package fit

import (
	"fmt"
	"strings"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
)

// Mode says how a model is made of stars.
type Mode int

// The modes. Auto is Full from two stars on; one star moves the index.
const (
	Auto     Mode = iota
	Taki          // the original's matrix through the first two or three stars, sheared by what they disagree
	Rotation      // the best rotation; Z1, Z2, Z3 as they are known
	Full          // rotation and all terms that the stars can carry
)

var modeNames = [...]string{Auto: "auto", Taki: "taki", Rotation: "rotation", Full: "fit"}

// String returns "auto", "taki", "rotation" or "fit".
func (m Mode) String() string {
	if m < 0 || int(m) >= len(modeNames) {
		return fmt.Sprintf("Mode(%d)", int(m))
	}
	return modeNames[m]
}

// ParseMode is the inverse of String, whatever the case of the letters. Its
// error is fault.Invalid.
func ParseMode(s string) (Mode, error) {
	for m, name := range modeNames {
		if strings.EqualFold(s, name) {
			return Mode(m), nil
		}
	}
	return Auto, fault.New(fault.Invalid, "parse mode", "%q is none of auto, taki, rotation, fit", s)
}

// Candidate is a catalogue star that may have been mistaken for another.
type Candidate struct {
	Name  string
	Place model.Equatorial // apparent, of date
}

// Options say how Run is to work. Only Setup must be given.
type Options struct {
	Setup Setup
	Mode  Mode

	// Free names the terms to fit, whatever the number of stars. Nil lets Run
	// choose by redundancy.
	Free []Term

	// Known is a model of this mount from before: terms that are not fitted
	// stay as in it, the others start from it. Its attitude counts only when
	// Attitude is not fitted; its tables and map never.
	Known *Parts

	// Priors say what is known of terms besides: they replace those that
	// follow from Known. See Result.Priors.
	Priors map[Term]Prior

	Floor    model.Angle       // error of the drive, added to each star's Sigma as squares are
	Criteria pointing.Criteria // of two and three stars; zero fields stand for the defaults

	Tables     bool        // add tables and map where they pay (25 stars and more)
	Candidates []Candidate // stars with which one may have been mistaken
}

// defaults of the priors: standard deviations about the known value.
const (
	priorSkew   = 1.0 // degrees: Z1, Z2 and what stands for them or for a tilt
	priorOther  = 5.0 // arcminutes: any other linear term
	horizonSlop = 2.0 // degrees below the horizon at which a star cannot have been seen
)

// prior returns what is known of t.
func (o *Options) prior(t Term) Prior {
	if p, ok := o.Priors[t]; ok {
		return p
	}
	p := Prior{}
	if o.Known != nil {
		p.Mean = o.Known.Value(t)
	}
	switch t {
	case Attitude, Z3, IH, ID, IA, IE: // zero points are anywhere
	case Z1, Z2, CH, NP, CA, NPAE, ME, MA, AN, AW:
		p.Sigma = model.Degrees(priorSkew)
	default:
		p.Sigma = model.Arcmin(priorOther)
	}
	return p
}

// sameFault lists terms of which only one may be fitted.
var sameFault = [][]Term{
	{Attitude, ME, AN}, {Attitude, MA, AW}, {Attitude, IH, IA},
	{Z1, NP, NPAE}, {Z2, CH, CA}, {Z3, ID, IE},
	{HCES, ACES}, {HCEC, ACEC}, {DCES, ECES}, {DCEC, ECEC},
}

func (o *Options) check() error {
	if err := o.Setup.check(); err != nil {
		return err
	}
	if o.Mode < Auto || o.Mode > Full {
		return fault.New(fault.Invalid, opFit, "there is no %v", o.Mode)
	}
	if !(o.Floor >= 0 && o.Floor < model.Degrees(1)) {
		return fault.New(fault.Invalid, opFit, "the drive's error %v is not between 0 and 1°", o.Floor)
	}
	free := map[Term]bool{}
	for _, t := range o.Free {
		if !t.Known() {
			return fault.New(fault.Invalid, opFit, "%q is no term; linear terms are %v", t, LinearTerms())
		}
		if free[t] {
			return fault.New(fault.Invalid, opFit, "%s is named twice", t)
		}
		free[t] = true
	}
	for _, group := range sameFault {
		var both []Term
		for _, t := range group {
			if free[t] {
				both = append(both, t)
			}
		}
		if len(both) > 1 {
			return fault.New(fault.Invalid, opFit, "%s and %s are the same fault: fit one of them", both[0], both[1])
		}
	}
	for t, p := range o.Priors {
		if !t.Known() || !p.Mean.IsFinite() || !(p.Sigma >= 0 && p.Sigma.IsFinite()) {
			return fault.New(fault.Invalid, opFit, "what is known of %s makes no sense: %v ± %v", t, p.Mean, p.Sigma)
		}
	}
	if o.Known != nil {
		return o.Known.Check()
	}
	return nil
}

// start returns the guess before any star.
func (o *Options) start() guess {
	g := guess{attitude: o.Setup.Nominal}
	if k := o.Known; k != nil {
		g.attitude = k.Attitude
		g.z = [3]float64{float64(k.Errors.Z1), float64(k.Errors.Z2), float64(k.Errors.Z3)}
		for _, c := range k.Linear {
			g.add(c.Term, float64(c.Value))
		}
	}
	for t, p := range o.Priors {
		if t != Attitude {
			g.add(t, float64(p.Mean)-g.value(t))
		}
	}
	return g
}
