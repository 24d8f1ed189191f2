// SPDX-License-Identifier: GPL-3.0-or-later

package handpad

import "time"

// hand is the keys of one source: the lines, or somebody who presses keys by
// other means.
type hand struct {
	name  string
	down  Keys
	dead  Keys // of these, those that are ignored until they are let go
	slew  bool // where the speed switch of this source stands
	since [len(keyNames)]time.Time
	heard [len(keyNames)]time.Time // latest word that the key is down; not of the lines
}

// set says which keys are down now, and returns those that were not.
func (h *hand) set(now time.Time, down Keys) (pressed Keys) {
	pressed = down &^ h.down
	for i := range h.since {
		if pressed&(1<<i) != 0 {
			h.since[i] = now
		}
	}
	h.down = down
	h.dead &= down
	return pressed
}

// live returns the keys that count.
func (h *hand) live() Keys { return h.down &^ h.dead }

// kill has all keys ignored until they are let go.
func (h *hand) kill() { h.dead = h.down }

// stuck returns the keys that have been down for longer than limit, and has
// them ignored from now on.
func (h *hand) stuck(now time.Time, limit time.Duration) (found Keys) {
	for i, since := range h.since {
		if h.live()&(1<<i) != 0 && now.Sub(since) > limit {
			found |= 1 << i
		}
	}
	h.dead |= found
	return found
}

// hear takes note of a word that keys are down.
func (h *hand) hear(now time.Time, keys Keys) {
	for i := range h.heard {
		if keys&(1<<i) != 0 {
			h.heard[i] = now
		}
	}
}

// silent returns the keys of which nothing was heard for longer than limit.
func (h *hand) silent(now time.Time, limit time.Duration) (found Keys) {
	for i, heard := range h.heard {
		if h.down&(1<<i) != 0 && now.Sub(heard) > limit {
			found |= 1 << i
		}
	}
	return found
}
