// SPDX-License-Identifier: GPL-3.0-or-later

package sky

import (
	"math"

	"github.com/siderostep/siderostep/model"
)

// Conditions are those of the air at the telescope, on which refraction
// depends.
type Conditions struct {
	PressureHPa  float64 // at the telescope, not reduced to sea level; 0: no air
	TemperatureC float64
	Humidity     float64 // relative, 0…1
	WavelengthUM float64 // of the light observed, micrometres; 0 stands for 0.55
}

// defaultWavelengthUM is that to which the dark-adapted eye and most
// detectors respond.
const defaultWavelengthUM = 0.55

// StandardConditions returns what to assume at heightM metres above the sea
// when nobody measures: 1013.25·exp(−height/8400 m) hPa, 10 °C, half the
// saturation humidity, 0.55 µm.
func StandardConditions(heightM float64) Conditions {
	return Conditions{
		PressureHPa:  1013.25 * math.Exp(-heightM/8400),
		TemperatureC: 10,
		Humidity:     0.5,
		WavelengthUM: defaultWavelengthUM,
	}
}

// Refco returns the constants A and B, in radians, of R = A tan z + B tan³z,
// where z is the observed zenith distance. Against ray tracing R is within
// 0.06″ to z = 75° and 0.6″ at 80°; it is not meant for z > 83°. The values
// of c are first brought into the ranges −150…200 °C, 0…10000 hPa, 0…1 and
// 0.1…100 µm. Only the optical and infrared formula is here, not radio.
// Source: ERFA refco.
func Refco(c Conditions) (a, b float64) {
	t := min(max(c.TemperatureC, -150), 200)
	p := min(max(c.PressureHPa, 0), 10000)
	rh := min(max(c.Humidity, 0), 1)
	wl := c.WavelengthUM
	if wl == 0 {
		wl = defaultWavelengthUM
	}
	wl = min(max(wl, 0.1), 100)
	if p == 0 {
		return 0, 0
	}
	// Water vapour: pressure at saturation, then actual.
	sat := math.Pow(10, (0.7859+0.03477*t)/(1+0.00412*t)) * (1 + p*(4.5e-6+6e-10*t*t))
	vapour := rh * sat / (1 - (1-rh)*sat/p)

	kelvin := t + 273.15
	wl2 := wl * wl
	gamma := ((77.53484e-6+(4.39108e-7+3.666e-9/wl2)/wl2)*p - 11.2684e-6*vapour) / kelvin
	beta := 4.4474e-6 * kelvin
	return gamma * (1 - beta), -gamma * (beta - gamma/2)
}

// Scale returns the ratio of refraction under c to that at 1010 hPa and
// 10 °C, as Bennett and Saemundsson have it: P/1010 · 283/(273+T).
func (c Conditions) Scale() float64 {
	return c.PressureHPa / 1010 * 283 / (273 + c.TemperatureC)
}

// Bennett returns the refraction at the observed altitude alt ≥ −1°, at
// 1010 hPa and 10 °C; multiply by Conditions.Scale. It is within 0.07′ of
// tables down to the horizon and 3 % above Refco higher up.
// Source: Bennett 1982 (see Refraction).
func Bennett(alt model.Angle) model.Angle {
	h := alt.Degrees()
	return model.Arcmin(1 / math.Tan(float64(model.Degrees(h+7.31/(h+4.4)))))
}

// Saemundsson returns the refraction at the true altitude alt ≥ −2°, at
// 1010 hPa and 10 °C; multiply by Conditions.Scale. It agrees with Bennett
// to 0.1′. Source: Þ. Sæmundsson, Sky & Telescope 72 (July 1986), 70.
func Saemundsson(alt model.Angle) model.Angle {
	h := alt.Degrees()
	return model.Arcmin(1.02 / math.Tan(float64(model.Degrees(h+10.3/(h+5.11)))))
}

// KastenYoung returns the relative air mass at the observed altitude alt: 1
// overhead, 38 at the horizon. ok is false below the horizon, where there is
// none. Source: F. Kasten & A. T. Young, Applied Optics 28 (1989), 4735.
func KastenYoung(alt model.Angle) (airMass float64, ok bool) {
	h := alt.Degrees()
	if !(h >= 0 && h <= 90) {
		return 0, false
	}
	return 1 / (math.Sin(float64(alt)) + 0.50572*math.Pow(h+6.07995, -1.6364)), true
}

// Pickering returns the relative air mass at the observed altitude alt. ok is
// false below the horizon, where there is none.
// Source: K. A. Pickering, DIO 12 (2002), 20.
func Pickering(alt model.Angle) (airMass float64, ok bool) {
	h := alt.Degrees()
	if !(h >= 0 && h <= 90) {
		return 0, false
	}
	return 1 / math.Sin(float64(model.Degrees(h+244/(165+47*math.Pow(h, 1.1))))), true
}
