// SPDX-License-Identifier: GPL-3.0-or-later

package encoder

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver/serialline"
)

// fakeBox is an encoder box as the reference describes it. It shares no code
// with what reads it.
type fakeBox struct {
	protocol string

	mu      sync.Mutex
	perTurn [2]int // counts of Z and A
	turned  [2]int // where the encoders are, in counts, with all whole turns
	zero    [2]int // where they were at the last reset
	noise   func(reply []byte) []byte
	silent  bool
	byByte  time.Duration // pause before each byte of a reply
	heard   []byte        // everything that came in
	resets  int
	asked   []time.Time
	far     net.Conn
}

// counter returns what the counter of an axis shows.
func (f *fakeBox) counter(axis int) int {
	n, per := f.turned[axis]-f.zero[axis], f.perTurn[axis]
	n = (n%per + per) % per
	if per <= 32767 && n >= (per+1)/2 {
		n -= per
	}
	return n
}

// reply returns the answer to a question.
func (f *fakeBox) reply() []byte {
	z, a := f.counter(0), f.counter(1)
	switch f.protocol {
	case "bseg":
		return fmt.Appendf(nil, "%04X\t%04X\t%04X\r", uint16(z), uint16(a), 0x1234)
	case "ek":
		return []byte{byte(a), byte(a >> 8), byte(z), byte(z >> 8)}
	case "sky_commander":
		return []byte{byte(z >> 8), byte(z), byte(a >> 8), byte(a)}
	case "sky_commander_r":
		return []byte(" 05.588 -05.391\x00")
	case "lm629_serial":
		return fmt.Appendf(nil, "%d:%d", f.turned[0], f.turned[1])
	default:
		return fmt.Appendf(nil, "%+06d\t%+06d\r", z, a)
	}
}

// answer returns what the box says once it has heard line, nil when line is
// not a whole command.
func (f *fakeBox) answer(line []byte) []byte {
	var perTurn [2]int
	set := func(reply string) []byte {
		f.zero, f.perTurn = f.turned, perTurn
		f.resets++
		return []byte(reply)
	}
	ask := func() []byte {
		f.asked = append(f.asked, time.Now())
		r := f.reply()
		if f.noise != nil {
			r = f.noise(r)
		}
		return r
	}
	s := string(line)
	switch f.protocol {
	case "bseg":
		if s == "B" {
			perTurn = f.perTurn
			return set("B\r")
		}
	case "reset_via_r":
		if n, _ := fmt.Sscanf(s, "R%05d\t%05d\r", &perTurn[0], &perTurn[1]); n == 2 && len(s) == 13 {
			return set("R")
		}
	case "reset_via_z":
		if n, _ := fmt.Sscanf(s, "Z%05d %05d\r", &perTurn[0], &perTurn[1]); n == 2 && len(s) == 13 {
			return set("*")
		}
	case "ek":
		if s == "y" {
			return ask()
		}
		if len(s) == 5 && s[0] == 'z' {
			perTurn = [2]int{int(s[3]) + 256*int(s[4]), int(s[1]) + 256*int(s[2])}
			return set("r")
		}
		return nil
	case "sky_commander":
		if s == "e" {
			return ask()
		}
		return nil
	case "sky_commander_r":
		if s == "\r" {
			return ask()
		}
		return nil
	case "lm629_serial":
		if s == "P#" {
			return ask()
		}
		return nil
	}
	if s == "Q" {
		return ask()
	}
	return nil
}

// open plugs the box in.
func (f *fakeBox) open() (io.ReadWriteCloser, error) {
	near, far := net.Pipe()
	f.mu.Lock()
	f.far = far
	f.mu.Unlock()
	go f.serve(far)
	return near, nil
}

func (f *fakeBox) serve(c io.ReadWriteCloser) {
	defer c.Close()
	var line []byte
	for b := make([]byte, 1); ; {
		if _, err := c.Read(b); err != nil {
			return
		}
		f.mu.Lock()
		f.heard = append(f.heard, b[0])
		line = append(line, b[0])
		r := f.answer(line)
		silent, pause := f.silent, f.byByte
		f.mu.Unlock()
		if r == nil {
			continue
		}
		line = nil
		if silent {
			continue
		}
		if pause == 0 {
			_, _ = c.Write(r)
			continue
		}
		for i := range r {
			time.Sleep(pause)
			_, _ = c.Write(r[i : i+1])
		}
	}
}

// turn moves the encoders.
func (f *fakeBox) turn(z, a int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.turned[0] += z
	f.turned[1] += a
}

// set changes the box.
func (f *fakeBox) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// everyCounter lists the protocols that answer with counts.
var everyCounter = []string{"bseg", "reset_via_r", "reset_via_z", "no_reset", "ek", "sky_commander", "lm629_serial"}

// configOf returns a Config of a protocol.
func configOf(protocol string) Config {
	c := DefaultConfig()
	c.Protocol, c.Device = protocol, "fake"
	return c
}

// withBox runs f with a fake box and a Box that is connected to it, in a
// bubble of its own time.
func withBox(t *testing.T, cfg Config, f func(t *testing.T, far *fakeBox, near *Box)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		far := &fakeBox{protocol: cfg.Protocol, perTurn: [2]int{cfg.CountsZ, cfg.CountsA}}
		rw, _ := far.open()
		conn := serialline.Attach(rw, clock.Real{})
		defer conn.Close()
		near, err := NewBox(cfg, conn, clock.Real{}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		f(t, far, near)
	})
}

// before and behind put more bytes beside a reply.
func before(more string) func([]byte) []byte {
	return func(r []byte) []byte { return append([]byte(more), r...) }
}
func behind(more string) func([]byte) []byte {
	return func(r []byte) []byte { return append(bytes.Clone(r), more...) }
}
