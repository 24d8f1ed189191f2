// SPDX-License-Identifier: GPL-3.0-or-later

package fit_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/fit"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/model/sky"
)

// vec is a direction east, north, up.
type vec [3]float64

func (v vec) dot(w vec) float64 { return v[0]*w[0] + v[1]*w[1] + v[2]*w[2] }
func (v vec) cross(w vec) vec {
	return vec{v[1]*w[2] - v[2]*w[1], v[2]*w[0] - v[0]*w[2], v[0]*w[1] - v[1]*w[0]}
}
func (v vec) mix(k float64, w vec, l float64) vec {
	return vec{k*v[0] + l*w[0], k*v[1] + l*w[1], k*v[2] + l*w[2]}
}
func (v vec) length() float64 { return math.Sqrt(v.dot(v)) }

// about turns v by angle about the unit vector u, counter-clockwise seen from
// its tip (Rodrigues).
func (v vec) about(u vec, angle float64) vec {
	s, c := math.Sincos(angle)
	return v.mix(c, u.cross(v), s).mix(1, u, (1-c)*u.dot(v))
}

// mount is a mount of wood and steel: parts turned about the parts that carry
// them. It shares no formula with the fit.
type mount struct {
	kind              string
	latitude          float64
	pole, ahead       vec // of the base, at Z = 0
	zero, z1, z2, z3  float64
	droop, sag, wheel float64 // tube, fork, gear of axis Z
	phase             float64
	siderostat        bool
	air               sky.Refraction // as it really is
	clock             float64        // by which the observer's sidereal time is ahead
}

const arcsec = math.Pi / 648000

func upright(kind string, latitude float64) mount {
	m := mount{kind: kind, latitude: latitude, pole: vec{0, 0, 1}, ahead: vec{0, 1, 0}}
	s, c := math.Sincos(latitude)
	switch kind {
	case "fork", "german":
		m.pole, m.ahead = vec{0, c, s}, vec{0, -s, c}
		if latitude < 0 {
			m.pole = vec{0, -c, -s}
		}
	case "altalt":
		m.pole, m.ahead = vec{0, 1, 0}, vec{0, 0, 1}
	case "siderostat":
		m.siderostat = true
	}
	return m
}

func (m *mount) setup(air sky.Refraction) fit.Setup {
	lat := model.Angle(m.latitude)
	switch m.kind {
	case "fork":
		return fit.SetupOf(pointing.Fork, lat, air)
	case "german":
		return fit.SetupOf(pointing.German, lat, air)
	case "altalt":
		return fit.Setup{Latitude: lat, Nominal: pointing.AltAltAttitude(lat, 0), Refraction: air} // to the north in the south too
	}
	if m.siderostat {
		return fit.SetupOf(pointing.Siderostat, lat, air)
	}
	return fit.SetupOf(pointing.AltAz, lat, air)
}

// look returns where the tube looks with the axes at z, a.
func (m *mount) look(z, a float64) vec {
	z += m.wheel * math.Sin(z+m.phase)
	turn := -(z + m.zero)
	ahead := m.ahead.about(m.pole, turn)
	left := m.pole.cross(ahead).about(ahead, m.z1)
	head := ahead.cross(left)
	s, c := math.Sincos(a + m.z3 + m.sag*ahead[2])
	sight, top := ahead.mix(c, head, s), head.mix(c, ahead, -s)
	sight = sight.about(top, m.z2)
	flat := math.Hypot(sight[0], sight[1])
	if flat > 0 && m.droop != 0 {
		down := vec{sight[0] / flat * sight[2], sight[1] / flat * sight[2], -flat}
		sight = sight.mix(1, down, m.droop*flat)
		sight = sight.mix(1/sight.length(), vec{}, 0)
	}
	return sight
}

// solve returns the axes at which the tube looks at target.
func (m *mount) solve(target vec, through bool) (z, a float64) {
	left := m.pole.cross(m.ahead)
	x, y, up := target.dot(m.ahead), target.dot(left), target.dot(m.pole)
	z, a = -math.Atan2(y, x)-m.zero, math.Atan2(up, math.Hypot(x, y))
	if through {
		z, a = z+math.Pi, math.Pi-a
	}
	const h = 1e-5
	for range 60 {
		miss := target.mix(1, m.look(z, a), -1)
		if miss.length() < 1e-12 {
			break
		}
		dz := m.look(z+h, a).mix(0.5/h, m.look(z-h, a), -0.5/h)
		da := m.look(z, a+h).mix(0.5/h, m.look(z, a-h), -0.5/h)
		zz, za, aa := dz.dot(dz), dz.dot(da), da.dot(da)
		det := zz*aa - za*za
		rz, ra := miss.dot(dz), miss.dot(da)
		z += max(-0.3, min(0.3, (aa*rz-za*ra)/det))
		a += max(-0.2, min(0.2, (zz*ra-za*rz)/det))
	}
	return math.Remainder(z, 2*math.Pi), a
}

// place returns the true direction of a place of the sky at the mount's own
// sidereal time, and that from which its light comes.
func (m *mount) place(ha, dec float64) vec {
	sp, cp := math.Sincos(m.latitude)
	sh, ch := math.Sincos(ha)
	sd, cd := math.Sincos(dec)
	v := vec{-cd * sh, cp*sd - sp*cd*ch, sp*sd + cp*cd*ch}
	flat := math.Hypot(v[0], v[1])
	alt := math.Atan2(v[2], flat)
	s, c := math.Sincos(alt + float64(m.air.FromTrue(model.Angle(alt))))
	return vec{v[0] / flat * c, v[1] / flat * c, s}
}

// through says on which side the mount meets a place.
func (m *mount) through(ha float64, v vec) bool {
	switch {
	case m.kind == "german":
		return math.Sin(ha) < 0
	case m.siderostat: // azimuth within 90 … 270°, else over the zenith
		return v[1] > 0
	}
	return false
}

// observe returns what an observer notes who centres the star with an error
// of sigma arcseconds, each way.
func (m *mount) observe(r *rand.Rand, name string, hd model.HourDec, sigma float64) fit.Observation {
	ha := float64(hd.HA)
	v := m.place(ha, float64(hd.Dec))
	side := m.through(ha, v)
	aside := v.cross(vec{0.6, 0.48, 0.64})
	aside = aside.mix(1/aside.length(), vec{}, 0)
	if r != nil {
		v = v.mix(1, aside, r.NormFloat64()*sigma*arcsec).mix(1, v.cross(aside), r.NormFloat64()*sigma*arcsec)
		v = v.mix(1/v.length(), vec{}, 0)
	}
	z, a := m.solve(v, side)
	const lst = 1.234
	return fit.Observation{
		Name:  name,
		Place: model.HourDec{HA: hd.HA, Dec: hd.Dec}.Equatorial(lst),
		LST:   model.Angle(lst + m.clock),
		Axes:  model.Axes{Z: model.Angle(z), A: model.Angle(a)},
		Sigma: model.Arcsec(max(sigma, 0.01)),
	}
}

// sample returns places over the sky from 20 to 75° of altitude.
func (m *mount) sample() []model.HourDec {
	var out []model.HourDec
	for k := range 14 {
		for _, alt := range []float64{20, 30, 40, 50, 60, 70, 75} {
			h := model.Horizontal{Az: model.Degrees(float64(k)*360/14 + alt/3), Alt: model.Degrees(alt)}
			out = append(out, h.HourDec(model.Angle(m.latitude)))
		}
	}
	return out
}

// error returns the rms and the worst distance, on the sky, between stars all
// over it and where the mount points when the model sends it there.
func (m *mount) error(p *pointing.Model, air sky.Refraction) (rms, worst model.Angle) {
	chain := pointing.NewChain(p, model.Angle(m.latitude), air)
	pole := m.pole
	sum, n := 0.0, 0
	for _, hd := range m.sample() {
		v := m.place(float64(hd.HA), float64(hd.Dec))
		if c := v.dot(pole); math.Abs(c) > math.Cos(5*math.Pi/180) {
			continue
		}
		side := pointing.Normal
		if m.through(float64(hd.HA), v) {
			side = pointing.Through
		}
		hd.HA += model.Angle(m.clock)
		axes, _ := chain.Axes(hd, side)
		is := m.look(float64(axes.Z), float64(axes.A))
		d := math.Atan2(is.cross(v).length(), is.dot(v))
		sum += d * d
		n++
		worst = max(worst, model.Angle(d))
	}
	return model.Angle(math.Sqrt(sum / float64(n))), worst
}

var kinds = []string{"altaz", "fork", "german", "siderostat", "altalt"}

// worstMount returns a mount with every fault: base out by up to 3°, Z1, Z2,
// Z3 up to 1°, tube drooping up to 60″, a fork nodding as much, a gear off
// centre by up to 30″, a clock up to 30 s wrong.
func worstMount(r *rand.Rand, kind string) mount {
	around := func(most float64) float64 { return most * (2*r.Float64() - 1) }
	deg := math.Pi / 180
	m := upright(kind, (30+25*r.Float64())*deg)
	if r.IntN(2) == 0 {
		m.latitude = -m.latitude
		m = upright(kind, m.latitude)
	}
	azimuth := 2 * math.Pi * r.Float64()
	axis := vec{math.Cos(azimuth), math.Sin(azimuth), 0}
	tilt := 3 * deg * math.Sqrt(r.Float64())
	twist := around(3 * deg)
	for _, v := range []*vec{&m.pole, &m.ahead} {
		*v = v.about(axis, tilt).about(vec{0, 0, 1}, twist)
	}
	if kind != "fork" && kind != "german" {
		m.zero = around(math.Pi)
	} else {
		m.zero = around(5 * deg)
	}
	m.z1, m.z2, m.z3 = around(deg), around(deg), around(deg)
	if kind == "siderostat" || kind == "altalt" {
		m.zero = around(5 * deg)
	}
	m.droop = around(60 * arcsec)
	if kind == "fork" {
		m.sag = around(60 * arcsec)
	}
	m.wheel, m.phase = 30*arcsec*r.Float64(), around(math.Pi)
	m.air = sky.NewRefraction(sky.Conditions{PressureHPa: 930 + 90*r.Float64(), TemperatureC: around(20), Humidity: r.Float64(), WavelengthUM: 0.55})
	m.clock = around(30 * 15 * arcsec)
	return m
}

// guessedAir is what the observer takes for the air.
func guessedAir() sky.Refraction {
	return sky.NewRefraction(sky.Conditions{PressureHPa: 1000, TemperatureC: 10, Humidity: 0.5, WavelengthUM: 0.55})
}

// stars returns n places proposed for the mount.
func (m *mount) stars(t testing.TB, n int) []model.HourDec {
	t.Helper()
	targets, err := fit.Propose(fit.Plan{Count: n, Setup: m.setup(guessedAir())})
	if err != nil {
		t.Fatal(err)
	}
	var out []model.HourDec
	for _, g := range targets {
		out = append(out, g.Place)
	}
	return out
}

func percentile(v []float64, p float64) float64 {
	slices.Sort(v)
	return v[min(len(v)-1, int(p*float64(len(v))))]
}

// survey returns the rms errors over the sky, arcseconds, of models through n
// stars of trials worst mounts, and how many were refused.
func survey(t testing.TB, kind string, n, trials int, mode fit.Mode) (rms []float64, refused int) {
	t.Helper()
	r := rand.New(rand.NewPCG(7, uint64(n)))
	for range trials {
		m := worstMount(r, kind)
		setup := m.setup(guessedAir())
		var obs []fit.Observation
		for i, hd := range m.stars(t, n) {
			obs = append(obs, m.observe(r, fmt.Sprint("star ", i+1), hd, 5))
		}
		res, err := fit.Run(obs, fit.Options{Setup: setup, Mode: mode, Criteria: pointing.Criteria{Disagreement: model.Degrees(6)}})
		if err != nil {
			refused++
			continue
		}
		e, _ := m.error(res.Model, setup.Refraction)
		rms = append(rms, e.Arcsec())
	}
	return rms, refused
}

// The goal: better than a minute of arc within minutes, seconds of arc after
// a model run, on the worst mount of every kind.
func TestModelRuns(t *testing.T) {
	const trials = 4
	limits := []struct {
		n      int
		median float64 // arcsec
		most   float64
	}{{4, 60, 120}, {6, 20, 40}, {12, 8, 15}}
	for _, kind := range kinds {
		for _, limit := range limits {
			rms, refused := survey(t, kind, limit.n, trials, fit.Auto)
			median, most := percentile(rms, 0.5), percentile(rms, 1)
			t.Logf("%-10s %2d stars: median %.1f″, worst %.1f″", kind, limit.n, median, most)
			if refused > 0 || median > limit.median || most > limit.most {
				t.Errorf("%s, %d stars: median %.1f″ (at most %g″), worst %.1f″ (at most %g″), %d refused",
					kind, limit.n, median, limit.median, most, limit.most, refused)
			}
		}
	}
}

// The figures of all modes, for the record, from 40 worst mounts each:
// go test -bench ModelRuns -benchtime 1x.
func BenchmarkModelRuns(b *testing.B) {
	for _, kind := range kinds {
		for _, n := range []int{2, 3, 4, 6, 12, 24} {
			for _, mode := range []fit.Mode{fit.Taki, fit.Rotation, fit.Full} {
				b.Run(fmt.Sprintf("%s/%d/%v", kind, n, mode), func(b *testing.B) {
					for b.Loop() {
						rms, refused := survey(b, kind, n, 40, mode)
						b.ReportMetric(float64(refused), "refused")
						if len(rms) > 0 {
							b.ReportMetric(percentile(rms, 0.5), "median_arcsec")
							b.ReportMetric(percentile(rms, 0.9), "p90_arcsec")
						}
					}
				})
			}
		}
	}
}
