// SPDX-License-Identifier: GPL-3.0-or-later

package fit

import (
	"math"
	"slices"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
)

const (
	tableStars = 25   // stars from which tables are tried
	tableGain  = 0.10 // share by which the miss at stars left out must fall
	mapSoft    = 3.0  // degrees
	mapReach   = 25.0 // degrees
)

// trial is what a layer would do: how far each star would miss with the layer
// built from all stars but itself.
type trial struct {
	missZ, missA []float64 // along the sky, measured − expected
}

func (t trial) size() float64 {
	sum := 0.0
	for i := range t.missZ {
		sum += t.missZ[i]*t.missZ[i] + t.missA[i]*t.missA[i]
	}
	return math.Sqrt(sum / float64(len(t.missZ)))
}

// tables adds, in their order, those tables and the map that make the model
// better at stars that it has not seen.
func (r *run) tables(res *Result, kept []int) {
	if len(kept) < tableStars {
		return
	}
	for _, build := range []func(*Parts, []Observation, []Residual) *Parts{
		curveBuilder(AltAz), curveBuilder(AltAlt), curveBuilder(AzAz), withMap,
	} {
		obs, misses := make([]Observation, len(kept)), make([]Residual, len(kept))
		for k, i := range kept {
			obs[k], misses[k] = r.obs[i], res.Residuals[i]
		}
		before, after := r.leaveOneOut(res.Parts, build, obs, misses)
		if !(after.size() < (1-tableGain)*before.size()) {
			continue
		}
		parts := build(&res.Parts, obs, misses)
		if parts == nil || parts.Check() != nil {
			continue
		}
		alone := after.size()
		res.Parts, res.Model = *parts, parts.build()
		r.again(res, model.Angle(alone))
	}
}

// again measures the residuals of a model that has got a layer.
func (r *run) again(res *Result, alone model.Angle) {
	var sum float64
	res.Max = 0
	for i := range res.Residuals {
		q := &res.Residuals[i]
		d := res.Model.Residual(r.star(i))
		q.Z, q.A, q.Distance = d.Z, d.A, d.Distance
		if !q.Rejected {
			sum += float64(q.Distance) * float64(q.Distance)
			res.Max = max(res.Max, q.Distance)
		}
	}
	res.RMS = model.Angle(math.Sqrt(sum / float64(res.Used)))
	res.LeaveOut = max(alone, res.RMS)
}

// leaveOneOut returns the stars' misses without the layer and with the layer
// built from all other stars.
func (r *run) leaveOneOut(parts Parts, build func(*Parts, []Observation, []Residual) *Parts, obs []Observation, misses []Residual) (before, after trial) {
	others, their := slices.Clone(obs[1:]), slices.Clone(misses[1:])
	for k := range obs {
		if k > 0 {
			others[k-1], their[k-1] = obs[k-1], misses[k-1]
		}
		z, a := float64(misses[k].Z), float64(misses[k].A)
		before.missZ, before.missA = append(before.missZ, z), append(before.missA, a)
		with := build(&parts, others, their)
		if with == nil {
			after.missZ, after.missA = append(after.missZ, z), append(after.missA, a)
			continue
		}
		e := with.layerError(obs[k].Axes, parts)
		_, cos := obs[k].Axes.A.SinCos()
		after.missZ = append(after.missZ, z-float64(e.Z)*math.Abs(cos))
		after.missA = append(after.missA, a-float64(e.A))
	}
	return before, after
}

// layerError returns what the last layer, which base has not, says that the
// axes read wrong at raw.
func (p *Parts) layerError(raw model.Axes, base Parts) model.Axes {
	switch {
	case p.Map != base.Map:
		return p.Map.Wrong(raw)
	case p.AltAz != base.AltAz:
		return p.AltAz.Wrong(raw)
	case p.AltAlt != base.AltAlt:
		return p.AltAlt.Wrong(raw)
	default:
		return p.AzAz.Wrong(raw)
	}
}

// curveBuilder returns the function that adds the curve c to a model.
func curveBuilder(c Curve) func(*Parts, []Observation, []Residual) *Parts {
	return func(p *Parts, obs []Observation, misses []Residual) *Parts {
		knots := Knots(c, obs, misses)
		noise, extent := scale(knots)
		if noise == 0 {
			return nil
		}
		with := *p
		t := Smooth(c, knots, noise, extent)
		switch c {
		case AltAz:
			with.AltAz = t
		case AltAlt:
			with.AltAlt = t
		default:
			with.AzAz = t
		}
		return &with
	}
}

// Knots returns the errors that a curve is to hold: what the stars miss by
// against the reading of the curve's axis. Those of AZAZEC are angles of the
// axis; stars within 20° of the mount's pole have no say in it.
func Knots(c Curve, obs []Observation, misses []Residual) []Knot {
	var knots []Knot
	for k, o := range obs {
		if misses[k].Rejected {
			continue
		}
		switch c {
		case AltAz:
			knots = append(knots, Knot{o.Axes.Z, misses[k].A})
		case AltAlt:
			knots = append(knots, Knot{o.Axes.A, misses[k].A})
		default:
			if sec := secant(o.Axes.A); sec < 3 {
				knots = append(knots, Knot{o.Axes.Z, misses[k].Z.Mul(sec)})
			}
		}
	}
	return knots
}

// scale returns the scatter of knots and what their harmonics may come to.
func scale(knots []Knot) (noise, extent model.Angle) {
	if len(knots) < tableStars/2 {
		return 0, 0
	}
	sum := 0.0
	for _, k := range knots {
		sum += float64(k.Error) * float64(k.Error)
	}
	rms := model.Angle(math.Sqrt(sum / float64(len(knots))))
	return rms, rms.Mul(2)
}

// withMap adds a map of the stars' misses to a model.
func withMap(p *Parts, obs []Observation, misses []Residual) *Parts {
	with := *p
	with.Map = MapOf(obs, misses)
	if len(with.Map.Points) == 0 {
		return nil
	}
	return &with
}

// MapOf returns the softened map of what the stars miss by.
func MapOf(obs []Observation, misses []Residual) *Map {
	m := &Map{Soft: model.Degrees(mapSoft), Reach: model.Degrees(mapReach)}
	for k, o := range obs {
		if !misses[k].Rejected {
			m.Points = append(m.Points, MapPoint{Axes: o.Axes, ErrorZ: misses[k].Z, ErrorA: misses[k].A})
		}
	}
	return m
}

// BuildCurve returns p with the curve c made of the stars' present misses, and
// without the layers that are to be built after it: those it would make wrong.
// The curve is smooth, so that the error of one star is not taken for one of
// the mount; of fewer than a dozen stars it is that of straight lines between
// them, as in the original.
func BuildCurve(p Parts, c Curve, obs []Observation, s Setup) (Parts, error) {
	switch c {
	case AltAz:
		p.AltAz, p.AltAlt, p.AzAz, p.Map = nil, nil, nil, nil
	case AltAlt:
		p.AltAlt, p.AzAz, p.Map = nil, nil, nil
	default:
		p.AzAz, p.Map = nil, nil
	}
	misses, err := Misses(p, obs, s)
	if err != nil {
		return Parts{}, err
	}
	knots := Knots(c, obs, misses)
	t := Interpolate(c, knots)
	if noise, extent := scale(knots); noise > 0 {
		t = Smooth(c, knots, noise, extent)
	}
	switch c {
	case AltAz:
		p.AltAz = t
	case AltAlt:
		p.AltAlt = t
	default:
		p.AzAz = t
	}
	return p, p.Check()
}

// BuildMap returns p with a map of the stars' present misses.
func BuildMap(p Parts, obs []Observation, s Setup) (Parts, error) {
	p.Map = nil
	misses, err := Misses(p, obs, s)
	if err != nil {
		return Parts{}, err
	}
	p.Map = MapOf(obs, misses)
	return p, p.Check()
}

// Misses returns how far the observations are from the model.
func Misses(p Parts, obs []Observation, s Setup) ([]Residual, error) {
	m, err := p.Build()
	if err != nil {
		return nil, err
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	chain := s.chain()
	out := make([]Residual, len(obs))
	for i, o := range obs {
		if err := o.Check(); err != nil {
			return nil, err
		}
		d := m.Residual(pointing.Star{Sky: chain.Observed(o.HourDec()), Axes: o.Axes})
		side, _ := m.Side(o.Axes)
		out[i] = Residual{Name: o.Name, Z: d.Z, A: d.A, Distance: d.Distance, Alone: d.Distance, Side: side}
	}
	return out, nil
}
