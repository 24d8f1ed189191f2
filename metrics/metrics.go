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
// ascension), a (altitude or declination), rotator, focuser0 or focuser1; the
// label focuser is the number by which Alpaca knows one. The values of all
// other labels come from closed lists too, none from a request, so that the
// number of series is bounded. Only build_info has labels of its own.
// docs/metrics.md lists all families; a test writes it from the descriptions.
package metrics

import (
	"math"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

// Parts are what metrics are made from.
type Parts struct {
	Mount    *mount.Mount
	Focusers []*focuser.Focuser // by the number that clients know; nil leaves a number out
	Clock    clock.Clock
	Version  string

	// The functions may be called from any goroutine and must not wait; nil
	// leaves their metrics out.
	MountLateness    func() clock.Tally   // of the executors
	FocusersLateness []func() clock.Tally // in the order of Focusers; may be shorter
	Alpaca           func() Requests
	LX200            func() LX200
	Saves            func() []Saves
	Encoders         func() Encoders
	Executor         func() Executor // of real motors
	Paddle           func() Paddle
	Synchronised     func() (right, known bool)          // the system's clock
	Truth            func(*mount.Snapshot) (Truth, bool) // at the snapshot's instant, simulation only; false while there is none
}

// Saves counts how often a file of the state was written since the start.
type Saves struct {
	File   string // of a short list
	Done   uint64
	Failed uint64
	Last   time.Time   // when it was last written; zero for never
	Took   clock.Tally // of those done
}

// Truth is how far the tube of a simulated mount is from where it should be,
// and from where the mount takes it to be.
type Truth struct {
	HasTarget    bool
	FromTarget   Offset // truth minus the mount's target
	FromReported Offset // truth minus the position that the mount reports
	Axes         [2]AxisTruth
}

// AxisTruth is what axis z or a of a simulated mount really does.
type AxisTruth struct {
	Error         model.Angle // true angle minus the played one
	BacklashTaken float64     // part of the dead band, 0 (clockwise) to 1
	LostFullSteps int64       // by which the rotor has slipped, positive: too far clockwise
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
	labels   *labelCache

	mu sync.Mutex // guards what follows: Run writes, scrapes read
	gathered
}

// sources are the functions that a scrape asks.
type sources struct {
	mount        func() *mount.Snapshot
	focusers     []focusSource
	elapsed      func() time.Duration // the present, on the scale of the snapshots' instants
	lateness     func() clock.Tally   // of the mount's executor; nil for none
	alpaca       func() Requests
	lx200        func() LX200
	saves        func() []Saves
	encoders     func() Encoders
	executor     func() Executor
	paddle       func() Paddle
	synchronised func() (right, known bool)
	truth        func(*mount.Snapshot) (Truth, bool)
	version      string
	goVersion    string
}

// New returns metrics with a registry of their own, which also holds those of
// the Go runtime and of the process.
func New(p Parts) *Metrics {
	src := sources{
		mount:        p.Mount.Snapshot,
		elapsed:      func() time.Duration { return time.Duration(p.Mount.Instant()) },
		lateness:     p.MountLateness,
		alpaca:       p.Alpaca,
		lx200:        p.LX200,
		saves:        p.Saves,
		encoders:     p.Encoders,
		executor:     p.Executor,
		paddle:       p.Paddle,
		synchronised: p.Synchronised,
		truth:        p.Truth,
		version:      p.Version,
		goVersion:    runtime.Version(),
	}
	for n, f := range p.Focusers {
		if f == nil {
			continue
		}
		one := newFocusSource(n, f.Snapshot, nil)
		if n < len(p.FocusersLateness) {
			one.lateness = p.FocusersLateness[n]
		}
		src.focusers = append(src.focusers, one)
	}
	m := newMetrics(src, p.Clock)
	m.registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

func newMetrics(src sources, c clock.Clock) *Metrics {
	m := &Metrics{sources: src, clock: c, registry: prometheus.NewRegistry(), labels: newLabelCache()}
	m.focus = make([]focusRecord, len(src.focusers))
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
