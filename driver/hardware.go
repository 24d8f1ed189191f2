// SPDX-License-Identifier: GPL-3.0-or-later

package driver

import (
	"github.com/siderostep/siderostep/model"
)

// Lines are output lines of one device: line i is bit i of a word. They
// change together, or as nearly so as the device can.
type Lines interface {
	// Write sets the lines whose bits are 1 in mask to the levels in word, 1
	// for high, and leaves the others. It returns fault.Hardware when the
	// device does not take it; the lines may then be at either level.
	Write(word, mask uint32) error
}

// Inputs are input lines of one device: line i is bit i.
type Inputs interface {
	// Read returns the levels of all lines, 1 for high, or fault.Hardware.
	Read() (uint32, error)
}

// Clocked is an output that has something to do of its own between the calls
// of its executor, as software PWM, which switches windings off in the middle
// of a period, or a pulse, which has to end.
type Clocked interface {
	// Next returns when it wants to be called; Never when it has nothing to
	// do.
	Next() Instant

	// Advance does what is due up to now. Instants never decrease.
	Advance(now Instant) error
}

// Never is an instant that does not come.
const Never Instant = 1<<63 - 1

// Relay is a motor that runs or stands, as a DC motor behind two relays.
type Relay interface {
	// Switch makes the motor run from instant at on: 1 clockwise (outward),
	// −1 the other way, 0 stop.
	Switch(at Instant, direction int) error
}

// EncoderReading is what the encoders of a mount's axes say at one time.
// Angles grow as the axes' angles do, whole turns counted since the box was
// opened; where they have their zero is for the reader to find out.
type EncoderReading struct {
	At     Instant
	Angles [2]model.Angle // of the primary (Z) and the secondary (A) axis
	Count  [2]model.Angle // one count of each
}
