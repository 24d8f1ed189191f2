// SPDX-License-Identifier: GPL-3.0-or-later

package process

import (
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/record"
)

// reading follows the motors through the words on the recorded port, by the
// table of control words in stepper-core §1.1.
type reading struct {
	port  *record.Port
	next  uint64 // record to be read
	index [2]int // half step shown, 0 to 7
	seen  [2]bool
	count [2]int64          // half steps made
	moved [2]driver.Instant // latest step
	jumps int               // between words that are no neighbours
	off   bool              // all windings are off now
	last  record.Record     // of the windings
	lost  bool              // records were overwritten before they were read
}

var halfSteps = map[uint32]int{0x1: 0, 0x3: 1, 0x2: 2, 0x6: 3, 0x4: 4, 0xC: 5, 0x8: 6, 0x9: 7}

// update reads what was written since, calling visit for each record of the
// windings.
func (r *reading) update(visit func(record.Record)) {
	for rec := range r.port.Records(r.next) {
		r.lost = r.lost || rec.Index > r.next+1
		r.next = rec.Index + 1
		if rec.Mask&windingLines == 0 {
			continue
		}
		r.last = rec
		r.off = rec.Levels&windingLines == 0
		for axis := range r.index {
			word := rec.Levels >> (4 * axis) & 0xF
			index, on := halfSteps[word]
			if !on {
				continue
			}
			if by := (index - r.index[axis] + 12) % 8; r.seen[axis] && by != 4 {
				r.count[axis] += int64(by - 4)
				r.moved[axis] = rec.At
				if by < 3 || by > 5 {
					r.jumps++
				}
			} else if !r.seen[axis] {
				r.count[axis] = int64(index) // of a motor that starts from 0 to 7
			}
			r.index[axis], r.seen[axis] = index, true
		}
		if visit != nil {
			visit(rec)
		}
	}
}
