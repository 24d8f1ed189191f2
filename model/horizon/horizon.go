// SPDX-License-Identifier: GPL-3.0-or-later

// Package horizon is the skyline of an observing place: the altitude above
// which the sky is free, for each azimuth.
//
// It reads the two forms in which skylines are passed around. One is a line
// "azimuth altitude" for each point, as surveying apps, N.I.N.A. (.hrz) and
// Stellarium (polygonal landscapes) write it; the other is a table of
// comma-separated values with or without a heading. Azimuth is in degrees
// from north through east, altitude in degrees above the level.
package horizon

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/siderostep/siderostep/model"
)

// Point is a corner of a skyline, in degrees.
type Point struct {
	Az  float64 // from north through east, 0 to 360
	Alt float64 // above the level
}

// Profile is a skyline. It is immutable; a nil Profile is a free horizon.
type Profile struct {
	points []Point // by azimuth; two at one azimuth are a wall, seen from north through east
}

// The altitudes that a skyline may have, in degrees.
const (
	Lowest  = -10
	Highest = 90
)

// MaxPoints is how many corners a skyline may have.
const MaxPoints = 20000

// New returns the skyline through some points, in any order; points of equal
// azimuth keep theirs. Between two points it goes straight (altitude against
// azimuth), and from the last on through north to the first. The error says
// what is wrong with which point.
func New(points []Point) (*Profile, error) {
	if len(points) < 2 {
		return nil, fmt.Errorf("a skyline needs at least two points, not %d", len(points))
	}
	if len(points) > MaxPoints {
		return nil, fmt.Errorf("a skyline may have %d points, not %d", MaxPoints, len(points))
	}
	p := &Profile{points: slices.Clone(points)}
	for _, c := range p.points {
		if err := c.check(); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(p.points, func(a, b Point) int {
		switch {
		case a.Az < b.Az:
			return -1
		case a.Az > b.Az:
			return 1
		}
		return 0
	})
	for i := range p.points[2:] {
		if p.points[i].Az == p.points[i+2].Az {
			return nil, fmt.Errorf("three points at azimuth %s; two make a wall, more make no sense", number(p.points[i].Az))
		}
	}
	return p, nil
}

func (c Point) check() error {
	switch {
	case !(c.Az >= 0 && c.Az <= 360):
		return fmt.Errorf("azimuth %s is not within 0 to 360", number(c.Az))
	case !(c.Alt >= Lowest && c.Alt <= Highest):
		return fmt.Errorf("altitude %s is not within %d to %d", number(c.Alt), Lowest, Highest)
	}
	return nil
}

// Points returns the corners, by azimuth.
func (p *Profile) Points() []Point {
	if p == nil {
		return nil
	}
	return slices.Clone(p.points)
}

// At returns the altitude of the skyline at an azimuth, of whatever turn; at
// a wall, its top. A nil Profile is at −90° everywhere.
func (p *Profile) At(az model.Angle) model.Angle {
	if p == nil {
		return -model.Quarter
	}
	deg := az.Wrap().Degrees()
	n := len(p.points)
	// The first corner beyond, and the last at or before.
	after, found := slices.BinarySearchFunc(p.points, deg, func(c Point, at float64) int {
		switch {
		case c.Az < at:
			return -1
		case c.Az > at:
			return 1
		}
		return 0
	})
	if found {
		top := p.points[after].Alt
		if after+1 < n && p.points[after+1].Az == deg {
			top = max(top, p.points[after+1].Alt)
		}
		if deg == 0 && p.points[n-1].Az == 360 {
			top = max(top, p.points[n-1].Alt)
		}
		return model.Degrees(top)
	}
	left, right := p.points[(after+n-1)%n], p.points[after%n]
	if after == 0 {
		left.Az -= 360
	}
	if after == n {
		right.Az += 360
	}
	width := right.Az - left.Az
	if width <= 0 { // the last corner at 360, the first at 0
		return model.Degrees(max(left.Alt, right.Alt))
	}
	f := (deg - left.Az) / width
	return model.Degrees(left.Alt + f*(right.Alt-left.Alt))
}

// String returns the skyline as lines of azimuth and altitude, which Parse
// reads back unchanged.
func (p *Profile) String() string {
	var b strings.Builder
	for _, c := range p.Points() {
		b.WriteString(number(c.Az) + " " + number(c.Alt) + "\n")
	}
	return b.String()
}

func number(v float64) string {
	if math.IsNaN(v) {
		return "not a number"
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
