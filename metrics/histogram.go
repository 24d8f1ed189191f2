// SPDX-License-Identifier: GPL-3.0-or-later

package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/siderostep/siderostep/clock"
)

// A histogram leaves in both forms: with all its cells as a native histogram,
// which a Prometheus takes that knows them, and with a few classic buckets
// for one that does not.
const (
	nativeSchema = 1  // bounds are √2 apart
	nativeFirst  = 40 // the cell that ends at 1 s, where native indices begin
	classicStep  = 4  // cells between classic bounds: a factor of 4
	classicFirst = 6  // the cell of the first, 2⁻¹⁷ s
	classicLast  = 54 // the cell of the last, 2⁷ s
)

// durations is a histogram on a page.
type durations struct {
	*family
	labels []*dto.LabelPair
	clock.Tally
}

// Desc implements prometheus.Metric.
func (d *durations) Desc() *prometheus.Desc { return d.desc }

// Write implements prometheus.Metric.
func (d *durations) Write(out *dto.Metric) error {
	var (
		n, seen uint64
		last    int64
		next    int
		deltas  []int64
		spans   []*dto.BucketSpan
		classic = make([]*dto.Bucket, 0, (classicLast-classicFirst)/classicStep+1)
	)
	for i, c := range d.Cells {
		n += c
		if i >= classicFirst && i <= classicLast && (i-classicFirst)%classicStep == 0 {
			total, bound := n, clock.Bound(i)
			classic = append(classic, &dto.Bucket{CumulativeCount: &total, UpperBound: &bound})
		}
		if i == 0 || c == 0 {
			continue
		}
		index := i - nativeFirst
		if len(spans) == 0 || index != next {
			offset, length := int32(index-next), uint32(0)
			spans = append(spans, &dto.BucketSpan{Offset: &offset, Length: &length})
		}
		*spans[len(spans)-1].Length++
		deltas = append(deltas, int64(c)-last)
		last, next = int64(c), index+1
		seen += c
	}
	if len(spans) == 0 { // or it would not be known for a native one
		spans = []*dto.BucketSpan{{Offset: new(int32), Length: new(uint32)}}
	}
	schema, threshold, zero, sum := int32(nativeSchema), clock.Shortest, n-seen, d.Sum.Seconds()
	out.Label = d.labels
	out.Histogram = &dto.Histogram{
		SampleCount: &n, SampleSum: &sum, Bucket: classic,
		Schema: &schema, ZeroThreshold: &threshold, ZeroCount: &zero, PositiveSpan: spans, PositiveDelta: deltas,
	}
	return nil
}

func (p page) durations(f *family, t clock.Tally, values ...string) {
	p.out <- &durations{f, p.labels.of(f, values), t}
}
