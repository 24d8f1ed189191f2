// SPDX-License-Identifier: GPL-3.0-or-later

package measure

import (
	"context"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/tuning"
	"github.com/siderostep/siderostep/mount"
)

// Encoders tell what the encoders say.
type Encoders interface {
	// Latest returns the latest reading; false before the first.
	Latest() (driver.EncoderReading, bool)
}

// Recording says how the encoders are recorded.
type Recording struct {
	Axis   int
	Cycles int     // electrical cycles each way, 1 to 50
	Rate   float64 // most microsteps per second, > 0 to 20
	To     io.Writer
	Step   func(done, of int) // is told after each microstep; nil for nobody
}

// patience is how long a reading of the encoders, or a microstep, may take.
const patience = 10 * time.Second

// dwell is how long a rotor swings after a microstep.
const dwell = 30 * time.Millisecond

// Record turns a motor of four windings one microstep after the other,
// clockwise over whole electrical cycles and back, reads the encoders after
// each, and returns what the quarter steps are. It writes a line for each:
//
//	microstep countA countZ
//
// with the count of the motor and those of the encoders. The motor first takes
// up the gears' play. What was recorded when ctx ends, or an error comes, has
// been written. It returns fault.Refused without encoders or while the mount
// is not free, and fault.Hardware when the encoders fall silent.
//
// Source: trenc of the original; stepper-core §6.4.
func Record(ctx context.Context, m Mount, c clock.Clock, e Encoders, r Recording) (tuning.QuarterSteps, error) {
	p := recorder{Recording: r, mount: m, clock: c, encoders: e}
	if err := p.check(); err != nil {
		return tuning.QuarterSteps{}, err
	}
	settle := m.Snapshot().Config.Mount.SettleS
	if err := p.settle(ctx, 0); err != nil {
		return tuning.QuarterSteps{}, err
	}
	defer func() { _ = p.settle(context.WithoutCancel(ctx), settle) }()
	return p.record(ctx)
}

type recorder struct {
	Recording
	mount    Mount
	clock    clock.Clock
	encoders Encoders

	made, all int
}

func (p *recorder) check() error {
	s := p.mount.Snapshot()
	switch {
	case p.Axis != mount.AxisZ && p.Axis != mount.AxisA:
		return fault.New(fault.Invalid, opRecord, "axis %d is none of 0 (Z) and 1 (A)", p.Axis)
	case p.Cycles < 1 || p.Cycles > 50:
		return fault.New(fault.Invalid, opRecord, "%d cycles; 1 to 50 is accepted", p.Cycles)
	case !(p.Rate > 0 && p.Rate <= 20):
		return fault.New(fault.Invalid, opRecord, "%g microsteps per second; above 0 to 20 is accepted", p.Rate)
	}
	if p.encoders == nil {
		return fault.New(fault.Refused, opRecord, "there are no encoders")
	}
	if _, ok := p.encoders.Latest(); !ok {
		return fault.New(fault.Refused, opRecord, "the encoders have not been read")
	}
	if err := atRest(s); err != nil {
		return err
	}
	return idleEncoders(s)
}

const opRecord = "record encoders"

func (p *recorder) settle(ctx context.Context, s float64) error {
	return p.mount.Configure(ctx, func(c *mount.Config) { c.Mount.SettleS = s })
}

// record does what Record says.
func (p *recorder) record(ctx context.Context) (tuning.QuarterSteps, error) {
	a := *settings(p.mount.Snapshot().Config, p.Axis)
	cycle := 4 * a.Microsteps
	lead := cycle * (1 + int(model.Arcmin(math.Abs(a.BacklashArcmin))/microstep(&a, false))/cycle)
	p.all = 2 * p.Cycles * cycle
	var cycles [][]float64
	for _, way := range [...]int{1, -1} {
		// To phase a0, with a run-up that ends there.
		at := int(p.mount.Snapshot().Reports[p.Axis].Emitted)
		to := (at/cycle)*cycle - at + way*(lead+cycle)
		if err := p.step(ctx, to); err != nil {
			return tuning.QuarterSteps{}, err
		}
		row := make([]float64, p.Cycles*cycle+1)
		for i := range row {
			if i > 0 {
				if err := p.step(ctx, way); err != nil {
					return tuning.QuarterSteps{}, err
				}
			}
			v, err := p.read(ctx)
			if err != nil {
				return tuning.QuarterSteps{}, err
			}
			row[i] = v
			if i > 0 && p.Step != nil {
				p.made++
				p.Step(p.made, p.all)
			}
		}
		for i := range p.Cycles {
			one := row[i*cycle : (i+1)*cycle+1]
			if way < 0 {
				one = backward(one)
			}
			cycles = append(cycles, one)
		}
	}
	return tuning.MeasureQuarterSteps(cycles, a.Microsteps)
}

func backward(v []float64) []float64 {
	b := make([]float64, len(v))
	for i := range v {
		b[len(v)-1-i] = v[i]
	}
	return b
}

// step turns the motor by microsteps and waits until it stands; at least as
// long as the rate asks for.
func (p *recorder) step(ctx context.Context, by int) error {
	begin := p.clock.Now()
	to := p.mount.Snapshot().Reports[p.Axis].Emitted + model.Microsteps(by)
	if err := p.mount.StepMotor(ctx, p.Axis, by); err != nil {
		return err
	}
	for {
		s := p.mount.Snapshot()
		if s.Activity == mount.Idle && !s.Slewing && s.Reports[p.Axis].State != driver.Playing {
			if got := s.Reports[p.Axis].Emitted; got != to {
				return fault.New(fault.Refused, opRecord, "the motor was stopped, or moved by somebody else")
			}
			break
		}
		if by*by == 1 && p.clock.Now().Sub(begin) > patience {
			return fault.New(fault.Hardware, opRecord, "a microstep took more than %v", patience)
		}
		if err := clock.Sleep(ctx, p.clock, mount.Tick); err != nil {
			return err
		}
	}
	rest := time.Duration(float64(time.Second)/p.Rate) - p.clock.Now().Sub(begin)
	if by*by != 1 || rest < 0 {
		rest = 0
	}
	return clock.Sleep(ctx, p.clock, max(rest, dwell))
}

// read waits for a reading that was made at rest, writes it and returns the
// count of the axis.
func (p *recorder) read(ctx context.Context) (float64, error) {
	since, begin := p.mount.Instant(), p.clock.Now()
	for {
		if e, ok := p.encoders.Latest(); ok && e.At >= since {
			counts := [2]float64{}
			for i := range counts {
				if e.Count[i] > 0 {
					counts[i] = math.Round(float64(e.Angles[i] / e.Count[i]))
				}
			}
			_, err := fmt.Fprintf(p.To, "%d %.0f %.0f\n", p.mount.Snapshot().Reports[p.Axis].Emitted, counts[mount.AxisA], counts[mount.AxisZ])
			if err != nil {
				return 0, fault.Wrap(fault.Hardware, opRecord, err)
			}
			return counts[p.Axis], nil
		}
		if p.clock.Now().Sub(begin) > patience {
			return 0, fault.New(fault.Hardware, opRecord, "the encoders have been silent for %v", patience)
		}
		if err := clock.Sleep(ctx, p.clock, mount.Tick); err != nil {
			return 0, err
		}
	}
}
