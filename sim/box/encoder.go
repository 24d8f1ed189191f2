// SPDX-License-Identifier: GPL-3.0-or-later

package box

import (
	"math/rand/v2"
	"sync"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// EncoderConfig is an encoder box and the encoders that hang from it. Pairs
// are of the primary axis (azimuth) first, then of the secondary (altitude).
type EncoderConfig struct {
	// Protocol is one of Protocols.
	Protocol string

	// Axes tells where the mount's axes truly stand, unwrapped, so that turns
	// count.
	Axes func() (az, alt model.Angle)

	// Rotator tells where the field rotator stands, for bseg; nil for none.
	Rotator func() model.Angle

	// Sky tells where the box believes to point, for sky_commander_r, which
	// keeps an alignment of its own and answers with right ascension and
	// declination.
	Sky func() model.Equatorial

	Counts     [2]int  // of the encoders, per turn of the axis, ≥ 1
	Resolution [2]int  // counts per turn that the box supposes at power-up (jumpers, memory); 0 for Counts
	Reversed   [2]bool // the encoder counts down as the angle grows
	Noise      bool    // each count is off by −1, 0 or 1 by chance
	Space      bool    // a space stands for the TAB of the boxes that answer in decimal
	Seed       uint64  // of the noise
}

// Encoder is an encoder box. It counts from where the axes stand when it is
// made.
//
// Assumed where the documents are silent: a reset zeroes the counters as well
// as setting the resolution; a signed counter runs from −resolution/2 to
// resolution/2 − 1; a command that is not well formed is dropped without an
// answer; bseg answers in capital digits; bseg, ek and sky_commander keep
// 0 … resolution−1.
type Encoder struct {
	cfg      EncoderConfig
	commands []command

	mu         sync.Mutex
	shafts     [3]shaft // azimuth, altitude, rotator
	resolution [2]int64
	rng        *rand.Rand
	partial    []byte
	last       driver.Instant
}

// NewEncoder returns a box that has just been switched on, or fault.Invalid.
func NewEncoder(cfg EncoderConfig) (*Encoder, error) {
	commands, ok := protocols[cfg.Protocol]
	if !ok {
		return nil, fault.New(fault.Invalid, "new encoder box", "protocol %q: one of %q is needed", cfg.Protocol, Protocols())
	}
	if cfg.Axes == nil {
		return nil, fault.New(fault.Invalid, "new encoder box", "Axes is needed")
	}
	if cfg.Protocol == SkyCommanderR && cfg.Sky == nil {
		return nil, fault.New(fault.Invalid, "new encoder box", "%s needs Sky", SkyCommanderR)
	}
	most := 65534
	if cfg.Protocol == LM629 {
		most = lm629Span
	}
	for i := range cfg.Counts {
		if cfg.Resolution[i] == 0 {
			cfg.Resolution[i] = cfg.Counts[i]
		}
		if cfg.Counts[i] < 1 || cfg.Resolution[i] < 1 || cfg.Counts[i] > lm629Span || cfg.Resolution[i] > most {
			return nil, fault.New(fault.Invalid, "new encoder box", "counts %d, resolution %d: counts 1 to %d and a resolution of 1 to %d are accepted",
				cfg.Counts[i], cfg.Resolution[i], lm629Span, most)
		}
	}
	e := &Encoder{cfg: cfg, commands: commands, rng: rand.New(rand.NewPCG(cfg.Seed, 0xe2c0de))}
	for i := range e.shafts {
		j := min(i, 1)
		e.shafts[i] = shaft{counts: cfg.Counts[j], reversed: i < 2 && cfg.Reversed[j]}
	}
	e.PowerCycle()
	return e, nil
}

// PowerCycle switches the box off and on: counters at zero, the resolution as
// at power-up, half a command forgotten.
func (e *Encoder) PowerCycle() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.resolution = [2]int64{int64(e.cfg.Resolution[0]), int64(e.cfg.Resolution[1])}
	if e.cfg.Protocol == Ek {
		e.resolution = [2]int64{} // it does not count until it is told how far
	}
	e.partial = nil
	e.zero()
}

// Slip turns an encoder by an angle without its axis: 0 is azimuth, 1
// altitude.
func (e *Encoder) Slip(axis int, by model.Angle) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.shafts[axis].slip += by
}

// Resolution returns the counts per turn that the box is set to.
func (e *Encoder) Resolution() [2]int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return [2]int{int(e.resolution[0]), int(e.resolution[1])}
}

// zero sets the counters to zero here.
func (e *Encoder) zero() {
	for i, a := range e.angles() {
		e.shafts[i].zero = e.shafts[i].edges(a)
	}
}

// angles returns where the axes stand.
func (e *Encoder) angles() (a [3]model.Angle) {
	a[0], a[1] = e.cfg.Axes()
	if e.cfg.Rotator != nil {
		a[2] = e.cfg.Rotator()
	}
	return a
}

// counts reads the counters, unlimited, with their noise.
func (e *Encoder) counts() (n [3]int64) {
	for i, a := range e.angles() {
		n[i] = e.shafts[i].count(a)
		if e.cfg.Noise {
			n[i] += int64(e.rng.IntN(3) - 1)
		}
	}
	return n
}

// Take implements Box. Bytes that begin no command are ignored, so that the
// stale byte which some writers send after a reset does no harm.
func (e *Encoder) Take(at driver.Instant, in []byte) (out []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if at.Sub(e.last) > patience {
		e.partial = e.partial[:0]
	}
	e.last = at
	for _, b := range in {
		out = append(out, e.takeByte(b)...)
	}
	return out
}

// takeByte adds a byte to the command being received, and does the command
// once it is whole.
func (e *Encoder) takeByte(b byte) []byte {
	e.partial = append(e.partial, b)
	for i := range e.commands {
		c := &e.commands[i]
		if c.head != e.partial[0] {
			continue
		}
		switch body := e.partial[1:]; c.state(body) {
		case whole:
			e.partial = e.partial[:0]
			return c.do(e, body)
		case more:
			return nil
		}
		break // spoiled: b may begin another command
	}
	alone := len(e.partial) == 1
	e.partial = e.partial[:0]
	if alone {
		return nil
	}
	return e.takeByte(b)
}
