// SPDX-License-Identifier: GPL-3.0-or-later

package pwm_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/pwm"
	"github.com/siderostep/siderostep/driver/waveform"
)

// lines records what is written to it, and when.
type lines struct {
	now    driver.Instant
	level  uint32
	log    []write
	refuse error
	tries  int
}

type write struct {
	at   driver.Instant
	word uint32
	mask uint32
}

var errUnplugged = errors.New("unplugged")

func (l *lines) Write(word, mask uint32) error {
	l.tries++
	if l.refuse != nil {
		return l.refuse
	}
	l.level = l.level&^mask | word&mask
	l.log = append(l.log, write{l.now, word, mask})
	return nil
}

// text gives what was written as "C3@0 81@6", at slots of the given length.
func (l *lines) text(slot time.Duration) string {
	var all []string
	for _, w := range l.log {
		all = append(all, fmt.Sprintf("%02X@%v", w.word, float64(w.at)/float64(slot)))
	}
	return strings.Join(all, " ")
}

// bench is a port with its lines, and an executor's loop around them.
type bench struct {
	*testing.T
	lines lines
	port  *pwm.Port
}

func newBench(t *testing.T, wiring []int, period time.Duration) *bench {
	t.Helper()
	b := &bench{T: t}
	var err error
	if b.port, err = pwm.New(&b.lines, wiring, period); err != nil {
		t.Fatal(err)
	}
	return b
}

// until plays everything that is due before t, on time.
func (b *bench) until(t driver.Instant) {
	b.Helper()
	for b.port.Next() < t {
		b.lines.now = b.port.Next()
		if err := b.port.Advance(b.lines.now); err != nil {
			b.Fatal(err)
		}
		if b.port.Next() <= b.lines.now {
			b.Fatalf("next is due at %d, at %d", b.port.Next(), b.lines.now)
		}
	}
	b.lines.now = t
}

// drive plays up to t and puts a pattern on.
func (b *bench) drive(t driver.Instant, p driver.Pattern) {
	b.Helper()
	b.until(t)
	if err := b.port.Drive(t, &p); err != nil {
		b.Fatal(err)
	}
}

var bits8 = []int{0, 1, 2, 3, 4, 5, 6, 7}

// worked is the motor of stepper-core §1.2: four microsteps, ten slots.
func worked() waveform.Config {
	return waveform.Config{
		Windings: 4, Microsteps: 4, Slots: 10, Pause: 5,
		Leaving: []int{10, 10, 10, 6}, Approaching: []int{0, 6, 10, 10},
	}
}

func table(t testing.TB, c waveform.Config) *waveform.Table {
	t.Helper()
	made, err := waveform.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func pair(t testing.TB, a, z waveform.Config) (waveform.Pair, *waveform.Table, *waveform.Table) {
	t.Helper()
	low, high := table(t, a), table(t, z)
	p, err := waveform.NewPair(low, high)
	if err != nil {
		t.Fatal(err)
	}
	return p, low, high
}
