// SPDX-License-Identifier: GPL-3.0-or-later

package gpio

import (
	"math/bits"

	"periph.io/x/conn/v3/gpio"
)

// chip is a character device of the kernel.
type chip interface {
	// request takes lines, all as outputs at low or all as inputs.
	request(lines []int, output bool, pull gpio.Pull) (lineSet, error)
}

// lineSet is what a chip gave; line i of the request is bit i. Mask 0 stands
// for all lines.
type lineSet interface {
	Out(bits, mask gpio.GPIOValue) error
	Read(mask gpio.GPIOValue) (gpio.GPIOValue, error)
	Close() error
}

// sets is the backend that asks the kernel.
type sets struct {
	chip     chip
	out, in  lineSet
	outLines uint32
	inLines  uint32
}

// output takes the lines. The kernel makes outputs low first: a line whose
// off level is high is low for the time of one system call.
func (s *sets) output(lines, word uint32) error {
	set, err := s.chip.request(numbers(lines), true, gpio.PullNoChange)
	if err != nil {
		return refused(err, lines)
	}
	s.out, s.outLines = set, lines
	return s.put(word, lines, lines)
}

func (s *sets) input(lines uint32, pull gpio.Pull) error {
	set, err := s.chip.request(numbers(lines), false, pull)
	if err != nil {
		return refused(err, lines)
	}
	s.in, s.inLines = set, lines
	return nil
}

// put sets all lines by one system call.
func (s *sets) put(word, mask, _ uint32) error {
	if err := s.out.Out(gather(word, s.outLines), gather(mask, s.outLines)); err != nil {
		return broken(err, "set GPIO lines")
	}
	return nil
}

func (s *sets) read() (uint32, error) {
	levels, err := s.in.Read(0)
	if err != nil {
		return 0, broken(err, "read GPIO lines")
	}
	return spread(levels, s.inLines), nil
}

// release gives the outputs back and takes some of them as inputs for a
// moment, because the kernel leaves a line as its latest user had it.
func (s *sets) release(lines uint32, pull gpio.Pull) error {
	if s.out != nil {
		err := s.out.Close()
		s.out = nil
		if err != nil {
			return broken(err, "give GPIO lines back")
		}
	}
	if lines = lines & s.outLines; lines == 0 {
		return nil
	}
	set, err := s.chip.request(numbers(lines), false, pull)
	if err != nil {
		return refused(err, lines)
	}
	return set.Close()
}

func (s *sets) close() error {
	if s.in == nil {
		return nil
	}
	return s.in.Close()
}

// numbers returns the lines in a set, lowest first.
func numbers(lines uint32) []int {
	list := make([]int, 0, bits.OnesCount32(lines))
	for ; lines != 0; lines &= lines - 1 {
		list = append(list, bits.TrailingZeros32(lines))
	}
	return list
}

// gather moves the bits of lines together, lowest first.
func gather(word, lines uint32) (set gpio.GPIOValue) {
	for i := 0; lines != 0; lines, i = lines&(lines-1), i+1 {
		if word&lines&-lines != 0 {
			set |= 1 << i
		}
	}
	return set
}

// spread is the inverse of gather.
func spread(set gpio.GPIOValue, lines uint32) (word uint32) {
	for ; lines != 0; lines, set = lines&(lines-1), set>>1 {
		if set&1 != 0 {
			word |= lines & -lines
		}
	}
	return word
}
