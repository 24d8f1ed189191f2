// SPDX-License-Identifier: GPL-3.0-or-later

package tryout

import (
	"fmt"
	"iter"
	"slices"
	"strings"

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

// tell says what was recorded since it was last asked.
func (t *Tape) tell(c *Console) {
	if t == nil {
		return
	}
	if text := t.decode(); text != "" {
		c.say("    recorded: %s", text)
	}
}

// decode returns the words that were written since the last decode, and for
// which share of the time each wire was on.
func (t *Tape) decode() string {
	var all []record.Record
	for r := range t.from.Records(t.next) {
		all = append(all, r)
	}
	if len(all) == 0 {
		return ""
	}
	t.next = all[len(all)-1].Index + 1
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
		if share := shareOf(w, all); share > 0 {
			text += fmt.Sprintf("; %s %.0f %%", w.Name, 100*share)
		}
	}
	return text
}

// shareOf returns for which share of the records' time a wire was on. The
// last record only ends the time, unless it is the only one.
func shareOf(w Wire, records []record.Record) float64 {
	last := len(records) - 1
	on := func(i int) bool { return records[i].Levels&w.mask() == w.level(true) }
	total := records[last].At.Sub(records[0].At)
	if total <= 0 {
		if on(last) {
			return 1
		}
		return 0
	}
	lit := total - total
	for i := range last {
		if on(i) {
			lit += records[i+1].At.Sub(records[i].At)
		}
	}
	return float64(lit) / float64(total)
}
