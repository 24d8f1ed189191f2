// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"slices"
	"strings"

	"github.com/siderostep/siderostep/alpaca"
	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver/encoder"
	"github.com/siderostep/siderostep/driver/realtime"
	"github.com/siderostep/siderostep/handpad"
	"github.com/siderostep/siderostep/internal/statefile"
	"github.com/siderostep/siderostep/lx200"
	"github.com/siderostep/siderostep/metrics"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
	"github.com/siderostep/siderostep/sim"
)

// buildMetrics builds what Prometheus reads.
func (m *Main) buildMetrics() {
	parts := metrics.Parts{
		Mount: m.mount, Clock: m.clock, Version: version(),
		MountLateness: m.rig.MountLateness, Focusers: m.focusers[:],
		Alpaca:       func() metrics.Requests { return alpacaRequests(m.alpaca.Stats()) },
		Saves:        m.saves.all,
		Synchronised: synchronised,
	}
	if m.rig.Bench != nil {
		parts.Truth = func(s *mount.Snapshot) (metrics.Truth, bool) { return truthAt(s, m.rig.Bench.Truth(s.At)), true }
	}
	for i := range m.focusers {
		parts.FocusersLateness = append(parts.FocusersLateness, func() clock.Tally { return m.rig.FocuserLateness(i) })
	}
	m.watchBoxes(&parts)
	if m.lx200 != nil {
		parts.LX200 = func() metrics.LX200 { return lx200Requests(m.lx200.Stats()) }
	}
	m.metrics = metrics.New(parts)
}

// watchBoxes adds what stands beside the mount.
func (m *Main) watchBoxes(parts *metrics.Parts) {
	if r := m.rig.Encoders; r != nil {
		parts.Encoders = func() metrics.Encoders {
			s := r.Status()
			return metrics.Encoders{
				Up: s.State == encoder.Reading, Readings: s.Reads, Silent: s.Silent, Garbage: s.Garbage, Refused: s.Refused,
				Lost: s.Line.Lost, Failed: s.Line.Failed, Reopened: max(s.Line.Opened, 1) - 1,
			}
		}
	}
	if e := m.rig.Executor; e != nil {
		parts.Executor = func() metrics.Executor {
			s := e.Status()
			granted := func(g realtime.Grant) bool { return g.Asked && g.Err == nil }
			return metrics.Executor{
				Up: s.PID != 0, Restarts: s.Restarts, Healthy: s.Healthy, Silent: s.Silent,
				RealTime: granted(s.RealTime.FIFO), Locked: granted(s.RealTime.Locked),
				KeepAliveFaults: s.KeepAliveFaults, InputFaults: s.InputFaults, AuxFaults: s.AuxFaults,
			}
		}
	}
	if m.cfg.Handpad.Present {
		parts.Paddle = func() metrics.Paddle { return paddleMetrics(m.paddle.Snapshot()) }
	}
}

func paddleMetrics(s *handpad.Snapshot) metrics.Paddle {
	c := s.Counts
	v := metrics.Paddle{
		Mode: string(s.Mode), Ready: s.Lines == handpad.LinesReady, Presses: c.Presses, Refused: c.Refused,
		Motions: c.Motions, Jammed: c.Stuck, Failures: c.Failures, Silent: c.Silent,
	}
	for _, h := range s.Held {
		if h.Ignored {
			v.Stuck++
		}
	}
	return v
}

// saveCounters count the writes of the files of a run.
type saveCounters struct {
	mount, alignment, settings, measures statefile.Counter
	focusers                             [2]statefile.Counter
}

func (c *saveCounters) all() []metrics.Saves {
	saves := func(file string, c *statefile.Counter) metrics.Saves {
		v := c.Load()
		return metrics.Saves{File: file, Done: v.Done, Failed: v.Failed, Last: v.Last, Took: v.Took}
	}
	return []metrics.Saves{saves("mount", &c.mount), saves("alignment", &c.alignment), saves("focuser", &c.focusers[0]), saves("focuser2", &c.focusers[1]), saves("tuning", &c.measures), saves("settings", &c.settings)}
}

func truthAt(s *mount.Snapshot, t sim.Truth) metrics.Truth {
	v := metrics.TruthAt(s, t.Equatorial)
	axis := func(truth, played model.Angle, m *sim.MotorTruth) metrics.AxisTruth {
		return metrics.AxisTruth{Error: truth - played, BacklashTaken: m.TakenUp, LostFullSteps: m.LostFullSteps}
	}
	v.Axes[mount.AxisZ] = axis(t.Axes.Z, s.Axes.Z, &t.Z)
	v.Axes[mount.AxisA] = axis(t.Axes.A, s.Axes.A, &t.A)
	return v
}

func alpacaRequests(s alpaca.Stats) metrics.Requests {
	v := metrics.Requests{
		Refused: s.Refused, Failed: s.Failed, Panicked: s.Panics, Joined: s.Joined, Stray: s.Stray,
		Open: s.Open, Accepted: s.Accepted,
	}
	for i := range s.Members {
		v.Members = append(v.Members, metrics.MemberRequests(s.Members[i]))
	}
	for i := range s.Durations {
		d := &s.Durations[i]
		v.Durations = append(v.Durations, metrics.RequestDurations{Device: d.Device, Class: d.Class, Took: d.Tally})
	}
	for _, d := range s.Devices {
		v.Devices = append(v.Devices, metrics.DeviceState(d))
	}
	return v
}

func lx200Requests(s lx200.Stats) metrics.LX200 {
	v := metrics.LX200{
		Refusals: s.Refusals, Took: s.Took,
		Open: s.Connections + s.LinesOpen, Accepted: s.Accepted + s.LinesOpened,
		Closed:  map[string]uint64{"idle": s.Idle, "stuck": s.Stuck},
		Framing: map[string]uint64{"unfinished": 0, "overlong": 0, "broken": s.Broken, "checksum": s.BadSums},
		Noise:   s.Noise, Stopped: s.Stopped,
		Lines: s.LinesConfigured, LinesOpen: s.LinesOpen, Lost: s.LinesLost, Failed: s.LinesFailed, Reopened: s.Reopened,
	}
	for _, n := range s.Rejected {
		v.Rejected += n
	}
	for c, n := range s.Commands {
		v.Commands = append(v.Commands, metrics.LX200Command{Command: c.Command, Result: c.Result.String(), N: n})
		if c.Result == lx200.Unfinished || c.Result == lx200.Overlong {
			v.Framing[c.Result.String()] += n
		}
	}
	slices.SortFunc(v.Commands, func(a, b metrics.LX200Command) int { return strings.Compare(a.Command+a.Result, b.Command+b.Result) })
	return v
}
