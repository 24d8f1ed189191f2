// SPDX-License-Identifier: GPL-3.0-or-later

package focuser

import (
	"log/slog"
	"math"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
)

// thermal is what is known of the temperature, and what was done about it.
type thermal struct {
	thermometer driver.Thermometer
	log         *slog.Logger
	next        driver.Instant // when to look again

	celsius float64
	warm    bool // celsius is known

	// Where focus was last set by somebody, and at which temperature.
	known     bool
	reference float64
	base      int

	applied int // steps moved for the temperature since then
	way     int // in which direction last: 1, −1, or 0 for not yet
}

// lookEvery is how often the temperature is read.
const lookEvery = 5 * time.Second

func (t *thermal) look(now driver.Instant) {
	if t.thermometer == nil || now < t.next {
		return
	}
	t.next = now.Add(lookEvery)
	celsius, err := t.thermometer.Celsius()
	if err != nil {
		if t.warm {
			t.log.Warn("the thermometer fell silent", "err", err)
		}
		t.warm = false
		return
	}
	t.celsius, t.warm = celsius, true
}

// refocused says that focus is right as it is.
func (s *state) refocused() {
	t := &s.thermal
	t.known, t.reference, t.base, t.applied, t.way = t.warm, t.celsius, s.engine.position(), 0, 0
}

// reluctance is how far focus must be off, in dead bands, before temperature
// moves it back the way it last came; at half a band it would go to and fro
// with the thermometer's noise.
const reluctance = 0.75

// correction returns by how many steps focus should be from where it was last
// set: the nearest multiple of the dead band. Source: OnStepX.
func (t *thermal) correction(c *Config) int {
	off := (t.celsius - t.reference) * c.StepsPerC
	band := float64(max(c.DeadBand, 1))
	if math.IsNaN(off) {
		return t.applied
	}
	off = min(max(off, -float64(c.MaxStep)), float64(c.MaxStep))
	ahead := off - float64(t.applied)
	if ahead*float64(t.way) < 0 && math.Abs(ahead) <= reluctance*band {
		return t.applied
	}
	return int(math.Round(off/band) * band)
}

// compensate follows the temperature while nothing else is going on.
func (s *state) compensate(now driver.Instant) {
	t := &s.thermal
	if !s.tempComp || !t.warm || s.busy {
		return
	}
	if !t.known {
		s.refocused() // as well as anybody can say
		return
	}
	steps := t.correction(s.config)
	if steps == t.applied || s.engine.ready() != nil {
		return
	}
	t.way = 1
	if steps < t.applied {
		t.way = -1
	}
	t.applied = steps
	if to := min(max(t.base+steps, 0), s.config.MaxStep); to != s.engine.position() {
		s.approach(now, compensating, to)
	}
}

func (s *state) setTempComp(on bool) error {
	if on && !s.thermal.warm {
		return fault.New(fault.Unsupported, "temperature compensation", "there is no thermometer")
	}
	if on && !s.tempComp {
		s.refocused()
	}
	s.tempComp = on
	return nil
}
