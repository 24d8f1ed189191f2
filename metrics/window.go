// SPDX-License-Identifier: GPL-3.0-or-later

package metrics

import (
	"math"
	"time"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

// windows are the stretches of time over which the control error is judged,
// shortest first.
var windows = [...]struct {
	label string
	d     time.Duration
}{
	{"1s", time.Second},
	{"10s", 10 * time.Second},
	{"60s", time.Minute},
	{"300s", 5 * time.Minute},
}

const (
	longest = 5 * time.Minute
	held    = int(longest / look) // samples, at most
)

// sample is the control error at one instant of tracking, in radians.
type sample struct {
	at  time.Duration
	err [2]float64 // of the axes z and a, as axis angles
	// queue is what was queued for the axes when they were looked at, seconds.
	queue [2]float32
	sky   float64 // length on the sky
}

// ring holds the samples of the longest window.
type ring struct {
	samples [held]sample
	n       int // ever added
}

func (r *ring) add(s sample) {
	r.samples[r.n%held] = s
	r.n++
}

// figures are what a window comes to.
type figures struct {
	n    int
	axis [2]struct{ mean, rms, peak, queue float64 } // rms about the mean; the least queue
	sky  struct{ rms, peak float64 }                 // rms of the length
}

// figures returns the figures of each window that ends at now. It goes
// through the samples once, newest first.
func (r *ring) figures(now time.Duration) (out [len(windows)]figures) {
	var (
		n            int
		sum, squares [2]float64
		peak         [2]float64
		queue        = [2]float32{math.MaxFloat32, math.MaxFloat32}
		near         [2]float64 // the newest sample; sums about it lose no digits
		sky, skyPeak float64
		next         = r.n - 1
		oldest       = max(0, r.n-held)
	)
	if r.n > 0 {
		near = r.samples[next%held].err
	}
	for w, window := range windows {
		for ; next >= oldest; next-- {
			s := &r.samples[next%held]
			if s.at <= now-window.d {
				break
			}
			n++
			for i, e := range s.err {
				d := e - near[i]
				sum[i] += d
				squares[i] += d * d
				peak[i] = max(peak[i], math.Abs(e))
				queue[i] = min(queue[i], s.queue[i])
			}
			sky += s.sky * s.sky
			skyPeak = max(skyPeak, s.sky)
		}
		f := &out[w]
		f.n = n
		if n == 0 {
			continue
		}
		for i := range f.axis {
			mean := sum[i] / float64(n)
			f.axis[i].mean, f.axis[i].peak, f.axis[i].queue = near[i]+mean, peak[i], float64(queue[i])
			f.axis[i].rms = math.Sqrt(max(0, squares[i]/float64(n)-mean*mean))
		}
		f.sky.rms, f.sky.peak = math.Sqrt(sky/float64(n)), skyPeak
	}
	return out
}

// controlErrorOnSky returns the control error of a snapshot, if the mount is
// tracking and neither slewing nor settling.
func controlErrorOnSky(s *mount.Snapshot) (sample, bool) {
	if !s.Tracking || !s.HasTarget || s.Slewing || s.Activity != mount.Idle {
		return sample{}, false
	}
	e := sample{at: time.Duration(s.At)}
	for i := range e.err {
		e.err[i] = controlError(s, i)
		e.queue[i] = float32(s.Reports[i].QueueEnd.Sub(s.Reports[i].At).Seconds())
	}
	e.sky = math.Hypot(e.err[mount.AxisZ]*math.Cos(s.Axes.A.Radians()), e.err[mount.AxisA])
	return e, true
}

// controlError returns commanded minus emitted position of an axis in radians.
func controlError(s *mount.Snapshot, axis int) float64 {
	r := &s.Reports[axis]
	return (r.Position.Microsteps() - float64(r.Emitted)) * microstep(s.Config, axis)
}

// microstep returns the angle of one microstep of an axis (one step of the
// rotator) in radians.
func microstep(c *mount.Config, axis int) float64 {
	a := c.Mount.Z
	switch axis {
	case mount.AxisA:
		a = c.Mount.A
	case mount.AxisRotator:
		return model.Arcsec(c.Rotator.StepAngle).Radians()
	}
	return model.Arcsec(a.FullStepArcsec / float64(a.Microsteps)).Radians()
}
