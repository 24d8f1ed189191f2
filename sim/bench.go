// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"math"
	"sync"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// Site is where the bench stands on the Earth.
type Site struct {
	Latitude, Longitude model.Angle // north and east positive
	HeightM             float64     // metres above the sea
}

// Drive is what the controller is told about one motor and its reduction.
type Drive struct {
	FullStep model.Angle // what a full step should move the axis by

	// StartFullSteps is where the rotor stands at power-on; 0 is the zero of
	// the axis. Winding a alone pulls to multiples of 4: a controller that
	// begins to count at 0 with that winding should start at one of them, for
	// a rotor anywhere else is drawn to the nearest.
	StartFullSteps float64
}

// RotatorDrive is the camera rotator's motor.
type RotatorDrive struct {
	Step  model.Angle // per pulse
	Start model.Angle // angle at power-on
}

// FocuserDrive is the focuser's motor.
type FocuserDrive struct {
	StepMicrons float64 // of travel per pulse
	StartSteps  int64   // position at power-on, outward from the inner stop
}

// Rig is what the bench is built for, the same numbers that the controller is
// told.
type Rig struct {
	Site    Site
	Epoch   time.Time // UTC of Instant 0
	Z, A    Drive
	Rotator RotatorDrive
	Focuser FocuserDrive
	Seed    uint64
}

// Axis names one of the mount's two axes.
type Axis int

// The axes, in the order of model.Axes.
const (
	AxisZ Axis = iota // azimuth or right ascension
	AxisA             // altitude or declination
)

func (a Axis) String() string { return [...]string{"Z", "A"}[a] }

// train is one axis from its windings to the tube.
type train struct {
	winding winding
	motor   motor
	rotor   rotor
	gear    gear
	step    float64 // the nominal full step, radians
	duty    [4]float64
}

// Bench is the physical world. Make one with New.
type Bench struct {
	mu sync.Mutex

	cfg   Config
	rig   Rig
	earth earth
	stand stand
	lens  lens
	wind  [2]gusts

	train   [2]train
	pattern driver.Pattern
	rotator turner
	focuser turner

	now  driver.Instant // of the latest event
	seen driver.Instant // the latest instant anybody asked about

	thermometerDead bool
}

// New builds a bench. It returns fault.Invalid, and no bench, for a
// configuration or rig that cannot be built.
func New(cfg Config, rig Rig) (*Bench, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if err := rig.validate(); err != nil {
		return nil, err
	}
	b := &Bench{
		cfg:   cfg,
		rig:   rig,
		earth: newEarth(rig.Site, rig.Epoch, cfg.UT1MinusUTCS),
		stand: newStand(&cfg, rig.Site.Latitude),
		train: [2]train{newTrain(&cfg, &cfg.Z, rig.Z), newTrain(&cfg, &cfg.A, rig.A)},
		wind:  [2]gusts{newGusts(rig.Seed, 1), newGusts(rig.Seed, 2)},
		rotator: turner{
			unit: float64(rig.Rotator.Step),
			play: cfg.RotatorPlayArcsec * arcsec,
			gap:  driver.Instant(1e9 / cfg.PulsesPerS),
		},
		focuser: turner{
			unit:  rig.Focuser.StepMicrons,
			steps: rig.Focuser.StartSteps,
			moved: float64(rig.Focuser.StartSteps) * rig.Focuser.StepMicrons,
			play:  cfg.FocusPlayMicrons,
			gap:   driver.Instant(1e9 / cfg.PulsesPerS),
		},
	}
	if cfg.Refraction {
		pressure := cfg.PressureHPa
		if pressure == 0 {
			pressure = 1013.25 * math.Exp(-rig.Site.HeightM/8400)
		}
		b.lens = newLens(newAir(pressure, cfg.TemperatureC, cfg.HumidityPercent/100, rig.Site.HeightM, cfg.WavelengthUm))
	}
	return b, nil
}

func (r *Rig) validate() error {
	const op = "build bench"
	switch lat := r.Site.Latitude; {
	case !lat.IsFinite() || lat.Abs() > model.Quarter:
		return fault.New(fault.Invalid, op, "latitude %v is beyond a pole", lat)
	case !r.Site.Longitude.IsFinite():
		return fault.New(fault.Invalid, op, "longitude is not a number")
	case !(r.Site.HeightM >= -500 && r.Site.HeightM <= 9000):
		return fault.New(fault.Invalid, op, "height %v m is not on the Earth's surface", r.Site.HeightM)
	case r.Epoch.Year() < 1900 || r.Epoch.Year() > 2150:
		return fault.New(fault.Invalid, op, "the run begins in %d; the bench knows the sky from 1900 to 2150", r.Epoch.Year())
	}
	for _, d := range []Drive{r.Z, r.A} {
		if !d.FullStep.IsFinite() || d.FullStep <= 0 || d.FullStep > model.Degrees(10) {
			return fault.New(fault.Invalid, op, "a full step of %v is not between 0° and 10°", d.FullStep)
		}
		if math.IsNaN(d.StartFullSteps) || math.Abs(d.StartFullSteps) > 1e9 {
			return fault.New(fault.Invalid, op, "a motor cannot start at full step %v", d.StartFullSteps)
		}
	}
	if !r.Rotator.Step.IsFinite() || !r.Rotator.Start.IsFinite() || math.IsNaN(r.Focuser.StepMicrons) || math.IsInf(r.Focuser.StepMicrons, 0) {
		return fault.New(fault.Invalid, op, "step of rotator or focuser is not a number")
	}
	return nil
}

func newTrain(cfg *Config, g *Gear, d Drive) train {
	t := train{
		winding: newWinding(&cfg.Motor, g.Reversed),
		motor:   newMotor(&cfg.Motor),
		gear:    newGear(g, d, cfg.EncoderCounts),
		step:    float64(d.FullStep),
	}
	t.rotor.x, t.rotor.y = d.StartFullSteps, d.StartFullSteps
	return t
}

// port is the eight lines that hold the windings of both motors.
type port struct{ b *Bench }

// Windings returns the port of both motors: bits 0 to 3 drive windings a, b,
// a− and b− of motor A, bits 4 to 7 those of motor Z. The order 1, 3, 2, 6, 4,
// C, 8, 9 turns a motor clockwise by half steps.
func (b *Bench) Windings() driver.Windings { return port{b} }

// Drive puts a pattern on the windings. It returns fault.Invalid, and leaves
// the windings as they were, for a pattern the port cannot hold or an instant
// before the one before.
func (p port) Drive(at driver.Instant, pattern *driver.Pattern) error {
	b := p.b
	b.mu.Lock()
	defer b.mu.Unlock()
	if at < b.now {
		return fault.New(fault.Invalid, "drive windings", "instant %d comes before %d", at, b.now)
	}
	if *pattern == b.pattern {
		b.now = at
		return nil
	}
	duty, err := duties(pattern)
	if err != nil {
		return err
	}
	b.now, b.pattern = at, *pattern
	b.train[AxisA].drive(at, [4]float64(duty[:4]))
	b.train[AxisZ].drive(at, [4]float64(duty[4:]))
	return nil
}

// drive puts new duties on the windings of one motor.
func (t *train) drive(at driver.Instant, duty [4]float64) {
	if duty == t.duty {
		return
	}
	t.rotor.advance(&t.motor, &t.gear, at)
	t.duty = duty
	t.rotor.energise(t.winding.force(duty))
}

// later returns the rotor as it will be at an instant, if nothing changes. The
// bench itself stays where it is: a pattern that is played late finds it there.
func (b *Bench) later(axis Axis, at driver.Instant) rotor {
	t := &b.train[axis]
	r := t.rotor
	r.advance(&t.motor, &t.gear, at)
	return r
}

// look notes that somebody asked about an instant, and returns it, or the
// latest that has happened.
func (b *Bench) look(at driver.Instant) driver.Instant {
	at = max(at, b.now)
	b.seen = max(b.seen, at)
	return at
}
