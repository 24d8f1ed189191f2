// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"math"
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/waveform"
)

// slew returns the seven segments of a jerk-limited move by way microsteps
// from p at rest: acceleration a reached with jerk j, rate v reached.
func slew(start driver.Instant, p driver.Position, way, v, a, j float64) (segs [7]driver.Segment) {
	tj := a / j
	ta := v/a - tj
	tv := way/v - ta - 2*tj
	s := driver.Segment{Start: start, P: p, Splice: true}
	for i, part := range [7]struct{ dur, jerk float64 }{
		{tj, j}, {ta, 0}, {tj, -j}, {tv, 0}, {tj, -j}, {ta, 0}, {tj, j},
	} {
		s.Dur, s.J = time.Duration(math.Round(part.dur*1e9)), part.jerk
		segs[i] = s
		end, rate := s.At(s.End())
		acc := s.A + s.J*s.Dur.Seconds()
		if math.Abs(acc) < 1e-6*a {
			acc = 0
		}
		s = driver.Segment{Start: s.End(), P: end, V: rate, A: acc}
	}
	return segs
}

// nullPulser counts steps.
type nullPulser struct{ n int64 }

func (p *nullPulser) Pulse(_ driver.Instant, clockwise bool) error {
	if clockwise {
		p.n++
	} else {
		p.n--
	}
	return nil
}

// nullWindings counts patterns.
type nullWindings struct{ n int }

func (w *nullWindings) Drive(driver.Instant, *driver.Pattern) error { w.n++; return nil }

// Rates of a mount with microsteps of a quarter of an arcsecond.
const (
	perDegree = 14400
	slewRate  = 3 * perDegree
	slewAccel = 3 * perDegree
	slewJerk  = 6 * perDegree
)

// benchmarkSlew plays slews of 30° there and back.
func benchmarkSlew(b *testing.B, c Config, out Outputs, axes int) {
	m, err := NewInline(c, out)
	must(b, err)
	must(b, m.Resume())
	const way = 30 * perDegree
	now := driver.Instant(0)
	sign := 1.0
	b.ReportAllocs()
	for b.Loop() {
		var end driver.Instant
		for axis := range axes {
			for _, s := range slew(now, m.Report(axis).Position, way, slewRate, slewAccel, slewJerk) {
				if sign < 0 {
					s.P = 2*m.Report(axis).Position - s.P
					s.V, s.A, s.J = -s.V, -s.A, -s.J
				}
				must(b, m.Queue(axis, s))
				end = s.End()
			}
		}
		m.Beat(end + 1e9)
		now = end + 1e9
		sign = -sign
	}
	var steps uint64
	for axis := range axes {
		steps += m.Counters(axis).Steps
	}
	b.ReportMetric(float64(steps)/b.Elapsed().Seconds(), "steps/s")
	b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(steps), "ns/step")
}

func BenchmarkSlewPulses(b *testing.B) {
	c := Config{Axes: []Axis{{Kind: Pulse, Brake: slewAccel, MaxRate: 2 * slewRate}}}
	benchmarkSlew(b, c, Outputs{Pulsers: []driver.Pulser{new(nullPulser)}}, 1)
}

func BenchmarkSlewPulsesTwoAxes(b *testing.B) {
	a := Axis{Kind: Pulse, Brake: slewAccel, MaxRate: 2 * slewRate}
	z := a
	z.Port = 1
	c := Config{Axes: []Axis{a, z}}
	benchmarkSlew(b, c, Outputs{Pulsers: []driver.Pulser{new(nullPulser), new(nullPulser)}}, 2)
}

func benchmarkWindings(b *testing.B, halfStepAbove float64) {
	table, err := waveform.New(waveform.DefaultConfig())
	must(b, err)
	c := Config{Axes: []Axis{{Kind: Windings, Table: table, Brake: slewAccel, MaxRate: 2 * slewRate, HalfStepAbove: halfStepAbove}}}
	benchmarkSlew(b, c, Outputs{Windings: []driver.Windings{new(nullWindings)}}, 1)
}

func BenchmarkSlewHalfSteps(b *testing.B)  { benchmarkWindings(b, 2000) }
func BenchmarkSlewMicrosteps(b *testing.B) { benchmarkWindings(b, 0) }

// BenchmarkTracking plays an hour of two axes at 15″/s, planned at 20 Hz.
func BenchmarkTracking(b *testing.B) {
	a := Axis{Kind: Pulse, Brake: slewAccel, MaxRate: 2 * slewRate}
	z := a
	z.Port = 1
	m, err := NewInline(Config{Axes: []Axis{a, z}}, Outputs{Pulsers: []driver.Pulser{new(nullPulser), new(nullPulser)}})
	must(b, err)
	must(b, m.Resume())
	const tick, rate = 50 * time.Millisecond, 60
	var tail [2]driver.Segment
	for i := range tail {
		tail[i] = driver.Segment{Dur: tick, V: rate, A: 0.01, J: -0.4, Splice: true}
		must(b, m.Queue(i, tail[i]))
	}
	b.ReportAllocs()
	hours := 0
	var now driver.Instant
	for b.Loop() {
		for range int(time.Hour / tick) {
			now = now.Add(tick)
			for i := range tail {
				end, _ := tail[i].At(tail[i].End())
				tail[i].Start, tail[i].P, tail[i].Splice = tail[i].End(), end, false
				must(b, m.Queue(i, tail[i]))
			}
			m.Beat(now)
		}
		hours++
	}
	if m.Report(0).Underruns != 0 {
		b.Error("underruns")
	}
	b.ReportMetric(float64(hours)*3600/b.Elapsed().Seconds(), "simulated-s/s")
	b.ReportMetric(float64(m.Counters(0).Steps+m.Counters(1).Steps)/float64(hours), "steps/op")
}
