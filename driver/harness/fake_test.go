// SPDX-License-Identifier: GPL-3.0-or-later

package harness

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/fault"
)

// fakePort records the levels of its outputs after every write that changes
// them.
type fakePort struct {
	name    string
	use     lineUse
	levels  uint32
	log     []uint32
	inputs  uint32
	writes  int
	refuse  error
	strange uint32 // lines written that are no outputs
	events  *[]string
}

func (p *fakePort) Write(word, mask uint32) error {
	if p.refuse != nil {
		return p.refuse
	}
	p.writes++
	p.strange |= mask &^ p.use.outputs
	levels := p.levels&^mask | word&mask
	if levels != p.levels || len(p.log) == 0 {
		p.log = append(p.log, levels)
	}
	p.levels = levels
	return nil
}

func (p *fakePort) Read() (uint32, error) { return p.inputs, p.refuse }
func (p *fakePort) Off() error {
	*p.events = append(*p.events, "off "+p.name)
	return p.Write(p.use.offHigh, p.use.outputs)
}

func (p *fakePort) Close() error {
	*p.events = append(*p.events, "close "+p.name)
	return p.refuse
}

// fakeChip is a PCA9685 that shows patterns as a port shows lines.
type fakeChip struct {
	*fakePort
	channels []int
	patterns []driver.Pattern
}

func (c *fakeChip) windings(channels []int) (driver.Windings, error) {
	c.channels = channels
	return c, nil
}
func (c *fakeChip) Drive(_ driver.Instant, p *driver.Pattern) error {
	c.patterns = append(c.patterns, *p)
	return nil
}
func (c *fakeChip) Verify() error { return c.refuse }

// fakeComputer has every port.
type fakeComputer struct {
	ports  map[string]*fakePort
	chip   *fakeChip
	fail   map[string]error
	events []string
}

func (f *fakeComputer) port(name string, u lineUse) *fakePort {
	return &fakePort{name: name, use: u, levels: u.offHigh, events: &f.events}
}

func (f *fakeComputer) open(_ *Config, name string, u lineUse) (port, string, error) {
	if err := f.fail[name]; err != nil {
		return nil, "", err
	}
	if f.ports == nil {
		f.ports = map[string]*fakePort{}
	}
	f.ports[name] = f.port(name, u)
	return f.ports[name], "fake " + name, nil
}

func (f *fakeComputer) openChip(*Config, Motors) (pwmChip, string, error) {
	if err := f.fail[PCA9685]; err != nil {
		return nil, "", err
	}
	f.chip = &fakeChip{fakePort: f.port(PCA9685, lineUse{})}
	return f.chip, "fake pca9685", nil
}

var errGone = fault.New(fault.Hardware, "test", "gone")

// telescope is a harness on fake ports with its mount's executor.
type telescope struct {
	*testing.T
	*fakeComputer
	harness *Harness
	motors  *executor.Inline
	now     driver.Instant
}

// newTelescope opens a wiring. initial are the counts of Z, A and rotator.
func newTelescope(t *testing.T, c Config, m Motors, initial [3]int64, halfStepAbove float64) *telescope {
	t.Helper()
	s := &telescope{T: t, fakeComputer: &fakeComputer{}}
	var err error
	if s.harness, err = open(c, m, s.fakeComputer); err != nil {
		t.Fatal(err)
	}
	group := s.harness.Mount()
	if len(group.Axes) != 3 {
		t.Fatalf("%d axes; want Z, A and rotator", len(group.Axes))
	}
	axes := slices.Clone(group.Axes)
	for i := range axes {
		axes[i].Brake, axes[i].MaxRate = 1e5, 1e5
		axes[i].Initial += microsteps(initial[i])
		if axes[i].Kind == executor.Windings {
			axes[i].HalfStepAbove = halfStepAbove
		}
	}
	if s.motors, err = executor.NewInline(executor.Config{Axes: axes}, group.Outputs); err != nil {
		t.Fatal(err)
	}
	if err := s.motors.Resume(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for name, p := range s.ports {
			if p.strange != 0 {
				t.Errorf("%s: lines %x were written that are no outputs", name, p.strange)
			}
		}
	})
	return s
}

// pass lets time pass.
func (s *telescope) pass(d time.Duration) {
	for end := s.now.Add(d); s.now < end; {
		s.now = s.now.Add(min(time.Millisecond, end.Sub(s.now)))
		s.motors.Beat(s.now)
	}
}

// move turns an axis by n microsteps at the rate.
func (s *telescope) move(axis int, n, rate float64) {
	s.Helper()
	dur := time.Duration(abs(n) / rate * 1e9)
	v := rate * n / abs(n)
	at := s.motors.Report(axis).Position
	err := s.motors.Queue(axis, driver.Segment{Start: s.now, Dur: dur, P: at, V: v, Splice: true})
	if err != nil {
		s.Fatal(err)
	}
	s.pass(dur + 100*time.Millisecond)
}

func abs(x float64) float64 { return max(x, -x) }

// bytes gives the levels that a port showed as data bytes and, behind a
// colon, the control pins that are high.
func (p *fakePort) bytes() (list []string) {
	for _, levels := range p.log {
		text := fmt.Sprintf("%02X", levels>>2&0xFF)
		for _, pin := range []int{1, 14, 16, 17} {
			if levels>>pin&1 == 1 {
				text += fmt.Sprintf(":%d", pin)
			}
		}
		list = append(list, text)
	}
	return list
}

// contains reports whether some of the list, without a gap, is row.
func contains[T comparable](list, row []T) bool {
	for i := range list {
		if len(list)-i >= len(row) && slices.Equal(list[i:i+len(row)], row) {
			return true
		}
	}
	return false
}
