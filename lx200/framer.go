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
	summed         // a frame with a checksum ended: see framer.frame
	asked          // the ACK byte, which dropped any partial frame
	cut            // ':' began a new frame inside one: see framer.frame
	overflow       // a frame became too long
	broken         // a control byte dropped a frame
	noise          // a byte outside of frames, other than those that clients send there
)

// framer finds frames in a stream of bytes, in memory of a fixed size. The
// zero framer is ready. Source: reference §1.
type framer struct {
	checksums bool // frames ;…# are answered too

	buf    [maxFrame]byte
	n      int
	inside bool // between ':' or ';' and '#'
	sum    bool // the frame began with ';'
	skip   bool // in a frame too long
	last   int  // length of the frame reported
}

// frame returns what was between ':' and '#'. It holds until the next byte.
func (f *framer) frame() []byte { return f.buf[:f.last] }

// partial returns the frame begun and not ended.
func (f *framer) partial() ([]byte, bool) { return f.buf[:f.n], f.inside || f.skip }

func (f *framer) reset() { f.n, f.inside, f.sum, f.skip = 0, false, false, false }

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
		switch {
		case b == ':' || b == ';' && f.checksums:
			f.inside, f.sum, f.n = true, b == ';', 0
		case b == '#', b == '\r', b == '\n', b == ' ':
		default:
			return noise
		}
	case b == '#':
		what := complete
		if f.sum {
			what = summed
		}
		f.last = f.n
		f.reset()
		return what
	case b == ':' && !f.sum && !f.colonBelongs():
		f.last, f.n = f.n, 0
		return cut
	case b == '\r' || b == '\n':
	case b < 0x20:
		f.reset()
		return broken
	case b == ' ' && !f.sum && !f.spaceBelongs():
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

// checked returns what a frame with a checksum says, the character by which
// the client numbers it, and whether the sum is right: two hexadecimal digits
// of the sum of its bytes. ok is false when it is too short to be one.
// Source: reference §3.10.
func checked(frame []byte) (data []byte, number byte, right, ok bool) {
	n := len(frame) - 3
	if n < 0 {
		return nil, 0, false, false
	}
	data, number = frame[:n], frame[n+2]
	return data, number, string(hexSum(nil, data)) == string(frame[n:n+2]), true
}

// hexSum appends the checksum of data.
func hexSum(to, data []byte) []byte {
	const digits = "0123456789ABCDEF"
	var sum byte
	for _, b := range data {
		sum += b
	}
	return append(to, digits[sum>>4], digits[sum&15])
}

// summedReply appends to the reply to a frame its checksum and number. A
// reply's own '#' gives way to the frame's.
func summedReply(reply []byte, number byte) []byte {
	if n := len(reply); n > 0 && reply[n-1] == '#' {
		reply = reply[:n-1]
	}
	return append(hexSum(reply, reply), number, '#')
}
