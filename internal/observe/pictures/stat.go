// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"image/color"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/siderostep/siderostep/internal/observe"
)

// stat writes values large.
func (p *page) stat(c draw.Canvas, panel observe.Panel) error {
	title := style(12, bold, ink)
	title.XAlign = draw.XCenter
	c.FillText(title, vg.Point{X: c.Center().X, Y: c.Max.Y - px(20)}, panel.Title)
	type shown struct {
		words, name string
		value       float64
	}
	var all []shown
	for _, q := range panel.Targets {
		series, err := p.ask(panel, q)
		if err != nil {
			return err
		}
		for _, s := range series {
			v := s.Points[0].Value
			one := shown{say(v, panel.FieldConfig.Defaults), legend(q.LegendFormat, s.Labels), v}
			if panel.Options.TextMode == "name" {
				one.words = one.name
			}
			all = append(all, one)
		}
	}
	if len(all) == 0 {
		words := panel.FieldConfig.Defaults.NoValue
		if words == "" {
			words = "no data"
		}
		middle(draw.Crop(c, 0, 0, 0, -px(18)), 15, plain, faint, words)
		return nil
	}
	each := (c.Max.X - c.Min.X) / vg.Length(len(all))
	for i, one := range all {
		part := c
		part.Min.X += vg.Length(i) * each
		part.Max.X = part.Min.X + each
		size := min(26, 1.75*float64(each/px(1))/float64(max(4, len([]rune(one.words)))))
		up := vg.Length(0)
		if len(all) > 1 {
			up = px(10)
			name := style(11.5, plain, faint)
			name.XAlign = draw.XCenter
			c.FillText(name, vg.Point{X: part.Center().X, Y: c.Min.Y + px(12)}, one.name)
		}
		middle(draw.Crop(part, 0, 0, up, -px(18)), size, bold, judged(one.value, panel.FieldConfig.Defaults), one.words)
	}
	return nil
}

// judged returns the colour of a value.
func judged(v float64, d observe.Defaults) (c color.NRGBA) {
	if m, ok := mapped(v, d); ok {
		return colour(m.Color)
	}
	for _, s := range d.Thresholds.Steps {
		if s.Value == nil || v >= *s.Value {
			c = colour(s.Color)
		}
	}
	return c
}

func mapped(v float64, d observe.Defaults) (m struct{ Text, Color string }, ok bool) {
	for _, list := range d.Mappings {
		if m, ok = list.Options[strconv.FormatFloat(v, 'f', -1, 64)]; ok {
			break
		}
	}
	return m, ok
}

// say writes a value with its unit, much as Grafana does.
func say(v float64, d observe.Defaults) string {
	if m, ok := mapped(v, d); ok {
		return m.Text
	}
	digits := 1
	if d.Decimals != nil {
		digits = *d.Decimals
	}
	if d.Unit == "s" {
		for _, u := range []struct {
			size float64
			name string
		}{{3600, " h"}, {60, " min"}, {1, " s"}, {1e-3, " ms"}} {
			if math.Abs(v) >= u.size {
				return number(v/u.size, max(digits, 1)) + u.name
			}
		}
	}
	s := unit(d.Unit)
	return number(v*s.factor, digits) + s.name
}

func minus(words string) string { return strings.Replace(words, "-", "−", 1) }

// scale is how values of a panel are written.
type scale struct {
	factor float64
	name   string
}

func unit(id string) scale {
	if own, ok := strings.CutPrefix(id, "suffix:"); ok {
		return scale{1, own}
	}
	switch id {
	case "arcsec":
		return scale{1, "″"}
	case "arcmin":
		return scale{1, "′"}
	case "degree":
		return scale{1, "°"}
	case "celsius":
		return scale{1, " °C"}
	case "percentunit":
		return scale{100, " %"}
	case "bytes":
		return scale{1 / 1048576., " MiB"}
	case "reqps", "ops":
		return scale{1, " per s"}
	case "s":
		return scale{1, " s"}
	}
	return scale{1, ""}
}

func scaleOf(panel observe.Panel) scale {
	s := unit(panel.FieldConfig.Defaults.Unit)
	s.name = strings.TrimSpace(s.name)
	return s
}

// fit chooses milliseconds or hours where seconds are many or few.
func (s scale) fit(lines []line) scale {
	if s.name != "s" {
		return s
	}
	most := 0.0
	for _, l := range lines {
		for _, pt := range l.Points {
			if !math.IsInf(pt.Value, 0) {
				most = max(most, math.Abs(pt.Value))
			}
		}
	}
	switch {
	case most > 7200:
		return scale{1 / 3600., "h"}
	case most < 0.1:
		return scale{1000, "ms"}
	}
	return s
}
