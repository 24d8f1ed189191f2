// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import "math"

// air is the atmosphere over the site: temperature falling by 6.5 K/km up to
// 11 km, constant above, in hydrostatic equilibrium, with its water vapour
// near the ground. A ray of light is followed through it (bend); the
// controller's formulas appear nowhere.
//
// Source: the model atmosphere and refractivity of Hohenkerk and Sinclair
// 1985 (NAO Technical Note 63). Checked against testdata: 0.1″ from a fit to
// ray tracing down to 15° of altitude.
type air struct {
	pressure    float64 // hPa at the site
	temperature float64 // K at the site
	vapour      float64 // hPa at the site
	height      float64 // of the site above the sea, m
	dry, wet    float64 // refractivity: K/hPa
}

const (
	lapse      = 0.0065                        // K/m
	tropopause = 11000.0                       // m
	topOfAir   = 90000.0                       // m
	earthR     = 6378120.0                     // m
	hydro      = 9.80665 * 0.0289644 / 8.31446 // K/m: weight of air over the gas constant
	vapourFall = 18.36                         // water vapour goes with this power of temperature
)

// newAir returns air of the given pressure (hPa), temperature (°C) and relative
// humidity (0 to 1), seen at a wavelength in µm.
func newAir(pressure, celsius, humidity, height, wavelength float64) air {
	saturation := math.Pow(10, (0.7859+0.03477*celsius)/(1+0.00412*celsius)) *
		(1 + pressure*(4.5e-6+6e-10*celsius*celsius))
	vapour := 0.0
	if pressure > 0 {
		vapour = humidity * saturation / (1 - (1-humidity)*saturation/pressure)
	}
	w2 := wavelength * wavelength
	return air{
		pressure: pressure, temperature: celsius + 273.15, vapour: vapour, height: height,
		dry: 77.53484e-6 + (4.39108e-7+3.666e-9/w2)/w2,
		wet: 11.2684e-6,
	}
}

// index returns the refractive index and its slope per metre, h metres above
// the site, by the law that holds above or below the tropopause.
func (a *air) index(h float64, above bool) (n, slope float64) {
	edge := tropopause - a.height
	t := a.temperature - lapse*h
	if above {
		t = a.temperature - lapse*edge
	}
	ratio := t / a.temperature
	rho := a.dry * a.pressure * math.Pow(ratio, hydro/lapse) / t
	if above {
		rho *= math.Exp(-hydro / t * (h - edge))
		return 1 + rho, -rho * hydro / t
	}
	moist := a.wet * a.vapour * math.Pow(ratio, vapourFall) / t
	return 1 + rho - moist, -lapse / t * (rho*(hydro/lapse-1) - moist*(vapourFall-1))
}

// bend returns the refraction, in radians, of a ray that arrives at the given
// apparent altitude in radians. It integrates height, zenith angle and bending
// along the ray, which stays regular at the horizon and below.
func (a *air) bend(apparent float64) float64 {
	type state struct{ h, z, r float64 }
	edge := tropopause - a.height
	above := false
	flow := func(s state) state {
		n, slope := a.index(s.h, above)
		sin, cos := math.Sincos(s.z)
		curve := slope / n * sin
		return state{cos, -sin/(earthR+a.height+s.h) - curve, -curve}
	}
	move := func(s state, d float64, k state) state {
		return state{s.h + d*k.h, s.z + d*k.z, s.r + d*k.r}
	}
	s := state{z: math.Pi/2 - apparent}
	for path := 0.0; s.h < topOfAir && path < 2e6; {
		d := 200 + 0.03*path
		// No step straddles the tropopause, where the slope jumps.
		if above = s.h >= edge-0.5; !above {
			// A straight ray over a round Earth climbs d·cos z + d²/2R.
			cos, climb := math.Cos(s.z), edge-s.h
			if bow := cos*cos + 2*climb/earthR; bow > 0 {
				d = min(d, 2*climb/(cos+math.Sqrt(bow)))
			}
		}
		k1 := flow(s)
		k2 := flow(move(s, d/2, k1))
		k3 := flow(move(s, d/2, k2))
		k4 := flow(move(s, d, k3))
		s = move(s, d/6, k1)
		s = move(s, d/3, k2)
		s = move(s, d/3, k3)
		s = move(s, d/6, k4)
		path += d
	}
	return s.r
}

// lens is the refraction of one night, tabulated from rays.
type lens struct {
	on    bool
	ratio [lensNodes]float64 // refraction ÷ shape at altitude node(i)
}

const (
	lensNodes  = 91
	lowestNode = -1.0 / 180 * math.Pi // no ray is followed below −1°
)

// node returns the altitude of table entry i; nodes lie close at the horizon.
func node(i int) float64 {
	f := float64(i) / (lensNodes - 1)
	return lowestNode + f*f*(math.Pi/2-lowestNode)
}

// shape is about the refraction for unit refractivity: it takes the steep part
// out of the table, so that what is left can be interpolated.
func shape(alt float64) float64 {
	sin, cos := math.Sincos(alt)
	return cos / (sin + 0.00236/(sin+0.0824))
}

func newLens(a air) lens {
	l := lens{on: true}
	for i := range l.ratio {
		alt := min(node(i), 1.5707) // at 90° both are zero
		l.ratio[i] = a.bend(alt) / shape(alt)
	}
	return l
}

// of returns the refraction, in radians, at an apparent altitude. Below −1° it
// stays at its value there.
func (l *lens) of(apparent float64) float64 {
	if !l.on {
		return 0
	}
	alt := min(max(apparent, lowestNode), math.Pi/2)
	f := math.Sqrt((alt-lowestNode)/(math.Pi/2-lowestNode)) * (lensNodes - 1)
	i := min(max(int(f)-1, 0), lensNodes-4)
	// The cubic through four neighbouring nodes (Lagrange).
	u := f - float64(i)
	r := l.ratio[i : i+4]
	ratio := -r[0]*(u-1)*(u-2)*(u-3)/6 + r[1]*u*(u-2)*(u-3)/2 -
		r[2]*u*(u-1)*(u-3)/2 + r[3]*u*(u-1)*(u-2)/6
	return ratio * shape(alt)
}

// raise returns the apparent altitude of a true one: the inverse of of.
func (l *lens) raise(true float64) float64 {
	apparent := true
	for range 30 {
		next := true + l.of(apparent)
		// Newton on apparent − R(apparent) − true, with a numeric slope.
		const h = 1e-5
		slope := 1 - (l.of(apparent+h)-l.of(apparent-h))/(2*h)
		step := (next - apparent) / slope
		apparent += step
		if math.Abs(step) < 1e-13 {
			break
		}
	}
	return apparent
}
