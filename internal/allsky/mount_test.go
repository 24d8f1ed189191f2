// SPDX-License-Identifier: GPL-3.0-or-later

package allsky

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/fit"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/model/sky"
	"github.com/siderostep/siderostep/sim"
)

const (
	arcsec  = math.Pi / 648000
	centred = 20.0 // arcseconds, each way: how well the observer centres a star
	places  = 200  // all over the sky at which pointing is judged
	lowest  = 15.0 // degrees
)

// The mounts of the table.
var kinds = []string{sim.AltAz, sim.Fork, sim.German, sim.Siderostat}

// mount is a mount with faults on the bench, and what its observer knows.
type mount struct {
	faults   sim.Config
	rig      sim.Rig
	bench    *sim.Bench
	setup    fit.Setup
	geometry pointing.Geometry
	random   *rand.Rand // nil: the observer centres exactly
	now      driver.Instant

	targets []target
}

// target is a place to point at.
type target struct {
	place model.HourDec
	side  pointing.PierSide
	axes  model.Axes // where the motors have to stand
	sight model.Vec  // in which the tube then looks, east, north, up
}

// newMount builds the mount of a seed: a base that leans, zero of axis Z off by
// up to 1°, Z1, Z2, Z3 up to half a degree, tube and fork bending by 1 to 5′,
// both gears off centre by 1 to 3′. Its air is not quite what the controller
// takes it for.
func newMount(t testing.TB, kind string, latitude float64, seed uint64) *mount {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 2026))
	between := func(low, high float64) float64 { return low + (high-low)*r.Float64() }
	c := sim.Faultless()
	c.Mount = kind
	for _, z := range []*float64{&c.Z1Arcsec, &c.Z2Arcsec, &c.Z3Arcsec} {
		*z = between(-1800, 1800)
	}
	c.TubeFlexureArcsec, c.ForkFlexureArcsec = between(60, 300), between(60, 300)
	for _, g := range []*sim.Gear{&c.Z, &c.A} {
		g.EccentricityArcsec, g.EccentricityPhaseDeg = between(60, 180), between(-180, 180)
	}
	c.ZZeroDeg = between(-1, 1)
	c.Refraction, c.PressureHPa, c.TemperatureC = true, between(955, 985), between(-10, 20)
	return setUp(t, leaning(c, r), latitude, r)
}

// leaning tilts the base by 1 to 5° and turns it by up to 1°.
func leaning(c sim.Config, r *rand.Rand) sim.Config {
	tilt, towards := 60+240*r.Float64(), 2*math.Pi*r.Float64()
	c.BaseTiltNorthArcmin, c.BaseTiltEastArcmin = tilt*math.Cos(towards), tilt*math.Sin(towards)
	c.BaseTwistArcmin = 120*r.Float64() - 60
	return c
}

// setUp puts a mount on the bench.
func setUp(t testing.TB, c sim.Config, latitude float64, r *rand.Rand) *mount {
	t.Helper()
	m := &mount{
		faults: c,
		rig: sim.Rig{
			Site:  sim.Site{Latitude: model.Degrees(latitude), Longitude: model.Degrees(11), HeightM: 400},
			Epoch: time.Date(2026, 11, 5, 19, 0, 0, 0, time.UTC),
			Z:     sim.Drive{FullStep: model.Arcsec(2)}, A: sim.Drive{FullStep: model.Arcsec(2)},
			Rotator: sim.RotatorDrive{Step: model.Arcsec(60)}, Focuser: sim.FocuserDrive{StepMicrons: 1},
		},
		random: r,
	}
	var err error
	if m.geometry, err = pointing.ParseGeometry(c.Mount); err != nil {
		t.Fatal(err)
	}
	if m.bench, err = sim.New(c, m.rig); err != nil {
		t.Fatal(err)
	}
	m.setup = fit.SetupOf(m.geometry, m.rig.Site.Latitude, sky.NewRefraction(sky.StandardConditions(m.rig.Site.HeightM)))
	m.spread(t)
	return m
}

// carried returns the same mount set up anew elsewhere.
func (m *mount) carried(t testing.TB) *mount {
	t.Helper()
	return setUp(t, leaning(m.faults, m.random), m.rig.Site.Latitude.Degrees(), m.random)
}

func (m *mount) String() string {
	return fmt.Sprintf("%s at %+.0f°", m.faults.Mount, m.rig.Site.Latitude.Degrees())
}

// side returns the way in which the mount meets a place.
func (m *mount) side(hd model.HourDec) pointing.PierSide {
	switch {
	case m.geometry == pointing.German && hd.HA.WrapSigned() < 0:
		return pointing.Through
	case m.geometry == pointing.Siderostat:
		if az := hd.Horizontal(m.setup.Latitude).Az.Degrees(); az < 90 || az > 270 {
			return pointing.Through
		}
	}
	return pointing.Normal
}

// lst returns the local sidereal time now, by the controller's reckoning.
func (m *mount) lst() model.Angle {
	utc := m.rig.Epoch.Add(time.Duration(m.now))
	return sky.NewRotation(utc, m.rig.Site.Longitude, sky.TimeScales{}).LST(utc)
}

// spread lays places evenly over the sky, but for those that Z1 and Z2 keep
// from the tube.
func (m *mount) spread(t testing.TB) {
	t.Helper()
	sin := math.Sin(lowest * math.Pi / 180)
	for i := range places {
		alt := math.Asin(sin + (1-sin)*(float64(i)+0.5)/places)
		az := model.Turn.Mul(float64(i) * (3 - math.Sqrt(5)) / 2)
		hd := model.Horizontal{Az: az.Wrap(), Alt: model.Angle(alt)}.HourDec(m.setup.Latitude)
		side := m.side(hd)
		axes, ok := m.bench.AxesFor(hd.Equatorial(m.lst()), m.now, side == pointing.Through)
		if ok {
			m.targets = append(m.targets, target{hd, side, axes, m.sight(t, axes)})
		}
	}
	if len(m.targets) < places*97/100 {
		t.Fatalf("%v reaches only %d of %d places", m, len(m.targets), places)
	}
}

// sight returns where the tube looks with the motors at axes: a bench is built
// whose rotors stand there. There need be no air for that.
func (m *mount) sight(t testing.TB, axes model.Axes) model.Vec {
	c, rig := m.faults, m.rig
	c.Refraction = false
	rig.Z.StartFullSteps = float64(axes.Z / rig.Z.FullStep)
	rig.A.StartFullSteps = float64(axes.A / rig.A.FullStep)
	b, err := sim.New(c, rig)
	if err != nil {
		t.Fatal(err)
	}
	return b.Truth(0).Observed.Vector()
}

// observe returns what the observer notes of n stars that the planner chose.
func (m *mount) observe(t testing.TB, n int) []fit.Observation {
	t.Helper()
	targets, err := fit.Propose(fit.Plan{Count: n, Setup: m.setup})
	if err != nil {
		t.Fatal(err)
	}
	var obs []fit.Observation
	for i, g := range targets {
		m.now += driver.Instant(90 * time.Second)
		place := g.Place.Equatorial(m.lst())
		axes, ok := m.bench.AxesFor(m.beside(g.Place).Equatorial(m.lst()), m.now, g.Side == pointing.Through)
		if !ok {
			t.Fatalf("%v does not reach %v", m, g.Sky)
		}
		obs = append(obs, fit.Observation{
			Name: fmt.Sprint("star ", i+1), Place: place, LST: m.lst(), Axes: axes, Sigma: model.Arcsec(centred),
		})
	}
	return obs
}

// beside returns the place in the middle of the field of an observer who
// means to have hd there.
func (m *mount) beside(hd model.HourDec) model.HourDec {
	if m.random == nil {
		return hd
	}
	v := hd.Vector()
	across := v.Cross(model.Vec{0.6, 0.48, 0.64}).Unit()
	return model.HourDecOf(v.
		Add(across.Scale(m.random.NormFloat64() * centred * arcsec)).
		Add(v.Cross(across).Scale(m.random.NormFloat64() * centred * arcsec)))
}

// error returns the root mean square of how far from the targets the tube
// points when a model sends it there. It sees to it that the model tells as
// much of a tube that points at them.
func (m *mount) error(t testing.TB, p *pointing.Model) model.Angle {
	t.Helper()
	chain := pointing.NewChain(p, m.setup.Latitude, m.setup.Refraction)
	var sent, told float64
	for _, g := range m.targets {
		axes, _ := chain.Axes(g.place, g.side)
		d := float64(m.sight(t, axes).Angle(g.sight))
		sent += d * d
		d = float64(chain.HourDec(g.axes).Separation(g.place))
		told += d * d
	}
	rms := math.Sqrt(sent / float64(len(m.targets)))
	back := math.Sqrt(told / float64(len(m.targets)))
	if rms < 180*arcsec && math.Abs(rms-back) > 0.1*rms+0.1*arcsec {
		t.Errorf("%v: sent to the places the tube is off by %s; on them it is said to be off by %s", m, size(model.Angle(rms)), size(model.Angle(back)))
	}
	return model.Angle(rms)
}

// stars returns observations as the model's mathematics want them.
func (m *mount) stars(obs []fit.Observation) []pointing.Star {
	chain := pointing.NewChain(pointing.New(model.Identity(), pointing.Errors{}, model.Axes{}), m.setup.Latitude, m.setup.Refraction)
	out := make([]pointing.Star, len(obs))
	for i, o := range obs {
		out[i] = pointing.Star{Sky: chain.Observed(o.HourDec()), Axes: o.Axes}
	}
	return out
}

// The judgement itself: a perfect mount that stands as its geometry says needs
// no star, and leans make their own angle.
func TestFaultless(t *testing.T) {
	for _, kind := range kinds {
		for _, latitude := range []float64{45, 10, -35} {
			c := sim.Faultless()
			c.Mount = kind
			m := setUp(t, c, latitude, nil)
			nominal := pointing.New(m.setup.Nominal, pointing.Errors{}, model.Axes{})
			vacuum := *m
			vacuum.setup.Refraction = sky.Refraction{}
			if e := vacuum.error(t, nominal); e > model.Arcsec(0.01) {
				t.Errorf("%v, faultless: off by %.4f″", m, e.Arcsec())
			}
			// A lean by ε moves a direction at θ from its axis by ε sin θ.
			c.BaseTwistArcmin = 60
			m = setUp(t, c, latitude, nil)
			sum := 0.0
			for _, g := range m.targets {
				_, cos := g.place.Horizontal(m.setup.Latitude).Alt.SinCos()
				sum += cos * cos
			}
			want := model.Degrees(math.Sqrt(sum / float64(len(m.targets))))
			m.setup.Refraction = sky.Refraction{}
			if e := m.error(t, nominal); (e - want).Abs() > model.Arcsec(1) {
				t.Errorf("%v, turned by a degree: off by %v, want %v", m, e, want)
			}
		}
	}
}
