// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"math"

	"github.com/siderostep/siderostep/driver"
)

// scramble returns a number in [0, 1) that depends on seed and n as if by
// chance. Noise made of it depends on when it is asked for, never on how
// often: a second observer does not change the night.
//
// Source: splitmix64, Steele, Lea and Flood 2014.
func scramble(seed, n uint64) float64 {
	x := seed + (n+1)*0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return float64((x^x>>31)>>11) / (1 << 53)
}

// normal returns two independent normal deviates for an instant.
func normal(seed uint64, at driver.Instant) (x, y float64) {
	r := math.Sqrt(-2 * math.Log(1-scramble(seed, uint64(2*at))))
	sin, cos := math.Sincos(2 * math.Pi * scramble(seed, uint64(2*at+1)))
	return r * cos, r * sin
}

// gusts is wind upon a tube: slow gusts and the structure's own few hertz.
type gusts [8]struct{ rate, phase float64 }

func newGusts(seed, stream uint64) gusts {
	var g gusts
	for i := range g {
		low, high := 0.03, 0.5 // hertz
		if i >= 4 {
			low, high = 2, 6
		}
		n := stream<<32 + uint64(2*i)
		g[i].rate = 2 * math.Pi * low * math.Pow(high/low, scramble(seed, n))
		g[i].phase = 2 * math.Pi * scramble(seed, n+1)
	}
	return g
}

// at returns the shake at an instant, of rms 1.
func (g *gusts) at(t driver.Instant) float64 {
	var sum float64
	for i := range g {
		sum += math.Sin(g[i].rate*float64(t)*1e-9 + g[i].phase)
	}
	return sum / 2 // eight sines of rms √½ each
}
