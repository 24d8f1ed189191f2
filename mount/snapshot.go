// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
)

// Snapshot is the mount at one instant. It is immutable; nothing reached
// through it may be changed.
type Snapshot struct {
	At     driver.Instant
	UTC    time.Time   // the mount's own time of At
	LST    model.Angle // local apparent sidereal time, [0, 2π)
	Config *Config     // the settings in force
	Model  *pointing.Model
	// Alignment is how Model came about, and the models before it.
	Alignment *Alignment
	Polar     Polar
	Drift     DriftAlignment

	Axes       model.Axes       // where the motors have brought the axes
	Equatorial model.Equatorial // the place on the sky of Axes: equinox of date, without refraction
	Horizontal model.Horizontal // the same in the observer's sky, without refraction
	Pier       pointing.PierSide

	Activity  Activity
	Slewing   bool // slew, park, find home, held motion, flip or their settling
	Tracking  bool // false while parked
	Parked    bool
	AtHome    bool
	Trusted   bool // the position is known: no stall, power cut or released winding since
	Degraded  bool // tracking as fast as the axes can, but behind the sky, near the mount's pole
	SlewFault error
	Stopped   error  // why tracking or motion stopped by itself, until the next command
	Motions   uint64 // motions begun, or ended without having arrived, by whomever: who begins one can tell its end from another's
	Counts    Counts
	Ticked    driver.Instant // the latest tick of the control loop; At may be a later command's
	Phase     Phase
	Arrival   driver.Instant // when a slew, parking, homing or stop will have brought the axes to rest or onto the target; 0 without

	Drive      DriveRate
	RARate     model.Rate // offset rate in right ascension, angle per SI second, growing eastward
	DecRate    model.Rate // offset rate in declination, per SI second
	Following  string     // the body that is followed; "" for none. The offset rates are its own
	Target     model.Equatorial
	HasTarget  bool             // tracking, or slewing to a place on the sky
	Guided     model.Equatorial // sum of guide pulses since the target was chosen
	GuideEnd   driver.Instant   // when the last guide pulse ends; 0 for none
	HeldRates  [3]model.Rate    // MoveAxis rates in force: primary, secondary, rotator
	Holder     string           // whose MoveAxis or Nudge is in force; "" for none
	Rotator    RotatorState
	Reports    [3]driver.Report // Z, A, rotator
	Backlash   [2]BacklashState // of the gears of Z and A
	Encoders   EncoderState
	Guiding    GuideState
	AxisDrift  [2]model.Rate // of the axes Z and A beside the target; see SetDrift
	FieldAngle model.Angle   // position angle of the tube's "up" on the sky
	FieldRate  model.Rate    // at which it turns while tracking, counter-clockwise positive; a rotator that follows turns back as fast
	Limit      LimitState

	side         pointing.PierSide
	bounds       bounds
	parkAt       *model.Axes
	trackAfter   bool
	zero         model.Axes
	ccw          [2]bool
	encoderZero  *model.Axes
	savedRotator SavedRotator
}

// Activity is what the mount is about.
type Activity uint8

// The activities of the mount. Tracking is not among them: it is a wish that
// outlives them.
const (
	Idle Activity = iota // at rest, or tracking
	SlewingToSky
	SlewingToAxes
	Homing
	Parking
	Held     // by MoveAxis
	Stopping // braking after an abort
	Settling
)

func (a Activity) String() string {
	return [...]string{"idle", "slewing", "slewing to axes", "homing", "parking", "held", "stopping", "settling"}[a]
}

// DriveRate is the rate at which the target moves by itself.
type DriveRate int

// The drive rates.
const (
	DriveSidereal DriveRate = iota
	DriveLunar
	DriveSolar
	DriveKing
)

func (d DriveRate) String() string {
	return [...]string{"sidereal", "lunar", "solar", "king"}[d]
}

// Rate returns the rate of the drive in hour angle.
func (d DriveRate) Rate() model.Rate {
	return [...]model.Rate{model.Sidereal, model.ArcsecPerSecond(14.685), model.ArcsecPerSecond(15.0), model.ArcsecPerSecond(15.0369)}[d]
}

// Direction is the direction of a guide pulse on the sky.
type Direction int

// The directions of guide pulses: north is growing declination, east growing
// right ascension, on either side of the pier and on every mount.
const (
	North Direction = iota
	South
	East
	West
)

func (d Direction) String() string { return [...]string{"north", "south", "east", "west"}[d] }

// RotatorState is the mount's third axis.
type RotatorState struct {
	Present    bool
	Mechanical model.Angle // [0, 2π)
	Turned     model.Angle // the same with whole turns counted
	Sky        model.Angle // position angle on the sky, counter-clockwise, [0, 2π)
	Target     model.Angle // sky angle wanted, [0, 2π)
	Moving     bool        // on its way to a target; false while it only follows
	Following  bool
	Reverse    bool
	Fault      error  // why it stands still, until it turns again
	Waits      bool   // for the field to turn back, at the end of a sector; Fault says so
	Resets     uint64 // how often a sectored rotator kept the position angle that it had instead of the target
}

// PulseGuiding reports whether a guide pulse is in progress: once it is not,
// the snapshot's place on the sky has all of it.
func (s *Snapshot) PulseGuiding() bool { return s.At < s.GuideEnd }
