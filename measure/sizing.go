// SPDX-License-Identifier: GPL-3.0-or-later

package measure

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/backlash"
	"github.com/siderostep/siderostep/model/tuning"
	"github.com/siderostep/siderostep/mount"
)

// sizing measures the step size of an axis: two marks for each motion by a
// known angle.
type sizing struct {
	axis       int
	method     Method
	angle      model.Angle // between the two marks; 0 where the encoder tells it
	resolution model.Angle // 0 for two counts' halves of the encoder
	naming     naming
	first      *place        // the first of two marks, when the second is due
	moves      []tuning.Move // replaced whole
}

// place is where an axis was at a mark.
type place struct {
	shown   model.Angle
	encoder model.Angle // the same by the encoder, where that is asked
	sense   backlash.Sense
}

// usual is how finely the angles of the methods are known.
var usual = map[Method]model.Angle{
	ByLevel: model.Arcmin(1), ByTurn: model.Arcmin(3), ByMarks: model.Arcmin(1), ByAngle: model.Arcmin(1),
}

func beginSizing(w world, r Request) (procedure, error) {
	p := sizing{axis: r.Axis, method: r.Method, resolution: model.Arcsec(r.ResolutionArcsec), naming: namingOf(w.now)}
	if p.resolution == 0 {
		p.resolution = usual[r.Method]
	}
	var err error
	switch r.Method {
	case ByLevel:
		p.angle = tuning.Level
		if r.Axis != mount.AxisA {
			err = fault.New(fault.Invalid, op, "a level tells an angle of axis A only")
		}
	case ByTurn:
		p.angle = tuning.FullTurn
		if r.Axis != mount.AxisZ {
			err = fault.New(fault.Invalid, op, "only axis Z makes a full turn")
		}
	case ByMarks:
		p.angle, err = tuning.TwoMarks(r.Separation, r.Distance)
	case ByAngle:
		p.angle = model.Degrees(r.AngleDeg)
		if !(r.AngleDeg >= 1 && r.AngleDeg <= 720) {
			err = fault.New(fault.Invalid, op, "an angle of %g° is not 1 to 720", r.AngleDeg)
		}
	case ByEncoder:
		err = haveEncoders(w.now)
	default:
		err = fault.New(fault.Invalid, op, "the step size is not measured by %.20q; there are level, turn, marks, angle and encoder", r.Method)
	}
	if err != nil {
		return nil, err
	}
	return p, p.ready(w)
}

func (p sizing) ready(w world) error {
	if err := atRest(w.now); err != nil {
		return err
	}
	if err := idleEncoders(w.now); err != nil {
		return err
	}
	if p.method == ByEncoder {
		if err := haveEncoders(w.now); err != nil {
			return err
		}
	}
	return p.naming.check(w.now)
}

func haveEncoders(s *mount.Snapshot) error {
	if !s.Encoders.Known || s.Encoders.Stale {
		return fault.New(fault.Refused, op, "the encoders are not being read; connect them, and see encoders.protocol")
	}
	return nil
}

// here returns where the axis is.
func (p sizing) here(s *mount.Snapshot) place {
	at := place{shown: shown(s, p.axis), sense: s.Backlash[p.axis].Sense}
	if p.method == ByEncoder {
		e := s.Encoders
		at.encoder = one(e.Angles, p.axis)
		at.shown = at.encoder - one(e.Difference, p.axis) // at the time of the reading
	}
	return at
}

func (p sizing) mark(_ context.Context, w world, _ Mark) (procedure, error) {
	at := p.here(w.now)
	if p.first == nil {
		p.first = &at
		return p, nil
	}
	m := tuning.Move{Displayed: at.shown - p.first.shown, Resolution: p.resolution}
	switch {
	case p.method == ByEncoder:
		m.True = at.encoder - p.first.encoder
		m.Resolution = max(p.resolution, w.now.Encoders.Count[p.axis])
	default:
		m.True = model.Angle(math.Copysign(float64(p.angle), float64(m.Displayed)))
	}
	play := settings(w.now.Config, p.axis).BacklashArcmin != 0
	if !play && at.sense != p.first.sense && at.sense != backlash.Unknown && p.first.sense != backlash.Unknown {
		return nil, fault.New(fault.Refused, op, "the two marks were approached from different sides, so backlash is between them; go past this one and come back to it the way you came to the first, and mark again")
	}
	if r := float64(m.True / m.Displayed); !(math.Abs(r) > 0.2 && math.Abs(r) < 5) {
		return nil, fault.New(fault.Refused, op, "the display has moved by %.4f°, and the angle is %.4f°; go on to the second mark", m.Displayed.Degrees(), m.True.Degrees())
	}
	moves := append(slices.Clip(p.moves), m)
	if _, err := tuning.StepSize(model.Arcsec(1), moves); err != nil {
		return nil, err
	}
	p.first, p.moves = nil, moves
	return p, nil
}

func (p sizing) marks() int {
	n := 2 * len(p.moves)
	if p.first != nil {
		n++
	}
	return n
}

func (p sizing) done() bool { return false }

func (p sizing) end(context.Context, world) error { return nil }

func (p sizing) next(w world) string {
	second := p.first != nil
	var text string
	switch {
	case p.method == ByLevel && !second:
		text = "Bring the tube level, by the level, and mark."
	case p.method == ByLevel:
		text = "Bring the tube upright, by the level, and mark."
	case p.method == ByTurn && !second:
		text = "Bring the mark on the rocker box to that on the base, and mark."
	case p.method == ByTurn:
		text = "Make one full turn of axis Z, to the same marks, and mark."
	case p.method == ByEncoder && !second:
		text = "Mark here."
	case p.method == ByEncoder:
		text = fmt.Sprintf("Move axis %s by %.0f° or more, stop, wait for the encoders and mark.",
			axisWord(p.axis), max(1, tuning.LeastMove(w.now.Encoders.Count[p.axis], 0.001).Degrees()))
	case !second:
		text = "Bring the first mark to the middle of the field, and mark."
	default:
		text = fmt.Sprintf("Bring the second mark, %.4f° away, to the middle of the field, and mark.", p.angle.Degrees())
	}
	if settings(w.now.Config, p.axis).BacklashArcmin == 0 {
		text += " Come to both marks of a pair from the same side."
	}
	if len(p.moves) > 0 && !second {
		text += fmt.Sprintf(" %d measured; take it again the other way round, or ask for the result.", len(p.moves))
	}
	return text
}

func (p sizing) result(w world) (Result, error) {
	if len(p.moves) == 0 {
		return Result{}, fault.New(fault.Refused, op, "there is no motion between two marks yet")
	}
	a := settings(w.now.Config, p.axis)
	key := "mount." + axisKey(p.axis) + ".full_step_arcsec"
	cw, ccw := p.senses()
	split := a.FullStepArcsecCCW > 0
	all := p.moves
	if split && len(cw) > 0 {
		all = cw
	}
	size, err := tuning.StepSize(model.Arcsec(a.FullStepArcsec), all)
	if err != nil {
		return Result{}, err
	}
	r := Result{
		Quantity: "full step", Unit: "arcsec", Value: size.FullStep.Arcsec(), Spread: size.Factor.Spread * a.FullStepArcsec,
		Count: size.Factor.N, Accuracy: size.Accuracy * size.FullStep.Arcsec(), Before: a.FullStepArcsec,
	}
	r.Verified = math.Abs(size.Factor.Mean-1) <= size.Accuracy
	r.Verification = fmt.Sprintf("true and displayed angles differ by %.3f %%, and are known to %.3f %%", 100*(size.Factor.Mean-1), 100*size.Accuracy)
	if !r.Verified {
		r.Verification += "; put the line into the file, restart and measure again"
	}
	if !split || len(cw) > 0 {
		r.Lines = append(r.Lines, line(w, key, r.Value))
	}
	if len(ccw) > 0 {
		err = p.other(w, &r, cw, ccw, split, key)
	}
	return r, err
}

// senses returns the moves either way.
func (p sizing) senses() (cw, ccw []tuning.Move) {
	for _, m := range p.moves {
		if m.Displayed > 0 {
			cw = append(cw, m)
		} else {
			ccw = append(ccw, m)
		}
	}
	return cw, ccw
}

// other adds what counter-clockwise motion tells of its own.
func (p sizing) other(w world, r *Result, cw, ccw []tuning.Move, split bool, key string) error {
	a := settings(w.now.Config, p.axis)
	back := a.FullStepArcsec
	if split {
		back = a.FullStepArcsecCCW
	}
	size, err := tuning.StepSize(model.Arcsec(back), ccw)
	if err != nil {
		return err
	}
	if split {
		r.Lines = append(r.Lines, line(w, key+"_ccw", size.FullStep.Arcsec()))
		r.Notes = append(r.Notes, fmt.Sprintf("counter-clockwise: %.6g″, %d measured", size.FullStep.Arcsec(), size.Factor.N))
		return nil
	}
	if len(cw) == 0 {
		return nil
	}
	up, err := tuning.StepSize(model.Arcsec(a.FullStepArcsec), cw)
	if d := math.Abs(up.Factor.Mean - size.Factor.Mean); err == nil && d > 2*(up.Accuracy+size.Accuracy) {
		r.Notes = append(r.Notes, fmt.Sprintf("the ways differ: %.6g″ clockwise, %.6g″ counter-clockwise; a friction drive does that, see %s_ccw", up.FullStep.Arcsec(), size.FullStep.Arcsec(), key))
	}
	return err
}
