// SPDX-License-Identifier: GPL-3.0-or-later

package pca9685_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"periph.io/x/conn/v3/physic"

	"github.com/siderostep/siderostep/driver/pca9685"
)

// fake is a chip at the level of its registers, on a bus of its own. It knows
// what the data sheet says: asleep and off after power-up; PRE_SCALE written
// only asleep, EXTCLK too, and then not cleared but by power; the register
// address moves on only with AI; ALL_LED writes to all; off prevails over on.
type fake struct {
	regs    [256]byte
	addr    uint16
	log     []string // transactions, in hexadecimal; reads as "00?"
	sleepy  time.Duration
	fail    map[int]error // errors by number of transaction, from 0
	gone    bool          // nobody answers
	txs     int
	waking  bool // the oscillator was started, and nobody has waited since
	illegal []string
}

var errNack = errors.New("no acknowledgement")

func newFake() *fake {
	f := &fake{addr: 0x40, fail: map[int]error{}}
	f.power()
	return f
}

// power cuts the power and restores it.
func (f *fake) power() {
	f.regs = [256]byte{0x00: 0x11, 0x01: 0x04, 0xFE: 0x1E}
	for n := range 16 {
		f.regs[0x09+4*n] = 0x10
	}
}

func (f *fake) String() string                  { return "fake" }
func (f *fake) SetSpeed(physic.Frequency) error { return nil }

func (f *fake) wait(d time.Duration) {
	f.sleepy += d
	if d >= 500*time.Microsecond {
		f.waking = false
	}
}

func (f *fake) Tx(addr uint16, w, r []byte) error {
	tx := f.txs
	f.txs++
	if err := f.fail[tx]; err != nil {
		return err
	}
	if addr != f.addr || f.gone {
		return errNack
	}
	text := fmt.Sprintf("%X", w)
	if len(r) > 0 {
		text += "?"
	}
	f.log = append(f.log, text)
	reg := w[0]
	next := func() {
		if f.regs[0]&0x20 != 0 {
			reg++
			if reg == 0x46 {
				reg = 0
			}
		}
	}
	for _, b := range w[1:] {
		f.put(reg, b)
		next()
	}
	for i := range r {
		r[i] = f.regs[reg]
		next()
	}
	return nil
}

func (f *fake) put(reg, b byte) {
	asleep := f.regs[0]&0x10 != 0
	switch {
	case reg == 0x00:
		ext := f.regs[0] & 0x40
		if asleep && b&0x10 != 0 {
			ext |= b & 0x40
		}
		restart := f.regs[0] & 0x80
		if b&0x80 != 0 {
			restart = 0
			if f.waking {
				f.illegal = append(f.illegal, "RESTART before the oscillator runs")
			}
		}
		if !asleep && b&0x10 != 0 && f.running() {
			restart = 0x80
		}
		if asleep && b&0x10 == 0 {
			f.waking = true
		}
		f.regs[0] = b&^0xC0 | ext | restart
	case reg == 0xFE:
		if asleep {
			f.regs[reg] = max(b, 3)
		}
	case reg >= 0xFA && reg <= 0xFD:
		for n := range byte(16) {
			f.regs[0x06+4*n+reg-0xFA] = b
		}
	default:
		f.regs[reg] = b
	}
}

// running tells whether any output is modulated.
func (f *fake) running() bool {
	for n := range 16 {
		if f.regs[0x09+4*n]&0x10 == 0 {
			return true
		}
	}
	return false
}

// on returns for how many of a period's 4096 steps a pin is high, and the
// first of them after one that is not.
func (f *fake) on(channel int) (steps, first int) {
	r := f.regs[6+4*channel:]
	start, end := int(r[0])|int(r[1]&0x0F)<<8, int(r[2])|int(r[3]&0x0F)<<8
	level, before := false, false
	first = -1
	for t := range 2 * 4096 { // the first period leads in
		if t%4096 == start {
			level = true
		}
		if t%4096 == end {
			level = false
		}
		if r[1]&0x10 != 0 {
			level = true
		}
		if r[3]&0x10 != 0 || f.regs[0]&0x10 != 0 {
			level = false
		}
		pin := level != (f.regs[1]&0x10 != 0)
		if t >= 4096 && pin {
			steps++
			if !before && first < 0 {
				first = t - 4096
			}
		}
		before = pin
	}
	return steps, first
}

// wire returns the transactions since the latest call.
func (f *fake) wire() string {
	text := strings.Join(f.log, " ")
	f.log = f.log[:0]
	return text
}

func newChip(t testing.TB, f *fake, change ...func(*pca9685.Config)) *pca9685.Chip {
	t.Helper()
	c := pca9685.DefaultConfig()
	for _, f := range change {
		f(&c)
	}
	chip, err := pca9685.New(f, c, f.wait)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.illegal) > 0 {
		t.Error(f.illegal)
	}
	return chip
}

func newPort(t testing.TB, c *pca9685.Chip, wiring ...int) *pca9685.Port {
	t.Helper()
	p, err := c.Port(slices.Clone(wiring))
	if err != nil {
		t.Fatal(err)
	}
	return p
}
