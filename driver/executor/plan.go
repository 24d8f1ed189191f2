// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import "github.com/siderostep/siderostep/driver"

// plan is the executor's own list of the segments that wait to be played, in
// the order of their starts. It can hold all that fits a Ring.
type plan struct {
	first, n int
	segs     [RingSize]driver.Segment
}

// push appends s. There is room: see Ring.
func (p *plan) push(s *driver.Segment) {
	p.segs[(p.first+p.n)%RingSize] = *s
	p.n++
}

// head returns the segment that is next, or nil.
func (p *plan) head() *driver.Segment {
	if p.n == 0 {
		return nil
	}
	return &p.segs[p.first]
}

// tail returns the last segment, or nil.
func (p *plan) tail() *driver.Segment {
	if p.n == 0 {
		return nil
	}
	return &p.segs[(p.first+p.n-1)%RingSize]
}

// pop removes the head and returns it. The plan is not empty.
func (p *plan) pop() driver.Segment {
	s := p.segs[p.first]
	p.first = (p.first + 1) % RingSize
	p.n--
	return s
}

// cut discards the segments that start at t or later, and returns how many
// they were. One that goes on past t is left: what follows it takes over at
// t.
func (p *plan) cut(t driver.Instant) (dropped int) {
	for p.n > 0 && p.tail().Start >= t {
		p.n--
		dropped++
	}
	return dropped
}
