// SPDX-License-Identifier: GPL-3.0-or-later

package serialline

import (
	"io"
	"os"
	"sync"
	"syscall"
	"time"
)

// fakePort behaves as a tarm/serial port with a read time-out of Tick: silence
// ends in io.EOF after Tick, a line that is gone ends in io.EOF at once and
// for ever, and Close does not interrupt a Read.
type fakePort struct {
	mu     sync.Mutex
	in     chan []byte
	gone   chan struct{}
	closed bool
	rest   []byte
	sent   []byte
	when   []time.Time // of each write
	stuck  chan struct{}
}

func newFakePort() *fakePort {
	return &fakePort{in: make(chan []byte, 1000), gone: make(chan struct{})}
}

func (p *fakePort) Read(b []byte) (int, error) {
	p.mu.Lock()
	closed := p.closed
	p.mu.Unlock()
	if closed {
		return 0, os.ErrClosed
	}
	if len(p.rest) == 0 {
		select {
		case p.rest = <-p.in:
		default:
			select {
			case p.rest = <-p.in:
			case <-p.gone:
				return 0, io.EOF
			case <-time.After(Tick):
				return 0, io.EOF
			}
		}
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

func (p *fakePort) Write(b []byte) (int, error) {
	if p.stuck != nil {
		<-p.stuck
		return 0, syscall.EIO
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, b...)
	p.when = append(p.when, time.Now())
	return len(b), nil
}

func (p *fakePort) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	return nil
}

func (p *fakePort) unplug() { close(p.gone) }
