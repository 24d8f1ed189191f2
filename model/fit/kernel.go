// SPDX-License-Identifier: GPL-3.0-or-later

package fit

import "math"

// kernel is the weight of a map's point, (d² + soft²)^−3/2 for an arc d, as a
// function of the square y of its chord: cubics in y + soft², each a
// thirty-second of its distance from zero long, instead of sines and roots. It
// is continuous and right to 5·10⁻⁸; to 5·10⁻⁶ if soft is more than 30°. What is
// farther than 138°, or nearer than 3.4′ where nothing is soft, is left to exact.
type kernel struct {
	soft2  float64
	first  int // piece that cubics begin with
	cubics [][4]float64
}

const (
	kernelNear  = 1.0 / (1 << 20) // of y
	kernelFar   = 3.5             // of y; beyond, the arc grows too fast
	kernelShift = 52 - 5          // five bits of the mantissa: 32 pieces an octave
)

func kernelOf(soft float64) kernel {
	k := kernel{soft2: soft * soft}
	k.first = piece(max(k.soft2, kernelNear))
	k.cubics = make([][4]float64, piece(k.soft2+kernelFar)-k.first)
	for i := range k.cubics {
		low := math.Float64frombits(uint64(k.first+i) << kernelShift)
		high := math.Float64frombits(uint64(k.first+i+1) << kernelShift)
		var x, f [4]float64
		for j, share := range [4]float64{0, 0.25, 0.75, 1} {
			x[j] = low + share*(high-low)
			f[j], _ = k.exact(x[j] - k.soft2)
		}
		k.cubics[i] = cubicThrough(x, f)
	}
	return k
}

// piece returns the number of the piece in which x lies.
func piece(x float64) int { return int(math.Float64bits(x) >> kernelShift) }

// cubicThrough returns the coefficients, of rising powers, of the cubic
// through four points: Newton's divided differences.
func cubicThrough(x, f [4]float64) (c [4]float64) {
	for order := 1; order < 4; order++ {
		for j := 3; j >= order; j-- {
			f[j] = (f[j] - f[j-1]) / (x[j] - x[j-order])
		}
	}
	c[0] = f[3]
	for j := 2; j >= 0; j-- { // multiply by (x − x[j]), add f[j]
		c[3], c[2], c[1], c[0] = c[2]-c[3]*x[j], c[1]-c[2]*x[j], c[0]-c[1]*x[j], f[j]-c[0]*x[j]
	}
	return c
}

// exact returns the weight and its derivative by y, up to 4. Below 0, where
// the first piece begins, it goes on smoothly.
func (k *kernel) exact(y float64) (w, slope float64) {
	if y < 1e-9 {
		q := k.soft2 + y*(1+y*(1.0/12+y/90))
		w = 1 / (q * math.Sqrt(q))
		return w, -1.5 * w / q
	}
	chord, other := math.Sqrt(y), math.Sqrt(max(4-y, 1e-12))
	d := 2 * math.Atan2(chord, other)
	q := d*d + k.soft2
	w = 1 / (q * math.Sqrt(q))
	return w, -3 * w / q * d / (chord * other)
}
