// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"math"
	"sync/atomic"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
)

// MaxAxes is the number of axes one executor can have.
const MaxAxes = 8

// Board is all that a planner and an executor share: a block of memory
// without pointers, so that the two can be processes. An all-zero Board is
// ready for use, and released.
//
// Whether motion is allowed is told by three counters, because a flag can be
// set by one side just as the other clears it. A halt is an increment of
// halts, from anyone. The planner permits motion by setting resumed to
// halts+1, naming the halt that it ends; if another halt has come meanwhile,
// the equation no longer holds and the axes stay still. Segments carry the
// resumed value they were queued under, so that none outlives a halt. A
// release is a halt that also has released at resumed or above.
type Board struct {
	heartbeat atomic.Int64 // Instant of the planner's latest Beat
	halts     atomic.Uint64
	resumed   atomic.Uint64 // written by the planner
	released  atomic.Uint64 // written by the planner
	executors atomic.Uint64 // that have served this board
	lateness  clock.Durations

	axes [MaxAxes]struct {
		ring    Ring
		report  reportBox
		journal journal
	}
}

// journal says what an executor was doing when it died. Only the executor
// writes to it, in the order next, output, made; each is one machine word
// everywhere, so none is ever half written.
type journal struct {
	next int32 // the count that the step being made leads to
	made int32 // the count after the latest step that was made
}

// Last returns the count at which an axis was left by an executor that is no
// more, and whether the motor then stood still. A step that was being made
// counts as made: energised there again, the windings make it so.
func (b *Board) Last(axis int) (count model.Microsteps, still bool) {
	j := b.axes[axis].journal
	r, _ := b.axes[axis].report.get()
	moving := r.State == driver.Playing || r.State == driver.Braking
	return model.Microsteps(j.next), !moving && j.next == j.made && model.Microsteps(j.made) == r.Emitted
}

// Seed makes count the one at which an axis was left, on a board that no
// executor has served yet: should none ever do so, Last still knows it.
func (b *Board) Seed(axis int, count model.Microsteps) {
	b.axes[axis].journal = journal{int32(count), int32(count)}
}

// Served reports whether an executor has ever used the board.
func (b *Board) Served() bool { return b.executors.Load() > 0 }

// Report returns what was last published about an axis.
func (b *Board) Report(axis int) driver.Report {
	r, _ := b.axes[axis].report.get()
	return r
}

// Heartbeat returns the instant of the planner's latest Beat. A keep-alive
// line may toggle only while it is recent.
func (b *Board) Heartbeat() driver.Instant { return driver.Instant(b.heartbeat.Load()) }

// Halt asks the executor to brake. Any goroutine and either process may call
// it.
func (b *Board) Halt() { b.halts.Add(1) }

// reportWords is the number of words in a reportBox.
const reportWords = 21

// reportBox passes the latest Report from one writer to any number of
// readers. The writer writes to one half while the other is read, so that one
// that stops, or dies, in the middle keeps nobody waiting.
type reportBox struct {
	puts  atomic.Uint64 // completed; the latest is in the half of its parity
	words [2][reportWords]atomic.Uint64
}

// put publishes r and the halt that the executor has acted upon.
func (b *reportBox) put(r *driver.Report, seen uint64) {
	puts := b.puts.Load() + 1
	for i, w := range [reportWords]uint64{
		uint64(r.At), uint64(r.Position), math.Float64bits(r.Rate), uint64(r.Emitted),
		uint64(r.QueueEnd), uint64(r.State), r.Underruns, r.Splices, r.Late, uint64(r.WorstLate), seen,
		uint64(r.Queued), math.Float64bits(r.Duty), uint64(r.On), r.Steps, r.CatchUps, r.Skips, r.LimitHits, r.Faults,
		r.Restarts, r.Lost,
	} {
		b.words[puts%2][i].Store(w)
	}
	b.puts.Store(puts)
}

// get returns what was last put. It tries again when something was put
// meanwhile, for what it read may then have been overwritten.
func (b *reportBox) get() (r driver.Report, seen uint64) {
	var words [reportWords]uint64
	for {
		puts := b.puts.Load()
		for i := range words {
			words[i] = b.words[puts%2][i].Load()
		}
		if puts == b.puts.Load() {
			break
		}
	}
	return driver.Report{
		At: driver.Instant(words[0]), Position: driver.Position(words[1]),
		Rate: math.Float64frombits(words[2]), Emitted: model.Microsteps(words[3]),
		QueueEnd: driver.Instant(words[4]), State: driver.State(words[5]),
		Underruns: words[6], Splices: words[7], Late: words[8], WorstLate: time.Duration(words[9]),
		Queued: int(words[11]), Duty: math.Float64frombits(words[12]), On: time.Duration(words[13]),
		Counters: driver.Counters{
			Steps: words[14], CatchUps: words[15], Skips: words[16], LimitHits: words[17], Faults: words[18],
			Restarts: words[19], Lost: words[20],
		},
	}, words[10]
}
