// SPDX-License-Identifier: GPL-3.0-or-later

package fit

import (
	"math"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
)

// Parts is a pointing model taken apart, to be kept in a file. Build puts it
// together. It is a value; nobody writes into its slices and tables.
//
// From the sky to the motors its layers are Attitude, Z1 and Z2, Linear, Map,
// the tables AzAz, AltAlt, AltAz, Index and Z3.
type Parts struct {
	Attitude model.Mat       `json:"attitude"`
	Errors   pointing.Errors `json:"errors"`
	Index    model.Axes      `json:"index"`

	Zenith model.Vec     `json:"zenith"` // in the mount frame; flexure hangs from it
	Linear []Coefficient `json:"linear,omitempty"`

	AltAz  *Table `json:"altazec,omitempty"`
	AltAlt *Table `json:"altaltec,omitempty"`
	AzAz   *Table `json:"azazec,omitempty"`
	Map    *Map   `json:"pmc,omitempty"`
}

// PartsOf returns the parts of a model without corrections.
func PartsOf(m *pointing.Model, s Setup) Parts {
	return Parts{Attitude: m.Attitude, Errors: m.Errors, Index: m.Index, Zenith: m.Attitude.Apply(s.zenith()).Unit()}
}

const opModel = "pointing model"

// mostShear is how far an attitude may be from a rotation: the original's
// matrix is sheared by what its stars disagree.
const mostShear = 0.5

// Check reports, as fault.Invalid, parts that make no model.
func (p Parts) Check() error {
	if err := pointing.Check(p.Attitude, p.Errors, p.Index); err != nil {
		return err
	}
	product := p.Attitude.Transpose().Mul(p.Attitude)
	for i, unit := range model.Identity() {
		if d := product[i].Sub(unit).Norm(); !(d < mostShear) {
			return fault.New(fault.Invalid, opModel, "the attitude is no rotation, nor near one (off by %.3g)", d)
		}
	}
	if n := p.Zenith.Norm(); len(p.Linear) > 0 && !(math.Abs(n-1) < 1e-3) {
		return fault.New(fault.Invalid, opModel, "the zenith %v is no unit vector", p.Zenith)
	}
	seen := map[Term]bool{}
	for _, c := range p.Linear {
		switch {
		case !c.Term.linear():
			return fault.New(fault.Invalid, opModel, "%q is no linear term", c.Term)
		case seen[c.Term]:
			return fault.New(fault.Invalid, opModel, "%s is given twice", c.Term)
		case !(c.Value.Abs() <= model.Degrees(mostCorrection)):
			return fault.New(fault.Invalid, opModel, "%s is %v: it may be up to %g° either way", c.Term, c.Value, float64(mostCorrection))
		}
		seen[c.Term] = true
	}
	for i, t := range []*Table{p.AltAz, p.AltAlt, p.AzAz} {
		if t == nil {
			continue
		}
		if err := t.Check(); err != nil {
			return err
		}
		if t.Curve != Curve(i) {
			return fault.New(fault.Invalid, opModel, "%v stands in the place of %v", t.Curve, Curve(i))
		}
	}
	if p.Map != nil {
		return p.Map.Check()
	}
	return nil
}

// Build puts the model together. Its error is that of Check.
func (p Parts) Build() (*pointing.Model, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	return p.build(), nil
}

func (p Parts) build() *pointing.Model {
	m := pointing.New(p.Attitude, p.Errors, p.Index)
	var layers []pointing.Correction
	if len(p.Linear) > 0 {
		layers = append(layers, NewLinear(p.Zenith, p.Linear))
	}
	if p.Map != nil && len(p.Map.Points) > 0 {
		layers = append(layers, &shifted{surfaceOf(p.Map), m.Errors.Z3 + m.Index.A, m.Index.Z})
	}
	for _, t := range []*Table{p.AzAz, p.AltAlt, p.AltAz} {
		if t != nil {
			layers = append(layers, &shifted{t, m.Errors.Z3 + m.Index.A, m.Index.Z})
		}
	}
	if len(layers) == 0 {
		return m
	}
	return m.WithCorrections(layers...)
}

// shifted is a correction that goes by what the axes read, zero points
// included, as tables and map do.
type shifted struct {
	of   pointing.Reader
	a, z model.Angle
}

// At returns true minus raw.
func (s *shifted) At(axes model.Axes) model.Axes {
	return s.of.At(model.Axes{Z: axes.Z - s.z, A: axes.A - s.a})
}

// Wrong returns raw minus true.
func (s *shifted) Wrong(raw model.Axes) model.Axes {
	return s.of.Wrong(model.Axes{Z: raw.Z - s.z, A: raw.A - s.a})
}

// Value returns the size of a term in p, 0 if it has none.
func (p Parts) Value(t Term) model.Angle {
	switch t {
	case Z1:
		return p.Errors.Z1
	case Z2:
		return p.Errors.Z2
	case Z3:
		return p.Errors.Z3
	}
	for _, c := range p.Linear {
		if c.Term == t {
			return c.Value
		}
	}
	return 0
}

// WithoutTables returns p without tables and map: what a new fit of the
// layers above them must clear.
func (p Parts) WithoutTables() Parts {
	p.AltAz, p.AltAlt, p.AzAz, p.Map = nil, nil, nil, nil
	return p
}
