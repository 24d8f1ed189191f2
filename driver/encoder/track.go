// SPDX-License-Identifier: GPL-3.0-or-later

package encoder

import (
	"math"
	"time"

	"github.com/siderostep/siderostep/model"
)

// track follows the counters of a box over their ends, and doubts readings
// that no axis can have made.
type track struct {
	span  counts         // after how many counts a counter starts anew
	count [2]model.Angle // of the axis, without sign
	rate  model.Rate     // fastest of an axis

	raw     counts // last believed, at that time
	at      time.Time
	known   bool   // there is such a reading
	begun   bool   // there was one ever
	total   counts // with all whole turns
	doubt   counts // the reading that was not believed, at that time
	doubts  time.Time
	doubted bool
}

// slack is by how many counts an axis at rest may seem to move.
const slack = 2

// verdict says what take made of a reading.
type verdict int

const (
	believed verdict = iota
	again            // there is nothing to compare it with: ask once more
	refused          // too fast; not believed before it is confirmed
	jumped           // believed, because it confirms one that was too fast
	gap              // believed, but whole turns may have been missed since the last
)

// newTrack follows boxes that say w's counts under cfg.
func newTrack(cfg *Config, w *wire) track {
	t := track{span: counts{int64(cfg.CountsZ), int64(cfg.CountsA)}, rate: model.Rate(model.Degrees(cfg.MaxRate))}
	for i, perTurn := range [2]float64{float64(cfg.CountsZ) * cfg.GearZ, float64(cfg.CountsA) * cfg.GearA} {
		t.count[i] = model.Turn.Mul(1 / perTurn)
	}
	if w.span != 0 {
		t.span = counts{w.span, w.span}
	}
	return t
}

// restart is told that the counters may have been set to zero. The axes have
// not moved for that, so their angles go on.
func (t *track) restart() { t.known, t.doubted = false, false }

// take learns a reading of time now. total holds where the encoders are, if
// it is believed. A first reading, or one after so long a silence that the
// encoders may have made half a turn, needs a second that agrees.
func (t *track) take(raw counts, now time.Time) verdict {
	lost := !t.known || t.blind(now.Sub(t.at))
	doubted := t.doubted && !t.blind(now.Sub(t.doubts))
	v := believed
	switch {
	case !lost && t.near(raw, t.raw, now.Sub(t.at)):
	case doubted && t.near(raw, t.doubt, now.Sub(t.doubts)):
		if t.known {
			v = jumped
		}
		if t.known && lost {
			v = gap
		}
	default:
		t.doubt, t.doubts, t.doubted = raw, now, true
		if lost && !doubted {
			return again
		}
		return refused
	}
	t.believe(raw, now)
	return v
}

func (t *track) believe(raw counts, now time.Time) {
	switch {
	case t.known:
		d := t.moved(raw, t.raw)
		t.total[0] += d[0]
		t.total[1] += d[1]
	case !t.begun:
		t.total = t.moved(raw, counts{})
	}
	t.raw, t.at, t.known, t.begun, t.doubted = raw, now, true, true, false
}

// moved returns by how much the encoders turned from one reading to another,
// the shorter way round.
func (t *track) moved(to, from counts) (d counts) {
	for i, span := range t.span {
		d[i] = (to[i] - from[i]) % span
		if d[i] < 0 {
			d[i] += span
		}
		if d[i] > span/2 {
			d[i] -= span
		}
	}
	return d
}

// reach returns how many counts the axes can make in d.
func (t *track) reach(d time.Duration) (n counts) {
	for i := range n {
		n[i] = int64(math.Ceil(t.rate.Over(d).Radians()/t.count[i].Radians())) + slack
	}
	return n
}

// blind says whether an encoder can make half a turn in d, which is not to
// be told from half a turn back.
func (t *track) blind(d time.Duration) bool {
	n := t.reach(d)
	return n[0] >= t.span[0]/2 || n[1] >= t.span[1]/2
}

// near says whether axes can get from one reading to the other in d.
func (t *track) near(to, from counts, d time.Duration) bool {
	m, n := t.moved(to, from), t.reach(d)
	return max(m[0], -m[0]) <= n[0] && max(m[1], -m[1]) <= n[1]
}
