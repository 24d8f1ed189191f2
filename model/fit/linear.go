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

// invert returns the inverse of a positive definite s; ok is false for any
// other.
func invert(s square) (inverse square, ok bool) {
	n := len(s)
	unit, by := scaled(s)
	sym := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			sym.SetSym(i, j, unit[i][j])
		}
	}
	var chol mat.Cholesky
	if !chol.Factorize(sym) {
		return nil, false
	}
	var inv mat.SymDense
	if chol.InverseTo(&inv) != nil {
		return nil, false // so nearly singular that nothing of it would hold
	}
	out := newSquare(n)
	for i := range n {
		for j := range n {
			out[i][j] = inv.At(i, j) * by[i] * by[j]
		}
	}
	return out, true
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
