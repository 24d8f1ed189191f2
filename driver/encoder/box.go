// SPDX-License-Identifier: GPL-3.0-or-later

// Package encoder reads the position encoders of a mount's axes through the
// serial boxes for which Scope II was made.
//
// A Box asks one such box, once; a Reader asks it again and again. Replies
// carry no checksum, so a frame is believed only when its length, separators
// and digits are right, its counts are possible, and no axis had to turn
// faster than it can; a faster one must be confirmed by the next. A digit or
// sign that became another one within those limits cannot be noticed.
//
// Source: Scope II manual, EncoderString and the variables behind it.
package encoder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/serialline"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

const op = "read encoders"

// ErrReply means that the line works, but the box gave no reading that can
// be believed. It is fault.Hardware.
var ErrReply = fault.New(fault.Hardware, op, "the box gave no reading")

const (
	resetWait = time.Second           // how long a box may take to answer a reset
	quiet     = 20 * time.Millisecond // silence after a reply whose end has no mark; USB adapters hand on bytes every 16 ms
)

// Tally counts what a Box met with.
type Tally struct {
	Reads    uint64 // readings that were believed
	Silent   uint64 // questions without any reply
	Garbage  uint64 // replies that were none, or not possible
	Resyncs  uint64 // good replies behind bytes that did not belong to them
	Refused  uint64 // readings that were not believed, because no axis is so fast
	Jumps    uint64 // readings as fast, but confirmed
	Gaps     uint64 // readings so long after the one before that whole turns may have been missed
	Resets   uint64 // resets that the box confirmed
	NoResets uint64 // resets that it did not
}

// SkyReading is a place on the sky, as a box says that has its own
// alignment.
type SkyReading struct {
	At      driver.Instant
	RA, Dec model.Angle // in the equinox that the box reckons in, to 0.001 h and 0.001°
}

// Box is an encoder box on an open line. One goroutine uses it.
type Box struct {
	config Config
	wire   wire
	conn   *serialline.Conn
	clock  clock.Clock
	epoch  time.Time
	track  track
	mouse  mouse
	tally  Tally
}

// NewBox returns the box on an open line; epoch is what the clock read at
// driver.Instant 0. It returns fault.Invalid for a Config that cannot serve,
// or names no box.
func NewBox(cfg Config, conn *serialline.Conn, c clock.Clock, epoch time.Time) (*Box, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	w, ok := wireOf(cfg.Protocol)
	if !ok {
		return nil, invalid("protocol is %q, but must name a box", cfg.Protocol)
	}
	b := &Box{config: cfg, wire: w, conn: conn, clock: c, epoch: epoch}
	b.track = newTrack(&b.config, &b.wire)
	return b, nil
}

// Tally returns what the box met with so far.
func (b *Box) Tally() Tally { return b.tally }

// Raw returns the counts of the Z and the A axis as the box last said them.
func (b *Box) Raw() [2]int64 { return b.track.raw }

// CanReset says whether Reset can do anything.
func (b *Box) CanReset() bool { return b.wire.reset != nil || b.wire.query == "" }

// Reset gives the box its counts per turn and sets its counters to zero; the
// angles of the readings go on from where they are. It returns
// fault.Unsupported when the box has no such command, ErrReply when it did
// not confirm, and what serialline returns when the line failed.
func (b *Box) Reset(ctx context.Context) error {
	switch {
	case b.wire.query == "": // a mouse: its counters are here, and began at zero
	case b.wire.reset == nil:
		return fault.New(fault.Unsupported, "reset encoders", "a box of protocol %s cannot be reset", b.config.Protocol)
	default:
		if err := b.confirm(ctx, b.wire.reset(b.config.CountsZ, b.config.CountsA)); err != nil {
			return err
		}
		b.track.restart()
	}
	b.tally.Resets++
	return nil
}

// confirm sends a reset and awaits its answer.
func (b *Box) confirm(ctx context.Context, command []byte) error {
	b.conn.Drop()
	if err := b.conn.WriteSlowly(ctx, command, ms(b.config.WriteDelayMS)); err != nil {
		return err
	}
	got, err := b.conn.Await(ctx, resetWait, func(got []byte) bool { return bytes.Contains(got, []byte(b.wire.answer)) })
	if !errors.Is(err, serialline.ErrTimeout) {
		return err
	}
	b.tally.NoResets++
	return reject("%.40q, but to a reset the box should answer %q; without reset_at_start it is read all the same", got, b.wire.answer)
}

// Read asks the box where its encoders are. It returns ErrReply, and counts,
// when the box did not say so credibly, fault.Unsupported for a box that
// speaks of the sky, fault.Cancelled when ctx ended, and what serialline
// returns when the line failed.
func (b *Box) Read(ctx context.Context) (driver.EncoderReading, error) {
	if b.wire.sky {
		return driver.EncoderReading{}, fault.New(fault.Unsupported, op, "a box of protocol %s tells places on the sky, not angles", b.config.Protocol)
	}
	at, v, err := b.look(ctx)
	if err == nil && v == again {
		at, v, err = b.look(ctx)
	}
	if err != nil {
		return driver.EncoderReading{}, err
	}
	switch v {
	case again, refused:
		b.tally.Refused++
		return driver.EncoderReading{}, reject("counts %d and %d are too far from those before: to be confirmed", b.track.doubt[0], b.track.doubt[1])
	case jumped:
		b.tally.Jumps++
	case gap:
		b.tally.Gaps++
	case believed:
	}
	b.tally.Reads++
	return b.reading(at), nil
}

// look takes one look at the counters, of the time at which the box was
// asked.
func (b *Box) look(ctx context.Context) (time.Time, verdict, error) {
	at := b.clock.Now()
	c, err := b.counts(ctx)
	if err != nil {
		return at, refused, err
	}
	return at, b.track.take(c, at), nil
}

// reading turns counts into angles.
func (b *Box) reading(at time.Time) driver.EncoderReading {
	r := driver.EncoderReading{At: b.instant(at), Count: b.track.count}
	for i, reverse := range [2]bool{b.config.ReverseZ, b.config.ReverseA} {
		n := b.track.total[i]
		if reverse {
			n = -n
		}
		r.Angles[i] = r.Count[i].Mul(float64(n))
	}
	return r
}

// ReadSky asks a box that has its own alignment where it points. It returns
// fault.Unsupported for all others, and else fails as Read.
func (b *Box) ReadSky(ctx context.Context) (SkyReading, error) {
	if !b.wire.sky {
		return SkyReading{}, fault.New(fault.Unsupported, op, "a box of protocol %s tells no places on the sky", b.config.Protocol)
	}
	at := b.clock.Now()
	c, err := b.ask(ctx)
	if err != nil {
		return SkyReading{}, err
	}
	b.tally.Reads++
	return SkyReading{b.instant(at), model.Hours(float64(c[0]) / 1000), model.Degrees(float64(c[1]) / 1000)}, nil
}

// counts returns what the counters say, if they can.
func (b *Box) counts(ctx context.Context) (counts, error) {
	if b.wire.query == "" {
		return b.listen()
	}
	c, err := b.ask(ctx)
	if err != nil {
		return c, err
	}
	for i, perTurn := range [2]int{b.config.CountsZ, b.config.CountsA} {
		top := int64(perTurn)
		if b.wire.bits16 && top <= signed16 {
			c[i] = int64(int16(c[i])) //nolint:gosec // sixteen bits, with a sign
		}
		if b.wire.span != 0 {
			top = b.wire.span / 2
		}
		if c[i] > top || c[i] < -top {
			b.tally.Garbage++
			return c, reject("the box counts %d, but should count up to %d only: is it set to counts_per_turn?", c[i], top)
		}
	}
	return c, nil
}

// ask sends the question and finds the reply.
func (b *Box) ask(ctx context.Context) (counts, error) {
	var done func([]byte) bool
	if b.wire.size > 0 {
		done = func(got []byte) bool { _, _, ok := b.wire.find(got); return ok }
	}
	got, err := b.conn.Ask(ctx, []byte(b.wire.query), ms(b.config.ReplyMS), done)
	if err != nil && !errors.Is(err, serialline.ErrTimeout) && !errors.Is(err, serialline.ErrOverrun) {
		return counts{}, err
	}
	if err != nil && len(got) == 0 {
		b.tally.Silent++
		return counts{}, reject("no reply in %d ms", b.config.ReplyMS)
	}
	c, before, ok := b.wire.find(got)
	if b.wire.size == 0 { // what goes on coming was cut in the middle
		more, _ := b.conn.ReadFor(make([]byte, 1), quiet)
		ok = ok && more == 0
	}
	if !ok {
		b.tally.Garbage++
		return counts{}, reject("%.40q is no reply of protocol %s", got, b.config.Protocol)
	}
	if before > 0 {
		b.tally.Resyncs++
	}
	return c, nil
}

// listen adds up what a mouse has said since it was last listened to.
func (b *Box) listen() (counts, error) {
	skipped := b.mouse.skipped
	for buf := make([]byte, 512); ; {
		n, err := b.conn.ReadFor(buf, 0)
		switch {
		case errors.Is(err, serialline.ErrOverrun):
			b.mouse.missed, b.mouse.rest = true, nil
			continue
		case err != nil:
			return counts{}, err
		}
		if n == 0 {
			break
		}
		b.mouse.feed(buf[:n])
	}
	if b.mouse.skipped > skipped {
		b.tally.Resyncs++
	}
	if b.mouse.missed {
		b.mouse.missed = false
		b.tally.Gaps++
		return counts{}, reject("the mouse moved faster than it can tell; its counts are not to be trusted")
	}
	return b.mouse.sum, nil
}

func (b *Box) instant(t time.Time) driver.Instant { return driver.Instant(t.Sub(b.epoch)) }

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

func reject(format string, args ...any) error {
	return &fault.Error{Kind: ErrReply, Op: op, Msg: fmt.Sprintf(format, args...)}
}
