// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

// maxFrame is the most bytes between ':' and '#'; longer frames are dropped.
const maxFrame = 128

const ack = 0x06

// event is what a byte brought about in a framer.
type event uint8

const (
	nothing  event = iota
	complete       // a frame ended: see framer.frame
	asked          // the ACK byte, which dropped any partial frame
	cut            // ':' began a new frame inside one: see framer.frame
	overflow       // a frame became too long
)

// framer finds frames in a stream of bytes, in memory of a fixed size. The
// zero framer is ready. Source: reference §1.
type framer struct {
	buf    [maxFrame]byte
	n      int
	inside bool // between ':' and '#'
	skip   bool // in a frame too long
	last   int  // length of the frame reported
}

// frame returns what was between ':' and '#'. It holds until the next byte.
func (f *framer) frame() []byte { return f.buf[:f.last] }

// partial returns the frame begun and not ended.
func (f *framer) partial() ([]byte, bool) { return f.buf[:f.n], f.inside }

func (f *framer) reset() { f.n, f.inside, f.skip = 0, false, false }

// feed takes the next byte of the stream.
func (f *framer) feed(b byte) event {
	switch {
	case b == ack:
		f.reset()
		return asked
	case f.skip:
		if b == '#' {
			f.reset()
		}
	case !f.inside:
		if b == ':' {
			f.inside, f.n = true, 0
		}
	case b == '#':
		f.last = f.n
		f.reset()
		return complete
	case b == ':' && !f.colonBelongs():
		f.last, f.n = f.n, 0
		return cut
	case b == '\r' || b == '\n':
	case b < 0x20:
		f.reset()
	case b == ' ' && !f.spaceBelongs():
	case f.n == maxFrame:
		f.reset()
		f.skip = true
		return overflow
	default:
		f.buf[f.n] = b
		f.n++
	}
	return nothing
}

// colonBelongs reports whether ':' separates numbers here: in the parameters
// of S?, X?, rS and rr.
func (f *framer) colonBelongs() bool {
	if f.n < 2 {
		return false
	}
	a, b := f.buf[0], f.buf[1]
	return a == 'S' || a == 'X' || a == 'r' && (b == 'S' || b == 'r')
}

// spaceBelongs reports whether a space is part of a name here.
func (f *framer) spaceBelongs() bool {
	if f.n < 2 {
		return false
	}
	switch a, b := f.buf[0], f.buf[1]; a {
	case 'S':
		return b >= 'M' && b <= 'P'
	case 'X':
		return b == 'N' || b == 'Z' || b == 'S' && f.n >= 3 && f.buf[2] == 'N'
	}
	return false
}
