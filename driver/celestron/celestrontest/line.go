// SPDX-License-Identifier: GPL-3.0-or-later

package celestrontest

import (
	"io"
	"slices"
	"sync"
	"time"
)

// Line is our end of a motor's serial line.
type Line struct {
	motor *Motor
	more  chan struct{}

	mu   sync.Mutex
	in   []due // on the way to us
	gone bool
}

// due is what comes in at an instant.
type due struct {
	at    time.Time
	bytes []byte
}

// Write takes one whole request. A motor that gets another one, or none of
// its own, does not answer.
func (l *Line) Write(b []byte) (int, error) {
	m := l.motor
	m.mu.Lock()
	defer m.mu.Unlock()
	if l.over() {
		return 0, io.ErrClosedPipe
	}
	m.requests = append(m.requests, slices.Clone(b))
	if m.troubles.Silent > 0 {
		m.troubles.Silent--
		return len(b), nil
	}
	if len(b) < 6 || b[0] != 0x3b || int(b[1]) != len(b)-3 || sum(b[1:]) != 0 || b[2] != 0x20 || b[3] != 0x12 {
		return len(b), nil
	}
	data, ok := m.obey(b[4], b[5:len(b)-1])
	if !ok {
		return len(b), nil
	}
	l.deliver(m.clock.Now().Add(m.troubles.Delay), m.wrap(b, data))
	return len(b), nil
}

// wrap returns an answer with what comes before it.
func (m *Motor) wrap(request, data []byte) []byte {
	t := &m.troubles
	out := slices.Clone(t.Noise)
	if t.Echo {
		out = append(out, request...)
	}
	if t.Chatter { // the answer of the azimuth motor, and one of ours to the hand controller
		out = append(out, frame(0x10, 0x20, request[4], 1, 2, 3, 4, 5, 6, 7, 8)...)
		out = append(out, frame(0x12, 0x04, request[4], 8, 7, 6, 5, 4, 3, 2, 1)...)
		out = append(out, frame(0x12, 0x20, 0x77, 9, 9, 9, 9, 9, 9, 9, 9)...)
	}
	answer := frame(0x12, 0x20, request[4], data...)
	if t.Corrupt > 0 {
		t.Corrupt--
		answer[len(answer)-1]++
	}
	return append(out, answer...)
}

func frame(from, to, command byte, data ...byte) []byte {
	b := append([]byte{0x3b, byte(3 + len(data)), from, to, command}, data...)
	return append(b, -sum(b[1:]))
}

func sum(b []byte) (s byte) {
	for _, c := range b {
		s += c
	}
	return s
}

func (l *Line) over() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.gone
}

func (l *Line) deliver(at time.Time, b []byte) {
	l.mu.Lock()
	l.in = append(l.in, due{at, b})
	l.mu.Unlock()
	l.wake()
}

func (l *Line) wake() {
	select {
	case l.more <- struct{}{}:
	default:
	}
}

// end makes the line go away.
func (l *Line) end() {
	l.mu.Lock()
	l.gone = true
	l.mu.Unlock()
	l.wake()
}

// Close closes our end.
func (l *Line) Close() error {
	l.end()
	return nil
}

// ReadFor waits up to d for bytes, which come a few at a time.
func (l *Line) ReadFor(b []byte, d time.Duration) (int, error) {
	c := l.motor.clock
	end := c.Now().Add(d)
	for {
		n, next, err := l.take(b[:min(len(b), 3)], c.Now())
		if n > 0 || err != nil {
			return n, err
		}
		left := end.Sub(c.Now())
		if left <= 0 {
			return 0, nil
		}
		if !next.IsZero() {
			left = min(left, next.Sub(c.Now()))
		}
		timer := c.NewTimer(left)
		select {
		case <-l.more:
		case <-timer.C():
		}
		timer.Stop()
	}
}

// take moves what is due to b, and returns when there will be more.
func (l *Line) take(b []byte, now time.Time) (n int, next time.Time, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.gone:
		return 0, next, io.ErrClosedPipe
	case len(l.in) == 0:
		return 0, next, nil
	case l.in[0].at.After(now):
		return 0, l.in[0].at, nil
	}
	head := &l.in[0]
	n = copy(b, head.bytes)
	if head.bytes = head.bytes[n:]; len(head.bytes) == 0 {
		l.in = l.in[1:]
	}
	return n, next, nil
}
