// SPDX-License-Identifier: GPL-3.0-or-later

package focuser

import (
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model/focus"
)

// Saved is what a focuser remembers from run to run.
type Saved struct {
	Position int            `json:"position"`
	TempComp bool           `json:"temperature_compensation"`
	Moving   bool           `json:"moving,omitempty"`      // the motor moved when this was written
	Unsure   bool           `json:"unsure,omitempty"`      // the position is not to be trusted
	Slack    int            `json:"slack_steps,omitempty"` // of backlash, not taken up
	Presets  []Preset       `json:"presets,omitempty"`     // in the order of their making
	Findings focus.Findings `json:"measurements,omitzero"` // of the step size and the focus curve
}

// fits reports whether s tells a position that c knows.
func (s *Saved) fits(c Config) bool {
	return s != nil && s.Position >= 0 && (s.Position <= c.MaxStep || c.Motor == Celestron)
}

// sure reports whether the motor stands where s says. At a first start the
// configuration says it.
func (s *Saved) sure(c Config) bool { return s == nil || s.fits(c) && !s.Moving && !s.Unsure }

// Snapshot is the focuser at one instant. It is immutable.
type Snapshot struct {
	At       driver.Instant
	Config   *Config // MaxStep is the motor's own, where it has one
	Position int     // steps, 0 to MaxStep
	Target   int
	Moving   bool   // not by temperature
	Trusted  bool   // Position is sure; otherwise SetPosition makes it so, or calibration
	Holder   string // whose key moves the motor; "" for none
	Slack    int    // steps of backlash to be taken up before focus moves in its setting's direction
	Fault    error  // why the last move failed, until the next; Offline while that is not nil
	Offline  error  // why the motor cannot be reached, and all of this is of the past; nil while it can

	TempComp       bool
	Compensation   int // steps moved for the temperature since focus was last set
	HasTemperature bool
	TemperatureC   float64

	Presets     []Preset
	Findings    focus.Findings
	Calibration Calibration
	Report      driver.Report // of a motor on the executor

	saved Saved
}

// Connected reports whether the motor can be reached.
func (s *Snapshot) Connected() bool { return s.Offline == nil }

// Calibration is how a motor that counts by itself stands with the ends of its
// travel.
type Calibration struct {
	Possible bool // the motor has such ends to find
	Needed   bool // they are not known: it does not move
	Running  bool // it drives to them
	Stage    int  // of Running, 1 to 12; what each is, nobody documents
	Low      int  // the ends, in the motor's own count
	High     int
	Fault    error // why the last one failed
}

func (s *state) snapshot(now driver.Instant) *Snapshot {
	n := &Snapshot{
		At: now, Config: s.config, Position: s.engine.position(), Target: s.target,
		Moving: s.busy, Trusted: s.engine.trusted(), Holder: s.holder, Slack: s.slack, Fault: s.fault,
		TempComp: s.tempComp, Compensation: s.thermal.applied, HasTemperature: s.thermal.warm, TemperatureC: s.thermal.celsius,
		Presets: s.presets, Findings: s.findings,
	}
	s.engine.describe(n)
	n.Moving = n.Moving && !(s.busy && s.why == compensating)
	if n.Offline != nil {
		n.Fault = n.Offline
	}
	n.saved = Saved{
		Position: n.Position, TempComp: s.tempComp, Moving: s.busy && !s.engine.still(), Unsure: !n.Trusted,
		Slack: s.slack, Presets: s.presets, Findings: s.findings,
	}
	return n
}
