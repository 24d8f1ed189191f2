// SPDX-License-Identifier: GPL-3.0-or-later

package focuser

// Backlash is given as steps with a sign: the direction in which every move
// ends, with the drive's teeth pressed together that way. The slack is by how
// much they are apart: so many steps in the sign's direction move the motor
// and not the focus.

// takeUp follows the slack of the drive as the motor turns.
func (s *state) takeUp() {
	b := s.config.BacklashSteps
	gone := s.engine.position() - s.at
	s.at += gone
	if sure := s.engine.trusted(); sure != s.sure {
		s.sure = sure
		if gone != 0 { // learned, not turned; how, nobody has seen
			s.slack = abs(b)
			s.settle()
		}
		return
	}
	if b < 0 {
		gone = -gone
	}
	s.slack = min(max(s.slack-gone, 0), abs(b))
}

// viaBacklash returns where to go first, so that the move ends in the
// direction of the backlash setting's sign, and with no slack.
func (s *state) viaBacklash(to int) int {
	b := s.config.BacklashSteps
	way := to - s.engine.position()
	toward := way
	if b < 0 {
		toward = -way
	}
	if b == 0 || way == 0 || toward > 0 && toward >= s.slack {
		return to
	}
	return min(max(to-b, 0), s.config.MaxStep)
}
