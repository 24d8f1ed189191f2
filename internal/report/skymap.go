// SPDX-License-Identifier: GPL-3.0-or-later

package report

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/siderostep/siderostep/model"
)

// largest is a round number of seconds of arc that no arrow of the model
// exceeds.
func (s Series) largest() float64 {
	most := 0.0
	for _, a := range s.Arrows {
		if !a.Left {
			most = max(most, a.Size)
		}
	}
	return roundUp(most, 1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8) // quarters of which are round, too
}

// class returns which of the four colours an arrow has.
func class(size, largest float64) int {
	return max(0, min(3, int(4*size/largest)))
}

// skyMap draws the residual map: equidistant from the zenith, as a compass
// rose.
func (r *Report) skyMap(c draw.Canvas) {
	largest := r.Data.largest()
	var entries []entry
	for i, colour := range colourSizes {
		quarter := largest / 4
		entries = append(entries, entry{colour, nil, false, fmt.Sprintf("%s to %s", seconds(float64(i)*quarter), seconds(float64(i+1)*quarter))})
	}
	if r.anyLeft() {
		entries = append(entries, entry{colourLeft, draw.CrossGlyph{}, false, "left out of the model"})
	}
	c = legend(headline(c, "Residual map: where the tube points by the model, seen from the star"), entries)
	radius := min(c.Max.X-c.Min.X, c.Max.Y-c.Min.Y)/2 - 20
	middle := c.Center()
	place := func(az, alt float64) vg.Point {
		sin, cos := model.Degrees(az).SinCos()
		d := radius * vg.Length(1-alt/90)
		return vg.Point{X: middle.X + d*vg.Length(sin), Y: middle.Y + d*vg.Length(cos)}
	}
	rose(c, place)
	unit := radius * 0.2 // of the largest
	for _, a := range r.Data.Arrows {
		if a.BelowZero {
			continue
		}
		colour := colourSizes[class(a.Size, largest)]
		if a.Left {
			colour = colourLeft
		}
		// Along growing azimuth and towards the zenith, on this map.
		sin, cos := model.Degrees(a.Az).SinCos()
		from := place(a.Az, a.Alt)
		length := math.Hypot(a.East, a.Up)
		k := min(length/largest, margin) / max(length, 1e-9)
		dx := vg.Length(k * (a.East*cos - a.Up*sin))
		dy := vg.Length(k * (-a.East*sin - a.Up*cos))
		to := vg.Point{X: from.X + dx*unit, Y: from.Y + dy*unit}
		shaft := stroke(colour, 2, false)
		c.StrokeLine2(shaft, from.X, from.Y, to.X, to.Y)
		head(c, shaft, from, to)
		dot := draw.GlyphStyle{Color: colour, Radius: 2.4, Shape: draw.CircleGlyph{}}
		if a.Left {
			dot.Radius, dot.Shape = 4, draw.CrossGlyph{}
		}
		c.DrawGlyphNoClip(dot, from)
	}
	corner := vg.Point{X: c.Min.X + 4, Y: c.Min.Y + 6}
	c.StrokeLine2(stroke(colourInk, 2, false), corner.X, corner.Y, corner.X+unit, corner.Y)
	c.FillText(lettering(10, draw.XLeft, draw.YCenter), vg.Point{X: corner.X + unit + 5, Y: corner.Y}, seconds(largest))
}

// rose draws circles of altitude and spokes of azimuth, every 30°.
func rose(c draw.Canvas, place func(az, alt float64) vg.Point) {
	for _, alt := range []float64{0, 30, 60} {
		var circle []vg.Point
		for az := 0.0; az <= 360; az += 3 {
			circle = append(circle, place(az, alt))
		}
		style := stroke(colourGrid, 0.8, false)
		if alt == 0 {
			style = stroke(colourInk, 1, false)
		}
		c.StrokeLines(style, circle)
	}
	for az := 0.0; az < 360; az += 30 {
		from, to := place(az, 90), place(az, 0)
		c.StrokeLine2(stroke(colourGrid, 0.8, false), from.X, from.Y, to.X, to.Y)
		name, points := fmt.Sprintf("%.0f°", az), vg.Length(9.5)
		if point := map[float64]string{0: "N", 90: "E", 180: "S", 270: "W"}[az]; point != "" {
			name, points = point, 13
		}
		c.FillText(lettering(points, draw.XCenter, draw.YCenter), place(az, -5), name)
	}
	for _, alt := range []float64{30, 60} {
		at := place(15, alt)
		c.FillText(lettering(9, draw.XCenter, draw.YCenter), at, fmt.Sprintf("alt %.0f°", alt))
	}
}

// head draws the head of an arrow.
func head(c draw.Canvas, s draw.LineStyle, from, to vg.Point) {
	d := to.Sub(from)
	length := vg.Length(math.Hypot(float64(d.X), float64(d.Y)))
	if length < 2 {
		return
	}
	size := min(5, length*0.6)
	u := vg.Point{X: d.X / length, Y: d.Y / length}
	for _, side := range []vg.Length{-0.5, 0.5} {
		c.StrokeLine2(s, to.X, to.Y, to.X-size*(u.X-side*u.Y), to.Y-size*(u.Y+side*u.X))
	}
}

// slug makes a name fit for a file.
func slug(name string) string { return strings.ReplaceAll(strings.ToLower(name), " ", "-") }

func capital(name string) string { return strings.ToUpper(name[:1]) + name[1:] }
