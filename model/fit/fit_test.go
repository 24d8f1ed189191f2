// SPDX-License-Identifier: GPL-3.0-or-later

package fit_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/fit"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/model/sky"
)

// night returns n observations of a mount with Z1, Z2, Z3 and a leaning base.
func night(t testing.TB, kind string, n int, r *rand.Rand, sigma float64) (mount, []fit.Observation) {
	t.Helper()
	m := worstMount(r, kind)
	m.droop, m.sag, m.wheel, m.clock = 0, 0, 0, 0
	m.air = guessedAir()
	var obs []fit.Observation
	for i, hd := range m.stars(t, n) {
		obs = append(obs, m.observe(r, fmt.Sprint("star ", i+1), hd, sigma))
	}
	return m, obs
}

func run(t testing.TB, obs []fit.Observation, o fit.Options) fit.Result {
	t.Helper()
	res, err := fit.Run(obs, o)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// A faultless observer of a mount built by turning its parts recovers exactly
// the angles by which they were turned.
func TestFaultsAreRecoveredExactly(t *testing.T) {
	for _, kind := range kinds {
		r := rand.New(rand.NewPCG(1, 2))
		m, obs := night(t, kind, 9, r, 0)
		res := run(t, obs, fit.Options{Setup: m.setup(guessedAir())})
		for _, v := range []struct {
			term fit.Term
			want float64
		}{{fit.Z1, m.z1}, {fit.Z2, m.z2}, {fit.Z3, m.z3}} {
			e, ok := res.Estimate(v.term)
			if d := float64(e.Value) - v.want; !ok || !e.Free || math.Abs(d) > 0.01*arcsec {
				t.Errorf("%s: %s = %v, is %v", kind, v.term, e.Value, model.Angle(v.want))
			}
		}
		lean := math.Acos(m.pole.dot(upright(kind, m.latitude).pole))
		if d := float64(res.Tilt.Mean) - lean; math.Abs(d) > 0.1*arcsec {
			t.Errorf("%s: the pole is off by %v, is by %v", kind, res.Tilt.Mean, model.Angle(lean))
		}
		if res.RMS > model.Arcsec(0.001) || res.Used != len(obs) {
			t.Errorf("%s: rms %v of %d stars", kind, res.RMS, res.Used)
		}
	}
}

// The standard deviations say how far off the terms are.
func TestSigmasCover(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var one, two, all int
	var ratio, chi2 float64
	for i := range 100 {
		m, obs := night(t, kinds[i%len(kinds)], 10, r, 8)
		for k := range obs {
			obs[k].Sigma = model.Arcsec(20) // what the observer thinks does not matter
		}
		res := run(t, obs, fit.Options{
			Setup: m.setup(guessedAir()), Free: []fit.Term{fit.Attitude, fit.Z1, fit.Z2, fit.Z3},
		})
		if n := len(res.Rejected()); n > 1 {
			t.Errorf("%d good stars rejected", n)
		}
		for _, v := range []struct {
			term fit.Term
			want float64
		}{{fit.Z1, m.z1}, {fit.Z2, m.z2}, {fit.Z3, m.z3}} {
			e, _ := res.Estimate(v.term)
			d := math.Abs(float64(e.Value)-v.want) / float64(e.Sigma)
			all++
			if d < 1 {
				one++
			}
			if d < 2 {
				two++
			}
			chi2 += d * d
		}
		rms, _ := m.error(res.Model, guessedAir())
		ratio += float64(rms) / float64(res.LeaveOut) / 100
	}
	p1, p2 := float64(one)/float64(all), float64(two)/float64(all)
	t.Logf("within σ: %.1f %%, within 2σ: %.1f %%, χ² per term %.2f; error over the sky is %.2f of the leave-one-out rms",
		100*p1, 100*p2, chi2/float64(all), ratio)
	// 300 draws of Student's distribution with 13 degrees of freedom: 66 and 93 %.
	if p1 < 0.58 || p1 > 0.75 || p2 < 0.89 || p2 > 0.98 {
		t.Errorf("within σ %.1f %%, within 2σ %.1f %%", 100*p1, 100*p2)
	}
}

func TestAWrongStarIsNamed(t *testing.T) {
	for k, kind := range kinds {
		for i, n := range []int{5, 6, 8, 12, 16, 24} {
			for _, wrong := range []int{n / 3, []int{0, n - 1}[(i+k)%2]} {
				name := fmt.Sprintf("%s, star %d of %d", kind, wrong, n)
				r := rand.New(rand.NewPCG(5, uint64(n)))
				m, obs := night(t, kind, n, r, 5)
				meant := obs[wrong].Place
				// The observer centres a neighbour, half a degree to a few away.
				is := meant
				is.Dec += model.Degrees([]float64{0.5, -2, 4}[n%3])
				obs[wrong] = m.observe(r, "Alpha", is.HourDec(1.234), 5)
				obs[wrong].Place = meant
				res, err := fit.Run(obs, fit.Options{
					Setup:      m.setup(guessedAir()),
					Candidates: []fit.Candidate{{"Alpha", meant}, {"Beta", is}, {"Gamma", obs[(wrong+1)%n].Place}},
				})
				if got := res.Rejected(); err != nil || !slices.Equal(got, []int{wrong}) {
					t.Errorf("%s: rejected %v, %v", name, got, err)
					continue
				}
				q := res.Residuals[wrong]
				if !strings.Contains(q.Why, "Beta") {
					t.Errorf("%s: Beta was centred, but: %s", name, q.Why)
				}
				if d := q.Distance - (is.Dec - meant.Dec).Abs(); d.Abs() > model.Arcmin(3) {
					t.Errorf("%s: it misses by %v", name, q.Distance)
				}
				if !slices.ContainsFunc(res.Verdicts, func(v fit.Verdict) bool {
					return v.Level == fit.Warning && strings.Contains(v.Text, "Alpha")
				}) {
					t.Errorf("%s: no verdict names it: %v", name, res.Verdicts)
				}
			}
		}
	}
}

// Several gross errors among many stars hide each other from a mean.
func TestSeveralWrongStarsAreNamed(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	m, obs := night(t, "german", 25, r, 5)
	want := []int{2, 7, 11, 19, 23}
	for name, off := range map[string]func(k int) model.Angle{
		"a little, each otherwise": func(k int) model.Angle { return model.Arcmin(float64(7 * (k + 1))) },
		"all alike":                func(int) model.Angle { return model.Degrees(2) },
		"by degrees":               func(k int) model.Angle { return model.Degrees(float64(20 - 9*k)) },
		"far":                      func(k int) model.Angle { return model.Degrees(float64(140 - 60*k)) },
	} {
		wrong := slices.Clone(obs)
		for k, i := range want {
			wrong[i].Place.RA += off(k)
			wrong[i].Place.Dec = max(min(wrong[i].Place.Dec-off(k).Mul(0.5), 1.5), -1.5)
		}
		res, err := fit.Run(wrong, fit.Options{Setup: m.setup(guessedAir())})
		if got := res.Rejected(); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: rejected %v, want %v; %v", name, got, want, err)
		}
	}
}

// With too few stars to outvote it, a wrong star makes the set refused.
func TestFewStarsThatContradict(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 7))
	m := upright("altaz", 0.7)
	for _, n := range []int{2, 3, 4} {
		var obs []fit.Observation
		for i, hd := range m.stars(t, n) {
			obs = append(obs, m.observe(r, fmt.Sprint("star ", i+1), hd, 5))
		}
		obs[1].Name = "Spica"
		obs[1].Place.RA += model.Degrees(30)
		_, err := fit.Run(obs, fit.Options{Setup: m.setup(sky.Refraction{})})
		if !errors.Is(err, fault.Invalid) || !strings.Contains(fmt.Sprint(err), "Spica") {
			t.Errorf("%d stars: %v", n, err)
		}
		t.Log(err)
	}
}

func TestRefusals(t *testing.T) {
	m := upright("altaz", 0.7)
	good := func(n int) []fit.Observation {
		var obs []fit.Observation
		for i, hd := range m.stars(t, n) {
			obs = append(obs, m.observe(nil, fmt.Sprint("star ", i+1), hd, 5))
		}
		return obs
	}
	at := func(places ...model.Horizontal) []fit.Observation {
		var obs []fit.Observation
		for i, h := range places {
			obs = append(obs, m.observe(nil, fmt.Sprint("star ", i+1), h.HourDec(0.7), 5))
		}
		return obs
	}
	edit := func(obs []fit.Observation, change func(*fit.Observation)) []fit.Observation {
		change(&obs[1])
		return obs
	}
	h := func(az, alt float64) model.Horizontal {
		return model.Horizontal{Az: model.Degrees(az), Alt: model.Degrees(alt)}
	}
	setup := m.setup(sky.Refraction{})
	nan := model.Angle(math.NaN())
	tests := []struct {
		name string
		obs  []fit.Observation
		opt  fit.Options
		want string
	}{
		{"none", nil, fit.Options{Setup: setup}, "no star"},
		{"one star twice", at(h(100, 40), h(100, 40)), fit.Options{Setup: setup}, "one direction"},
		{"two close stars", at(h(100, 40), h(103, 41)), fit.Options{Setup: setup}, "one direction"},
		{"opposite stars", at(h(100, 1), h(280, -1)), fit.Options{Setup: setup}, "opposite"},
		{"a heap of six", at(h(100, 40), h(101, 41), h(102, 40), h(101, 39), h(100, 41), h(102, 42)), fit.Options{Setup: setup}, "one direction"},
		{"not a number", edit(good(3), func(o *fit.Observation) { o.Axes.Z = nan }), fit.Options{Setup: setup}, "point 2 (star 2)"},
		{"impossible declination", edit(good(3), func(o *fit.Observation) { o.Place.Dec = model.Degrees(95) }), fit.Options{Setup: setup}, "declination 95"},
		{"impossible reading", edit(good(3), func(o *fit.Observation) { o.Axes.A = model.Degrees(400) }), fit.Options{Setup: setup}, "axis A reads"},
		{"latitude", good(3), fit.Options{Setup: fit.SetupOf(pointing.AltAz, model.Degrees(91), sky.Refraction{})}, "latitude"},
		{"unknown term", good(3), fit.Options{Setup: setup, Free: []fit.Term{"XYZ"}}, "XYZ"},
		{"the same fault twice", good(9), fit.Options{Setup: setup, Free: []fit.Term{fit.Attitude, fit.AN}}, "the same fault"},
		{"more terms than stars", good(3), fit.Options{Setup: setup, Free: []fit.Term{fit.Attitude, fit.Z3, fit.IE, fit.Z1, fit.Z2}}, "same fault"},
		{"too many terms", good(2), fit.Options{Setup: setup, Free: []fit.Term{fit.Attitude, fit.Z3, fit.IA}}, "IA"},
	}
	for _, tt := range tests {
		_, err := fit.Run(tt.obs, tt.opt)
		if !errors.Is(err, fault.Invalid) || !strings.Contains(fmt.Sprint(err), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}

	mirrored := good(6)
	for i := range mirrored {
		mirrored[i].Axes.Z = -mirrored[i].Axes.Z
	}
	if _, err := fit.Run(mirrored, fit.Options{Setup: setup}); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "mirror") {
		t.Errorf("mirrored axis: %v", err)
	}
}

func TestWrongClockAndPlace(t *testing.T) {
	m := upright("altaz", 0.7)
	var obs []fit.Observation
	for i, hd := range m.stars(t, 8) {
		obs = append(obs, m.observe(nil, fmt.Sprint("star ", i+1), hd, 5))
	}
	warned := func(res fit.Result, text string) bool {
		return slices.ContainsFunc(res.Verdicts, func(v fit.Verdict) bool { return v.Level == fit.Warning && strings.Contains(v.Text, text) })
	}
	setup := m.setup(sky.Refraction{})
	if res := run(t, obs, fit.Options{Setup: setup}); warned(res, "clock") || warned(res, "latitude") {
		t.Errorf("a right clock is doubted: %v", res.Verdicts)
	}

	late := slices.Clone(obs)
	for i := range late {
		late[i].LST += model.Hours(1)
	}
	res := run(t, late, fit.Options{Setup: setup})
	if p := fit.PlacementOf(res.Parts.Attitude, setup); math.Abs(p.Later.Hours()-1) > 1e-3 {
		t.Errorf("a clock one hour ahead looks like %.4f h", p.Later.Hours())
	}
	if !warned(res, "1.00 h ahead") || !warned(res, "summer time") {
		t.Errorf("a clock an hour ahead: %v", res.Verdicts)
	}

	for _, lat := range []float64{0.8, -0.8} { // a fork whose zero of axis Z is known
		fork := upright("fork", lat)
		var obs []fit.Observation
		for _, hd := range fork.stars(t, 4) {
			o := fork.observe(nil, "", hd, 5)
			o.LST += model.Hours(0.5)
			obs = append(obs, o)
		}
		res := run(t, obs, fit.Options{Setup: fork.setup(sky.Refraction{})})
		if p := fit.PlacementOf(res.Parts.Attitude, fork.setup(sky.Refraction{})); math.Abs(p.Later.Hours()-0.5) > 1e-3 {
			t.Errorf("on a fork, a clock half an hour ahead looks like %.4f h", p.Later.Hours())
		}
	}

	away := setup
	away.Latitude -= model.Degrees(6)
	away.Nominal = pointing.AltAzAttitude(away.Latitude)
	res = run(t, obs, fit.Options{Setup: away})
	if p := fit.PlacementOf(res.Parts.Attitude, away); (p.North-model.Degrees(6)).Abs() > model.Arcmin(1) || p.Later.Abs() > model.Arcmin(1) {
		t.Errorf("a latitude 6° too small looks like %+v", p)
	}
	if !warned(res, "check the latitude") {
		t.Errorf("a latitude 6° too small: %v", res.Verdicts)
	}

	for i := range late {
		late[i].LST += model.Hours(11)
	}
	if res, err := fit.Run(late, fit.Options{Setup: setup}); err != nil && !strings.Contains(err.Error(), "below the horizon") || err == nil && !warned(res, "clock") {
		t.Errorf("a clock twelve hours ahead: %v, %v", err, res.Verdicts)
	}

	low := slices.Clone(obs)
	low[3].Place.RA += model.HalfTurn
	low[3].Place.Dec = model.Degrees(-20)
	res = run(t, low, fit.Options{Setup: setup})
	if !res.Residuals[3].Rejected || !strings.Contains(res.Residuals[3].Why, "below the horizon") {
		t.Errorf("a star below the horizon: %+v", res.Residuals[3])
	}
}

// Neither the order of the stars nor, without air, a common change of the
// sidereal time alters the mount's faults.
func TestInvariances(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	m, obs := night(t, "german", 14, r, 5)
	setup := m.setup(sky.Refraction{})
	m.air = sky.Refraction{}
	first := run(t, obs, fit.Options{Setup: setup})
	r.Shuffle(len(obs), func(i, j int) { obs[i], obs[j] = obs[j], obs[i] })
	second := run(t, obs, fit.Options{Setup: setup})
	for i := range obs {
		obs[i].LST += model.Degrees(0.3)
	}
	third := run(t, obs, fit.Options{Setup: setup, Free: freeOf(second)})
	second = run(t, func() []fit.Observation {
		back := slices.Clone(obs)
		for i := range back {
			back[i].LST -= model.Degrees(0.3)
		}
		return back
	}(), fit.Options{Setup: setup, Free: freeOf(second)})
	for _, term := range []fit.Term{fit.Z1, fit.Z2, fit.Z3} {
		a, _ := first.Estimate(term)
		b, _ := second.Estimate(term)
		c, _ := third.Estimate(term)
		if (a.Value - b.Value).Abs() > model.Arcsec(1e-4) {
			t.Errorf("%s is %v in one order, %v in another", term, a.Value, b.Value)
		}
		// The tube's droop, if fitted, hangs from a zenith 0.3° away.
		if (b.Value - c.Value).Abs() > model.Arcsec(0.5) {
			t.Errorf("%s is %v, with another sidereal time %v", term, b.Value, c.Value)
		}
	}
}

func freeOf(r fit.Result) (free []fit.Term) {
	free = append(free, fit.Attitude)
	for _, e := range r.Terms {
		if e.Free {
			free = append(free, e.Term)
		}
	}
	return free
}

// Tube, fork and gear bend as the bench bends them, in size and sense.
func TestBendingIsRecovered(t *testing.T) {
	for _, kind := range kinds {
		for _, lat := range []float64{0.8, -0.6} {
			m := upright(kind, lat)
			m.z1, m.z2, m.z3, m.zero = 0.003, -0.004, 0.002, 0.01
			m.droop = 80 * arcsec
			m.wheel, m.phase = 40*arcsec, 0.9
			free := []fit.Term{fit.Attitude, fit.Z1, fit.Z2, fit.Z3, fit.TF, fit.HCES, fit.HCEC}
			want := map[fit.Term]float64{fit.TF: m.droop, fit.HCES: m.wheel * math.Cos(0.9), fit.HCEC: m.wheel * math.Sin(0.9)}
			if kind == "fork" {
				m.sag = -70 * arcsec
				free = append(free, fit.FO)
				want[fit.FO] = m.sag * math.Cos(lat)
			}
			var obs []fit.Observation
			for i, hd := range m.stars(t, 20) {
				obs = append(obs, m.observe(nil, fmt.Sprint(i), hd, 0))
			}
			res := run(t, obs, fit.Options{Setup: m.setup(sky.Refraction{}), Free: free})
			if kind == "altaz" || kind == "fork" || kind == "german" {
				// Gears turn with the axis, whose zero is 0.01 from the fit's.
				for term, want := range want {
					if e, _ := res.Estimate(term); math.Abs(float64(e.Value)-want) > 2*arcsec {
						t.Errorf("%s at %.1f: %s is %.1f″, want %.1f″", kind, lat, term, e.Value.Arcsec(), want/arcsec)
					}
				}
			} else if e, _ := res.Estimate(fit.TF); math.Abs(float64(e.Value)-m.droop) > 2*arcsec {
				t.Errorf("%s at %.1f: TF is %.1f″, want %.1f″", kind, lat, e.Value.Arcsec(), m.droop/arcsec)
			}
			if res.RMS > model.Arcsec(2) {
				t.Errorf("%s at %.1f: rms %v", kind, lat, res.RMS)
			}
		}
	}
}

// What a fit says of a star is what its model says of it, on either side.
func TestResidualsAreTheModels(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 2))
	m, obs := night(t, "german", 14, r, 20)
	res := run(t, obs, fit.Options{Setup: m.setup(guessedAir())})
	misses, err := fit.Misses(res.Parts, obs, m.setup(guessedAir()))
	if err != nil {
		t.Fatal(err)
	}
	for i, q := range res.Residuals {
		p := misses[i]
		if (q.Z-p.Z).Abs() > model.Arcsec(0.5) || (q.A-p.A).Abs() > model.Arcsec(0.5) || (q.Distance-p.Distance).Abs() > model.Arcsec(0.01) || q.Side != p.Side {
			t.Errorf("star %d: %.2f″ %.2f″, by the model %.2f″ %.2f″", i+1, q.Z.Arcsec(), q.A.Arcsec(), p.Z.Arcsec(), p.A.Arcsec())
		}
	}
}

// A prior pulls to its mean as hard as its sigma says.
func TestPriorsPull(t *testing.T) {
	m := upright("altaz", 0.7)
	var obs []fit.Observation
	for i, hd := range m.stars(t, 9) {
		obs = append(obs, m.observe(nil, fmt.Sprint(i), hd, 5))
	}
	free := []fit.Term{fit.Attitude, fit.Z1, fit.Z2, fit.Z3}
	setup := m.setup(sky.Refraction{})
	plain := run(t, obs, fit.Options{Setup: setup, Free: free})
	e, _ := plain.Estimate(fit.Z3)
	own := e.Sigma.Mul(1 / plain.Sigma0) // what the stars' nominal sigmas make of it
	for sigma, share := range map[model.Angle]float64{model.Arcsec(0.001): 1, own: 0.5, own.Mul(2): 0.2, model.Degrees(20): 0} {
		res := run(t, obs, fit.Options{Setup: setup, Free: free, Priors: map[fit.Term]fit.Prior{fit.Z3: {Mean: model.Arcsec(30), Sigma: sigma}}})
		got, _ := res.Estimate(fit.Z3)
		want := e.Value + (model.Arcsec(30) - e.Value).Mul(share)
		if (got.Value - want).Abs() > model.Arcsec(0.1) {
			t.Errorf("with σ = %v the prior pulls Z3 to %.2f″, want %.2f″", sigma, got.Value.Arcsec(), want.Arcsec())
		}
	}
}

// Alone is what a fit without the star says of it.
func TestAloneIsWithoutTheStar(t *testing.T) {
	r := rand.New(rand.NewPCG(19, 2))
	m, obs := night(t, "fork", 8, r, 20)
	o := fit.Options{Setup: m.setup(guessedAir()), Free: []fit.Term{fit.Attitude, fit.Z1, fit.Z2, fit.Z3}}
	all := run(t, obs, o)
	if len(all.Rejected()) != 0 {
		t.Fatal("a good star is rejected")
	}
	sum := 0.0
	for i, q := range all.Residuals {
		others := run(t, slices.Delete(slices.Clone(obs), i, i+1), o)
		misses, err := fit.Misses(others.Parts, obs[i:i+1], o.Setup)
		if err != nil {
			t.Fatal(err)
		}
		d := misses[0].Distance
		sum += float64(d * d)
		if (d - q.Alone).Abs() > d.Mul(0.02)+model.Arcsec(0.1) {
			t.Errorf("star %d: alone %.2f″, without it %.2f″ (with it %.2f″)", i+1, q.Alone.Arcsec(), d.Arcsec(), q.Distance.Arcsec())
		}
	}
	if rms := model.Angle(math.Sqrt(sum / float64(len(obs)))); (rms - all.LeaveOut).Abs() > rms.Mul(0.02) {
		t.Errorf("leave-one-out rms %v, by leaving out %v", all.LeaveOut, rms)
	}
}

// Two stars suffice on the second night of a mount whose faults are known
// from the first, though its base and the zero of its tube stand anew.
func TestSecondNight(t *testing.T) {
	var all []float64
	for i := range 10 {
		kind := kinds[i%len(kinds)]
		r := rand.New(rand.NewPCG(21, uint64(i)))
		m := worstMount(r, kind)
		setup := m.setup(guessedAir())
		see := func(n int) (obs []fit.Observation) {
			for i, hd := range m.stars(t, n) {
				obs = append(obs, m.observe(r, fmt.Sprint("star ", i+1), hd, 5))
			}
			return obs
		}
		first := run(t, see(16), fit.Options{Setup: setup})
		for _, v := range []*vec{&m.pole, &m.ahead} {
			*v = v.about(vec{0.6, 0.8, 0}, 0.01).about(vec{0, 0, 1}, 0.02)
		}
		m.z3 += 0.003
		m.zero += 0.01
		second := run(t, see(2), fit.Options{
			Setup: setup, Known: &first.Parts, Priors: first.Priors(model.Arcsec(20), model.Degrees(1)),
			Criteria: pointing.Criteria{Disagreement: model.Degrees(3)},
		})
		rms, _ := m.error(second.Model, setup.Refraction)
		all = append(all, rms.Arcsec())
	}
	median := percentile(all, 0.5)
	t.Logf("two stars, faults known: median %.1f″, worst %.1f″", median, all[len(all)-1])
	if median > 40 || all[len(all)-1] > 150 {
		t.Errorf("median %.1f″, worst %.1f″", median, all[len(all)-1])
	}
}

func TestOneStarMovesTheIndex(t *testing.T) {
	m := upright("fork", 0.8)
	m.zero, m.z3 = 0.02, -0.01
	hd := model.HourDec{HA: 0.5, Dec: 0.6}
	res := run(t, []fit.Observation{m.observe(nil, "Vega", hd, 5)}, fit.Options{Setup: m.setup(sky.Refraction{})})
	if rms, _ := m.error(res.Model, sky.Refraction{}); rms > model.Arcsec(0.01) || res.Mode != fit.Rotation {
		t.Errorf("mode %v, error %v", res.Mode, rms)
	}
}

// The modes taki and rotation are those of package pointing.
func TestCompatibleModes(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 1))
	m := upright("altaz", 0.7)
	m.z1, m.z3 = 0.002, 0.001
	setup := m.setup(sky.Refraction{})
	known := fit.Parts{Attitude: setup.Nominal, Errors: pointing.Errors{Z1: 0.002, Z3: 0.001}, Zenith: model.Vec{0, 0, 1}, Linear: []fit.Coefficient{{fit.TF, 1e-4}}}
	base, err := known.Build()
	if err != nil {
		t.Fatal(err)
	}
	var obs []fit.Observation
	var stars []pointing.Star
	for i, h := range []model.Horizontal{{Az: 1, Alt: 0.5}, {Az: 3, Alt: 0.7}, {Az: 5, Alt: 0.9}, {Az: 2, Alt: 1}} {
		o := m.observe(r, fmt.Sprint("star ", i+1), h.HourDec(0.7), 20)
		obs = append(obs, o)
		stars = append(stars, pointing.Star{Sky: o.HourDec().Vector(), Axes: o.Axes})
	}
	two, err := base.TakiTwo(stars[0], stars[1], pointing.Criteria{})
	if err != nil {
		t.Fatal(err)
	}
	three, err := base.TakiThree(stars[0], stars[1], stars[2], pointing.Criteria{})
	if err != nil {
		t.Fatal(err)
	}
	turned, err := base.Align(stars, pointing.Criteria{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		mode fit.Mode
		n    int
		want *pointing.Model
	}{{fit.Taki, 2, two}, {fit.Taki, 3, three}, {fit.Taki, 4, three}, {fit.Rotation, 4, turned.Model}} {
		res := run(t, obs[:tt.n], fit.Options{Setup: setup, Mode: tt.mode, Known: &known})
		for i := range tt.want.Attitude {
			if d := res.Model.Attitude[i].Sub(tt.want.Attitude[i]).Norm(); d > 1e-12 || res.Mode != tt.mode {
				t.Errorf("%v of %d: attitude %v, want %v", tt.mode, tt.n, res.Model.Attitude, tt.want.Attitude)
			}
		}
		built, err := res.Parts.Build()
		if err != nil {
			t.Fatal(err)
		}
		if d := built.MountVector(obs[3].Axes).Angle(res.Model.MountVector(obs[3].Axes)); d > model.Arcsec(0.01) {
			t.Errorf("%v of %d: the parts make another model, by %v", tt.mode, tt.n, d)
		}
	}
	obs[1].Name = "Deneb"
	obs[1].Place.RA += 0.3
	for _, mode := range []fit.Mode{fit.Taki, fit.Rotation} {
		if _, err := fit.Run(obs, fit.Options{Setup: setup, Mode: mode}); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "Deneb") {
			t.Errorf("%v with a wrong star: %v", mode, err)
		}
	}
	if _, err := fit.Run(obs[:1], fit.Options{Setup: setup, Mode: fit.Taki, Free: []fit.Term{fit.Z1}}); !errors.Is(err, fault.Invalid) {
		t.Errorf("a matrix through one star: %v", err)
	}
}

// Terms that the stars do not show stay at what was known of them.
func TestTermsThatStarsDoNotShow(t *testing.T) {
	m := upright("altaz", 0.7)
	setup := m.setup(sky.Refraction{})
	known := fit.Parts{Attitude: setup.Nominal, Errors: pointing.Errors{Z1: 0.001, Z2: -0.002}}
	see := func(alts ...float64) (obs []fit.Observation) {
		for i, alt := range alts {
			obs = append(obs, m.observe(nil, "", model.Horizontal{Az: model.Degrees(float64(i) * 47), Alt: model.Degrees(alt)}.HourDec(0.7), 5))
		}
		return obs
	}
	low := run(t, see(30, 35, 40, 45, 32, 50, 38), fit.Options{Setup: setup, Known: &known})
	if e, _ := low.Estimate(fit.Z1); e.Free || e.Value != 0.001 || !strings.Contains(e.Why, "40°") {
		t.Errorf("over 20° of altitude: %+v", e)
	}
	rough := see(20, 70, 40, 60, 30, 50, 75)
	for i := range rough {
		rough[i].Sigma = model.Degrees(3)
	}
	res := run(t, rough, fit.Options{Setup: setup, Known: &known})
	for term, want := range map[fit.Term]model.Angle{fit.Z1: 0.001, fit.Z2: -0.002} {
		if e, _ := res.Estimate(term); e.Free || e.Value != want || e.Why == "" {
			t.Errorf("from stars good to 3°: %+v", e)
		}
	}
	if e, ok := res.Estimate(fit.Z3); !ok || !e.Free {
		t.Errorf("Z3: %+v", e)
	}
	two := run(t, see(30, 32)[:2], fit.Options{Setup: setup})
	if e, _ := two.Estimate(fit.Z1); e.Free || e.Why == "" {
		t.Errorf("two stars give %+v", e)
	}
	// Half-way to the zenith on average, and opposite: no offset shows.
	flat := []fit.Observation{
		m.observe(nil, "", model.Horizontal{Az: 0.1, Alt: 0.002}.HourDec(0.7), 5),
		m.observe(nil, "", model.Horizontal{Az: 2.2, Alt: -0.001}.HourDec(0.7), 5),
	}
	level := run(t, flat, fit.Options{Setup: setup})
	if e, _ := level.Estimate(fit.Z3); e.Free || e.Why == "" {
		t.Errorf("two stars at the horizon give %+v", e)
	}
}

func TestOneSideOnlyIsSaid(t *testing.T) {
	m := upright("german", 0.7)
	var obs []fit.Observation
	for i, hd := range m.stars(t, 14) {
		if hd.HA > 0 {
			obs = append(obs, m.observe(nil, fmt.Sprint(i), hd, 5))
		}
	}
	res := run(t, obs, fit.Options{Setup: m.setup(sky.Refraction{})})
	if !slices.ContainsFunc(res.Verdicts, func(v fit.Verdict) bool {
		return v.Level == fit.Warning && strings.Contains(v.Text, "pier side")
	}) {
		t.Errorf("%v", res.Verdicts)
	}
}

func TestModeNames(t *testing.T) {
	for _, m := range []fit.Mode{fit.Auto, fit.Taki, fit.Rotation, fit.Full} {
		if got, err := fit.ParseMode(strings.ToUpper(m.String())); err != nil || got != m {
			t.Errorf("%v reads as %v, %v", m, got, err)
		}
	}
	if _, err := fit.ParseMode("tpoint"); !errors.Is(err, fault.Invalid) {
		t.Errorf("an unknown mode: %v", err)
	}
}

func BenchmarkFit100AllTerms(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	m := worstMount(r, "fork")
	var obs []fit.Observation
	for i, hd := range m.stars(b, 100) {
		obs = append(obs, m.observe(r, fmt.Sprint("star ", i), hd, 5))
	}
	free := []fit.Term{
		fit.Attitude, fit.Z1, fit.Z2, fit.Z3, fit.TF, fit.TX, fit.FO, fit.DAF, fit.HCES, fit.HCEC, fit.DCES, fit.DCEC,
		fit.HHSH2, fit.HHCH2, fit.HDSH2, fit.HDCH2, fit.HDSD2, fit.HDCD2,
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := fit.Run(obs, fit.Options{Setup: m.setup(guessedAir()), Free: free}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFit100Automatic(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	m := worstMount(r, "fork")
	var obs []fit.Observation
	for i, hd := range m.stars(b, 100) {
		obs = append(obs, m.observe(r, fmt.Sprint("star ", i), hd, 5))
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := fit.Run(obs, fit.Options{Setup: m.setup(guessedAir()), Tables: true}); err != nil {
			b.Fatal(err)
		}
	}
}
