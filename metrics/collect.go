// SPDX-License-Identifier: GPL-3.0-or-later

package metrics

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/mount"
)

var (
	axisNames   = [...]string{mount.AxisZ: "z", mount.AxisA: "a", mount.AxisRotator: "rotator"}
	geometries  = [...]string{"altaz", "fork", "german", "siderostat", "altalt"}
	axisStates  = [...]string{"released", "holding", "playing", "braking", "halted"}
	coordinates = [2]string{"ra", "dec"}
	// activityNames are those of the mount, as words of one piece.
	activityNames = func() (names [mount.Settling + 1]string) {
		for a := range names {
			names[a] = strings.ReplaceAll(mount.Activity(a).String(), " ", "_")
		}
		return names
	}()
)

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(out chan<- *prometheus.Desc) {
	for _, f := range families {
		out <- f.desc
	}
}

// Collect implements prometheus.Collector. All of it comes from one snapshot
// of the mount and one of each focuser.
func (m *Metrics) Collect(out chan<- prometheus.Metric) {
	p := page{out, m.labels}
	p.put(buildInfo, 1, m.version, m.goVersion)
	if m.synchronised != nil {
		if right, known := m.synchronised(); known {
			p.flag(clockSynchronised, right)
		}
	}
	s := m.mount()
	p.put(age, max(0, m.elapsed()-time.Duration(s.At)).Seconds())
	p.place(s)
	p.condition(s)
	p.events(s)
	p.limits(s)
	p.axes(s)
	p.angle(fieldAngle, s.FieldAngle.Wrap())
	p.put(fieldRate, float64(s.FieldRate))
	p.worms(s)
	p.gathered(m, s)
	for i := range m.focusers {
		p.focus(&m.focusers[i], m.focusers[i].snapshot())
	}
	if m.lateness != nil {
		p.durations(executorLate, m.lateness(), "mount")
	}
	p.devices(m, s)
	if m.alpaca != nil {
		v := m.alpaca()
		p.alpaca(&v)
	}
	if m.lx200 != nil {
		v := m.lx200()
		p.lx200(&v)
	}
	if m.saves != nil {
		p.saves(m.saves())
	}
	if m.truth != nil {
		if t, ok := m.truth(s); ok {
			p.truth(&t)
		}
	}
}

func (p page) place(s *mount.Snapshot) {
	p.angle(positionRA, s.Equatorial.RA)
	p.angle(positionDec, s.Equatorial.Dec)
	p.angle(positionAz, s.Horizontal.Az)
	p.angle(positionAlt, s.Horizontal.Alt)
	p.angle(lst, s.LST)
	p.put(mountTime, float64(s.UTC.UnixMicro())*1e-6)
	p.put(offsetRate, float64(s.RARate), coordinates[0])
	p.put(offsetRate, float64(s.DecRate), coordinates[1])
	p.flag(following, s.Following != "")
	if mass, up := s.AirMass(); up {
		p.put(airMass, mass)
	}
	p.flag(guiding, s.PulseGuiding())
	if !s.HasTarget {
		return
	}
	h := s.Target.HourDec(s.LST).Horizontal(s.Config.Site.Latitude())
	p.angle(targetRA, s.Target.RA)
	p.angle(targetDec, s.Target.Dec)
	p.angle(targetAz, h.Az)
	p.angle(targetAlt, h.Alt)
	p.angle(guideSum, s.Guided.RA, coordinates[0])
	p.angle(guideSum, s.Guided.Dec, coordinates[1])
}

func (p page) condition(s *mount.Snapshot) {
	for a := mount.Idle; a <= mount.Settling; a++ {
		p.flag(activity, a == s.Activity, activityNames[a])
	}
	for ph := range mount.Phases {
		p.flag(slewPhase, ph == s.Phase, ph.String())
	}
	p.put(remaining, max(0, s.Arrival.Sub(s.At)).Seconds())
	for _, g := range geometries {
		p.flag(geometry, g == s.Config.Mount.Geometry, g)
	}
	for _, side := range [...]pointing.PierSide{pointing.PierUnknown, pointing.Normal, pointing.Through} {
		p.flag(pierSide, side == s.Pier, side.String())
	}
	for d := mount.DriveSidereal; d <= mount.DriveKing; d++ {
		p.flag(drive, d == s.Drive, d.String())
	}
	p.flag(tracking, s.Tracking)
	p.flag(slewing, s.Slewing)
	p.flag(parked, s.Parked)
	p.flag(atHome, s.AtHome)
	p.flag(trusted, s.Trusted)
	p.flag(degraded, s.Degraded)
	p.flag(stopped, s.Stopped != nil)
}

// events puts what the mount itself has counted.
func (p page) events(s *mount.Snapshot) {
	c := &s.Counts
	for a, n := range c.Begun {
		if a != int(mount.Idle) {
			p.count(begun, n, activityNames[a])
		}
	}
	for cause, n := range c.Ended {
		p.count(ended, n, mount.Ending(cause).String())
	}
	p.count(syncs, c.Syncs)
	p.count(stalls, c.Stalls)
	p.count(flips, c.Flips)
	p.count(ticks, c.Ticks)
	for d := mount.North; d <= mount.West; d++ {
		p.count(guidePulses, c.Pulses[d], d.String())
		p.put(guideSeconds, c.Guiding[d].Seconds(), d.String())
	}
}

// farthest is how far into the future limits are looked for.
const farthest = 12 * time.Hour

func (p page) limits(s *mount.Snapshot) {
	margins := s.Margins()
	p.angle(horizon, margins[mount.HorizonLimit])
	for _, v := range [...]struct {
		limit      mount.Limit
		axis, kind string
	}{
		{mount.ZLowerLimit, "z", "lower"}, {mount.ZUpperLimit, "z", "upper"},
		{mount.ALowerLimit, "a", "lower"}, {mount.AUpperLimit, "a", "upper"},
	} {
		p.angle(axisDistance, margins[v.limit], v.axis, v.kind)
	}
	if v := s.Rotator; v.Present {
		p.angle(axisDistance, v.Turned-model.Degrees(s.Config.Rotator.MinDeg), "rotator", "lower")
		p.angle(axisDistance, model.Degrees(s.Config.Rotator.MaxDeg)-v.Turned, "rotator", "upper")
	}
	if v := margins[mount.MeridianLimit]; v.IsFinite() {
		p.angle(meridian, v)
	}
	if v := margins[mount.SunLimit]; v.IsFinite() {
		p.angle(sunDistance, v)
	}
	p.flag(limitWarning, s.Limit.Warning)
	for l := range mount.Limits {
		p.flag(limitReached, s.Limit.Reached && s.Limit.Limit == l, l.String())
	}
	if !s.HasTarget {
		return
	}
	for l, t := range s.LimitTimes(farthest) {
		limit, v := mount.Limit(l), t.Seconds()
		if t == mount.Never {
			v = math.Inf(1)
		}
		if limit == mount.MeridianLimit && !margins[l].IsFinite() || limit == mount.SunLimit && !s.Limit.SunAvoided {
			continue
		}
		p.put(limitTime, v, limit.String())
	}
}

func (p page) axes(s *mount.Snapshot) {
	c := s.Config
	ways := [...]model.Angle{mount.AxisZ: s.Axes.Z, mount.AxisA: s.Axes.A, mount.AxisRotator: s.Rotator.Turned}
	for i, way := range ways {
		if i == mount.AxisRotator && !s.Rotator.Present {
			continue
		}
		name, r, q := axisNames[i], &s.Reports[i], microstep(c, i)
		p.angle(axisPosition, way, name)
		p.put(axisMicrostep, q, name)
		p.put(axisRate, r.Rate*q, name)
		p.put(axisError, controlError(s, i), name)
		p.motor(name, &motor{
			count: int64(r.Emitted), queue: time.Duration(r.QueueEnd - r.At), state: r.State.String(),
			underruns: r.Underruns, late: r.Late, splices: r.Splices, worstLate: r.WorstLate,
			queued: r.Queued, steps: r.Steps, catchUps: r.CatchUps, slips: r.Skips, limitHits: r.LimitHits, faults: r.Faults,
		})
		if i != mount.AxisRotator {
			p.put(windingDuty, r.Duty, name)
			p.put(windingOn, r.On.Seconds(), name)
			p.gears(name, &s.Backlash[i])
			p.put(axisDrift, float64(s.AxisDrift[i]), name)
		}
	}
	if v := s.Rotator; v.Present {
		p.angle(rotatorAngle, v.Mechanical)
		p.angle(rotatorSky, v.Sky)
		p.angle(rotatorTarget, v.Target)
		p.flag(rotatorMoving, v.Moving)
		p.flag(rotatorFollows, v.Following)
		p.flag(rotatorFault, v.Fault != nil)
	}
}

// gears puts the dead band of an axis. Its width is negative for one whose
// directions are exchanged.
func (p page) gears(name string, b *mount.BacklashState) {
	if b.Width == 0 {
		return
	}
	p.angle(axisBacklash, b.Width.Abs(), name)
	p.angle(axisTaken, b.Taken, name)
	p.flag(axisTakingUp, b.TakingUp, name)
}

// motor is what an executor reports of one motor. Edges do not import driver.
type motor struct {
	count                    int64
	queue, worstLate         time.Duration
	state                    string
	underruns, late, splices uint64
	queued                   int

	steps, catchUps, slips, limitHits, faults uint64
}

func (p page) motor(name string, v *motor) {
	p.put(axisCount, float64(v.count), name)
	p.put(axisQueue, max(0, v.queue).Seconds(), name)
	for _, state := range axisStates {
		p.flag(axisState, state == v.state, name, state)
	}
	p.count(axisUnderruns, v.underruns, name)
	p.count(axisLate, v.late, name)
	p.put(axisWorstLate, v.worstLate.Seconds(), name)
	p.count(axisSplices, v.splices, name)
	p.put(axisSegments, float64(v.queued), name)
	p.count(axisSteps, v.steps, name)
	p.count(axisCatchUps, v.catchUps, name)
	p.count(axisSlips, v.slips, name)
	p.count(axisLimitHits, v.limitHits, name)
	p.count(axisFaults, v.faults, name)
}

// worms puts where the worms of the axes stand.
func (p page) worms(s *mount.Snapshot) {
	for i, name := range axisNames[:2] {
		turn := wormMicrosteps(s.Config, i)
		if turn == 0 {
			continue
		}
		p.put(wormTurn, turn*microstep(s.Config, i), name)
		p.put(wormPhase, wormPhaseOf(float64(s.Reports[i].Emitted)/turn), name)
		p.flag(pecActive, false, name) // nothing corrects the worm's error
		p.flag(pecSynced, false, name)
		p.put(pecNow, 0, name)
	}
}

// summary is what a scrape takes from what Run has gathered.
type summary struct {
	windows      [len(windows)]figures
	stops, slews [causes]uint64
	guided       [2]float64
	drift        [2]float64
	driftSpan    time.Duration
	drifts       bool
	worms        [2]struct{ guided, true curve }
}

// curve is what a fold has found.
type curve struct {
	turns   int
	average [parts]float64
}

func (g *gathered) summary(now time.Duration) *summary {
	v := &summary{windows: g.errors.figures(now), stops: g.stops, slews: g.slews, guided: g.guided}
	v.drift, v.driftSpan, v.drifts = g.trend.trend(now)
	for i := range g.worms {
		w := &g.worms[i]
		v.worms[i].guided = curve{w.guided.turns, w.guided.average}
		v.worms[i].true = curve{w.true.turns, w.true.average}
	}
	return v
}

// gathered puts what Run has gathered.
func (p page) gathered(m *Metrics, s *mount.Snapshot) {
	m.mu.Lock()
	g := m.summary(time.Duration(s.At))
	focus := slices.Clone(m.focus)
	m.mu.Unlock()

	p.causes(stops, &g.stops)
	p.causes(slewFaults, &g.slews)
	p.durations(tickLate, m.late.Load())
	for i := range focus {
		n := m.focusers[i].number
		for kind, failed := range focus[i].failed {
			p.count(focusFaults, failed, n, causeNames[kind])
		}
		p.count(focusLosses, focus[i].lost, n)
	}
	p.put(driftSpan, g.driftSpan.Seconds())
	for i, name := range coordinates {
		p.put(guideWay, g.guided[i], name)
		if g.drifts {
			p.put(driftRate, g.drift[i], name)
		}
	}
	for i, name := range axisNames[:2] {
		if wormMicrosteps(s.Config, i) == 0 {
			continue
		}
		p.curve(periodicN, periodic, &g.worms[i].guided, name)
		if m.truth != nil {
			p.curve(truthPeriodicN, truthPeriodic, &g.worms[i].true, name)
		}
	}
	for w := range g.windows {
		p.window(&g.windows[w], windows[w].label)
	}
}

func (p page) curve(turns, by *family, c *curve, axis string) {
	p.put(turns, float64(c.turns), axis)
	if c.turns == 0 {
		return
	}
	for i, v := range c.average {
		p.put(by, v, axis, phaseNames[i])
	}
}

func (p page) window(f *figures, label string) {
	p.put(windowSamples, float64(f.n), label)
	if f.n == 0 {
		return
	}
	for i := range f.axis {
		p.put(windowMean, f.axis[i].mean, axisNames[i], label)
		p.put(windowRMS, f.axis[i].rms, axisNames[i], label)
		p.put(windowPeak, f.axis[i].peak, axisNames[i], label)
		p.put(axisQueueLeast, f.axis[i].queue, axisNames[i], label)
	}
	p.put(windowSkyRMS, f.sky.rms, label)
	p.put(windowSkyPeak, f.sky.peak, label)
}

func (p page) truth(t *Truth) {
	pair := func(by, length *family, o Offset) {
		p.angle(by, o.East, coordinates[0])
		p.angle(by, o.North, coordinates[1])
		p.put(length, o.length())
	}
	if t.HasTarget {
		pair(truthTarget, truthTargetLength, t.FromTarget)
	}
	pair(truthReported, truthReportedLength, t.FromReported)
	for i := range t.Axes {
		p.put(truthBacklash, t.Axes[i].BacklashTaken, axisNames[i])
		p.put(truthLost, float64(t.Axes[i].LostFullSteps), axisNames[i])
	}
}
