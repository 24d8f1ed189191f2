// SPDX-License-Identifier: GPL-3.0-or-later

package report

import (
	"bytes"
	"fmt"
	"image/color"
	"strings"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/siderostep/siderostep/fault"
)

// Format is that of the pictures.
type Format int

// The formats.
const (
	PNG Format = iota
	SVG
)

// String returns "png" or "svg", which is the files' extension too.
func (f Format) String() string {
	if f == SVG {
		return "svg"
	}
	return "png"
}

// ParseFormat is the inverse of String. Its error is fault.Invalid.
func ParseFormat(s string) (Format, error) {
	for _, f := range []Format{PNG, SVG} {
		if strings.EqualFold(s, f.String()) {
			return f, nil
		}
	}
	return PNG, fault.New(fault.Invalid, op, "format %q is neither png nor svg", s)
}

// picture is one file with a picture.
type picture struct {
	name, title, caption string
	width, height        vg.Length
	draw                 func(draw.Canvas)
}

const dotsPerInch = 144

// encode draws the picture.
func (p picture) encode(f Format) ([]byte, error) {
	var b bytes.Buffer
	if f == SVG {
		c := vgsvg.NewWith(vgsvg.UseWH(p.width, p.height))
		p.paint(draw.New(c))
		if _, err := c.WriteTo(&b); err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		return b.Bytes(), nil
	}
	c := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(p.width, p.height), vgimg.UseDPI(dotsPerInch))}
	p.paint(draw.New(c))
	if _, err := c.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("%s: %w", p.name, err)
	}
	return b.Bytes(), nil
}

func (p picture) paint(c draw.Canvas) {
	c.FillPolygon(color.White, []vg.Point{c.Min, {X: c.Max.X, Y: c.Min.Y}, c.Max, {X: c.Min.X, Y: c.Max.Y}})
	p.draw(draw.Crop(c, 10, -14, 8, -8))
}

// The colours, of which any two differ to the colour-blind too.
// Source: Okabe and Ito, Color Universal Design (2008); the sizes follow
// viridis, darker for larger.
var (
	colourA    = color.RGBA{0xD5, 0x5E, 0x00, 0xFF}
	colourZ    = color.RGBA{0x00, 0x72, 0xB2, 0xFF}
	colourLeft = color.RGBA{0x80, 0x80, 0x80, 0xFF}
	colourBent = color.RGBA{0x55, 0x55, 0x55, 0xFF}
	colourGrid = color.RGBA{0xD8, 0xD8, 0xD8, 0xFF}
	colourInk  = color.RGBA{0x20, 0x20, 0x20, 0xFF}

	colourSizes = [4]color.RGBA{{0x7A, 0xD1, 0x51, 0xFF}, {0x1F, 0x9E, 0x89, 0xFF}, {0x31, 0x68, 0x8E, 0xFF}, {0x44, 0x01, 0x54, 0xFF}}
)

// lettering returns a style for text.
func lettering(points vg.Length, x text.XAlignment, y text.YAlignment) text.Style {
	sans := font.Font{Typeface: "Liberation", Variant: "Sans"}
	return text.Style{
		Color: colourInk, Font: font.From(sans, points), XAlign: x, YAlign: y,
		Handler: text.Plain{Fonts: font.DefaultCache},
	}
}

// entry is one item of a legend.
type entry struct {
	colour color.Color
	glyph  draw.GlyphDrawer // nil: a line
	dashed bool
	text   string
}

// legend writes entries side by side in the upper part of c, in as many lines
// as they need, and returns what is left of c.
func legend(c draw.Canvas, entries []entry) draw.Canvas {
	style := lettering(10, draw.XLeft, draw.YCenter)
	const swatch, gap, row = vg.Length(20), vg.Length(16), vg.Length(16)
	x, y := c.Min.X, c.Max.Y-row/2
	for _, e := range entries {
		width := swatch + 5 + style.Width(e.text)
		if x > c.Min.X && x+width > c.Max.X {
			x, y = c.Min.X, y-row
		}
		if e.glyph != nil {
			c.DrawGlyphNoClip(draw.GlyphStyle{Color: e.colour, Radius: 3.5, Shape: e.glyph}, vg.Point{X: x + swatch/2, Y: y})
		} else {
			c.StrokeLine2(stroke(e.colour, 2, e.dashed), x, y, x+swatch, y)
		}
		c.FillText(style, vg.Point{X: x + swatch + 5, Y: y}, e.text)
		x += width + gap
	}
	return draw.Crop(c, 0, 0, 0, y-row/2-4-c.Max.Y)
}

// headline writes a title at the top of c, and returns what is left of c.
func headline(c draw.Canvas, title string) draw.Canvas {
	c.FillText(lettering(14, draw.XLeft, draw.YTop), vg.Point{X: c.Min.X, Y: c.Max.Y}, title)
	return draw.Crop(c, 0, 0, 0, -24)
}

func stroke(c color.Color, width vg.Length, dashed bool) draw.LineStyle {
	s := draw.LineStyle{Color: c, Width: width}
	if dashed {
		s.Dashes = []vg.Length{4, 3}
	}
	return s
}
