// SPDX-License-Identifier: GPL-3.0-or-later

// Package metrics shows the telescope to Prometheus.
//
// All that can be is read from the snapshots at the moment of a scrape. Only
// what a single snapshot cannot tell — how the control error was over the
// last minutes, how often motion stopped by itself — is gathered in between,
// by Run, again from snapshots.
//
// Angles are in radians, the base unit, on every series: dashboards multiply.
// Each help text names sign and frame. The label axis is z (azimuth or right
// ascension), a (altitude or declination), rotator or focuser; coordinate,
// device, kind and window come from equally short lists, so that the number
// of series is bounded. Only build_info has labels of its own.
package metrics

import (
	"context"
	"errors"
	"math"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

// Parts are what metrics are made from.
type Parts struct {
	Mount   *mount.Mount
	Focuser *focuser.Focuser // nil for none
	Clock   clock.Clock
	Version string

	// The functions may be called from any goroutine and must not wait; nil
	// leaves their metrics out.
	Alpaca func() Requests
	Saves  func() Saves
	Truth  func() (Truth, bool) // simulation only; false while there is none
}

// Requests counts what an Alpaca server was asked since it started.
type Requests struct {
	Total    uint64 // all of them
	Refused  uint64 // answered with HTTP 4xx: not understood
	Failed   uint64 // answered with an ASCOM error number
	Panicked uint64 // answered with HTTP 500
	Joined   uint64 // repeated PUTs that shared the outcome of a running one
}

// Saves counts how often the state was written to disk since the start.
type Saves struct {
	Done   uint64
	Failed uint64
}

// Truth is how far the tube of a simulated mount is from where it should be,
// and from where the mount takes it to be.
type Truth struct {
	HasTarget    bool
	FromTarget   Offset // truth minus the mount's target
	FromReported Offset // truth minus the position that the mount reports
}

// Offset is a small distance on the sky, along great circles.
type Offset struct {
	East  model.Angle // difference in right ascension times cos declination
	North model.Angle // difference in declination
}

func (o Offset) length() float64 { return math.Hypot(o.East.Radians(), o.North.Radians()) }

// TruthAt returns the truth about a snapshot, given the place in the centre
// of the tube at the snapshot's instant (equinox of date, without refraction).
func TruthAt(s *mount.Snapshot, place model.Equatorial) Truth {
	t := Truth{FromReported: offset(place, s.Equatorial)}
	if s.HasTarget {
		t.HasTarget, t.FromTarget = true, offset(place, s.Target)
	}
	return t
}

// offset returns to where a lies, seen from b.
func offset(a, b model.Equatorial) Offset {
	d := b.Separation(a)
	sin, cos := b.PositionAngle(a).SinCos()
	return Offset{East: d.Mul(sin), North: d.Mul(cos)}
}

// Metrics is a registry and what fills it.
type Metrics struct {
	sources
	clock    clock.Clock
	registry *prometheus.Registry

	mu sync.Mutex // guards what follows: Run writes, scrapes read
	gathered
}

// sources are the functions that a scrape asks.
type sources struct {
	mount     func() *mount.Snapshot
	focuser   func() *focuser.Snapshot // nil for none
	elapsed   func() time.Duration     // the present, on the scale of the snapshots' instants
	alpaca    func() Requests
	saves     func() Saves
	truth     func() (Truth, bool)
	version   string
	goVersion string
}

// New returns metrics with a registry of their own, which also holds those of
// the Go runtime and of the process.
func New(p Parts) *Metrics {
	src := sources{
		mount:     p.Mount.Snapshot,
		elapsed:   func() time.Duration { return time.Duration(p.Mount.Instant()) },
		alpaca:    p.Alpaca,
		saves:     p.Saves,
		truth:     p.Truth,
		version:   p.Version,
		goVersion: runtime.Version(),
	}
	if p.Focuser != nil {
		src.focuser = p.Focuser.Snapshot
	}
	m := newMetrics(src, p.Clock)
	m.registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

func newMetrics(src sources, c clock.Clock) *Metrics {
	m := &Metrics{sources: src, clock: c, registry: prometheus.NewRegistry()}
	m.registry.MustRegister(m)
	return m
}

// Registry returns the registry, for what others wish to add to the page.
func (m *Metrics) Registry() *prometheus.Registry { return m.registry }

// maxScrapes is how many scrapes may run at once; more are answered with
// HTTP 503.
const maxScrapes = 4

// Handler returns the metrics page, in the Prometheus text format or in
// OpenMetrics, as the client asks for.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		EnableOpenMetrics:   true,
		MaxRequestsInFlight: maxScrapes,
		ErrorHandling:       promhttp.ContinueOnError, // one bad series must not hide the others
	})
}

// look is how often Run looks for a new snapshot: twice a tick of the control
// loop, so that it misses none, however the two fall together. It looks at
// each snapshot once.
const look = mount.Tick / 2

// Run gathers, until ctx ends, what a single snapshot cannot tell. Without it
// the windows stay empty and the counters of stops at zero.
func (m *Metrics) Run(ctx context.Context) error {
	tick := m.clock.NewTicker(look)
	defer tick.Stop()
	for {
		m.sample()
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C():
		}
	}
}

// gathered is what Run remembers between scrapes.
type gathered struct {
	last      *mount.Snapshot
	lastFault error // of the focuser
	errors    ring
	stops     [causes]uint64
	slews     [causes]uint64 // that failed
	focus     [causes]uint64 // focuser moves that failed
	guided    [2]float64     // way of guide corrections, right ascension and declination
}

// sample takes note of the present snapshots.
func (m *Metrics) sample() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.focuser != nil {
		f := m.focuser()
		count(&m.focus, m.lastFault, f.Fault)
		m.lastFault = f.Fault
	}
	s, last := m.mount(), m.last
	if s == last {
		return
	}
	m.last = s
	if e, ok := controlErrorOnSky(s); ok {
		m.errors.add(e)
	}
	if last == nil {
		count(&m.stops, nil, s.Stopped)
		count(&m.slews, nil, s.SlewFault)
		return
	}
	count(&m.stops, last.Stopped, s.Stopped)
	count(&m.slews, last.SlewFault, s.SlewFault)
	ra, dec := guidedBetween(last, s)
	m.guided[0] += ra
	m.guided[1] += dec
}

// guidedBetween returns the lengths by which guide pulses moved the target
// from one snapshot to the next. A sum that grew faster than pulses can is
// one that began anew with another target, and counts for nothing.
func guidedBetween(last, s *mount.Snapshot) (ra, dec float64) {
	if !last.HasTarget || !s.HasTarget {
		return 0, 0
	}
	dt := time.Duration(s.At - last.At)
	way := func(from, to model.Angle, arcsecPerS float64) float64 {
		const rounding = 1e-9
		d := (to - from).Abs()
		if d > model.ArcsecPerSecond(arcsecPerS).Over(dt)+rounding {
			return 0
		}
		return d.Radians()
	}
	c := s.Config.Mount
	return way(last.Guided.RA, s.Guided.RA, c.GuideRARate), way(last.Guided.Dec, s.Guided.Dec, c.GuideDecRate)
}

// count adds to counts when an error that was not there before has appeared.
func count(counts *[causes]uint64, before, now error) {
	if now == nil || before != nil && errors.Is(now, before) {
		return
	}
	counts[causeOf(now)]++
}

// causes is the number of kinds of fault, and one for errors of none.
const causes = 14

// causeNames are the values of the label kind, in the order of fault.Kinds.
var causeNames = [causes]string{
	"unsupported", "invalid", "unset", "disconnected", "unknown_action", "parked", "refused",
	"below_limit", "above_limit", "cancelled", "hardware", "late", "full", "other",
}

func causeOf(err error) int {
	for i, kind := range fault.Kinds() {
		if errors.Is(err, kind) {
			return i
		}
	}
	return causes - 1
}
