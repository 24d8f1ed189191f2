// SPDX-License-Identifier: GPL-3.0-or-later

package handpad

import "time"

// Designs of paddles.
const (
	Multiplexed = "multiplexed" // one key at a time, as a number on three lines; the speed switch on the fourth
	Direct      = "direct"      // a line for each direction, as autoguiders need them; no other keys
)

// Lines of the paddle, as the bits of a level word: where the status register
// of a parallel port has them, all of them 1 while high.
const (
	Pin13 = 16
	Pin12 = 32
	Pin10 = 64
	Pin11 = 128

	pins = Pin13 | Pin12 | Pin10 | Pin11
)

// coded are the keys by the number on pins 13, 12 and 10. All three high is no
// key: the original's combination for periodic error correction, which two
// keys at once make, too. An autoguider's relays make the same numbers.
var coded = [8]Keys{
	Pin13 >> 4:           Up,
	Pin12 >> 4:           Down,
	(Pin12 | Pin13) >> 4: CW,
	Pin10 >> 4:           CCW,
	(Pin10 | Pin13) >> 4: Left,
	(Pin10 | Pin12) >> 4: Right,
}

// Decode returns which keys are down by the levels of the lines, and where the
// speed switch of a multiplexed paddle stands: slew while its line is low. A
// direct one has no switch; slew is then false. Bits beside the four lines are
// ignored.
//
// The original kept the key before when it did not know a number.
//
// Source: stepper core reference §5.3.
func Decode(design string, level uint32) (down Keys, slew bool) {
	if design == Direct {
		for _, line := range [...]struct {
			pin uint32
			key Keys
		}{{Pin13, Up}, {Pin12, Down}, {Pin10, CCW}, {Pin11, CW}} {
			if level&line.pin != 0 {
				down |= line.key
			}
		}
		return down, false
	}
	return coded[level>>4&7], level&Pin11 == 0
}

// debouncer lets a level count once it was the same for some time.
type debouncer struct {
	known  bool // there has been a sample
	latest uint32
	since  time.Time // since when it is the latest

	settled bool // there has been a level that counts
	level   uint32
}

// sample takes a sample and returns whether the level that counts has changed,
// or is the first. It takes two samples at least.
func (d *debouncer) sample(now time.Time, level uint32, hold time.Duration) (changed bool) {
	level &= pins
	if !d.known || level != d.latest {
		d.known, d.latest, d.since = true, level, now
		return false
	}
	if now.Sub(d.since) < hold || d.settled && d.level == level {
		return false
	}
	d.settled, d.level = true, level
	return true
}
