// SPDX-License-Identifier: GPL-3.0-or-later

package gpio

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"periph.io/x/conn/v3/gpio"
)

// fakeBoard is a computer whose lines note what is done to them, in words.
type fakeBoard struct {
	bank   error // why there are no registers; nil: there are
	noChip error
	pinned string // the chip asked for
	log    []string
	level  uint32
	users  map[int]string
	fail   map[string]error // by the words of what is done
}

func (b *fakeBoard) did(format string, args ...any) error {
	what := fmt.Sprintf(format, args...)
	b.log = append(b.log, what)
	return b.fail[what]
}

func (b *fakeBoard) took() []string {
	log := b.log
	b.log = nil
	return log
}

func (b *fakeBoard) registers() (registers, error) { return fakeRegisters{b}, b.bank }

func (b *fakeBoard) chip(path string) (chip, string, error) {
	b.pinned = path
	return fakeChip{b}, "the fake chip", b.noChip
}

type fakeRegisters struct{ *fakeBoard }

func (r fakeRegisters) set(lines uint32)   { r.did("set %08X", lines) }
func (r fakeRegisters) clear(lines uint32) { r.did("clear %08X", lines) }
func (r fakeRegisters) levels() uint32     { return r.level }
func (r fakeRegisters) output(line int, high bool) error {
	return r.did("output %d %t", line, high)
}
func (r fakeRegisters) input(line int, pull gpio.Pull) error { return r.did("input %d %v", line, pull) }
func (r fakeRegisters) user(line int) string                 { return r.users[line] }

type fakeChip struct{ *fakeBoard }

func (c fakeChip) request(lines []int, output bool, pull gpio.Pull) (lineSet, error) {
	kind := "out"
	if !output {
		kind = "in " + pull.String()
	}
	return fakeSet{c.fakeBoard, kind}, c.did("request %s %v", kind, lines)
}

type fakeSet struct {
	*fakeBoard
	kind string
}

func (s fakeSet) Out(bits, mask gpio.GPIOValue) error { return s.did("out %02X of %02X", bits, mask) }
func (s fakeSet) Read(mask gpio.GPIOValue) (gpio.GPIOValue, error) {
	return gpio.GPIOValue(s.level), s.did("read")
}
func (s fakeSet) Close() error { return s.did("close %s", s.kind) }

// errNone is why a board has no registers.
var errNone = errors.New("no registers here")

// opened opens lines of b with the default configuration, changed by change.
func opened(t *testing.T, b *fakeBoard, u Use, change ...func(*Config)) *Port {
	t.Helper()
	c := DefaultConfig()
	for _, f := range change {
		f(&c)
	}
	p, err := open(c, u, b)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
