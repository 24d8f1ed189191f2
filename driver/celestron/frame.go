// SPDX-License-Identifier: GPL-3.0-or-later

// Package celestron speaks with a Celestron Focus Motor over its USB port, in
// the AUX protocol of Celestron's mounts.
//
// The motor is a servo that keeps its own count, 1000 to a turn of the
// focusing knob, and finds its way by itself; who uses it asks and waits. A
// Client makes one exchange at a time: it sends a frame, and takes the first
// frame back that answers it, be there echoes, other devices' frames or
// garbage around it.
//
// Source: stepper-core reference §7.2, after INDI's driver.
package celestron

import "bytes"

// The devices on the bus that matter here.
const (
	application byte = 0x20 // we
	focuser     byte = 0x12
)

const preamble byte = 0x3b

// The length byte of a frame.
const (
	leastLen = 3  // source, destination, command
	mostLen  = 16 // more than any frame of the focuser has; what is longer is not for us
)

// Frame is one message on the bus:
//
//	3B len source destination command data… checksum
//
// The length counts source, destination, command and data.
type Frame struct {
	Source, Destination byte
	Command             byte
	Data                []byte // at most 13 bytes
}

// Append appends the frame's bytes to b.
func (f *Frame) Append(b []byte) []byte {
	begin := len(b) + 1
	b = append(b, preamble, byte(leastLen+len(f.Data)), f.Source, f.Destination, f.Command)
	b = append(b, f.Data...)
	return append(b, checksum(b[begin:]))
}

// checksum is the two's complement of the sum: all bytes from the length on,
// it included, sum up to 0.
func checksum(b []byte) (sum byte) {
	for _, c := range b {
		sum -= c
	}
	return sum
}

// Decoder finds frames in a stream of bytes. What is no frame is skipped,
// byte by byte, so that a frame behind garbage, or behind the beginning of
// another, is found. The zero Decoder is ready for use.
type Decoder struct {
	pending []byte

	Skipped uint64 // bytes that belonged to no frame
}

// Feed adds bytes that came in.
func (d *Decoder) Feed(b []byte) { d.pending = append(d.pending, b...) }

// Reset forgets what came in.
func (d *Decoder) Reset() {
	d.Skipped += uint64(len(d.pending))
	d.pending = d.pending[:0]
}

// Expire says that nothing has come in for longer than a frame pauses: what
// began like one is none, and what looked like its data may be another.
func (d *Decoder) Expire() { d.skip(min(1, len(d.pending))) }

// Next returns the next whole frame, and false when there is none yet.
func (d *Decoder) Next() (Frame, bool) {
	for {
		begin := bytes.IndexByte(d.pending, preamble)
		if begin < 0 {
			d.Reset()
			return Frame{}, false
		}
		d.skip(begin)
		if len(d.pending) < 2 {
			return Frame{}, false
		}
		length := int(d.pending[1])
		if length < leastLen || length > mostLen {
			d.skip(1)
			continue
		}
		end := 2 + length
		if len(d.pending) <= end {
			return Frame{}, false
		}
		b := d.pending[:end+1]
		if checksum(b[1:end]) != b[end] {
			d.skip(1)
			continue
		}
		f := Frame{Source: b[2], Destination: b[3], Command: b[4], Data: bytes.Clone(b[5:end])}
		d.pending = append(d.pending[:0], d.pending[end+1:]...)
		return f, true
	}
}

func (d *Decoder) skip(n int) {
	d.Skipped += uint64(n)
	d.pending = append(d.pending[:0], d.pending[n:]...)
}
