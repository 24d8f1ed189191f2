// SPDX-License-Identifier: GPL-3.0-or-later

package pointing

import (
	"math"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/sky"
)

// Chain is the whole way from the true place of the sky to the axes and
// back: a Model, where it stands and the air above it. It is a value to build
// with NewChain and to copy freely; the fields are for reading. Its methods
// do not allocate.
type Chain struct {
	Model      *Model
	Latitude   model.Angle // north positive
	Refraction sky.Refraction

	toENU   model.Mat // local equatorial → east-north-up
	toLocal model.Mat // and back
	toMount model.Mat // east-north-up → mount
	fromENU model.Mat // mount → east-north-up
	air     bool      // there is refraction
}

// NewChain returns the chain of m at latitude lat under refraction r.
func NewChain(m *Model, lat model.Angle, r sky.Refraction) Chain {
	return newChain(m, lat, model.EquatorialToENU(lat), r)
}

// NewLevelChain returns the chain of m for a mount without trustworthy site
// or clock, on the understanding that its axis Z is plumb: the mount's own
// pole serves as zenith, its pole's declination as latitude. On any other
// than a level alt-azimuth mount refraction would act in a wrong direction.
func NewLevelChain(m *Model, r sky.Refraction) Chain {
	up := m.Pole().Vector()
	east := model.Vec{0, 0, 1}.Cross(up)
	if east.Norm() < 1e-12 { // at the Earth's poles every direction will do
		east = model.Vec{0, 1, 0}
	}
	east = east.Unit()
	return newChain(m, m.Pole().Dec, model.Mat{east, up.Cross(east), up}, r)
}

func newChain(m *Model, lat model.Angle, toENU model.Mat, r sky.Refraction) Chain {
	toLocal := toENU.Transpose()
	return Chain{
		Model: m, Latitude: lat, Refraction: r,
		toENU: toENU, toLocal: toLocal,
		toMount: m.Attitude.Mul(toLocal), fromENU: toENU.Mul(m.inverse),
		air: r != sky.Refraction{},
	}
}

// WithModel returns c with another model.
func (c Chain) WithModel(m *Model) Chain { return newChain(m, c.Latitude, c.toENU, c.Refraction) }

// WithRefraction returns c with another refraction.
func (c Chain) WithRefraction(r sky.Refraction) Chain {
	return newChain(c.Model, c.Latitude, c.toENU, r)
}

// Axes returns what the axes read when the tube points at the true
// (unrefracted) place hd. Ranges and reachable are those of Model.ToAxes.
func (c *Chain) Axes(hd model.HourDec, side PierSide) (axes model.Axes, reachable bool) {
	s := hd.Vector()
	if !c.air {
		return c.Model.ToAxes(s, side)
	}
	return c.Model.fromMount(c.toMount.Apply(c.lift(c.toENU.Apply(s))), side)
}

// HourDec returns the true (unrefracted) place to which the tube points when
// the axes read axes.
func (c *Chain) HourDec(axes model.Axes) model.HourDec {
	return model.HourDecOf(c.truth(axes))
}

// Horizontal returns the true (unrefracted) altitude and azimuth to which the
// tube points when the axes read axes.
func (c *Chain) Horizontal(axes model.Axes) model.Horizontal {
	return model.HorizontalOf(c.truthENU(axes))
}

// ObservedHorizontal returns the altitude and azimuth to which the tube
// points as the eye finds them, refraction included: what horizon limits and
// air mass go by.
func (c *Chain) ObservedHorizontal(axes model.Axes) model.Horizontal {
	return model.HorizontalOf(c.fromENU.Apply(c.Model.MountVector(axes)))
}

// Observed returns the observed (refracted) direction of the true place hd,
// in the local equatorial frame: what Sync and the alignment stars want.
func (c *Chain) Observed(hd model.HourDec) model.Vec {
	s := hd.Vector()
	if !c.air {
		return s
	}
	return c.toLocal.Apply(c.lift(c.toENU.Apply(s)))
}

// True is the inverse of Observed.
func (c *Chain) True(observed model.Vec) model.HourDec {
	if !c.air {
		return model.HourDecOf(observed)
	}
	return model.HourDecOf(c.toLocal.Apply(c.lower(c.toENU.Apply(observed))))
}

// truth returns the true direction of axes in the local equatorial frame.
func (c *Chain) truth(axes model.Axes) model.Vec {
	if !c.air {
		return c.Model.ToSky(axes)
	}
	return c.toLocal.Apply(c.truthENU(axes))
}

// truthENU returns the true direction of axes in the east-north-up frame.
func (c *Chain) truthENU(axes model.Axes) model.Vec {
	v := c.fromENU.Apply(c.Model.MountVector(axes))
	if !c.air {
		return v
	}
	return c.lower(v)
}

// lift raises the true direction v, east-north-up, by refraction.
func (c *Chain) lift(v model.Vec) model.Vec {
	flat := math.Hypot(v[0], v[1])
	return raise(v, flat, c.Refraction.FromTrue(model.Angle(math.Atan2(v[2], flat))))
}

// lower undoes lift on the observed direction v.
func (c *Chain) lower(v model.Vec) model.Vec {
	flat := math.Hypot(v[0], v[1])
	return raise(v, flat, -c.Refraction.FromObserved(model.Angle(math.Atan2(v[2], flat))))
}

// raise turns v, whose horizontal part has length flat, towards the zenith by
// r in its vertical plane. At the zenith itself, where there is no such plane,
// it leaves v alone.
func raise(v model.Vec, flat float64, r model.Angle) model.Vec {
	if flat == 0 {
		return v
	}
	sin, cos := r.SinCos()
	k := cos - v[2]/flat*sin
	return model.Vec{k * v[0], k * v[1], v[2]*cos + flat*sin}
}
