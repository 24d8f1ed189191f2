// SPDX-License-Identifier: GPL-3.0-or-later

package allsky

import (
	"math"
	"testing"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/fit"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/model/sky"
	"github.com/siderostep/siderostep/sim"
)

// bestFit is the best fit of the original: the altitude offset is the mean of
// those of all pairs of stars, then the pair of Z1 and Z2 is searched with
// which the matrix through two of the stars meets all of them best. None of
// its mistakes of signs and wraps are repeated.
//
// Source: Scope II manual, "best fit"; scope.exe.
func bestFit(stars []pointing.Star, nominal model.Mat) *pointing.Model {
	first, second := initPair(stars)
	e := pointing.Errors{Z3: meanOffset(stars)}
	var best *pointing.Model
	least := math.Inf(1)
	for _, step := range []float64{0.5, 0.05, 0.005} { // degrees
		centre := e
		for i := -10; i <= 10; i++ {
			for j := -10; j <= 10; j++ {
				at := centre
				at.Z1 += model.Degrees(step * float64(i))
				at.Z2 += model.Degrees(step * float64(j))
				m, err := pointing.New(nominal, at, model.Axes{}).TakiTwo(stars[first], stars[second], pointing.Criteria{Disagreement: model.HalfTurn})
				if err != nil {
					continue
				}
				sum := 0.0
				for _, s := range stars {
					sum += float64(m.Residual(s).Distance)
				}
				if sum < least {
					least, e, best = sum, at, m
				}
			}
		}
	}
	return best
}

// initPair returns the two stars that an observer who follows the manual would
// take as inits: near 30° of altitude, 120° of azimuth apart.
func initPair(stars []pointing.Star) (first, second int) {
	least := math.Inf(1)
	for i, a := range stars {
		for j, b := range stars[:i] {
			apart := (a.Axes.Z - b.Axes.Z).WrapSigned().Abs().Degrees()
			height := func(s pointing.Star) float64 {
				sin, _ := s.Axes.A.SinCos()
				return math.Abs(math.Asin(sin)) * 180 / math.Pi
			}
			if miss := math.Abs(apart-120) + math.Abs(height(a)-30) + math.Abs(height(b)-30); miss < least {
				least, first, second = miss, j, i
			}
		}
	}
	return first, second
}

// meanOffset returns the mean altitude offset of all pairs.
func meanOffset(stars []pointing.Star) model.Angle {
	var sum model.Angle
	for i, a := range stars {
		for _, b := range stars[:i] {
			sum += walkedOffset(a, b)
		}
	}
	return sum.Mul(2 / float64(len(stars)*(len(stars)-1)))
}

// walkedOffset adds whole minutes of arc to both readings of axis A while the
// distance of the stars by the axes gets nearer to that on the sky, 30° at
// most.
func walkedOffset(a, b pointing.Star) model.Angle {
	apart := a.Sky.Angle(b.Sky)
	miss := func(minutes int) float64 {
		by := model.Arcmin(float64(minutes))
		return float64((model.Polar(-a.Axes.Z, a.Axes.A+by).Angle(model.Polar(-b.Axes.Z, b.Axes.A+by)) - apart).Abs())
	}
	way := 1
	if miss(-1) < miss(1) {
		way = -1
	}
	at := 0
	for at > -1800 && at < 1800 && miss(at+way) < miss(at) {
		at += way
	}
	return model.Arcmin(float64(at))
}

// originalTables adds to the original's best fit its tables and map of all
// stars: straight lines between neighbours, and the inverse cube of distances.
func originalTables(t testing.TB, m *mount, best *pointing.Model, obs []fit.Observation) *pointing.Model {
	t.Helper()
	p := fit.PartsOf(best, m.setup)
	for _, add := range []struct {
		curve fit.Curve
		to    **fit.Table
	}{{fit.AltAz, &p.AltAz}, {fit.AltAlt, &p.AltAlt}, {fit.AzAz, &p.AzAz}} {
		misses, err := fit.Misses(p, obs, m.setup)
		if err != nil {
			t.Fatal(err)
		}
		*add.to = fit.Interpolate(add.curve, fit.Knots(add.curve, obs, misses))
	}
	p = withMap(t, m, p, obs)
	p.Map.Soft, p.Map.Reach = 0, 0
	return build(t, p)
}

// sixExact are the same six faults without approximation.
var sixExact = []fit.Term{fit.Attitude, fit.Z2, fit.Z3, fit.TF}

// sixTerms returns the terms that INDI's newest plug-in fits, by formulas of
// first order as it does: zero points, tilt of the base, collimation, flexure.
//
// Source: INDI, libs/alignment/spk, after P. T. Wallace.
func sixTerms(m *mount) []fit.Term {
	if m.setup.Equatorial {
		return []fit.Term{fit.IH, fit.ID, fit.ME, fit.MA, fit.CH, fit.TF}
	}
	return []fit.Term{fit.IA, fit.IE, fit.AN, fit.AW, fit.CA, fit.TF}
}

// Where a peer's own faults are the only ones, it finds them.
func TestPeersFindWhatTheyKnow(t *testing.T) {
	for _, kind := range kinds {
		c := sim.Faultless()
		c.Mount = kind
		c.BaseTiltNorthArcmin, c.BaseTiltEastArcmin, c.BaseTwistArcmin = 0.5, -0.3, 0.7
		c.Z2Arcsec, c.Z3Arcsec, c.TubeFlexureArcsec = 30, -40, 60
		if kind == sim.Siderostat {
			c.Z2Arcsec = 0 // with a mirror it needs Z1, too, which they have not
		}
		m := setUp(t, c, 45, nil)
		m.setup.Refraction = sky.Refraction{}
		obs := m.observe(t, 50)
		for _, six := range []struct {
			name string
			free []fit.Term
			most model.Angle
		}{
			{"first order", sixTerms(m), model.Arcsec(3)}, // worst near the mount's pole
			{"exact", sixExact, model.Arcsec(0.5)},        // TF is of first order there
		} {
			res, err := fit.Run(obs, fit.Options{Setup: m.setup, Free: six.free})
			if err != nil {
				t.Fatal(err)
			}
			if e := m.error(t, res.Model); e > six.most {
				t.Errorf("%v, six terms, %s: off by %.3f″", m, six.name, e.Arcsec())
			}
		}
	}

	// Two stars at the height and distance that the manual asks for give Z3
	// to the minute; without Z3 the search finds Z1 and Z2 of half a degree.
	c := sim.Faultless()
	c.Z3Arcsec = 1800
	m := setUp(t, c, 45, nil)
	m.setup.Refraction = sky.Refraction{}
	stars := m.stars(m.observe(t, 12))
	first, second := initPair(stars)
	if z3 := walkedOffset(stars[first], stars[second]); (z3 - model.Arcmin(30)).Abs() > model.Arcmin(1) {
		t.Errorf("the altitude offset of 30′ comes out as %.1f′", z3.Arcmin())
	}
	best := bestFit(stars, m.setup.Nominal)
	t.Logf("of Z3 = 30′ the original finds Z1 %.1f′, Z2 %.1f′, Z3 %.1f′: %s over the sky",
		best.Errors.Z1.Arcmin(), best.Errors.Z2.Arcmin(), best.Errors.Z3.Arcmin(), size(m.error(t, best)))
	c.Z3Arcsec, c.Z1Arcsec, c.Z2Arcsec = 1800, 1080, -1440
	m = setUp(t, c, 45, nil)
	m.setup.Refraction = sky.Refraction{}
	for _, n := range []int{6, 12} {
		best = bestFit(m.stars(m.observe(t, n)), m.setup.Nominal)
		t.Logf("of (0.3, −0.4, 0.5)° the original finds from %d stars (%.2f, %.2f, %.2f)°: %s over the sky",
			n, best.Errors.Z1.Degrees(), best.Errors.Z2.Degrees(), best.Errors.Z3.Degrees(), size(m.error(t, best)))
	}
}
