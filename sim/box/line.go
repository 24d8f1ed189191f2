// SPDX-License-Identifier: GPL-3.0-or-later

package box

import (
	"context"
	"errors"
	"io"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
)

// Line is a serial line with a box at its far end, and what goes wrong on it.
// Use it in one of three ways: Port, Run or Serve.
type Line struct {
	box    Box
	clock  clock.Clock
	now    func() driver.Instant
	faults *Faults
}

// NewLine connects a box. Instants, those of faults too, count from here on by
// c; faults may be nil.
func NewLine(b Box, c clock.Clock, f *Faults) *Line {
	return &Line{box: b, clock: c, now: Since(c), faults: f}
}

// Now returns the present instant of the line, for scheduling faults.
func (l *Line) Now() driver.Instant { return l.now() }

// answer returns what arrives at the computer because it has sent in.
func (l *Line) answer(in []byte) []byte {
	at := l.now()
	if len(in) == 0 || l.faults.Silent(at) || l.faults.Unplugged(at) {
		return nil
	}
	return l.faults.Spoil(l.box.Take(at, in))
}

// Run is the box on rw, the far end of a line to the computer, until ctx ends
// or reading fails. It closes rw, if it can be closed, when ctx ends; otherwise
// Run returns after the next read. The end of ctx and of the input are no
// errors.
func (l *Line) Run(ctx context.Context, rw io.ReadWriter) error {
	stop := context.AfterFunc(ctx, func() {
		if c, ok := rw.(io.Closer); ok {
			_ = c.Close() // ends the read; nothing else is lost
		}
	})
	defer stop()
	buf := make([]byte, 256)
	for {
		n, err := rw.Read(buf)
		if sent := l.send(ctx, rw, l.answer(buf[:n])); sent != nil {
			err = sent
		}
		switch {
		case ctx.Err() != nil || errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// send writes an answer, each byte after the time it takes.
func (l *Line) send(ctx context.Context, w io.Writer, out []byte) error {
	slow := l.faults.Slowness()
	if slow <= 0 {
		if len(out) == 0 {
			return nil
		}
		_, err := w.Write(out)
		return err
	}
	for i := range out {
		if err := clock.Sleep(ctx, l.clock, slow); err != nil {
			return err
		}
		if _, err := w.Write(out[i : i+1]); err != nil {
			return err
		}
	}
	return nil
}
