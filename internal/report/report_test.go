// SPDX-License-Identifier: GPL-3.0-or-later

package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/internal/report"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/align"
	"github.com/siderostep/siderostep/model/fit"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/model/sky"
)

var update = flag.Bool("update", false, "write the golden files anew")

const latitude = 48.0

// wooden is an alt-azimuth mount on a tilted base, by plain trigonometry: it
// shares no formula with the fit. Angles are degrees.
type wooden struct {
	stars      int
	step       float64 // readings of altitude grow by 1 + step
	droop      float64 // the tube hangs by this times cos(altitude), so that it reads too high
	ring       float64 // three waves of altitude error round the circle
	noise      float64
	tilt, turn float64
	high, far  map[int]float64 // by which a star reads too high, too far clockwise on the sky
}

func rad(deg float64) float64 { return deg * math.Pi / 180 }
func deg(rad float64) float64 { return rad * 180 / math.Pi }

// observe returns stars spread evenly over the sky from 18 to 76°.
func (w wooden) observe() []fit.Observation {
	r := rand.New(rand.NewPCG(7, uint64(w.stars)))
	var obs []fit.Observation
	for i := range w.stars {
		low, high := math.Sin(rad(18)), math.Sin(rad(76))
		alt := math.Asin(low + (float64(i)+0.5)/float64(w.stars)*(high-low))
		az := rad(math.Mod(float64(i)*137.508, 360))
		lst := 30 + 1.5*float64(i)
		sinLat, cosLat := math.Sincos(rad(latitude))
		dec := math.Asin(math.Sin(alt)*sinLat + math.Cos(alt)*cosLat*math.Cos(az))
		ha := math.Atan2(-math.Sin(az)*math.Cos(alt), math.Sin(alt)*cosLat-math.Cos(alt)*math.Cos(az)*sinLat)
		// The base leans north and is turned.
		east, north, up := math.Cos(alt)*math.Sin(az), math.Cos(alt)*math.Cos(az), math.Sin(alt)
		s, c := math.Sincos(rad(w.tilt))
		north, up = c*north-s*up, s*north+c*up
		a, z := deg(math.Asin(up)), deg(math.Atan2(east, north))+w.turn
		a = a*(1+w.step) + w.droop*math.Cos(rad(a)) + w.ring*math.Sin(3*rad(z))
		a += w.noise*r.NormFloat64() + w.high[i]
		z += (w.noise*r.NormFloat64() + w.far[i]) / math.Cos(rad(a))
		obs = append(obs, fit.Observation{
			Name:  fmt.Sprintf("star %d", i+1),
			Place: model.Equatorial{RA: model.Degrees(lst - deg(ha)).Wrap(), Dec: model.Degrees(deg(dec))},
			LST:   model.Degrees(lst),
			Axes:  model.Axes{Z: model.Degrees(z).Wrap(), A: model.Degrees(a)},
		})
	}
	return obs
}

func (w wooden) input() report.Input {
	in := report.Input{FullStepA: 2.5}
	in.Options.Setup = fit.SetupOf(pointing.AltAz, model.Degrees(latitude), sky.Refraction{})
	for _, o := range w.observe() {
		in.Book.Points = append(in.Book.Points, align.Entry{Observation: o})
	}
	return in
}

const arcsec = 1 / 3600.0

func base(stars int) wooden {
	return wooden{stars: stars, noise: 10 * arcsec, tilt: 0.7, turn: 12}
}

func study(t *testing.T, w wooden) *report.Report {
	t.Helper()
	r, err := report.New(w.input())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func text(t *testing.T, r *report.Report) string {
	t.Helper()
	var b strings.Builder
	for _, f := range r.Findings {
		b.WriteString(f.Text + " " + f.Do + "\n")
	}
	return b.String()
}

// A wrong step size is found, with its sign, and told from a droop.
func TestReportFindsTheStepSize(t *testing.T) {
	for _, step := range []float64{0.004, -0.002, 0.001} {
		w := base(24)
		w.step = step
		r := study(t, w)
		if r.Step == nil {
			t.Fatalf("%v: nothing is said of the step size", step)
		}
		want := step / (1 + step) // the true step is the configured one times 1/(1 + step)
		if s := *r.Step; !s.Clear() || math.Abs(s.Error-want) > 4*s.Sigma || s.Sigma > 2e-4 {
			t.Errorf("step %v: found %v ± %v, want %v", step, s.Error, s.Sigma, want)
		}
		// 2.5″ over 1 + step is the true one; 3 × 10⁻⁴ of it may be in doubt.
		var got float64
		_, after, ok := strings.Cut(text(t, r), "from 2.5 to ")
		if _, err := fmt.Sscanf(after, "%f", &got); !ok || err != nil || math.Abs(got-2.5/(1+step)) > 2.5*3e-4 {
			t.Errorf("step %v: the advice is %v, want %.6f:\n%s", step, got, 2.5/(1+step), text(t, r))
		}
		// The slope of the picture is the error itself, within what the attitude follows.
		if tr := r.Data.Trend; tr == nil || math.Abs(tr.Slope-step) > 0.1*math.Abs(step)+1e-4 {
			t.Errorf("step %v: the trend is %+v", step, tr)
		}
	}
	r := study(t, base(24))
	if r.Step == nil || r.Step.Clear() || !strings.Contains(text(t, r), "step size of the altitude axis is right") {
		t.Errorf("a right step size is called wrong: %+v\n%s", r.Step, text(t, r))
	}
	w := base(60)
	w.droop, w.noise = 600*arcsec, 3*arcsec
	if r := study(t, w); r.Step == nil || r.Step.Clear() || !strings.Contains(text(t, r), "drooping tube") {
		t.Errorf("a droop is taken for a wrong step: %+v\n%s", r.Step, text(t, r))
	}
	if r := study(t, base(5)); r.Step != nil || !strings.Contains(text(t, r), "cannot be told") {
		t.Errorf("five stars tell the step size: %+v", r.Step)
	}
}

// The model recommended is the one that does best at stars it has not seen.
func TestComparisonRecommendsByStarsUnseen(t *testing.T) {
	compare := func(w wooden) report.Comparison {
		t.Helper()
		c, err := report.Compare(w.input())
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Rows) != 6 {
			t.Fatalf("%d models", len(c.Rows))
		}
		return c
	}
	c := compare(base(30))
	if got := c.Rows[c.Best].Name; got != "rotation" {
		t.Errorf("a mount that only leans: %q is recommended", got)
	}
	// 10″ on each axis are 14″ on the sky.
	if rms := c.Rows[1].RMS.Arcsec(); rms < 10 || rms > 18 {
		t.Errorf("rotation: rms %.1f″, the noise is 14″", rms)
	}
	// The mount leans by 0.7° and is turned by 12°.
	if p := c.Rows[0]; p.Max < model.Degrees(10) || p.Max > model.Degrees(13) || p.LeaveOut != p.RMS {
		t.Errorf("preset: %+v", p)
	}
	if m := c.Rows[5]; m.RMS > c.Rows[3].RMS.Mul(0.5) || m.LeaveOut < c.Rows[1].LeaveOut {
		t.Errorf("the map follows the noise, and should do worse elsewhere: rms %.1f″, unseen %.1f″", m.RMS.Arcsec(), m.LeaveOut.Arcsec())
	}
	w := base(60)
	w.ring = 120 * arcsec
	c = compare(w)
	if got := c.Rows[c.Best].Name; got != "+ tables" && got != "+ map" || c.Rows[4].LeaveOut > c.Rows[3].LeaveOut.Mul(0.5) {
		t.Errorf("three waves round the circle: %q is recommended; unseen, tables miss by %.1f″, the automatic model by %.1f″",
			got, c.Rows[4].LeaveOut.Arcsec(), c.Rows[3].LeaveOut.Arcsec())
	}
	w = base(24)
	w.high = map[int]float64{9: 0.5}
	c = compare(w)
	if len(c.Left) != 1 || c.Left[0] != 9 || c.Stars != 23 || c.Rows[4].Missing == "" {
		t.Errorf("outlier: %+v", c)
	}
	for _, n := range []int{1, 2, 3} {
		if c := compare(base(n)); c.Reason == "" || c.Rows[c.Best].Missing != "" {
			t.Errorf("%d stars: %+v", n, c)
		}
	}
}

// Every star has its bar, mark and arrow, of the right size and sense.
func TestSeriesHoldEveryStar(t *testing.T) {
	w := base(40)
	w.noise = arcsec
	w.high, w.far = map[int]float64{7: 60 * arcsec}, map[int]float64{20: -60 * arcsec}
	in := w.input()
	in.Options.Free = []fit.Term{fit.Attitude} // one model, whatever the stars
	r, err := report.New(in)
	if err != nil {
		t.Fatal(err)
	}
	obs := w.observe()
	if len(r.Data.Bars) != len(obs) || len(r.Data.Arrows) != len(obs) {
		t.Fatalf("%d bars, %d arrows", len(r.Data.Bars), len(r.Data.Arrows))
	}
	for i, b := range r.Data.Bars {
		a := r.Data.Arrows[i]
		up, right := 0.0, 0.0
		switch i {
		case 7:
			up = 60
		case 20:
			right = -60
		}
		if math.Abs(b.ErrorA-up) > 10 || math.Abs(b.ErrorZ-right) > 10 {
			t.Errorf("star %d: bar %+v, want %v up, %v right", i+1, b, up, right)
		}
		if math.Abs(a.Up-up) > 11 || math.Abs(a.East-right) > 11 {
			t.Errorf("star %d: arrow %+v, want %v up, %v east", i+1, a, up, right)
		}
		if math.Abs(b.A-obs[i].Axes.A.Degrees()) > 1e-9 || math.Abs(b.Z-obs[i].Axes.Z.Degrees()) > 1e-9 {
			t.Errorf("star %d: bar at %v, %v", i+1, b.Z, b.A)
		}
		want := math.Mod(float64(i)*137.508, 360)
		if d := math.Remainder(a.Az-want, 360); math.Abs(d) > 1e-6 {
			t.Errorf("star %d: arrow at azimuth %v, want %v", i+1, a.Az, want)
		}
	}
	most := 0.0 // of the stars that were not left out, as these two may be
	for _, b := range r.Data.Bars {
		if !b.Left {
			most = max(most, math.Abs(b.ErrorA), math.Abs(b.ErrorZ))
		}
	}
	if r.Data.Scale < most || r.Data.Scale > 2.5*most {
		t.Errorf("the scale is %v″, the largest error %v″", r.Data.Scale, most)
	}
}

// The pictures can be read and hold all stars; one that was left out is drawn,
// too. Pixels are looked at in cmd's tests, which the race detector would make
// fifty times as slow.
func TestPicturesShowEveryStar(t *testing.T) {
	w := base(24)
	w.high = map[int]float64{9: 0.5}
	r := study(t, w)
	svgs, err := r.Files(report.SVG)
	if err != nil {
		t.Fatal(err)
	}
	drawn := map[string]string{}
	for _, f := range svgs {
		drawn[f.Name] = string(f.Content)
		if !strings.HasSuffix(f.Name, ".svg") {
			continue
		}
		for d := xml.NewDecoder(bytes.NewReader(f.Content)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
		}
	}
	for _, tt := range []struct {
		file, colour string
		least        int // stars with it, and the legend
	}{
		{"1-grid.svg", "#D55E00", 23 + 1},
		{"1-grid.svg", "#0072B2", 23 + 1},
		{"1-grid.svg", "#808080", 2 + 1},
		{"2-altitude-error-by-altitude.svg", "#D55E00", 2*23 + 1},
		{"3-azimuth-error-by-altitude.svg", "#0072B2", 2*23 + 1},
		{"4-altitude-error-by-azimuth.svg", "#D55E00", 2*23 + 1},
		{"5-azimuth-error-by-azimuth.svg", "#0072B2", 2*23 + 1},
		{"five-plots.svg", "#D55E00", 5*23 + 1},
		{"residual-map.svg", "#808080", 2 + 1},
	} {
		if n := strings.Count(drawn[tt.file], tt.colour); n < tt.least {
			t.Errorf("%s: %d strokes of %s, want %d", tt.file, n, tt.colour, tt.least)
		}
	}
	again, err := study(t, w).Files(report.SVG)
	if err != nil {
		t.Fatal(err)
	}
	for i := range svgs {
		if !bytes.Equal(svgs[i].Content, again[i].Content) {
			t.Errorf("%s is not the same twice", svgs[i].Name)
		}
	}
}

// golden compares with testdata/name; that what it says is true, other tests
// see.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s has changed (-update writes it anew):\n%s", name, got)
	}
}

func TestGoldenTexts(t *testing.T) {
	w := base(24)
	w.step, w.high = 0.004, map[int]float64{9: 0.5}
	in := w.input()
	r := study(t, w)
	files, err := r.Files(report.SVG) // the faster
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "report.md", files[len(files)-1].Content)
	var b bytes.Buffer
	if err := report.WriteFit(&b, in, r.Fit); err != nil {
		t.Fatal(err)
	}
	golden(t, "fit.txt", b.Bytes())
	b.Reset()
	if err := r.Compared.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "compare.txt", b.Bytes())
}

// JSON stays JSON where distances have no bound.
func TestJSONOfFewStars(t *testing.T) {
	for n := 1; n <= 4; n++ {
		in := base(n).input()
		r, err := report.Fit(in)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := report.WriteFitJSON(&b, in, r); err != nil || !json.Valid(b.Bytes()) {
			t.Errorf("%d stars: %v %s", n, err, b.Bytes())
		}
		c, err := report.Compare(in)
		if err != nil {
			t.Fatal(err)
		}
		b.Reset()
		if err := c.WriteJSON(&b); err != nil || !json.Valid(b.Bytes()) {
			t.Errorf("%d stars: %v %s", n, err, b.Bytes())
		}
	}
}

func TestRefusals(t *testing.T) {
	if _, err := report.New(wooden{}.input()); !errors.Is(err, fault.Invalid) {
		t.Errorf("no stars: %v", err)
	}
	if _, err := report.ParseFormat("gif"); !errors.Is(err, fault.Invalid) {
		t.Errorf("gif: %v", err)
	}
	in := base(24).input()
	in.Options.Free = []fit.Term{"XX"}
	if _, err := report.New(in); !errors.Is(err, fault.Invalid) {
		t.Errorf("XX: %v", err)
	}
}
