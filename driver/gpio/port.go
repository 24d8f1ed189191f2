// SPDX-License-Identifier: GPL-3.0-or-later

package gpio

import (
	"math/bits"

	"periph.io/x/conn/v3/gpio"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
)

// Use says what the lines are used for, one bit a line.
type Use struct {
	Outputs uint32
	OffHigh uint32 // the outputs whose off level is high; the others' is low
	Inputs  uint32
}

// backend is a way to the lines.
type backend interface {
	// output makes lines outputs at the levels in word.
	output(lines, word uint32) error
	// input makes lines inputs.
	input(lines uint32, pull gpio.Pull) error
	// put sets the output lines in mask to the levels in word. off are those
	// of them that go to their off level: these go first, where there is a
	// first.
	put(word, mask, off uint32) error
	// read returns the levels of the input lines.
	read() (uint32, error)
	// release makes output lines inputs, if it can.
	release(lines uint32, pull gpio.Pull) error
	close() error
}

// Port is a set of lines. Write, Off and Close have one caller at a time;
// Read may be called beside Write.
type Port struct {
	use    Use
	way    backend
	why    string
	closed bool
}

var (
	_ driver.Lines  = (*Port)(nil)
	_ driver.Inputs = (*Port)(nil)
)

// Open takes the lines, outputs at their off levels. It returns fault.Invalid
// when c or u cannot be, and fault.Hardware when there is no such chip or
// line, or no permission, or somebody else has the line; then nothing is
// taken.
func Open(c Config, u Use) (*Port, error) { return open(c, u, periph{}) }

func open(c Config, u Use, b board) (*Port, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if both := u.Outputs & u.Inputs; both != 0 {
		return nil, fault.New(fault.Invalid, "gpio", "GPIO %d is to be an output and an input", bits.TrailingZeros32(both))
	}
	way, why, err := choose(c, b)
	if err != nil {
		return nil, err
	}
	p := &Port{use: u, way: way, why: why}
	if err := p.take(c); err != nil {
		_ = p.Close() // the first error says what was wrong
		return nil, err
	}
	return p, nil
}

// take takes the lines. Until the outputs are ours they are none, so that
// giving up in between touches nobody else's.
func (p *Port) take(c Config) error {
	outputs := p.use.Outputs
	p.use.Outputs = 0
	if outputs != 0 {
		if err := p.way.output(outputs, p.use.OffHigh&outputs); err != nil {
			return err
		}
		p.use.Outputs = outputs
	}
	if p.use.Inputs == 0 {
		return nil
	}
	pulls := map[string]gpio.Pull{"none": gpio.Float, "up": gpio.PullUp, "down": gpio.PullDown}
	return p.way.input(p.use.Inputs, pulls[c.Pull])
}

// Write sets the lines in mask to the levels in word. Lines that go off do so
// before others come on. It returns fault.Invalid for lines that are not
// outputs, fault.Hardware when the chip is gone. It allocates nothing.
func (p *Port) Write(word, mask uint32) error {
	switch {
	case p.closed:
		return errClosed()
	case mask&^p.use.Outputs != 0:
		return fault.New(fault.Invalid, "gpio", "GPIO %d is not an output", bits.TrailingZeros32(mask&^p.use.Outputs))
	case mask == 0:
		return nil // a line set takes mask 0 for all
	}
	return p.way.put(word&mask, mask, mask&^(word^p.use.OffHigh))
}

// Read returns the levels of the input lines; others read 0.
func (p *Port) Read() (uint32, error) {
	if p.closed {
		return 0, errClosed()
	}
	if p.use.Inputs == 0 {
		return 0, nil
	}
	levels, err := p.way.read()
	return levels & p.use.Inputs, err
}

// Off sets all outputs to their off levels.
func (p *Port) Off() error { return p.Write(p.use.OffHigh, p.use.Outputs) }

// Close switches the outputs off and leaves them as inputs, pulled to their
// off levels where the chip can. It does what it can after an error, and
// returns the first. It is idempotent.
func (p *Port) Close() error {
	if p.closed {
		return nil
	}
	first := p.Off()
	p.closed = true
	low, high := p.use.Outputs&^p.use.OffHigh, p.use.Outputs&p.use.OffHigh
	for _, err := range []error{
		p.way.release(low, gpio.PullDown), p.way.release(high, gpio.PullUp), p.way.close(),
	} {
		if first == nil {
			first = err
		}
	}
	return first
}

// Report says which way to the lines was taken, and why.
func (p *Port) Report() string { return p.why }

func errClosed() error { return fault.New(fault.Hardware, "gpio", "the lines have been given back") }

// each calls f for each line in a set, until one fails.
func each(lines uint32, f func(line int) error) error {
	for ; lines != 0; lines &= lines - 1 {
		if err := f(bits.TrailingZeros32(lines)); err != nil {
			return err
		}
	}
	return nil
}
