// SPDX-License-Identifier: GPL-3.0-or-later

package encoder

// mouse adds up the movements that a mouse reports in packets of three
// bytes, as /dev/input/mouse* gives them: flags, x, y. The encoder of Z is
// its x, that of A its y, upwards.
//
// Source: Linux, drivers/input/mousedev.c (PS/2 protocol).
type mouse struct {
	sum     counts
	rest    []byte // the beginning of a packet
	skipped int    // bytes that belong to no packet
	missed  bool   // movements were lost since this was last made false
}

// The flags of a packet.
const (
	mouseFirst    = 1 << 3 // set in every first byte
	mouseLeft     = 1 << 4 // x is negative
	mouseDown     = 1 << 5 // y is negative
	mouseOverflow = 1<<6 | 1<<7
)

// feed adds up the packets in b, and keeps an incomplete one for later.
func (m *mouse) feed(b []byte) {
	b = append(m.rest, b...)
	for len(b) >= 3 {
		flags := b[0]
		if flags&mouseFirst == 0 {
			b = b[1:]
			m.skipped++
			continue
		}
		m.missed = m.missed || flags&mouseOverflow != 0
		m.sum[0] += extended(b[1], flags&mouseLeft != 0)
		m.sum[1] += extended(b[2], flags&mouseDown != 0)
		b = b[3:]
	}
	m.rest = append([]byte(nil), b...)
}

// extended returns a number of nine bits, the highest of which is its sign.
func extended(low byte, negative bool) int64 {
	if negative {
		return int64(low) - 256
	}
	return int64(low)
}
