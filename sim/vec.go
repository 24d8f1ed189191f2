// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import "math"

// vec is a direction in the horizon frame: east, north, up.
type vec [3]float64

var (
	east = vec{1, 0, 0}
	up   = vec{0, 0, 1}
)

func (v vec) dot(w vec) float64 { return v[0]*w[0] + v[1]*w[1] + v[2]*w[2] }

func (v vec) cross(w vec) vec {
	return vec{v[1]*w[2] - v[2]*w[1], v[2]*w[0] - v[0]*w[2], v[0]*w[1] - v[1]*w[0]}
}

// plus returns v + k·w.
func (v vec) plus(k float64, w vec) vec {
	return vec{v[0] + k*w[0], v[1] + k*w[1], v[2] + k*w[2]}
}

func (v vec) times(k float64) vec { return vec{k * v[0], k * v[1], k * v[2]} }

func (v vec) length() float64 { return math.Sqrt(v.dot(v)) }

// unit returns v at length one; v is not zero.
func (v vec) unit() vec { return v.times(1 / v.length()) }

// about returns v turned right-handedly by angle (radians) about the unit
// vector axis: with the thumb along the axis, the way the fingers curl.
func (v vec) about(axis vec, angle float64) vec {
	if angle == 0 {
		return v
	}
	sin, cos := math.Sincos(angle)
	along := axis.times(axis.dot(v))
	across := v.plus(-1, along)
	return along.plus(cos, across).plus(sin, axis.cross(v))
}

// lifted returns v and w turned together in the vertical plane of v, so that v
// rises by angle (radians); at zenith and nadir, where that plane is not
// defined, they are returned as they are.
func lifted(v, w vec, angle float64) (vec, vec) {
	level := v.cross(up)
	n := level.length()
	if n < 1e-12 || angle == 0 {
		return v, w
	}
	axis := level.times(1 / n)
	return v.about(axis, angle), w.about(axis, angle)
}
