// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/siderostep/siderostep/internal/observe"
)

// The page is measured in pixels.
const (
	pageWidth  = 1400
	columns    = 24
	unitHeight = 30 // of one row of the grid
	gap        = 8
	heading    = 64
	dpi        = 96
)

func px(n float64) vg.Length { return vg.Length(n) * vg.Inch / dpi }

var (
	paper   = color.NRGBA{0xf4, 0xf5, 0xf7, 0xff}
	card    = color.NRGBA{0xff, 0xff, 0xff, 0xff}
	border  = color.NRGBA{0xd8, 0xdb, 0xe0, 0xff}
	ink     = color.NRGBA{0x24, 0x2a, 0x31, 0xff}
	faint   = color.NRGBA{0x6b, 0x74, 0x80, 0xff}
	hairs   = color.NRGBA{0xe8, 0xea, 0xed, 0xff}
	palette = []color.NRGBA{
		{0x1f, 0x77, 0xb4, 0xff}, {0xe0, 0x6c, 0x00, 0xff}, {0x2c, 0x9c, 0x3e, 0xff}, {0xc7, 0x2e, 0x2e, 0xff},
		{0x7d, 0x4f, 0xb0, 0xff}, {0x00, 0x99, 0x99, 0xff}, {0x9c, 0x6b, 0x2f, 0xff}, {0xd0, 0x4a, 0x9b, 0xff},
	}
	named = map[string]color.NRGBA{
		"green": {0x21, 0x8a, 0x3c, 0xff}, "yellow": {0xc9, 0x8a, 0x00, 0xff}, "red": {0xc7, 0x2e, 0x2e, 0xff},
		"blue": {0x2f, 0x6f, 0xc4, 0xff}, "orange": {0xe0, 0x6c, 0x00, 0xff}, "purple": {0x7d, 0x4f, 0xb0, 0xff},
	}
)

func colour(name string) color.NRGBA {
	if c, ok := named[name]; ok {
		return c
	}
	return ink
}

// page draws dashboards over one stretch of time.
type page struct {
	ctx      context.Context
	data     *observe.Prometheus
	from, to time.Time

	marks []mark // of the dashboard at hand
}

// rateInterval is what Grafana puts for $__rate_interval: four scrapes.
const rateInterval = "8s"

func (p *page) draw(b *observe.Dashboard, file string) error {
	if err := p.findMarks(b); err != nil {
		return err
	}
	rows := 0
	for _, panel := range b.Panels {
		rows = max(rows, panel.GridPos.Y+panel.GridPos.H)
	}
	height := float64(heading + rows*unitHeight + gap)
	img := vgimg.NewWith(vgimg.UseWH(px(pageWidth), px(height)), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(paper))
	c := draw.New(img)
	write(c, px(gap*2), px(height-30), 19, bold, ink, b.Title)
	write(c, px(gap*2), px(height-52), 12, plain, faint, b.Description+"  Simulated mount; time in minutes. Blue: slews. Lines: aborts, stops, syncs.")
	for _, panel := range b.Panels {
		g := panel.GridPos
		const unit = float64(pageWidth-gap) / columns
		x, y := gap+float64(g.X)*unit, height-heading-float64(g.Y*unitHeight)
		area := draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
			Min: vg.Point{X: px(x), Y: px(y - float64(g.H*unitHeight) + gap)},
			Max: vg.Point{X: px(x + float64(g.W)*unit - gap), Y: px(y)},
		}}
		if err := p.panel(area, panel); err != nil {
			return err
		}
	}
	return save(img.Image(), file)
}

// panel draws one panel into its card.
func (p *page) panel(c draw.Canvas, panel observe.Panel) error {
	if panel.Type == "row" {
		write(c, c.Min.X+px(4), c.Min.Y+px(5), 14, bold, ink, panel.Title)
		return nil
	}
	corners := []vg.Point{c.Min, {X: c.Max.X, Y: c.Min.Y}, c.Max, {X: c.Min.X, Y: c.Max.Y}}
	c.FillPolygon(card, corners)
	c.StrokeLines(draw.LineStyle{Color: border, Width: px(1)}, append(corners, c.Min))
	s := scaleOf(panel)
	if panel.Type == "stat" {
		return p.stat(c, panel)
	}
	var lines []line
	for _, q := range panel.Targets {
		series, err := p.ask(panel, q)
		if err != nil {
			return err
		}
		slices.SortFunc(series, func(a, b observe.Series) int {
			return strings.Compare(legend(q.LegendFormat, a.Labels), legend(q.LegendFormat, b.Labels))
		})
		for _, one := range series {
			lines = append(lines, line{legend(q.LegendFormat, one.Labels), one})
		}
	}
	s = s.fit(lines)
	title := panel.Title
	if s.name != "" {
		title += "  [" + s.name + "]"
	}
	write(c, c.Min.X+px(10), c.Max.Y-px(19), 12.5, bold, ink, title)
	inner := draw.Crop(c, px(8), -px(14), px(6), -px(28))
	if len(lines) == 0 {
		middle(inner, 13, plain, faint, "no data")
		return nil
	}
	switch panel.Type {
	case "state-timeline":
		p.states(inner, lines)
		return nil
	case "barchart":
		return p.bars(inner, panel, lines, s)
	}
	return p.graph(inner, panel, lines, s)
}

func (p *page) ask(panel observe.Panel, q observe.Target) ([]observe.Series, error) {
	expr := observe.Fill(q.Expr, rateInterval)
	if q.Instant {
		return p.data.Range(p.ctx, expr, p.to, p.to, scrapes)
	}
	return p.data.Range(p.ctx, expr, p.from, p.to, scrapes)
}

// mark is an event, or a stretch of time, to be shown on all graphs.
type mark struct {
	from, to float64 // minutes
	colour   color.NRGBA
}

func (p *page) findMarks(b *observe.Dashboard) error {
	p.marks = nil
	for _, a := range b.Annotations.List {
		series, err := p.data.Range(p.ctx, observe.Fill(strings.ReplaceAll(a.Expr, "[1m]", "[4s]"), rateInterval), p.from, p.to, scrapes)
		if err != nil {
			return err
		}
		tint, ok := named[a.IconColor]
		if !ok {
			tint = color.NRGBA{0x50, 0x82, 0xdc, 0x30}
		}
		for _, s := range series {
			for _, run := range runs(s.Points) {
				p.marks = append(p.marks, mark{p.minutes(run[0].At), p.minutes(run[len(run)-1].At), tint})
			}
		}
	}
	return nil
}

func (p *page) minutes(t time.Time) float64 { return t.Sub(p.from).Minutes() }

// runs cuts points where some are missing, or are no numbers.
func runs(points []observe.Point) (all [][]observe.Point) {
	var last time.Time
	for _, pt := range points {
		if math.IsNaN(pt.Value) || math.IsInf(pt.Value, 0) {
			continue
		}
		if last.IsZero() || pt.At.Sub(last) > scrapes*3/2 {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], pt)
		last = pt.At
	}
	return all
}

type weight = font.Font

var (
	plain = font.Font{Typeface: "Liberation", Variant: "Sans"}
	bold  = font.Font{Typeface: "Liberation", Variant: "Sans", Weight: 3}
)

func style(pixels float64, w weight, c color.Color) text.Style {
	w.Size = px(pixels)
	return text.Style{Color: c, Font: w, Handler: text.Plain{Fonts: font.DefaultCache}, XAlign: draw.XLeft, YAlign: draw.YBottom}
}

func write(c draw.Canvas, x, y vg.Length, pixels float64, w weight, ink color.Color, words string) {
	c.FillText(style(pixels, w, ink), vg.Point{X: x, Y: y}, words)
}

func middle(c draw.Canvas, pixels float64, w weight, ink color.Color, words string) {
	s := style(pixels, w, ink)
	s.XAlign, s.YAlign = draw.XCenter, draw.YCenter
	c.FillText(s, c.Center(), words)
}

// legend fills the labels of a series into its name. The port that the system
// chose for the mount says nothing.
func legend(format string, labels map[string]string) string {
	for name, value := range labels {
		if name == "instance" {
			value = "dobson"
		}
		format = strings.ReplaceAll(format, "{{"+name+"}}", strings.ReplaceAll(value, "_", " "))
	}
	return format
}

// save writes a picture with as few colours as it needs: it is small then.
func save(img image.Image, file string) error {
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&out, fewColours(img)); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, out.Bytes(), 0o644)
}

// fewColours returns the picture with the 256 colours it uses most, each
// other one replaced by the nearest of them.
func fewColours(img image.Image) image.Image {
	counts := map[color.RGBA]int{}
	b := img.Bounds()
	coarse := func(x, y int) color.RGBA {
		r, g, b, _ := img.At(x, y).RGBA()
		return color.RGBA{uint8(r>>8) | 3, uint8(g>>8) | 3, uint8(b>>8) | 3, 0xff}
	}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			counts[coarse(x, y)]++
		}
	}
	var used []color.RGBA
	for c := range counts {
		used = append(used, c)
	}
	slices.SortFunc(used, func(a, b color.RGBA) int { return counts[b] - counts[a] })
	var chosen color.Palette
	for _, c := range used[:min(len(used), 256)] {
		chosen = append(chosen, c)
	}
	out := image.NewPaletted(b, chosen)
	nearest := map[color.RGBA]uint8{}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := coarse(x, y)
			i, known := nearest[c]
			if !known {
				i = uint8(chosen.Index(c))
				nearest[c] = i
			}
			out.SetColorIndex(x, y, i)
		}
	}
	return out
}
