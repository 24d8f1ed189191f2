// SPDX-License-Identifier: GPL-3.0-or-later

package measure

import (
	"context"
	"fmt"
	"slices"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/tuning"
	"github.com/siderostep/siderostep/mount"
)

// spin measures how the tube stands to the azimuth axis.
type spin struct {
	dot  model.Angle
	dots []tuning.Dot // replaced whole
}

func beginSpin(w world, r Request) (procedure, error) {
	switch {
	case w.now.Config.Mount.Geometry != "altaz":
		return nil, fault.New(fault.Refused, op, "a spin alignment is for an alt-azimuth mount, whose tube can stand along its azimuth axis")
	case !(r.DotArcsec > 0 && r.DotArcsec <= 3600):
		return nil, fault.New(fault.Invalid, op, "a dot of %g″; give the angle of its diameter, 206265·pinhole/focal length", r.DotArcsec)
	}
	p := spin{dot: model.Arcsec(r.DotArcsec)}
	return p, p.ready(w)
}

func (p spin) ready(w world) error { return atRest(w.now) }

func (p spin) mark(_ context.Context, w world, m Mark) (procedure, error) {
	if m.X == nil || m.Y == nil {
		return nil, fault.New(fault.Invalid, op, "a mark of a spin alignment needs x and y, the place of the dot on the screen in its diameters")
	}
	heading := shown(w.now, mount.AxisZ)
	if m.HeadingDeg != nil {
		heading = model.Degrees(*m.HeadingDeg)
	}
	p.dots = append(slices.Clip(p.dots), tuning.Dot{Heading: heading, X: *m.X, Y: *m.Y})
	return p, nil
}

func (p spin) marks() int { return len(p.dots) }

func (p spin) done() bool { return false }

func (p spin) end(context.Context, world) error { return nil }

func (p spin) next(world) string {
	if len(p.dots) == 0 {
		return "Set the tube upright on its stop, a pinhole with a light behind it at the focus, and a camera that looks down the tube, focused at infinity. Mark where the dot is on the screen, in its diameters."
	}
	return fmt.Sprintf("Turn the mount by a quarter turn, and mark where the dot is. %d of 4 or more.", len(p.dots))
}

func (p spin) result(world) (Result, error) {
	s, err := tuning.SpinAlignment(p.dots, p.dot)
	if err != nil {
		return Result{}, fault.New(fault.Refused, op, "%v", err)
	}
	r := Result{
		Quantity: "angle of the tube to the azimuth axis", Unit: "arcsec", Value: s.Radius.Arcsec(), Spread: s.Left.Arcsec(),
		Count: len(p.dots), Verified: s.Done,
		Verification: "adjust the trunnion, then the stop, and measure again",
		Notes: []string{
			fmt.Sprintf("at heading 0 the dot is off by %.1f″ and %.1f″ along x and y", s.X.Arcsec(), s.Y.Arcsec()),
			fmt.Sprintf("%.1f″ are left beside the circle: the bearings, which no adjustment takes away", s.Left.Arcsec()),
		},
	}
	if s.Done {
		r.Verification = "the circle is as small as the bearings and the dot let it be"
	}
	return r, nil
}
