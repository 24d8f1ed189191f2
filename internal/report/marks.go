// SPDX-License-Identifier: GPL-3.0-or-later

package report

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// lines is a grid behind the data.
type lines struct {
	x, y         []float64
	zeroX, zeroY bool // with a line where the error is zero
}

// Plot draws the lines.
func (l lines) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for _, v := range l.x {
		c.StrokeLine2(stroke(colourGrid, 0.6, false), x(v), c.Min.Y, x(v), c.Max.Y)
	}
	for _, v := range l.y {
		c.StrokeLine2(stroke(colourGrid, 0.6, false), c.Min.X, y(v), c.Max.X, y(v))
	}
	if l.zeroX {
		c.StrokeLine2(stroke(colourInk, 0.8, false), x(0), c.Min.Y, x(0), c.Max.Y)
	}
	if l.zeroY {
		c.StrokeLine2(stroke(colourInk, 0.8, false), c.Min.X, y(0), c.Max.X, y(0))
	}
}

// bars draws the errors of the grid.
type bars struct{ s Series }

// Plot draws both bars of every star, and a bar of the scale.
func (b bars) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	unit := vg.Length(0.8) * min(x(30)-x(0), y(30)-y(0)) // of the scale
	for _, s := range b.s.Bars {
		at := vg.Point{X: x(s.Z), Y: y(s.A)}
		cz, ca := color.Color(colourZ), color.Color(colourA)
		if s.Left {
			cz, ca = colourLeft, colourLeft
		}
		dz, da := vg.Length(clamp(s.ErrorZ/b.s.Scale)), vg.Length(clamp(s.ErrorA/b.s.Scale))
		c.StrokeLine2(stroke(cz, 2, false), at.X, at.Y, at.X+dz*unit, at.Y)
		c.StrokeLine2(stroke(ca, 2, false), at.X, at.Y, at.X, at.Y+da*unit)
		dot := draw.GlyphStyle{Color: colourInk, Radius: 1.6, Shape: draw.CircleGlyph{}}
		if s.Left {
			dot = draw.GlyphStyle{Color: colourLeft, Radius: 4, Shape: draw.CrossGlyph{}}
		}
		c.DrawGlyphNoClip(dot, at)
	}
	end := vg.Point{X: c.Max.X - 8, Y: c.Max.Y + 8}
	c.StrokeLine2(stroke(colourInk, 2, false), end.X-unit, end.Y, end.X, end.Y)
	c.FillText(lettering(9.5, draw.XRight, draw.YCenter), vg.Point{X: end.X - unit - 4, Y: end.Y}, seconds(b.s.Scale))
}

// GlyphBoxes keeps room for the bar of the scale above the plot.
func (b bars) GlyphBoxes(*plot.Plot) []plot.GlyphBox {
	return []plot.GlyphBox{{X: 1, Y: 1, Rectangle: vg.Rectangle{Max: vg.Point{Y: 14}}}}
}

// clamp keeps a share of the scale within the plot.
func clamp(v float64) float64 { return max(-(1+margin)/2, min((1+margin)/2, v)) }

// marks draws errors against an axis, each with a line from zero.
type marks struct {
	of      []Mark
	scale   float64
	upright bool // the axis runs upwards, the error to the right
	colour  color.Color
	glyph   draw.GlyphDrawer
}

// Plot draws the marks.
func (m marks) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	place := func(at, e float64) vg.Point {
		if m.upright {
			return vg.Point{X: x(e), Y: y(at)}
		}
		return vg.Point{X: x(at), Y: y(e)}
	}
	for _, s := range m.of {
		to, from := place(s.At, clamp(s.Error/m.scale)*m.scale), place(s.At, 0)
		style := draw.GlyphStyle{Color: m.colour, Radius: 3, Shape: m.glyph}
		if s.Left {
			style = draw.GlyphStyle{Color: colourLeft, Radius: 4, Shape: draw.CrossGlyph{}}
		}
		c.StrokeLine2(stroke(style.Color, 1, false), from.X, from.Y, to.X, to.Y)
		c.DrawGlyphNoClip(style, to)
	}
}

// trendLine draws a trend against axis A.
type trendLine struct {
	Trend
	low, high float64 // degrees
}

// Plot draws the line.
func (t trendLine) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	at := func(deg float64) vg.Point {
		return vg.Point{X: x(t.At0.Arcsec() + 3600*t.Slope*deg), Y: y(deg)}
	}
	c.StrokeLines(stroke(colourInk, 1.4, true), c.ClipLinesXY([]vg.Point{at(t.low), at(t.high)})...)
}
