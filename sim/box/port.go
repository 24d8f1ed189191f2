// SPDX-License-Identifier: GPL-3.0-or-later

package box

import (
	"io"
	"os"
	"sync"
	"syscall"

	"github.com/siderostep/siderostep/driver"
)

// Port is the computer's end of a Line inside the process: a serial port that
// never waits. It is safe for use by several goroutines.
type Port struct {
	// Idle, if set, is called when a Read finds nothing; then Read looks
	// once more. A test may let its clock run on there, as a serial port's
	// time-out would.
	Idle func()

	line *Line

	mu      sync.Mutex
	arrived []arrival // in order of due
	closed  bool
}

type arrival struct {
	b   byte
	due driver.Instant
}

// Port returns the computer's end of the line.
func (l *Line) Port() *Port { return &Port{line: l} }

// failure returns why the port cannot be used now, or nil.
func (p *Port) failure() error {
	switch {
	case p.closed:
		return os.ErrClosed
	case p.line.faults.Unplugged(p.line.now()):
		p.arrived = nil
		return syscall.EIO
	}
	return nil
}

// Write sends bytes to the box. It returns os.ErrClosed after Close, EIO while
// the line is unplugged.
func (p *Port) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.failure(); err != nil {
		return 0, err
	}
	due := p.line.now()
	if n := len(p.arrived); n > 0 {
		due = max(due, p.arrived[n-1].due)
	}
	for _, c := range p.line.answer(b) {
		due = due.Add(p.line.faults.Slowness())
		p.arrived = append(p.arrived, arrival{c, due})
	}
	return len(b), nil
}

// Read returns what has arrived. When that is nothing it returns 0 and io.EOF,
// as tarm/serial does when its time-out is over, but without waiting; and the
// errors of Write.
func (p *Port) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	n, err := p.take(b)
	if n == 0 && err == nil && p.Idle != nil {
		p.Idle()
		n, err = p.take(b)
	}
	if n == 0 && err == nil {
		err = io.EOF
	}
	return n, err
}

func (p *Port) take(b []byte) (n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.failure(); err != nil {
		return 0, err
	}
	now := p.line.now()
	for n < len(b) && n < len(p.arrived) && p.arrived[n].due <= now {
		b[n] = p.arrived[n].b
		n++
	}
	p.arrived = p.arrived[n:]
	return n, nil
}

// Flush throws away what has arrived and not been read.
func (p *Port) Flush() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.arrived = nil
	return nil
}

// Close ends the use of the port. It is idempotent.
func (p *Port) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	return nil
}
