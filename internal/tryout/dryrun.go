// SPDX-License-Identifier: GPL-3.0-or-later

package tryout

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/harness"
	"github.com/siderostep/siderostep/driver/record"
)

// DryRun returns c with all its lines on a recorded port at file. Lines keep
// their numbers if they were on one port, and are numbered one after the
// other otherwise. It returns fault.Invalid for more than 32.
func DryRun(c harness.Config, file string) (harness.Config, error) {
	ports := map[string]bool{}
	visit(&c, func(port string, _ *int) { ports[port] = true })
	next := 0
	visit(&c, func(_ string, line *int) {
		if len(ports) > 1 {
			*line = next
			next++
		}
	})
	if next > 32 {
		return c, invalid("%d lines on several ports: a dry run has 32", next)
	}
	c.Enabled, c.DryRun.File = true, file
	for _, port := range []*string{&c.KeepAlive.Port, &c.OverVoltage.Port, &c.Aux.Port, &c.Inputs.Port} {
		*port = harness.DryRun
	}
	for _, m := range motors() {
		outputOf(&c, m).Port = harness.DryRun
	}
	return c, nil
}

// visit calls f for every line that c uses, with its port. The lists of lines
// become c's own before.
func visit(c *harness.Config, f func(port string, line *int)) {
	each := func(port string, lines *[]int) {
		*lines = slices.Clone(*lines)
		for i := range *lines {
			if (*lines)[i] >= 0 {
				f(port, &(*lines)[i])
			}
		}
	}
	one := func(port string, line *int) {
		if *line >= 0 {
			f(port, line)
		}
	}
	for _, m := range motors() {
		o := outputOf(c, m)
		if o.Drive == harness.None {
			continue
		}
		each(o.Port, &o.Lines)
		one(o.Port, &o.EnableLine)
		each(o.Port, &o.ModeLines)
	}
	one(c.KeepAlive.Port, &c.KeepAlive.Line)
	one(c.OverVoltage.Port, &c.OverVoltage.Line.Line)
	each(c.Aux.Port, &c.Aux.Lines)
	each(c.Inputs.Port, &c.Inputs.Paddle)
	each(c.Inputs.Port, &c.Inputs.PECIndex)
}

// Records are what a recorded port has kept.
type Records interface {
	Records(index uint64) iter.Seq[record.Record]
	Written() uint64
}

// Tape decodes what a dry run has recorded. A nil Tape has nothing to tell.
type Tape struct {
	wires []Wire
	from  Records
	next  uint64
}

// NewTape begins with what will be recorded from now on.
func NewTape(wires []Wire, from Records) *Tape {
	return &Tape{wires: wires, from: from, next: from.Written()}
}

// written returns how many writes were recorded in all. Any goroutine may
// ask.
func (t *Tape) written() uint64 {
	if t == nil {
		return 0
	}
	return t.from.Written()
}

// tell says what was recorded since it was last asked.
func (t *Tape) tell(c *Console) { t.tellTo(c, t.written()) }

// tellTo says what was recorded since it was last asked, up to a write.
func (t *Tape) tellTo(c *Console, end uint64) {
	if t == nil {
		return
	}
	if text := t.decode(end); text != "" {
		c.say("    recorded: %s", text)
	}
}

// decode returns the words that were written since the last decode, up to a
// write, and for which share of the time each wire was on.
func (t *Tape) decode(end uint64) string {
	var all []record.Record
	var until driver.Instant
	for r := range t.from.Records(t.next) {
		if until = r.At; r.Index >= end {
			break // what was written next ends the time of the last one
		}
		all = append(all, r)
	}
	t.next = end
	if len(all) == 0 {
		return ""
	}
	var words []string
	for _, r := range all {
		if word := fmt.Sprintf("%Xh", r.Levels); !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	const few = 6
	if len(words) > few {
		words = append(words[:few], "…")
	}
	text := fmt.Sprintf("%s, levels %s", plural(len(all), "write"), strings.Join(words, " "))
	for _, w := range t.wires {
		if share := shareOf(w, all, until); share > 0 {
			text += fmt.Sprintf("; %s %.0f %%", w.Name, 100*share)
		}
	}
	return text
}

// shareOf returns for which share of the time a wire was on, from the first of
// the records until an instant. In no time at all, the last one counts.
func shareOf(w Wire, records []record.Record, until driver.Instant) float64 {
	var lit time.Duration
	for i, r := range records {
		end := until
		if i+1 < len(records) {
			end = records[i+1].At
		}
		if r.Levels&w.mask() != w.level(true) {
			continue
		}
		if until == records[0].At && i == len(records)-1 {
			return 1
		}
		lit += end.Sub(r.At)
	}
	return float64(lit) / float64(max(until.Sub(records[0].At), 1))
}
