// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/siderostep/siderostep/internal/observe"
)

// line is one series with its name.
type line struct {
	name string
	observe.Series
}

// axes returns an empty plot in the page's style.
func axes() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = color.Transparent
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Tick.Label = style(11, plain, faint)
		a.Tick.Color, a.Color = border, border
		a.Tick.Width, a.Width = px(1), px(1)
		a.Tick.Length = px(4)
		a.Padding = px(2)
	}
	p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = draw.XCenter, draw.YTop
	p.Y.Tick.Label.XAlign, p.Y.Tick.Label.YAlign = draw.XRight, draw.YCenter
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = hairs, hairs
	grid.Vertical.Width, grid.Horizontal.Width = px(1), px(1)
	p.Add(grid)
	return p
}

// graph draws lines over time.
func (p *page) graph(c draw.Canvas, panel observe.Panel, lines []line, s scale) error {
	d := panel.FieldConfig.Defaults
	log := d.Custom.ScaleDistribution.Type == "log"
	low, high := math.Inf(1), math.Inf(-1)
	for _, l := range lines {
		for _, pt := range l.Points {
			if v := pt.Value * s.factor; !math.IsNaN(v) && !math.IsInf(v, 0) && (v > 0 || !log) {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	if low > high {
		middle(c, 13, plain, faint, "no data")
		return nil
	}
	low, high = margins(low, high, log, d, s.factor)
	g := axes()
	g.X.Min, g.X.Max = 0, p.minutes(p.to)
	g.Y.Min, g.Y.Max = low, high
	g.X.Tick.Marker = plot.TickerFunc(func(from, to float64) []plot.Tick { return even(from, to, 8) })
	g.Y.Tick.Marker = plot.TickerFunc(func(from, to float64) []plot.Tick { return even(from, to, 5) })
	if log {
		g.Y.Scale = plot.LogScale{}
		g.Y.Tick.Marker = plot.TickerFunc(decades)
	}
	p.addMarks(g, low, high)
	if d.Custom.ThresholdsStyle.Mode != "off" {
		for _, step := range d.Thresholds.Steps {
			if step.Value != nil && *step.Value*s.factor > low && *step.Value*s.factor < high {
				y := *step.Value * s.factor
				addLine(g, plotter.XYs{{X: g.X.Min, Y: y}, {X: g.X.Max, Y: y}}, draw.LineStyle{Color: colour(step.Color), Width: px(1), Dashes: []vg.Length{px(4), px(4)}})
			}
		}
	}
	for i, l := range lines {
		tint := palette[i%len(palette)]
		for _, run := range runs(l.Points) {
			var xys plotter.XYs
			for _, pt := range run {
				v := pt.Value * s.factor
				if log && v <= 0 {
					continue
				}
				if d.Custom.DrawStyle == "bars" && v == 0 {
					continue
				}
				x := p.minutes(pt.At)
				if d.Custom.DrawStyle == "bars" {
					addLine(g, plotter.XYs{{X: x, Y: max(low, 0)}, {X: x, Y: v}}, draw.LineStyle{Color: tint, Width: px(3)})
					continue
				}
				xys = append(xys, plotter.XY{X: x, Y: min(max(v, low), high)})
			}
			if len(xys) > 1 {
				addLine(g, xys, draw.LineStyle{Color: tint, Width: px(1.4)})
			}
		}
	}
	names(c, lines)
	g.Draw(draw.Crop(c, 0, 0, px(24), 0))
	return nil
}

func addLine(g *plot.Plot, xys plotter.XYs, s draw.LineStyle) {
	if l, err := plotter.NewLine(xys); err == nil {
		l.LineStyle = s
		g.Add(l)
	}
}

// margins widens the range of values, or takes the one that the panel wants.
func margins(low, high float64, log bool, d observe.Defaults, factor float64) (float64, float64) {
	if log {
		return low / 1.3, high * 1.3
	}
	if d.Min != nil {
		low = min(low, *d.Min*factor)
	}
	if d.Max != nil {
		high = max(high, *d.Max*factor)
	}
	room := 0.06 * (high - low)
	if room == 0 {
		room = max(math.Abs(high)*0.05, 0.5)
	}
	if d.Min == nil || low < *d.Min*factor {
		low -= room
	}
	if d.Max == nil {
		high += room
	}
	return low, high
}

// addMarks draws what happened behind the lines.
func (p *page) addMarks(g *plot.Plot, low, high float64) {
	for _, m := range p.marks {
		to := max(m.to, m.from+scrapes.Minutes())
		if m.colour.A == 0xff {
			addLine(g, plotter.XYs{{X: m.from, Y: low}, {X: m.from, Y: high}}, draw.LineStyle{Color: m.colour, Width: px(1), Dashes: []vg.Length{px(2), px(3)}})
			continue
		}
		band, err := plotter.NewPolygon(plotter.XYs{{X: m.from, Y: low}, {X: to, Y: low}, {X: to, Y: high}, {X: m.from, Y: high}})
		if err == nil {
			band.Color, band.LineStyle.Width = m.colour, 0
			g.Add(band)
		}
	}
}

// even returns ticks at round numbers, at most some.
func even(from, to float64, most int) (ticks []plot.Tick) {
	step := math.Pow(10, math.Floor(math.Log10((to-from)/float64(most))))
	for _, m := range []float64{1, 2, 5, 10} {
		if (to-from)/(step*m) <= float64(most) {
			step *= m
			break
		}
	}
	digits := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	for v := math.Ceil(from/step) * step; v <= to+step*1e-9; v += step {
		if math.Abs(v) < step*1e-9 {
			v = 0
		}
		ticks = append(ticks, plot.Tick{Value: v, Label: number(v, digits)})
	}
	return ticks
}

// decades returns ticks at powers of ten: at each other one if they are many,
// and between them if they are few.
func decades(from, to float64) (ticks []plot.Tick) {
	few, many := math.Log10(to/from) < 2, math.Log10(to/from) > 5
	for e := math.Floor(math.Log10(from)); e <= math.Ceil(math.Log10(to)); e++ {
		for _, m := range []float64{1, 2, 5} {
			v := m * math.Pow(10, e)
			if v < from || v > to || m != 1 && !few || many && math.Mod(e, 2) != 0 {
				continue
			}
			ticks = append(ticks, plot.Tick{Value: v, Label: number(v, max(0, -int(e)))})
		}
	}
	return ticks
}

func number(v float64, digits int) string {
	return minus(strconv.FormatFloat(v, 'f', digits, 64))
}

// names writes the legend along the lower edge, as far as there is room.
func names(c draw.Canvas, lines []line) {
	x, y := c.Min.X+px(6), c.Min.Y+px(2)
	for i, l := range lines {
		s := style(11.5, plain, ink)
		width := s.Width(l.name)
		if x+width+px(30) > c.Max.X {
			write(c, x, y, 11.5, plain, faint, "…")
			return
		}
		c.StrokeLine2(draw.LineStyle{Color: palette[i%len(palette)], Width: px(3)}, x, y+px(5), x+px(14), y+px(5))
		write(c, x+px(19), y, 11.5, plain, ink, l.name)
		x += width + px(36)
	}
}

// bars draws values by their phase, which is a label.
func (p *page) bars(c draw.Canvas, panel observe.Panel, lines []line, s scale) error {
	g := axes()
	high := 0.0
	var kinds []line
	for _, q := range panel.Targets {
		l := line{name: q.LegendFormat}
		for _, one := range lines {
			if one.name == q.LegendFormat {
				l.Labels, l.Points = one.Labels, append(l.Points, one.Points...)
			}
		}
		kinds = append(kinds, l)
	}
	const width = 9 // degrees in a bin, nearly
	for k, kind := range kinds {
		for _, one := range lines {
			if one.name != kind.name {
				continue
			}
			at, err := strconv.ParseFloat(one.Labels["phase"], 64)
			if err != nil {
				return err
			}
			v := one.Points[0].Value * s.factor
			high = max(high, math.Abs(v))
			each := width / float64(len(kinds))
			left := at - width/2. + float64(k)*each
			box, err := plotter.NewPolygon(plotter.XYs{{X: left, Y: 0}, {X: left + each, Y: 0}, {X: left + each, Y: v}, {X: left, Y: v}})
			if err != nil {
				return err
			}
			box.Color, box.LineStyle.Width = palette[k], 0
			g.Add(box)
		}
	}
	g.X.Min, g.X.Max, g.Y.Min, g.Y.Max = 0, 360, -1.1*high, 1.1*high
	g.X.Tick.Marker = plot.TickerFunc(func(float64, float64) (ticks []plot.Tick) {
		for v := 0; v <= 360; v += 45 {
			ticks = append(ticks, plot.Tick{Value: float64(v), Label: strconv.Itoa(v) + "°"})
		}
		return ticks
	})
	g.Y.Tick.Marker = plot.TickerFunc(func(from, to float64) []plot.Tick { return even(from, to, 6) })
	names(c, kinds)
	g.Draw(draw.Crop(c, 0, 0, px(24), 0))
	return nil
}

// states draws for each series when it was 1.
func (p *page) states(c draw.Canvas, lines []line) {
	label := px(110)
	bottom := px(18)
	height := (c.Max.Y - c.Min.Y - bottom) / vg.Length(len(lines))
	whole := c.Max.X - c.Min.X - label
	at := func(minutes float64) vg.Length {
		return c.Min.X + label + whole*vg.Length(minutes/p.minutes(p.to))
	}
	for i, l := range lines {
		y := c.Max.Y - vg.Length(i+1)*height
		words := style(11.5, plain, ink)
		words.XAlign, words.YAlign = draw.XRight, draw.YCenter
		c.FillText(words, vg.Point{X: c.Min.X + label - px(8), Y: y + height/2}, l.name)
		bar := func(from, to float64, tint color.Color) {
			x0, x1, y0, y1 := at(from), min(at(to), c.Max.X), y+height*0.15, y+height*0.85
			c.FillPolygon(tint, []vg.Point{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}})
		}
		for first := 0; first < len(l.Points); {
			next := first + 1
			for next < len(l.Points) && l.Points[next].Value == l.Points[first].Value {
				next++
			}
			tint := hairs
			if l.Points[first].Value == 1 {
				tint = palette[0]
			}
			bar(p.minutes(l.Points[first].At), p.minutes(l.Points[next-1].At.Add(scrapes)), tint)
			first = next
		}
	}
	for _, tick := range even(0, p.minutes(p.to), 12) {
		words := style(11, plain, faint)
		words.XAlign, words.YAlign = draw.XCenter, draw.YBottom
		c.FillText(words, vg.Point{X: at(tick.Value), Y: c.Min.Y}, tick.Label)
	}
}
