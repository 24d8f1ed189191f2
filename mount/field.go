// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
)

// fieldAngle returns the position angle on the sky, but for a constant, of
// what is fixed at the focus: of the direction in which axis A grows, for a
// tube that is carried. The telescope of a siderostat stands still while the
// mirror turns before it, and so its field turns back by as much as axis Z
// goes on.
func (s *state) fieldAngle(axes model.Axes) model.Angle { return s.fieldBy(s.heaven.chain, axes) }

// fieldBy is fieldAngle with another way from axes to sky.
func (s *state) fieldBy(chain pointing.Chain, axes model.Axes) model.Angle {
	field := chain.FieldAngle(axes)
	if s.geometry == pointing.Siderostat {
		field = (field - axes.Z).WrapSigned()
	}
	return field
}

// fieldRate returns how fast the field turns on the sky while a target is
// tracked, counter-clockwise positive: 0 when the tube stands or slews.
func (s *state) fieldRate(now driver.Instant) model.Rate {
	if !s.course.sky || s.activity != Idle && s.activity != Settling {
		return 0
	}
	pair := s.neighbours(&s.course, now, true)
	turned := (s.fieldAngle(pair[1]) - s.fieldAngle(pair[0])).WrapSigned()
	return model.Rate(float64(turned) / (2 * slope.Seconds()))
}
