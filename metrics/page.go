// SPDX-License-Identifier: GPL-3.0-or-later

package metrics

import (
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/siderostep/siderostep/model"
)

// page is one scrape on its way out.
type page struct {
	out    chan<- prometheus.Metric
	labels *labelCache
}

// series is a number on a page.
type series struct {
	*family
	labels []*dto.LabelPair
	value  float64
}

// Desc implements prometheus.Metric.
func (s *series) Desc() *prometheus.Desc { return s.desc }

// Write implements prometheus.Metric.
func (s *series) Write(out *dto.Metric) error {
	out.Label = s.labels
	if s.kind == isCounter {
		out.Counter = &dto.Counter{Value: &s.value}
	} else {
		out.Gauge = &dto.Gauge{Value: &s.value}
	}
	return nil
}

func (p page) put(f *family, v float64, values ...string) {
	p.out <- &series{f, p.labels.of(f, values), v}
}

func (p page) flag(f *family, on bool, values ...string) {
	v := 0.0
	if on {
		v = 1
	}
	p.put(f, v, values...)
}

func (p page) angle(f *family, a model.Angle, values ...string) { p.put(f, a.Radians(), values...) }

func (p page) count(f *family, n uint64, values ...string) { p.put(f, float64(n), values...) }

func (p page) causes(f *family, counts *[causes]uint64) {
	for i, n := range counts {
		p.count(f, n, causeNames[i])
	}
}

// maxLabels is the most labels that a family has.
const maxLabels = 4

// labelCache keeps the labels of series in the form in which they leave, so
// that a scrape need not make them again. It grows no further than to the
// number of series, which is bounded.
type labelCache struct {
	mu    sync.Mutex
	pairs map[labelKey][]*dto.LabelPair
}

type labelKey struct {
	family *family
	values [maxLabels]string
}

func newLabelCache() *labelCache { return &labelCache{pairs: map[labelKey][]*dto.LabelPair{}} }

// of returns the labels of a family with the given values, by name.
func (c *labelCache) of(f *family, values []string) []*dto.LabelPair {
	if len(values) == 0 {
		return nil
	}
	k := labelKey{family: f}
	copy(k.values[:], values)
	c.mu.Lock()
	defer c.mu.Unlock()
	pairs, known := c.pairs[k]
	if !known {
		for i, name := range f.labels {
			pairs = append(pairs, &dto.LabelPair{Name: &name, Value: &k.values[i]})
		}
		slices.SortFunc(pairs, func(a, b *dto.LabelPair) int { return strings.Compare(a.GetName(), b.GetName()) })
		c.pairs[k] = pairs
	}
	return pairs
}
