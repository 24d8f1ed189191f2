// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"math"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/plot"

	"github.com/siderostep/siderostep/internal/observe"
)

func labels(ticks []plot.Tick) string {
	var words []string
	for _, t := range ticks {
		words = append(words, t.Label)
	}
	return strings.Join(words, " ")
}

func TestTicksAreRoundAndFew(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{labels(even(0, 11.8, 8)), "0 2 4 6 8 10"},
		{labels(even(-0.13, 0.21, 5)), "−0.1 0.0 0.1 0.2"},
		{labels(even(24950, 25160, 5)), "24950 25000 25050 25100 25150"},
		{labels(decades(0.3, 20)), "0.5 1 2 5 10 20"},
		{labels(decades(0.001, 3e5)), "0.01 1 100 10000"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestValuesAreSaidAsInGrafana(t *testing.T) {
	for _, tt := range []struct {
		unit   string
		digits int
		v      float64
		want   string
	}{
		{"arcsec", 2, -0.427, "−0.43″"},
		{"s", 0, 12960, "3.6 h"},
		{"s", 1, 35.66, "35.7 s"},
		{"s", 1, 0.0123, "12.3 ms"},
		{"percentunit", 0, 0.386, "39 %"},
		{"suffix: ″/min", 1, 1.26, "1.3 ″/min"},
	} {
		if got := say(tt.v, observe.Defaults{Unit: tt.unit, Decimals: &tt.digits}); got != tt.want {
			t.Errorf("%g %s: %q, want %q", tt.v, tt.unit, got, tt.want)
		}
	}
}

func TestLinesBreakWhereValuesAreMissing(t *testing.T) {
	start := time.Unix(0, 0)
	at := func(n int, v float64) observe.Point {
		return observe.Point{At: start.Add(time.Duration(n) * scrapes), Value: v}
	}
	got := runs([]observe.Point{at(0, 1), at(1, 2), at(2, math.NaN()), at(3, 4), at(5, 5), at(6, math.Inf(1)), at(7, 6)})
	var lengths []int
	for _, run := range got {
		lengths = append(lengths, len(run))
	}
	if len(got) != 4 || lengths[0] != 2 {
		t.Errorf("runs of %v points, want 2, 1, 1, 1", lengths)
	}
}
