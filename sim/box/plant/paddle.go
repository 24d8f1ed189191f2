// SPDX-License-Identifier: GPL-3.0-or-later

package plant

import (
	"sync"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/sim/box"
)

// Key is one of the hand paddle's switches.
type Key int

// The keys. Microstep is the speed switch: pressed it stands at microstep,
// else at slew.
const (
	Up Key = iota
	Down
	Counterclockwise
	Clockwise
	LeftMode
	RightMode
	Microstep
	keys
)

// Lines of the paddle, as the bits of what Read returns.
const (
	pin13 = 1 << iota
	pin12
	pin10
	pin11
)

// wiring says which pins a key raises, in each design: through diodes one key
// raises several in the first. Keys that a design lacks raise none.
var wiring = [2][keys]uint32{
	{
		Up: pin13, Down: pin12, Counterclockwise: pin10, Clockwise: pin12 | pin13,
		LeftMode: pin10 | pin13, RightMode: pin10 | pin12, Microstep: pin11,
	},
	{Up: pin13, Down: pin12, Counterclockwise: pin10, Clockwise: pin11},
}

// slice is how long a bouncing contact stays as it is.
const slice = 200 * time.Microsecond

// PaddleConfig is a hand paddle.
type PaddleConfig struct {
	Design int                   // 0 coded values on the lines, 1 one line for each direction
	Bounce time.Duration         // for which a contact opens and closes by chance, ≥ 0
	Seed   uint64                // of that chance
	Now    func() driver.Instant // the time
	Faults *box.Faults           // Unplug: the board's resistors pull all lines low; nil for none
}

// Paddle is a hand paddle: +5 V through the keys onto lines that are pulled
// low. Several keys at once add up, line by line. It is a driver.Inputs whose
// lines 0 to 3 are the pins 13, 12, 10 and 11 of the parallel port.
type Paddle struct {
	cfg PaddleConfig

	mu       sync.Mutex
	contacts [keys]contact
	events   uint64
}

type contact struct {
	closed bool
	since  driver.Instant
	event  uint64 // 0: never touched
	stuck  bool
	stays  bool // as what it is stuck
}

// NewPaddle returns a paddle with no key pressed, or fault.Invalid.
func NewPaddle(cfg PaddleConfig) (*Paddle, error) {
	switch {
	case cfg.Design != 0 && cfg.Design != 1:
		return nil, fault.New(fault.Invalid, "new hand paddle", "design %d: 0 and 1 are accepted", cfg.Design)
	case cfg.Bounce < 0 || cfg.Now == nil:
		return nil, fault.New(fault.Invalid, "new hand paddle", "Now is needed, and a Bounce of 0 or more")
	}
	return &Paddle{cfg: cfg}, nil
}

// Press closes a key's contact now.
func (p *Paddle) Press(k Key) { p.move(k, true) }

// Release opens it.
func (p *Paddle) Release(k Key) { p.move(k, false) }

func (p *Paddle) move(k Key, closed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := &p.contacts[k]
	if c.closed == closed {
		return
	}
	p.events++
	c.closed, c.since, c.event = closed, p.cfg.Now(), p.events
}

// Stick makes a key's contact stay closed, or open, whatever is pressed.
func (p *Paddle) Stick(k Key, closed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.contacts[k].stuck, p.contacts[k].stays = true, closed
}

// Mend ends Stick.
func (p *Paddle) Mend(k Key) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.contacts[k].stuck = false
}

// Read implements driver.Inputs. It never fails.
func (p *Paddle) Read() (uint32, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.cfg.Now()
	if p.cfg.Faults.Unplugged(at) {
		return 0, nil
	}
	var levels uint32
	for k := range p.contacts {
		if p.conducts(Key(k), at) {
			levels |= wiring[p.cfg.Design][k]
		}
	}
	return levels, nil
}

// Pins returns the levels where a parallel port has them: pins 13, 12, 10 and
// 11 in bits 4 to 7. It is made for chip.ParallelPort's Inputs.
func (p *Paddle) Pins() byte {
	levels, _ := p.Read()
	return byte(levels << 4)
}

// Status returns the parallel port's status register: the pins, pin 11
// inverted, pin 15 low.
func (p *Paddle) Status() byte { return p.Pins() ^ 0x80 }

// conducts reports whether a contact is closed at an instant.
func (p *Paddle) conducts(k Key, at driver.Instant) bool {
	c := &p.contacts[k]
	switch since := at.Sub(c.since); {
	case c.stuck:
		return c.stays
	case c.event == 0 || since >= p.cfg.Bounce:
		return c.closed
	case since < slice: // the first touch, the first parting
		return c.closed
	default:
		return scramble(p.cfg.Seed, c.event<<32+uint64(since/slice))&1 == 1
	}
}

// scramble returns bits that depend on seed and n as if by chance, never on
// how often they are asked for.
//
// Source: splitmix64, Steele, Lea and Flood 2014.
func scramble(seed, n uint64) uint64 {
	x := seed + (n+1)*0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
