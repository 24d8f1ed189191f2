// SPDX-License-Identifier: GPL-3.0-or-later

package metrics

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// wave is a periodic error of 6″ once and 1.5″ twice a turn, in arcseconds.
func wave(turns float64) float64 {
	return 6*math.Sin(2*math.Pi*turns+0.7) + 1.5*math.Sin(4*math.Pi*turns+1.7)
}

// What repeats is found beneath a drift ten times as large, whichever way the
// worm turns and wherever the look at it begins.
func TestFoldFindsWhatRepeats(t *testing.T) {
	for _, rate := range []float64{0.0013, -0.0013} {
		var f fold
		for i := range int(3.5 / math.Abs(rate)) {
			place := 100.37 + rate*float64(i)
			f.add(place, wave(place)+20*math.Abs(place-100.37), true)
		}
		if f.turns != 3 {
			t.Errorf("%d turns, want 3", f.turns)
		}
		for i, got := range f.average {
			if want := wave((float64(i) + 0.5) / parts); math.Abs(got-want) > 0.12 { // within a part it bends
				t.Errorf("rate %g, part %d: %.3f″, want %.3f″", rate, i, got, want)
			}
		}
	}
}

func TestFoldLeavesOutBrokenTurns(t *testing.T) {
	var f fold
	turn := func(length float64, worth bool) {
		for p := 0.0; p < length; p += 0.004 {
			f.add(p, 5, worth)
		}
		f.interrupt()
	}
	turn(0.9, true)
	turn(0.9, true)
	turn(1.1, false)
	if f.turns != 0 {
		t.Errorf("%d turns, want none", f.turns)
	}
	for p := 0.0; p < 9; p += 0.1 { // so fast that parts are missed
		f.add(p, 5, true)
	}
	if f.turns != 0 {
		t.Errorf("%d turns, want none", f.turns)
	}
	f.interrupt()
	turn(1.1, true)
	if f.turns != 1 {
		t.Errorf("%d turns, want 1", f.turns)
	}
}

// A change of the worm's error is taken over within some turns.
func TestFoldForgets(t *testing.T) {
	var f fold
	for i := range 40000 {
		place := float64(i) * 0.002
		size := 1.0
		if place > 40 {
			size = 2
		}
		f.add(place, size*wave(place), true)
	}
	for i, got := range f.average {
		if want := 2 * wave((float64(i)+0.5)/parts); math.Abs(got-want) > 0.3 {
			t.Errorf("part %d: %.3f″, want %.3f″", i, got, want)
		}
	}
}

func TestTrendOfCorrections(t *testing.T) {
	var c corrections
	const perSecond = 2e-6
	at := func(i int) (time.Duration, [2]float64) {
		d := time.Duration(i) * 50 * time.Millisecond
		return d, [2]float64{100 + perSecond*d.Seconds() + 1e-5*math.Sin(d.Seconds()*40), -d.Seconds() * perSecond / 4}
	}
	for i := range 20 * 59 {
		d, sum := at(i)
		c.add(d, sum, 1+uint64(i))
		if _, _, ok := c.trend(d); ok {
			t.Fatalf("a trend after %v", d)
		}
	}
	var now time.Duration
	for i := range 20 * 3600 {
		d, sum := at(i + 20*59)
		c.add(d, sum, uint64(i))
		now = d
	}
	slope, span, ok := c.trend(now)
	if !ok || span < driftWindow-3*time.Second || span > driftWindow {
		t.Errorf("trend over %v, %v", span, ok)
	}
	if math.Abs(slope[0]-perSecond) > perSecond/100 || math.Abs(slope[1]+perSecond/4) > perSecond*1e-6 {
		t.Errorf("slopes %g, %g; want %g, %g", slope[0], slope[1], perSecond, -perSecond/4)
	}
	if _, span, ok := c.trend(now + 11*time.Minute); ok || span != 0 {
		t.Errorf("an old trend over %v is told", span)
	}
	c.reset()
	for i := range 20 * 100 {
		d, sum := at(i)
		c.add(d, sum, 7)
	}
	if _, _, ok := c.trend(100 * time.Second); ok {
		t.Error("a trend without pulses")
	}
}

// Both forms of a histogram tell of the same durations. What a native index
// means is worked out here by its definition: of schema 1 the index k ends at
// 2^(k/2), and what is not above the threshold is zero.
func TestHistogramForms(t *testing.T) {
	all := []time.Duration{
		0, 500 * time.Nanosecond, 3 * time.Microsecond, 3 * time.Microsecond, 90 * time.Microsecond,
		time.Millisecond, 50 * time.Millisecond, 51 * time.Millisecond, 700 * time.Millisecond, time.Second, 100 * time.Second,
	}
	sum := 0.0
	for _, d := range all {
		sum += d.Seconds()
	}
	var out dto.Metric
	h := &durations{tickLate, nil, tally(all...)}
	if err := h.Write(&out); err != nil {
		t.Fatal(err)
	}
	v := out.GetHistogram()
	if v.GetSampleCount() != uint64(len(all)) || math.Abs(v.GetSampleSum()-sum) > 1e-9 || v.GetSchema() != 1 {
		t.Errorf("count %d, sum %g, schema %d", v.GetSampleCount(), v.GetSampleSum(), v.GetSchema())
	}

	got, want := map[int]int64{}, map[int]int64{}
	zero := uint64(0)
	for _, d := range all {
		if d.Seconds() <= v.GetZeroThreshold() {
			zero++
			continue
		}
		want[int(math.Ceil(2*math.Log2(d.Seconds())-1e-12))]++
	}
	index, count, k := int32(0), int64(0), 0
	for _, s := range v.GetPositiveSpan() {
		index += s.GetOffset()
		for range s.GetLength() {
			count += v.GetPositiveDelta()[k]
			got[int(index)] = count
			index++
			k++
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || v.GetZeroCount() != zero {
		t.Errorf("native: %d zero, want %d; -want +got:\n%s", v.GetZeroCount(), zero, diff)
	}
	for _, b := range v.GetBucket() {
		n := uint64(0)
		for _, d := range all {
			if d.Seconds() <= b.GetUpperBound() {
				n++
			}
		}
		if b.GetCumulativeCount() != n {
			t.Errorf("up to %g s: %d, want %d", b.GetUpperBound(), b.GetCumulativeCount(), n)
		}
	}
	if n := len(v.GetBucket()); n != 13 {
		t.Errorf("%d classic buckets", n)
	}
}

// A histogram that has counted nothing is still known for a native one.
func TestEmptyHistogram(t *testing.T) {
	var out dto.Metric
	if err := (&durations{family: tickLate}).Write(&out); err != nil {
		t.Fatal(err)
	}
	if v := out.GetHistogram(); len(v.GetPositiveSpan()) != 1 || v.GetPositiveSpan()[0].GetLength() != 0 || v.GetSampleCount() != 0 {
		t.Errorf("%v", v)
	}
	var _ prometheus.Metric = (*durations)(nil)
}
