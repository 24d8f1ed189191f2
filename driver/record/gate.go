// SPDX-License-Identifier: GPL-3.0-or-later

package record

import (
	"iter"
	"time"

	"github.com/siderostep/siderostep/driver"
)

// Gate is the circuit that a keep-alive line drives: a retriggerable
// monostable, which passes the motors' supply while the line has toggled
// within the last Hold.
type Gate struct {
	Line uint32 // the line's bit
	Hold time.Duration
}

// Span is a stretch of time.
type Span struct{ From, To driver.Instant }

// Powered returns the stretches of time, to end at the latest, in which
// a winding was energised through the gate. A winding is one of the lines of
// mask, on while its level is that in on.
func (g Gate) Powered(records iter.Seq[Record], mask, on uint32, end driver.Instant) (spans []Span) {
	var (
		levels, seen uint32 // and the lines ever written
		until        driver.Instant
		since        driver.Instant
	)
	add := func(from, to driver.Instant) {
		if seen&mask&^(levels^on) == 0 || to <= from {
			return
		}
		if n := len(spans); n > 0 && spans[n-1].To == from {
			spans[n-1].To = to
		} else {
			spans = append(spans, Span{from, to})
		}
	}
	for r := range records {
		if r.At >= end {
			break
		}
		add(since, min(until, r.At))
		since = r.At
		if changed := (levels ^ r.Levels) & r.Mask; changed&g.Line != 0 {
			until = r.At.Add(g.Hold)
		}
		levels, seen = r.Levels, seen|r.Mask
	}
	add(since, min(until, end))
	return spans
}
