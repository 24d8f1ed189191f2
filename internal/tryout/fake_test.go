// SPDX-License-Identifier: GPL-3.0-or-later

package tryout

import (
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/harness"
	"github.com/siderostep/siderostep/driver/waveform"
	"github.com/siderostep/siderostep/fault"
)

// entry is what stands on a port's lines from an instant on.
type entry struct {
	at     driver.Instant
	levels uint32
}

// fakePort keeps what was written to it, and hands it on.
type fakePort struct {
	use    Use
	now    func() driver.Instant
	next   driver.Lines // nil: nothing behind it
	inputs func() uint32

	log    []entry
	levels uint32
	fail   int // writes until the port breaks for one write; 0: never
	panics bool
	closed bool
}

func (p *fakePort) Write(word, mask uint32) error {
	if mask&^p.use.Outputs != 0 {
		return fault.New(fault.Invalid, "fake port", "lines %X are no outputs", mask&^p.use.Outputs)
	}
	if p.fail > 0 {
		if p.fail--; p.fail == 0 {
			if p.panics {
				panic("the port is on fire")
			}
			return fault.New(fault.Hardware, "fake port", "broken")
		}
	}
	p.levels = p.levels&^mask | word&mask
	p.log = append(p.log, entry{p.now(), p.levels})
	if p.next != nil {
		return p.next.Write(word, mask)
	}
	return nil
}

func (p *fakePort) Read() (uint32, error) { return p.inputs(), nil }
func (p *fakePort) Off() error            { return p.Write(p.use.OffHigh, p.use.Outputs) }
func (p *fakePort) Close() error          { p.closed = true; return nil }

// since returns a clock's time as instants from now on.
func since(c clock.Clock) func() driver.Instant {
	begin := c.Now()
	return func() driver.Instant { return driver.Instant(c.Now().Sub(begin)) }
}

// openFakes returns a board on fake ports, made by make.
func openFakes(t *testing.T, c harness.Config, m harness.Motors, alter func(*fakePort)) (*Board, map[string]*fakePort) {
	t.Helper()
	clk := clock.Real{} // of the bubble
	ports := map[string]*fakePort{}
	b, err := OpenBoard(c, m, func(name string, u Use) (Port, error) {
		p := &fakePort{use: u, now: since(clk)}
		if alter != nil {
			alter(p)
		}
		if err := p.Off(); err != nil {
			return nil, err
		}
		ports[name] = p
		return p, nil
	}, clk)
	if err != nil {
		t.Fatal(err)
	}
	return b, ports
}

// preset returns a known wiring, and motors for it.
func preset(t *testing.T, name string) (harness.Config, harness.Motors) {
	t.Helper()
	c, err := harness.Preset(name)
	if err != nil {
		t.Fatal(err)
	}
	w := waveform.DefaultConfig()
	if name == "five-phase" {
		w.Windings = 5
	}
	return c, harness.Motors{Z: w, A: w}
}

// text is what was printed. Any goroutine may print.
type text struct {
	mu sync.Mutex
	b  strings.Builder
}

func (x *text) Write(b []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.Write(b)
}

func (x *text) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.String()
}

// console returns one on which in was typed, and what is printed.
func console(ctx context.Context, in io.Reader) (*Console, *text) {
	out := new(text)
	return NewConsole(ctx, in, out), out
}

// shares returns for which share of a stretch of time each line was high.
func shares(log []entry, from, to time.Duration) (high [32]float64) {
	for i, e := range log {
		end := driver.Instant(to)
		if i+1 < len(log) {
			end = min(end, log[i+1].at)
		}
		begin := max(e.at, driver.Instant(from))
		for line := range high {
			if end > begin && e.levels>>line&1 == 1 {
				high[line] += end.Sub(begin).Seconds() / (to - from).Seconds()
			}
		}
	}
	return high
}
