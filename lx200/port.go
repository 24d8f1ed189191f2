// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/tarm/serial"

	"github.com/siderostep/siderostep/clock"
)

// Line is a serial line: its name, and how to open it. Reads from what Open
// returns end in io.EOF after portWait without a byte.
type Line struct {
	Name string
	Open func() (io.ReadWriteCloser, error)
}

// portWait is the read timeout of a serial port. Without one, closing it
// would wait for the next byte.
const portWait = 200 * time.Millisecond

// Lines returns the serial line that is configured, or none.
func (c Config) Lines() []Line {
	if c.Serial.Device == "" {
		return nil
	}
	port := serial.Config{Name: c.Serial.Device, Baud: c.Serial.Baud, ReadTimeout: portWait}
	return []Line{{Name: port.Name, Open: func() (io.ReadWriteCloser, error) { return serial.OpenPort(&port) }}}
}

const (
	reopenFirst = time.Second
	reopenLast  = 30 * time.Second
)

// tend opens a serial line and answers its client, again and again, until
// ctx ends.
func (s *Server) tend(ctx context.Context, l Line) {
	pause := reopenFirst
	for failing, again := false, false; ctx.Err() == nil; {
		rw, err := l.Open()
		switch {
		case err == nil:
			s.counts.opened.Add(1)
			if again {
				s.counts.reopened.Add(1)
			}
			s.log.Info("LX200 serial line is open", "device", l.Name)
			pause, failing, again = reopenFirst, false, true
			err = s.converse(ctx, s.open(newPort(rw, s.clock), l.Name, s.serial))
			if ctx.Err() != nil {
				return
			}
			s.counts.lost.Add(1)
			s.log.Warn("LX200 serial line was lost", "device", l.Name, "err", err)
		case !failing:
			failing = true
			s.log.Warn("LX200 serial line cannot be opened; trying again", "device", l.Name, "err", err)
			fallthrough
		default:
			s.counts.failed.Add(1)
		}
		if clock.Sleep(ctx, s.clock, pause) != nil {
			return
		}
		pause = min(2*pause, reopenLast)
	}
}

// port hides the traps of tarm/serial on Linux (reference §1): an idle
// timeout reads as io.EOF, a line that is gone reads as io.EOF at once and
// for ever, and neither Read nor Write ends because of Close.
type port struct {
	rw    io.ReadWriteCloser
	clock clock.Clock
	early int // ends of file, in a row, too early for a timeout
	close func() error
}

var (
	errLost  = errors.New("the line is gone")
	errStuck = errors.New("the line takes no more bytes")
)

// earlyMax is how many early ends of file mean that the line is gone.
const earlyMax = 5

func newPort(rw io.ReadWriteCloser, c clock.Clock) *port {
	p := &port{rw: rw, clock: c}
	p.close = sync.OnceValue(func() error { return p.within(rw.Close) })
	return p
}

// Read returns 0 and no error when there was no byte for a while, and an
// error when the line is gone.
func (p *port) Read(b []byte) (int, error) {
	begun := p.clock.Now()
	n, err := p.rw.Read(b)
	switch {
	case n > 0:
		p.early = 0
		return n, nil
	case err != nil && !errors.Is(err, io.EOF):
		return 0, err
	case p.clock.Now().Sub(begun) >= portWait/2:
		p.early = 0
	default:
		if p.early++; p.early >= earlyMax {
			return 0, errLost
		}
	}
	return 0, nil
}

// Write returns errStuck when the line has not taken b in two seconds. The
// system then still holds on to b, until the line takes it or is unplugged.
func (p *port) Write(b []byte) (int, error) {
	b = bytes.Clone(b)
	n := len(b)
	err := p.within(func() (err error) {
		_, err = p.rw.Write(b)
		return err
	})
	if err != nil {
		n = 0
	}
	return n, err
}

// Close waits for a Read in progress, but not for a Write that is stuck.
func (p *port) Close() error { return p.close() }

// within does what may wait for ever, and waits for it two seconds.
func (p *port) within(do func() error) error {
	done := make(chan error, 1)
	go func() { done <- do() }()
	timer := p.clock.NewTimer(writeLimit)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C():
		return errStuck
	}
}
