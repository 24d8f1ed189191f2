// SPDX-License-Identifier: GPL-3.0-or-later

package metrics

import (
	"fmt"
	"math"
)

// parts is the number of parts of a worm's turn.
const parts = 36

// phaseNames are the values of the label phase: centres, in degrees.
var phaseNames = func() (names [parts]string) {
	for i := range names {
		names[i] = fmt.Sprintf("%03d", (2*i+1)*180/parts)
	}
	return names
}()

// memory is over how many turns of the worm a fold averages.
const memory = 8

// fold finds what repeats with the turns of a worm in a value that also
// drifts. It needs whole turns without interruption; what drifts evenly
// during a turn is taken out by the value at its two ends.
type fold struct {
	turns   int            // whole turns seen
	average [parts]float64 // over the last of them, its own mean 0

	running      bool
	start, first float64 // of the turn under way: turns of the worm, and the value there
	sum, way     [parts]float64
	n            [parts]int
}

// add takes in a value at a place of the worm, whole turns counted. A turn
// that it completes is averaged if it is worth it. It reports whether a new
// turn began.
func (f *fold) add(place, value float64, worth bool) (began bool) {
	if began = !f.running; began {
		f.running, f.start, f.first = true, place, value
		f.sum, f.way, f.n = [parts]float64{}, [parts]float64{}, [parts]int{}
	}
	part := min(int((place-math.Floor(place))*parts), parts-1)
	way := math.Abs(place - f.start)
	f.sum[part] += value
	f.way[part] += way
	f.n[part]++
	if way < 1 {
		return began
	}
	if worth {
		f.finish(way, value)
	}
	f.running = false
	return f.add(place, value, false)
}

// interrupt forgets the turn under way.
func (f *fold) interrupt() { f.running = false }

// finish takes a whole turn into the average.
func (f *fold) finish(way, value float64) {
	trend := (value - f.first) / way
	var curve [parts]float64
	mean := 0.0
	for i, n := range f.n {
		if n == 0 {
			return // too fast to be looked at
		}
		curve[i] = (f.sum[i] - trend*f.way[i]) / float64(n)
		mean += curve[i] / parts
	}
	f.turns++
	share := 1 / float64(min(f.turns, memory))
	for i := range curve {
		f.average[i] += share * (curve[i] - mean - f.average[i])
	}
}
