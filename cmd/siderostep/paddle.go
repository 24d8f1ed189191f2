// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"sync"
	"time"

	"github.com/siderostep/siderostep/action"
	"github.com/siderostep/siderostep/driver/harness"
	"github.com/siderostep/siderostep/driver/process"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/handpad"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/backlash"
	"github.com/siderostep/siderostep/mount"
)

// recordName is the file to which the paddle's record mode adds places.
const recordName = "record.dat"

// buildPaddle builds the hand paddle, whose modes and keys other faces have
// too where there are no lines.
func (m *Main) buildPaddle(actions []action.Action) error {
	parts := handpad.Parts{
		Mount: m.mount, Clock: m.clock, Log: m.log,
		Tour:   tour{actions},
		Record: func(at model.Equatorial, utc time.Time) error { return recordPlace(m.state.file(recordName), at, utc) },
	}
	if f := m.firstFocuser(); f != nil {
		parts.Focuser = f
	}
	if m.rig.Executor != nil {
		parts.Inputs = paddleLines{m.rig.Executor.Inputs()}
	}
	if m.aux != nil {
		parts.Aux = m.aux.set
	}
	cfg := m.cfg.Handpad
	if cfg.Present && parts.Inputs == nil {
		cfg.Present = false
		m.log.Warn("a hand paddle has lines of real hardware only: there is none with the simulated mount")
	}
	var err error
	m.paddle, err = handpad.New(cfg, parts)
	return err
}

// paddleLines are the paddle's lines among the executor's inputs, as the bits
// of the original's status port.
type paddleLines struct{ in process.Inputs }

func (l paddleLines) Read() (uint32, error) {
	levels, err := l.in.Read()
	return levels & 15 << 4, err
}

// auxLines are the four auxiliary lines, known by the pins of the parallel
// port that the original raised.
type auxLines struct {
	executor interface{ SetAux(levels uint32) }
	wired    int // lines of the hand paddle
	mu       sync.Mutex
	levels   uint32
}

// newAuxLines returns those of real hardware, nil with the simulated mount.
func (m *Main) newAuxLines() *auxLines {
	if m.rig.Executor == nil {
		return nil
	}
	return &auxLines{executor: m.rig.Executor, wired: len(m.cfg.Hardware.Aux.Lines)}
}

// set sets a line of the hand paddle.
func (a *auxLines) set(line int, on bool) error {
	for i, pin := range [...]int{1, 14, 16, 17} { // up, down, clockwise, counter-clockwise
		switch {
		case line != pin:
		case i >= a.wired:
			return fault.New(fault.Unsupported, "auxiliary line", "no line is wired as %d (hardware.aux.lines)", line)
		default:
			a.change(i, on)
			return nil
		}
	}
	return fault.New(fault.Invalid, "auxiliary line", "there is no line %d; accepted are 1, 14, 16 and 17", line)
}

func (a *auxLines) change(bit int, on bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	was := a.levels
	a.levels &^= 1 << bit
	if on {
		a.levels |= 1 << bit
	}
	if a.levels != was {
		a.executor.SetAux(a.levels)
	}
}

// balance keeps the counterweight's line at the way in which the backlash of
// motor A is taken up, until ctx ends.
func (m *Main) balance(ctx context.Context) error {
	if m.aux == nil || m.cfg.Hardware.Balance.Line < 0 {
		return nil
	}
	tick := m.clock.NewTicker(mount.Tick)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			m.aux.change(harness.AuxBalance, false)
			return nil
		case <-tick.C():
			m.aux.change(harness.AuxBalance, m.mount.Snapshot().Backlash[mount.AxisA].Sense == backlash.CounterClockwise)
		}
	}
}

// tour walks through a catalogue by the actions that do so.
type tour struct{ actions []action.Action }

func (t tour) Next(ctx context.Context) error     { return t.do(ctx, "Tour:Next") }
func (t tour) Previous(ctx context.Context) error { return t.do(ctx, "Tour:Previous") }

func (t tour) do(ctx context.Context, name string) error {
	for _, a := range t.actions {
		if a.Name == name {
			_, err := a.Do(ctx, "{}")
			return err
		}
	}
	return fault.New(fault.Unsupported, "tour", "there is no %s", name)
}

// recordPlace adds a place to a file of the original's form: RA in hours, minutes
// and seconds, declination in degrees, minutes and seconds, a name.
func recordPlace(path string, at model.Equatorial, utc time.Time) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	ra := int(math.Round(at.RA.Wrap().Hours()*3600)) % 86400
	dec := int(math.Round(at.Dec.Abs().Degrees() * 3600))
	sign := '+'
	if at.Dec < 0 {
		sign = '-'
	}
	_, err = fmt.Fprintf(f, "%02d %02d %02d %c%02d %02d %02d recorded %s\n",
		ra/3600, ra/60%60, ra%60, sign, dec/3600, dec/60%60, dec%60, utc.UTC().Format(time.DateTime))
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// paddleStatus is the paddle as the actions see it.
type paddleStatus struct{ *handpad.Paddle }

// Status returns how the paddle stands.
func (p paddleStatus) Status() action.PaddleStatus {
	s := p.Snapshot()
	v := action.PaddleStatus{Mode: string(s.Mode), Design: s.Config.Design, On: s.On, Message: s.Message.Text}
	for _, k := range s.Held {
		v.Keys = append(v.Keys, k.Key)
	}
	if s.Message.Err != nil {
		v.Message += ": " + s.Message.Err.Error()
	}
	return v
}
