// SPDX-License-Identifier: GPL-3.0-or-later

package chip

import (
	"sync"
	"time"

	"periph.io/x/conn/v3/physic"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/sim/box"
)

// Bus is an I²C bus of periph with PCA9685s on it. Make one with NewBus.
type Bus struct {
	// Wait, if set, lets the time of a transaction pass: a test's manual
	// clock, or a sleep. Without it transactions take none.
	Wait func(time.Duration)

	now    func() driver.Instant
	faults *box.Faults

	mu    sync.Mutex
	chips []*PCA9685
	speed physic.Frequency
	spent time.Duration
	count int
}

// NewBus returns a bus at 100 kHz; faults may be nil.
func NewBus(now func() driver.Instant, faults *box.Faults, chips ...*PCA9685) *Bus {
	return &Bus{now: now, faults: faults, chips: chips, speed: 100 * physic.KiloHertz}
}

// String names the bus.
func (b *Bus) String() string { return "bench I²C bus" }

// SetSpeed sets the clock of the bus, up to the 1 MHz of the chip.
func (b *Bus) SetSpeed(f physic.Frequency) error {
	if f <= 0 || f > physic.MegaHertz {
		return fault.New(fault.Invalid, "set bus speed", "%v: above 0 and up to 1 MHz is accepted", f)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.speed = f
	return nil
}

// Spent returns how long the bus has been busy in all, and with how many
// transactions.
func (b *Bus) Spent() (time.Duration, int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.spent, b.count
}

// Tx is one transaction: w written, r read after a repeated start, STOP. It
// returns fault.Hardware when a byte is not acknowledged; the bytes before it
// have been taken all the same.
func (b *Bus) Tx(addr uint16, w, r []byte) error {
	b.mu.Lock()
	took, err := b.transact(addr, w, r)
	b.spent += took
	b.count++
	b.mu.Unlock()
	if b.Wait != nil {
		b.Wait(took)
	}
	return err
}

func (b *Bus) transact(addr uint16, w, r []byte) (time.Duration, error) {
	at := b.now()
	if b.faults.Unplugged(at) || b.faults.Silent(at) {
		return b.takes(1), nack(addr, 0)
	}
	var heard []*PCA9685
	for _, c := range b.chips {
		if c.answers(addr) {
			heard = append(heard, c)
		}
	}
	if len(heard) == 0 {
		return b.takes(1), nack(addr, 0)
	}
	bytes := 0
	if len(w) > 0 || len(r) == 0 {
		taken := len(w)
		for i := range w {
			if b.faults.Loses() {
				taken = i
				break
			}
		}
		acknowledged := taken
		for _, c := range heard {
			acknowledged = min(acknowledged, c.write(at, addr, w[:taken]))
		}
		bytes += 1 + min(acknowledged+1, len(w))
		if acknowledged < len(w) {
			return b.takes(bytes), nack(addr, acknowledged+1)
		}
	}
	if len(r) > 0 {
		bytes += 1 + len(r)
		for _, c := range heard {
			c.read(r)
		}
	}
	return b.takes(bytes), nil
}

// takes returns what so many bytes take, each with its acknowledgement, start
// and stop with them.
func (b *Bus) takes(bytes int) time.Duration {
	bits := float64(9*bytes + 2)
	hertz := float64(b.speed) / float64(physic.Hertz)
	return time.Duration(bits/hertz*1e9) + time.Duration(bytes)*b.faults.Slowness()
}

// nack is the failure of a byte that nobody acknowledged; byte 0 is the
// address.
func nack(addr uint16, n int) error {
	return fault.New(fault.Hardware, "I²C transaction", "address %#x: byte %d not acknowledged", addr, n)
}
