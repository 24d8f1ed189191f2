// SPDX-License-Identifier: GPL-3.0-or-later

package fit

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// square is a symmetric matrix, row by row.
type square [][]float64

func newSquare(n int) square {
	cells := make([]float64, n*n)
	s := make(square, n)
	for i := range s {
		s[i] = cells[i*n : (i+1)*n]
	}
	return s
}

func (s square) copy(from square) {
	for i := range s {
		copy(s[i], from[i])
	}
}

// scaled returns s with a diagonal of ones, and by what its rows and columns
// were multiplied. Rows of zeros stay.
func scaled(s square) (square, []float64) {
	n := len(s)
	by := make([]float64, n)
	for i := range s {
		by[i] = 1
		if s[i][i] > 0 {
			by[i] = 1 / math.Sqrt(s[i][i])
		}
	}
	out := newSquare(n)
	for i := range s {
		for j := range s[i] {
			out[i][j] = s[i][j] * by[i] * by[j]
		}
	}
	return out, by
}

// factor is a positive definite matrix taken apart: L·Lᵀ of its scaled form.
type factor struct {
	lower square
	by    []float64
}

// leastPivot is the share of a parameter that the others must leave open.
const leastPivot = 1e-15

// factored takes s apart; ok is false where it is not positive definite.
// Source: Cholesky.
func factored(s square) (f factor, ok bool) {
	f.lower, f.by = scaled(s)
	for i, row := range f.lower {
		for j := 0; j <= i; j++ {
			sum, other := row[j], f.lower[j]
			for k, x := range other[:j] {
				sum -= row[k] * x
			}
			if j < i {
				row[j] = sum / other[j]
				continue
			}
			if !(sum > leastPivot) {
				return f, false
			}
			row[i] = math.Sqrt(sum)
		}
	}
	return f, true
}

// solve returns the x of s·x = v.
func (f *factor) solve(v []float64) []float64 {
	x := make([]float64, len(v))
	f.solveTo(x, v)
	return x
}

func (f *factor) solveTo(x, v []float64) {
	for i, row := range f.lower {
		sum := v[i] * f.by[i]
		for k, l := range row[:i] {
			sum -= l * x[k]
		}
		x[i] = sum / row[i]
	}
	for i := len(x) - 1; i >= 0; i-- {
		x[i] /= f.lower[i][i]
		for k, l := range f.lower[i][:i] {
			x[k] -= l * x[i]
		}
		x[i] *= f.by[i]
	}
}

// inverse returns the inverse of s.
func (f *factor) inverse() square {
	n := len(f.lower)
	out, unit := newSquare(n), make([]float64, n)
	for i := range n {
		unit[i] = 1
		f.solveTo(out[i], unit)
		unit[i] = 0
	}
	return out
}

// invert returns the inverse of a positive definite s; ok is false for any
// other.
func invert(s square) (inverse square, ok bool) {
	f, ok := factored(s)
	if !ok {
		return nil, false
	}
	return f.inverse(), true
}

// apply returns s·v.
func apply(s square, v []float64) []float64 {
	out := make([]float64, len(s))
	for i, row := range s {
		for j, x := range row {
			out[i] += x * v[j]
		}
	}
	return out
}

// condition returns the condition number of a matrix of unit columns whose
// product with itself is proportional to s: the root of that of s, scaled.
func condition(s square) float64 {
	n := len(s)
	if n == 0 {
		return 1
	}
	unit, _ := scaled(s)
	sym := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			sym.SetSym(i, j, unit[i][j])
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(sym, false) {
		return math.Inf(1)
	}
	values := eigen.Values(nil)
	least, most := values[0], values[n-1]
	if least <= most*1e-14 {
		return math.Inf(1)
	}
	return math.Sqrt(most / least)
}

// worseThan reports whether the condition number of s is more than most. It
// is mostly told without eigenvalues: those of the scaled matrix are at most
// its size, and at least the inverse of the sum of those of its inverse.
func worseThan(most float64, s square) bool {
	if f, ok := factored(s); ok {
		sum := 0.0
		for i, row := range f.inverse() {
			sum += row[i] / (f.by[i] * f.by[i])
		}
		if float64(len(s))*sum <= most*most {
			return false
		}
	}
	return !(condition(s) <= most)
}
