// SPDX-License-Identifier: GPL-3.0-or-later

package report

import (
	"fmt"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// margin is how much of the scale lies beyond its ends: room for the marks of
// stars that were left out.
const margin = 1.15

// pictures returns all pictures of a report: the five plots of the manual,
// together and one by one, and the residual map.
func (r *Report) pictures() []picture {
	n, s := names(r.in.Options.Setup), r.Data
	scale := fmt.Sprintf("All plots have the same scale: ±%s.", seconds(s.Scale))
	common := r.entries()
	single := func(name, title, caption string, w, h vg.Length, entries []entry, panel func() *plot.Plot) picture {
		return picture{name, title, caption, w, h, func(c draw.Canvas) {
			panel().Draw(legend(headline(c, title), entries))
		}}
	}
	only := func(mark entry, more ...entry) []entry {
		out := append([]entry{mark}, more...)
		if r.anyLeft() {
			out = append(out, entry{colourLeft, draw.CrossGlyph{}, false, "left out of the model (may be beyond the scale)"})
		}
		return out
	}
	markA := entry{colourA, draw.CircleGlyph{}, false, n.a + " error"}
	markZ := entry{colourZ, draw.BoxGlyph{}, false, n.z + " error, on the sky"}
	own := r.trendEntries()
	if r.Data.Bent != nil {
		own = nil // the trend is of another picture
	}
	pictures := []picture{
		{"five-plots", "The five plots", "The plots of the manual together: the grid, right of it both errors against " + n.a + ", below it both against " + n.z + ". " + scale,
			900, 760, r.sheet},
		single("1-grid", "Where the stars were, and how they miss",
			fmt.Sprintf("A bar up or to the right: the axis reads too high, too far clockwise. The bar of the legend is %s.", seconds(s.Scale)), 720, 460, common, r.grid),
		single("2-"+slug(n.a)+"-error-by-"+slug(n.a), capital(n.a)+" error against "+n.a,
			"A slope is a wrong step size, or a tube that droops. "+scale, 460, 460, only(markA, own...), r.errorAByA),
		single("3-"+slug(n.z)+"-error-by-"+slug(n.a), capital(n.z)+" error against "+n.a,
			"A slope, or a bend near the top, is left of Z1 and Z2. "+scale, 460, 460, only(markZ), r.errorZByA),
		single("4-"+slug(n.a)+"-error-by-"+slug(n.z), capital(n.a)+" error against "+n.z,
			"One wave round the circle is a tilted base, two are one that is not flat. "+scale, 720, 340, only(markA), r.errorAByZ),
		single("5-"+slug(n.z)+"-error-by-"+slug(n.z), capital(n.z)+" error against "+n.z,
			"One wave round the circle is a gear off its centre. "+scale, 720, 340, only(markZ), r.errorZByZ),
		{"residual-map", "Residual map", "From each star to where the model has the tube point. North is up and east right, as on a compass; the zenith is in the middle.",
			640, 680, r.skyMap},
	}
	if r.Data.Bent != nil {
		pictures = append(pictures, single("step-size", capital(n.a)+" error without the terms that bend",
			"What Z1, Z2 and Z3 alone leave. A slope is a wrong step size; a bow is a tube that droops. The scale is its own.", 460, 460,
			only(entry{colourBent, draw.CircleGlyph{}, false, n.a + " error, Z1, Z2, Z3 only"}, r.trendEntries()...), r.bentByA))
	}
	return pictures
}

func (r *Report) anyLeft() bool {
	for _, b := range r.Data.Bars {
		if b.Left {
			return true
		}
	}
	return false
}

// entries is the legend of grid and sheet.
func (r *Report) entries() []entry {
	n := names(r.in.Options.Setup)
	e := []entry{
		{colourA, nil, false, n.a + " error (up: reads too high)"},
		{colourZ, nil, false, n.z + " error, on the sky (right: reads too far clockwise)"},
	}
	if r.anyLeft() {
		e = append(e, entry{colourLeft, draw.CrossGlyph{}, false, "left out of the model"})
	}
	return e
}

func (r *Report) trendEntries() []entry {
	if t := r.Data.Trend; t != nil {
		return []entry{{colourInk, nil, true, fmt.Sprintf("trend: %+.1f″ per 10°", 36000*t.Slope)}}
	}
	return nil
}

// frame returns a plot without data.
func frame(x, y string) *plot.Plot {
	p := plot.New()
	p.X.Label.Text, p.Y.Label.Text = x, y
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		rotation, xa, ya := a.Label.TextStyle.Rotation, a.Label.TextStyle.XAlign, a.Label.TextStyle.YAlign
		a.Label.TextStyle = lettering(11, xa, ya)
		a.Label.TextStyle.Rotation = rotation
		a.Tick.Label = lettering(9.5, a.Tick.Label.XAlign, a.Tick.Label.YAlign)
		a.Color, a.Tick.Color = colourInk, colourInk
		a.Padding = 0
	}
	p.X.Padding, p.Y.Padding = 2, 2
	return p
}

// angleAxis sets an axis to show readings in degrees.
func angleAxis(a *plot.Axis, low, high, every float64) {
	a.Min, a.Max = low, high
	var ticks plot.ConstantTicks
	for v := low; v <= high+1e-9; v += every {
		ticks = append(ticks, plot.Tick{Value: v, Label: strconv.Itoa(int(math.Round(v)))})
	}
	a.Tick.Marker = ticks
}

// errorAxis sets an axis to show errors to scale, in seconds of arc.
func errorAxis(a *plot.Axis, scale float64) {
	a.Min, a.Max = -margin*scale, margin*scale
	unit, per := "arcsec", 1.0
	if scale >= 300 {
		unit, per = "arcmin", 60
	}
	var ticks plot.ConstantTicks
	for _, k := range []float64{-1, -0.5, 0, 0.5, 1} {
		ticks = append(ticks, plot.Tick{Value: k * scale, Label: strconv.FormatFloat(k*scale/per, 'g', 4, 64)})
	}
	a.Tick.Marker = ticks
	a.Label.Text += " (" + unit + ")"
}

// seconds writes a distance given in seconds of arc.
func seconds(v float64) string {
	if v >= 300 {
		return strconv.FormatFloat(v/60, 'g', 3, 64) + "′"
	}
	return strconv.FormatFloat(v, 'g', 3, 64) + "″"
}

func (r *Report) grid() *plot.Plot {
	n := names(r.in.Options.Setup)
	p := frame(n.z+" (degrees)", n.a+" (degrees)")
	low, high := r.Data.rangeA()
	angleAxis(&p.X, 0, 360, 30)
	angleAxis(&p.Y, low, high, 30)
	p.Add(lines{x: span(0, 360, 30), y: span(low, high, 30)}, bars{r.Data})
	return p
}

func (r *Report) errorAByA() *plot.Plot {
	p := r.upright(names(r.in.Options.Setup).a+" error", r.Data.Scale)
	if r.Data.Bent == nil {
		r.addTrend(p)
	}
	p.Add(marks{r.Data.marks(ofA, byA), r.Data.Scale, true, colourA, draw.CircleGlyph{}})
	return p
}

// bentByA shows what a wrong step size would do.
func (r *Report) bentByA() *plot.Plot {
	most := 0.0
	for _, m := range r.Data.Bent {
		if !m.Left {
			most = max(most, math.Abs(m.Error))
		}
	}
	scale := roundUp(most)
	p := r.upright(names(r.in.Options.Setup).a+" error", scale)
	r.addTrend(p)
	p.Add(marks{r.Data.Bent, scale, true, colourBent, draw.CircleGlyph{}})
	return p
}

func (r *Report) addTrend(p *plot.Plot) {
	if t := r.Data.Trend; t != nil {
		low, high := r.Data.rangeA()
		p.Add(trendLine{*t, low, high})
	}
}

func (r *Report) errorZByA() *plot.Plot {
	p := r.upright(names(r.in.Options.Setup).z+" error", r.Data.Scale)
	p.Add(marks{r.Data.marks(ofZ, byA), r.Data.Scale, true, colourZ, draw.BoxGlyph{}})
	return p
}

func (r *Report) errorAByZ() *plot.Plot {
	p := r.level(names(r.in.Options.Setup).a + " error")
	p.Add(marks{r.Data.marks(ofA, byZ), r.Data.Scale, false, colourA, draw.CircleGlyph{}})
	return p
}

func (r *Report) errorZByZ() *plot.Plot {
	p := r.level(names(r.in.Options.Setup).z + " error")
	p.Add(marks{r.Data.marks(ofZ, byZ), r.Data.Scale, false, colourZ, draw.BoxGlyph{}})
	return p
}

// upright is the frame of a plot against axis A, which runs upwards.
func (r *Report) upright(what string, scale float64) *plot.Plot {
	p := frame(what, names(r.in.Options.Setup).a+" (degrees)")
	low, high := r.Data.rangeA()
	angleAxis(&p.Y, low, high, 30)
	errorAxis(&p.X, scale)
	p.Add(lines{x: []float64{-scale, scale}, y: span(low, high, 30), zeroX: true})
	return p
}

// level is the frame of a plot against axis Z.
func (r *Report) level(what string) *plot.Plot {
	p := frame(names(r.in.Options.Setup).z+" (degrees)", what)
	angleAxis(&p.X, 0, 360, 30)
	errorAxis(&p.Y, r.Data.Scale)
	p.Add(lines{x: span(0, 360, 30), y: []float64{-r.Data.Scale, r.Data.Scale}, zeroY: true})
	return p
}

func span(low, high, every float64) []float64 {
	var out []float64
	for v := low; v <= high+1e-9; v += every {
		out = append(out, v)
	}
	return out
}

// sheet draws the five plots as the manual arranges them, axes in line.
func (r *Report) sheet(c draw.Canvas) {
	c = legend(headline(c, fmt.Sprintf("Pointing errors of %d stars; all scales ±%s", len(r.Data.Bars), seconds(r.Data.Scale))), r.entries())
	w, h := c.Max.X-c.Min.X, c.Max.Y-c.Min.Y
	cell := func(left, right, bottom, top float64) draw.Canvas {
		return draw.Crop(c, w*vg.Length(left)+3, -w*vg.Length(1-right)-3, h*vg.Length(bottom)+3, -h*vg.Length(1-top)-3)
	}
	grid, byA1, byA2, byZ1, byZ2 := r.grid(), r.errorAByA(), r.errorZByA(), r.errorAByZ(), r.errorZByZ()
	at := map[*plot.Plot]draw.Canvas{
		grid: cell(0, 0.56, 0.5, 1), byA1: cell(0.56, 0.78, 0.5, 1), byA2: cell(0.78, 1, 0.5, 1),
		byZ1: cell(0, 0.56, 0.25, 0.5), byZ2: cell(0, 0.56, 0, 0.25),
	}
	var left, right, bottom, top vg.Length
	for _, p := range []*plot.Plot{grid, byZ1, byZ2} {
		d := p.DataCanvas(at[p])
		left, right = max(left, d.Min.X-at[p].Min.X), max(right, at[p].Max.X-d.Max.X)
	}
	for _, p := range []*plot.Plot{grid, byA1, byA2} {
		d := p.DataCanvas(at[p])
		bottom, top = max(bottom, d.Min.Y-at[p].Min.Y), max(top, at[p].Max.Y-d.Max.Y)
	}
	for _, p := range []*plot.Plot{grid, byA1, byA2, byZ1, byZ2} {
		box, d := at[p], p.DataCanvas(at[p])
		var l, rt, b, t vg.Length
		if p == grid || p == byZ1 || p == byZ2 {
			l, rt = left-(d.Min.X-box.Min.X), right-(box.Max.X-d.Max.X)
		}
		if p == grid || p == byA1 || p == byA2 {
			b, t = bottom-(d.Min.Y-box.Min.Y), top-(box.Max.Y-d.Max.Y)
		}
		p.Draw(draw.Crop(box, l, -rt, b, -t))
	}
	r.digest(cell(0.6, 1, 0, 0.46))
}

// digest writes the fit in figures.
func (r *Report) digest(c draw.Canvas) {
	rows := summary(r.Fit)
	for _, e := range r.Fit.Terms {
		if t := termRow(e); e.Free {
			rows = append(rows, [2]string{t[0], t[1] + " " + t[2]})
		}
	}
	const high = 16
	for i, row := range rows {
		y := c.Max.Y - vg.Length(i)*high
		if y < c.Min.Y+high {
			return
		}
		style := lettering(10.5, draw.XLeft, draw.YTop)
		c.FillText(style, vg.Point{X: c.Min.X, Y: y}, row[0])
		c.FillText(style, vg.Point{X: c.Min.X + 130, Y: y}, row[1])
	}
}
