// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"context"
	"slices"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// encoderAge is how long a reading of the encoders is believed.
const encoderAge = 5 * time.Second

// EncoderState is what the encoders on the axes say.
type EncoderState struct {
	Use        bool           // they are believed
	Known      bool           // there has been a reading, and a zero to count it from
	Stale      bool           // the latest reading is too old to be believed, or there was none
	At         driver.Instant // of the latest reading
	Angles     model.Axes     // of the axes, as the encoders say
	Count      [2]model.Angle // one count of each
	Difference model.Axes     // encoders minus position, at the time of the reading
	Pending    int            // readings one after the other that were beyond the threshold
	Misses     int            // slews in a row that encoders found to have missed
	Resets     []EncoderReset // the latest ones, oldest first
}

// EncoderReset is a correction of the position by the encoders.
type EncoderReset struct {
	UTC  time.Time
	When ResetCause
	By   model.Axes // encoders minus position before
}

// ResetCause says when encoders corrected the position.
type ResetCause uint8

// The causes of resets.
const (
	ResetIdle      ResetCause = iota // not tracking: the position followed the tube
	ResetTracking                    // the tube drove back to its target
	ResetAfterSlew                   // the same, by the first readings after a slew
	ResetCommanded                   // by ResetToEncoders
	resetCauses
)

func (c ResetCause) String() string {
	return [...]string{"idle", "tracking", "after slew", "command"}[c]
}

// keptResets is how many resets a snapshot has.
const keptResets = 20

// encoders is what the loop knows of them.
type encoders struct {
	reading driver.EncoderReading
	heard   bool       // there was a reading
	known   bool       // offset is
	offset  model.Axes // axis − encoder
	saved   bool       // offset is of the last run, whose box may have been switched off since
	axes    model.Axes // the position at the time of the reading

	pending int
	suspect model.Axes // the difference at the latest of the pending readings
	slewed  bool       // a slew has ended since the latest reading, or within the readings that judge it
	misses  int
	resets  []EncoderReset // replaced whole
	recent  []driver.Instant
}

// ReadEncoders tells the mount what its encoders say. It is to be called about
// once a second; readings older than 5 s are not used. The first one, a sync,
// ResetHome and InitEncoders say where the encoders have their zero.
//
// With encoders in use, several readings one after the other that differ from
// the position by more than a threshold correct it: without tracking the
// position follows the tube that was pushed by hand; while tracking, and after
// a slew, the tube drives back to its target. Nothing is done during motion.
// What is too large, or too frequent, to be believed ends tracking. It returns
// fault.Invalid for a reading that is none.
func (m *Mount) ReadEncoders(ctx context.Context, r driver.EncoderReading) error {
	return m.command(ctx, opEncoders, func(s *state, now driver.Instant) error { return s.readEncoders(now, r) })
}

// InitEncoders takes the encoders to agree with the position. It returns
// fault.Refused without a recent reading.
func (m *Mount) InitEncoders(ctx context.Context) error {
	return m.command(ctx, opEncoders, func(s *state, now driver.Instant) error {
		if err := s.freshEncoders(now); err != nil {
			return err
		}
		s.setEncoders(now)
		return nil
	})
}

// ResetToEncoders takes the position from the encoders. Nothing moves: while
// tracking, the place at which the tube then points is the target. It returns
// fault.Refused in motion, and without a recent reading.
func (m *Mount) ResetToEncoders(ctx context.Context) error {
	return m.command(ctx, opEncoders, func(s *state, now driver.Instant) error {
		if err := s.freshEncoders(now); err != nil {
			return err
		}
		if !s.encoders.known {
			return fault.New(fault.Refused, opEncoders, "the encoders have no zero yet: sync, or initialise them")
		}
		if s.activity != Idle || !s.course.sky && !s.still() {
			return fault.New(fault.Refused, opEncoders, "the mount is %s, or moves", s.activity)
		}
		s.relocate(now, ResetCommanded)
		return nil
	})
}

const opEncoders = "encoders"

func (s *state) freshEncoders(now driver.Instant) error {
	e := &s.encoders
	switch {
	case !e.heard:
		return fault.New(fault.Refused, opEncoders, "the encoders have not been read")
	case e.stale(now):
		return fault.New(fault.Refused, opEncoders, "the latest reading of the encoders is %.0f s old", now.Sub(e.reading.At).Seconds())
	}
	return nil
}

func (e *encoders) stale(now driver.Instant) bool {
	return !e.heard || now.Sub(e.reading.At) > encoderAge
}

// angles returns the angles of the axes as the encoders have them.
func (e *encoders) angles() model.Axes {
	return model.Axes{Z: e.reading.Angles[AxisZ] + e.offset.Z, A: e.reading.Angles[AxisA] + e.offset.A}
}

// difference returns encoders minus position.
func (e *encoders) difference() model.Axes { return e.angles().Sub(e.axes) }

func (s *state) readEncoders(now driver.Instant, r driver.EncoderReading) error {
	for i, a := range r.Angles {
		if count := r.Count[i]; !a.IsFinite() || !count.IsFinite() || count < 0 {
			return fault.New(fault.Invalid, opEncoders, "%v is not an angle, or %v not that of one count", a, count)
		}
	}
	e := &s.encoders
	age := now.Sub(r.At)
	if age > encoderAge || age < -Tick || e.heard && r.At < e.reading.At {
		return fault.New(fault.Invalid, opEncoders, "the reading is %.1f s old, or older than the one before", age.Seconds())
	}
	if e.stale(now) {
		e.pending = 0
	}
	e.reading, e.heard = r, true
	e.axes = s.axes
	e.axes.Z -= s.rate(AxisZ).Over(age)
	e.axes.A -= s.rate(AxisA).Over(age)
	switch {
	case !e.known:
		s.setEncoders(now)
	case e.saved:
		s.recognise(now)
	}
	if s.config.Mount.Encoders.Use {
		s.judge(now)
	}
	return nil
}

// rate returns the rate at which an axis moves.
func (s *state) rate(axis int) model.Rate {
	return model.Rate(s.reports[axis].Rate * float64(s.microstep[axis]))
}

// setEncoders takes the encoders to agree with the position: by the latest
// reading, or if that is too old by the next.
func (s *state) setEncoders(now driver.Instant) {
	e := &s.encoders
	if e.stale(now) {
		e.known = false
		return
	}
	e.offset = model.Axes{Z: e.axes.Z - e.reading.Angles[AxisZ], A: e.axes.A - e.reading.Angles[AxisA]}
	e.known, e.saved, e.pending = true, false, 0
}

// recognise counts the encoders from the zero of the last run, if their box
// has kept it: whole turns it does not keep. One that was switched off counts
// from where the tube now is.
func (s *state) recognise(now driver.Instant) {
	e := &s.encoders
	e.saved = false
	d := e.difference()
	d.Z, d.A = d.Z.WrapSigned(), d.A.WrapSigned()
	most := model.Degrees(s.config.Mount.Encoders.MaxCorrection)
	if d.Z.Abs() > most || d.A.Abs() > most {
		s.log.Warn("the encoders do not count from the zero of the last run; they are set on the position", "dz_deg", d.Z.Degrees(), "da_deg", d.A.Degrees())
		s.setEncoders(now)
		return
	}
	at := e.axes
	e.offset = model.Axes{Z: at.Z + d.Z - e.reading.Angles[AxisZ], A: at.A + d.A - e.reading.Angles[AxisA]}
}

// zero returns what is to be remembered of them; nil for nothing.
func (e *encoders) zero() *model.Axes {
	if !e.known {
		return nil
	}
	offset := e.offset
	return &offset
}

// noteReset adds a reset to the log.
func (s *state) noteReset(now driver.Instant, when ResetCause, by model.Axes) {
	e := &s.encoders
	old := e.resets
	if len(old) == keptResets {
		old = old[1:]
	}
	e.resets = append(slices.Clip(old), EncoderReset{UTC: s.heaven.utc(now), When: when, By: by})
	s.counts.EncoderResets[when]++
	e.pending = 0
	s.log.Info("position taken from the encoders", "when", when.String(), "dz_deg", by.Z.Degrees(), "da_deg", by.A.Degrees())
}

// encoderState returns the encoders for a snapshot.
func (s *state) encoderState(now driver.Instant) EncoderState {
	e := &s.encoders
	st := EncoderState{
		Use: s.config.Mount.Encoders.Use, Known: e.heard && e.known, Stale: e.stale(now), At: e.reading.At,
		Count: e.reading.Count, Pending: e.pending, Misses: e.misses, Resets: e.resets,
	}
	if st.Known {
		st.Angles, st.Difference = e.angles(), e.difference()
	}
	return st
}
