// SPDX-License-Identifier: GPL-3.0-or-later

package chip

import (
	"sync"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/sim/box"
)

// GPIO is a chip of up to 32 plain lines, asked for before use. It is a
// driver.Lines and a driver.Inputs.
type GPIO struct {
	// Out gets every write; nil for nothing there.
	Out driver.Lines

	// In gives the levels of the lines that are inputs; nil for all low.
	In driver.Inputs

	now    func() driver.Instant
	faults *box.Faults
	count  int

	mu     sync.Mutex
	out    uint32 // lines that are outputs
	asked  uint32 // lines that somebody asked for
	levels uint32 // of the outputs
}

// NewGPIO returns a chip of so many lines, all of them inputs pulled low.
func NewGPIO(count int, now func() driver.Instant, faults *box.Faults) (*GPIO, error) {
	if count < 1 || count > 32 {
		return nil, fault.New(fault.Invalid, "new GPIO chip", "%d lines: 1 to 32 are accepted", count)
	}
	return &GPIO{count: count, now: now, faults: faults}, nil
}

// all returns a mask of the chip's lines.
func (g *GPIO) all() uint32 { return uint32(1<<g.count - 1) }

// reachable returns fault.Hardware while the chip is unplugged or busy.
func (g *GPIO) reachable(op string) error {
	switch at := g.now(); {
	case g.faults.Unplugged(at):
		return fault.New(fault.Hardware, op, "no such device")
	case g.faults.Silent(at):
		return fault.New(fault.Hardware, op, "device or resource busy")
	}
	return nil
}

// Request asks for lines, those in outputs as outputs at the levels of word.
// It returns fault.Hardware when one of them is asked for already or not there,
// or while the chip is busy or unplugged; then it has changed nothing.
func (g *GPIO) Request(lines, outputs, word uint32) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	const op = "request GPIO lines"
	if err := g.reachable(op); err != nil {
		return err
	}
	if missing := lines &^ g.all(); missing != 0 {
		return fault.New(fault.Hardware, op, "lines %#x are not on this chip", missing)
	}
	if taken := lines & g.asked; taken != 0 {
		return fault.New(fault.Hardware, op, "lines %#x: device or resource busy", taken)
	}
	g.asked |= lines
	g.out |= lines & outputs
	return g.put(word, lines&outputs)
}

// Free gives lines back. They become inputs, pulled low.
func (g *GPIO) Free(lines uint32) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	err := g.put(0, lines&g.out)
	g.asked &^= lines
	g.out &^= lines
	return err
}

// Write implements driver.Lines. It returns fault.Hardware for lines that are
// not outputs, too.
func (g *GPIO) Write(word, mask uint32) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	const op = "write GPIO lines"
	if err := g.reachable(op); err != nil {
		return err
	}
	if wrong := mask &^ g.out; wrong != 0 {
		return fault.New(fault.Hardware, op, "lines %#x are not outputs", wrong)
	}
	return g.put(word, mask)
}

func (g *GPIO) put(word, mask uint32) error {
	g.levels = g.levels&^mask | word&mask
	return write(g.Out, word, mask)
}

// Read implements driver.Inputs. Outputs read as they were written.
func (g *GPIO) Read() (uint32, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.reachable("read GPIO lines"); err != nil {
		return 0, err
	}
	var in uint32
	if g.In != nil {
		var err error
		if in, err = g.In.Read(); err != nil {
			return 0, err
		}
	}
	return (in&^g.out | g.levels&g.out) & g.all(), nil
}

// Levels returns the levels of the outputs, however the chip can be reached.
func (g *GPIO) Levels() uint32 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.levels
}
