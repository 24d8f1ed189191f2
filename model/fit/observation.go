// SPDX-License-Identifier: GPL-3.0-or-later

package fit

import (
	"fmt"
	"math"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/model/sky"
)

const opFit = "fit"

// Observation is a star seen in the middle of the field. The pier side is that
// of the reading: with axis A beyond 90° the tube has gone through the pole.
type Observation struct {
	Name  string
	Place model.Equatorial // apparent, topocentric, unrefracted, of date
	LST   model.Angle      // local apparent sidereal time of the reading
	Axes  model.Axes       // what the axes read

	// Sigma is how well the star was centred: one standard deviation, each
	// axis, on the sky. 0 means 30″, a careful eye; a solved plate gives 5″.
	Sigma model.Angle
}

// HourDec returns the place of the star at the reading.
func (o Observation) HourDec() model.HourDec { return o.Place.HourDec(o.LST) }

// label names the observation for a person; i counts from 0.
func (o Observation) label(i int) string {
	if o.Name == "" {
		return fmt.Sprintf("point %d", i+1)
	}
	return fmt.Sprintf("point %d (%s)", i+1, o.Name)
}

const byEye = 30 * math.Pi / 648000

func (o Observation) sigma() model.Angle {
	if o.Sigma == 0 {
		return byEye
	}
	return o.Sigma
}

// Check reports, as fault.Invalid, what cannot be an observation.
func (o Observation) Check() error {
	for _, v := range []struct {
		name  string
		value model.Angle
	}{
		{"the right ascension", o.Place.RA}, {"the declination", o.Place.Dec}, {"the sidereal time", o.LST},
		{"axis Z", o.Axes.Z}, {"axis A", o.Axes.A}, {"sigma", o.Sigma},
	} {
		if !v.value.IsFinite() {
			return fault.New(fault.Invalid, opFit, "%s is %v, not an angle", v.name, float64(v.value))
		}
	}
	switch {
	case o.Place.Dec.Abs() > model.Quarter:
		return fault.New(fault.Invalid, opFit, "declination %.4f° does not exist: it lies between -90° and 90°", o.Place.Dec.Degrees())
	case o.Sigma < 0 || o.Sigma > model.Degrees(10):
		return fault.New(fault.Invalid, opFit, "sigma is %v: it may be from 0 to 10°", o.Sigma)
	case o.Axes.A < model.Degrees(-180) || o.Axes.A > model.Degrees(360):
		return fault.New(fault.Invalid, opFit, "axis A reads %v: it may be from -180° to 360°", o.Axes.A)
	case o.Axes.Z.Abs() > 100*model.Turn:
		return fault.New(fault.Invalid, opFit, "axis Z reads %v: that is more than 100 turns", o.Axes.Z)
	}
	return nil
}

// Setup says how the mount stands and what is above it.
type Setup struct {
	Latitude   model.Angle // north positive
	Nominal    model.Mat   // attitude of the mount if it stood perfectly, with its zero points right
	Equatorial bool        // names and choice of terms
	Fork       bool        // bends under its own weight
	Sides      bool        // reaches places in two ways, like a German mount
	Refraction sky.Refraction

	// A siderostat goes over the pole where axis Z would leave Low to High;
	// equal: not a siderostat.
	Low, High model.Angle
}

// SetupOf returns the setup of a geometry at latitude lat. A siderostat's axis
// Z is taken to go from 90 to 270°; set Low and High where it does not.
func SetupOf(g pointing.Geometry, lat model.Angle, r sky.Refraction) Setup {
	s := Setup{
		Latitude: lat, Nominal: g.Attitude(lat), Refraction: r,
		Equatorial: g.Equatorial(), Fork: g == pointing.Fork, Sides: g.HasPierSide(),
	}
	if g == pointing.Siderostat {
		s.Low, s.High = model.Quarter, 3*model.Quarter
	}
	return s
}

func (s Setup) check() error {
	if !s.Latitude.IsFinite() || s.Latitude.Abs() > model.Quarter {
		return fault.New(fault.Invalid, opFit, "latitude %v does not exist: it lies between -90° and 90°", s.Latitude)
	}
	if err := pointing.Check(s.Nominal, pointing.Errors{}, model.Axes{}); err != nil {
		return fault.Wrap(fault.Invalid, opFit, err)
	}
	return nil
}

// zenith returns the zenith in the local equatorial frame.
func (s Setup) zenith() model.Vec { return model.HourDec{Dec: s.Latitude}.Vector() }

// side returns the pier side on which the mount meets a place at which, on the
// normal side, the axes would be axes.
func (s Setup) side(hd model.HourDec, axes model.Axes) pointing.PierSide {
	z := axes.Z.Wrap()
	switch {
	case s.Sides:
		return pointing.DestinationSide(hd.HA, pointing.PierUnknown, 0)
	case s.Low != s.High && (z < s.Low || z > s.High):
		return pointing.Through
	}
	return pointing.Normal
}

// chain returns the air above the mount; its model does not matter.
func (s Setup) chain() pointing.Chain {
	return pointing.NewChain(pointing.New(model.Identity(), pointing.Errors{}, model.Axes{}), s.Latitude, s.Refraction)
}
