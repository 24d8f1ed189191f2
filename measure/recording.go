// SPDX-License-Identifier: GPL-3.0-or-later

package measure

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"sync/atomic"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model/tuning"
)

// Latch keeps the latest reading of the encoders for a recording. It may be
// used by any goroutine; the zero Latch has none.
type Latch struct {
	latest atomic.Pointer[driver.EncoderReading]
}

// Put keeps a reading.
func (l *Latch) Put(r driver.EncoderReading) { l.latest.Store(&r) }

// Latest returns the latest reading; false before the first.
func (l *Latch) Latest() (driver.EncoderReading, bool) {
	r := l.latest.Load()
	if r == nil {
		return driver.EncoderReading{}, false
	}
	return *r, true
}

// recording is the recording in progress, or the last one.
type recording struct {
	running bool
	axis    int
	cancel  context.CancelFunc // nil before it has begun
	stop    bool               // cancelled before that
	done    int
	of      int
	lines   string
	found   tuning.QuarterSteps
	fault   error
}

// RecordState is how a recording stands.
type RecordState struct {
	Running  bool
	Axis     int
	Done, Of int                 // microsteps
	Found    tuning.QuarterSteps // of the last one that was completed
	Fault    error               // why the last one was not
	Lines    string              // microstep countA countZ; of one that is over
	Setting  *Setting            // line for the configuration file; nil when it would tell nothing
}

// Run makes recordings until ctx ends.
func (o *Owner) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case r := <-o.jobs:
			o.perform(ctx, r)
		}
	}
}

// StartRecord begins to record the encoders; see Record. It returns its errors
// as far as they can be told at once, and fault.Refused while something else
// is measured.
func (o *Owner) StartRecord(r Recording) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.free(); err != nil {
		return err
	}
	p := recorder{Recording: r, mount: o.parts.Mount, clock: o.parts.Clock, encoders: o.parts.Encoders}
	if err := p.check(); err != nil {
		return err
	}
	if windings(o.parts.Fixed, r.Axis) != 4 {
		return fault.New(fault.Refused, opRecord, "quarter steps are those of motors with 4 windings")
	}
	select {
	case o.jobs <- r:
	default:
		return fault.New(fault.Refused, opRecord, "a recording is about to begin")
	}
	o.record = recording{running: true, axis: r.Axis}
	return nil
}

func (o *Owner) perform(ctx context.Context, r Recording) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	o.mu.Lock()
	o.record.cancel = cancel
	if o.record.stop {
		cancel()
	}
	o.mu.Unlock()
	r.Step = func(done, of int) {
		o.mu.Lock()
		o.record.done, o.record.of = done, of
		o.mu.Unlock()
	}
	var lines bytes.Buffer
	r.To = &lines
	found, err := Record(ctx, o.parts.Mount, o.parts.Clock, o.parts.Encoders, r)
	if err != nil && ctx.Err() != nil {
		err = fault.New(fault.Cancelled, opRecord, "the recording was cancelled")
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.record.running, o.record.lines, o.record.found, o.record.fault = false, lines.String(), found, err
}

// CancelRecord ends a recording in progress. Without one it does nothing.
func (o *Owner) CancelRecord() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.record.stop = true
	if o.record.cancel != nil {
		o.record.cancel()
	}
}

// Recorded returns how the recording in progress stands, or the last one.
func (o *Owner) Recorded() RecordState {
	o.mu.Lock()
	defer o.mu.Unlock()
	r := &o.record
	s := RecordState{Running: r.running, Axis: r.axis, Done: r.done, Of: r.of, Found: r.found, Fault: r.fault, Lines: r.lines}
	if !r.running && r.found.Cycles > 0 {
		l := o.correction(r.axis, r.found)
		s.Setting = &l
	}
	return s
}

// correction returns the line with the quarter steps in it: what is in force
// and what was found on top of it.
func (o *Owner) correction(axis int, q tuning.QuarterSteps) Setting {
	key := "motors." + axisKey(axis) + ".quarter_step_correction_full_steps"
	sum := q.Correction
	for _, s := range o.parts.Fixed {
		var old []float64
		if s.Key == key && json.Unmarshal([]byte(s.Value), &old) == nil && len(old) == len(sum) {
			for i := range sum {
				sum[i] += old[i] - old[0]
			}
		}
	}
	for i := range sum {
		sum[i] = math.Round(sum[i]*1e4)/1e4 + 0
	}
	return text(o.world(), key, literal(sum))
}
