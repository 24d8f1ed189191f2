// SPDX-License-Identifier: GPL-3.0-or-later

package metrics

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/mount"
)

const prefix = "siderostep_"

// family is the description of one metric.
type family struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
}

// families are all metrics. The declarations below fill it; nothing changes
// it afterwards.
var families []*prometheus.Desc

func gauge(name, help string, labels ...string) family {
	return newFamily(prometheus.GaugeValue, name, help, labels)
}

func counter(name, help string, labels ...string) family {
	return newFamily(prometheus.CounterValue, name, help, labels)
}

func newFamily(kind prometheus.ValueType, name, help string, labels []string) family {
	f := family{desc: prometheus.NewDesc(prefix+name, help, labels, nil), kind: kind}
	families = append(families, f.desc)
	return f
}

var (
	buildInfo = gauge("build_info", "Always 1; the labels name the program's version and the Go version that built it.", "version", "goversion")

	positionRA  = gauge("mount_right_ascension_radians", "Where the tube points, by the played motion of the axes: right ascension, equinox of date, without refraction, growing eastward, 0 to 2 pi.")
	positionDec = gauge("mount_declination_radians", "Where the tube points, by the played motion of the axes: declination, equinox of date, without refraction, north positive.")
	positionAz  = gauge("mount_azimuth_radians", "Where the tube points, by the played motion of the axes: azimuth from north through east, without refraction, 0 to 2 pi.")
	positionAlt = gauge("mount_altitude_radians", "Where the tube points, by the played motion of the axes: altitude above the horizon, without refraction.")
	targetRA    = gauge("mount_target_right_ascension_radians", "Right ascension of the target, equinox of date, without refraction, growing eastward, 0 to 2 pi. Absent without a target.")
	targetDec   = gauge("mount_target_declination_radians", "Declination of the target, equinox of date, without refraction, north positive. Absent without a target.")
	targetAz    = gauge("mount_target_azimuth_radians", "Azimuth of the target from north through east, without refraction, 0 to 2 pi. Absent without a target.")
	targetAlt   = gauge("mount_target_altitude_radians", "Altitude of the target above the horizon, without refraction. Absent without a target.")
	offsetRate  = gauge("mount_offset_rate_radians_per_second", "Rate of the target against the stars, of the coordinate ra (angle about the pole, eastward) or dec (northward).", "coordinate")
	horizon     = gauge("mount_horizon_distance_radians", "True altitude of the tube above the lowest that is allowed; negative below it.")
	lst         = gauge("mount_sidereal_time_radians", "Local apparent sidereal time, 0 to 2 pi.")
	mountTime   = gauge("mount_time_seconds", "The mount's own UTC, as seconds since 1970.")
	age         = gauge("mount_snapshot_age_seconds", "Time since the control loop last published its state; more than 0.1 means that the loop is late.")

	activity   = gauge("mount_activity", "1 for the kind of motion that the mount is about, 0 for all others.", "kind")
	drive      = gauge("mount_drive_rate", "1 for the kind of drive rate in force, 0 for all others.", "kind")
	tracking   = gauge("mount_tracking", "Whether the mount tracks the sky.")
	slewing    = gauge("mount_slewing", "Whether a slew, parking, homing, held motion or its settling is under way.")
	parked     = gauge("mount_parked", "Whether the mount is parked.")
	atHome     = gauge("mount_at_home", "Whether the mount stands at its home position.")
	trusted    = gauge("mount_trusted", "Whether the position is known: no stall, power cut or released winding since the last sync.")
	degraded   = gauge("mount_degraded", "Whether the axes cannot keep up with the sky, near the mount's pole.")
	stopped    = gauge("mount_stopped", "Whether tracking or motion has stopped by itself, until the next command.")
	stops      = counter("mount_stops_total", "Times that tracking or motion stopped by itself, by kind of fault; cancelled is a halt.", "kind")
	slewFaults = counter("mount_slew_failures_total", "Slews, parkings and homings that failed, by kind of fault.", "kind")

	axisPosition   = gauge("axis_position_radians", "Angle of the axis by its played motion, turns counted: z clockwise seen from the mount's pole, a from the mount's equator towards its pole, rotator its mechanical angle.", "axis")
	axisCount      = gauge("axis_position_microsteps", "Microsteps (rotator, focuser: steps) given to the motor, counted from the zero of the axis; positive is the motor's clockwise sense.", "axis")
	axisMicrostep  = gauge("axis_microstep_radians", "Angle of the axis in one microstep (rotator: one step).", "axis")
	axisRate       = gauge("axis_rate_radians_per_second", "Rate of the axis by its plan, positive as its angle grows.", "axis")
	axisError      = gauge("axis_control_error_radians", "Commanded minus emitted position, as an angle of the axis, positive as the angle grows: what rounding to microsteps and lateness leave. Nothing mechanical is in it.", "axis")
	axisQueue      = gauge("axis_queue_seconds", "How long the motion queued for the axis lasts; 0 when none is queued.", "axis")
	axisState      = gauge("axis_state", "1 for the kind of thing that the executor does with the axis, 0 for all others.", "axis", "kind")
	axisUnderruns  = counter("axis_underruns_total", "Queues of the axis that ran empty while it moved.", "axis")
	axisLate       = counter("axis_late_segments_total", "Segments of the axis that arrived after their start.", "axis")
	axisWorstLate  = gauge("axis_worst_lateness_seconds", "The most by which a segment of the axis has been late.", "axis")
	axisSplices    = counter("axis_splices_total", "Changes of plan that the axis has played.", "axis")
	axisDistance   = gauge("axis_limit_distance_radians", "Distance of the axis from its lower or upper limit of travel; negative beyond it.", "axis", "kind")
	windowMean     = gauge("tracking_error_mean_radians", "Mean control error (commanded minus emitted, axis angle, positive as it grows) while tracking, without slews and settling.", "axis", "window")
	windowRMS      = gauge("tracking_error_rms_radians", "RMS about the mean of the control error (axis angle) while tracking, without slews and settling.", "axis", "window")
	windowPeak     = gauge("tracking_error_peak_radians", "Largest control error of either sign (axis angle) while tracking, without slews and settling.", "axis", "window")
	windowSkyRMS   = gauge("tracking_error_sky_rms_radians", "RMS length on the sky of the control error of both axes (z times cos a) while tracking, without slews and settling.", "window")
	windowSkyPeak  = gauge("tracking_error_sky_peak_radians", "Largest length on the sky of the control error of both axes (z times cos a) while tracking, without slews and settling.", "window")
	windowSamples  = gauge("tracking_error_samples", "Samples behind the tracking errors of the window, one a tick of the control loop; 0 when the mount did not track.", "window")
	fieldAngle     = gauge("field_rotation_radians", "Position angle on the sky of the tube's up, from north through east.")
	fieldRate      = gauge("field_rotation_rate_radians_per_second", "Rate of the position angle of the tube's up at the present rates of the axes, positive from north through east.")
	guideSum       = gauge("guide_correction_radians", "Sum of guide pulses since the target was chosen, of the coordinate ra (angle about the pole, eastward) or dec (northward). Absent without a target.", "coordinate")
	guideWay       = counter("guide_travel_radians_total", "Way of all guide pulses in either direction, of the coordinate ra (angle about the pole) or dec.", "coordinate")
	guiding        = gauge("guide_pulse_running", "Whether a guide pulse is running.")
	rotatorAngle   = gauge("rotator_mechanical_radians", "Mechanical angle of the rotator, 0 to 2 pi.")
	rotatorSky     = gauge("rotator_sky_radians", "Position angle of the camera on the sky, from north through east, 0 to 2 pi.")
	rotatorTarget  = gauge("rotator_target_sky_radians", "Position angle on the sky that the rotator is to reach or to hold, from north through east, 0 to 2 pi.")
	rotatorMoving  = gauge("rotator_moving", "Whether the rotator is on its way to a target; it is not while it only follows.")
	rotatorFollows = gauge("rotator_following", "Whether the rotator follows the turning of the field.")
	rotatorFault   = gauge("rotator_fault", "Whether the rotator's last move failed.")

	focusPosition    = gauge("focuser_position_steps", "Position of the focuser, 0 at the inner stop, growing outward.")
	focusTarget      = gauge("focuser_target_steps", "Position that the focuser is to reach or to hold, 0 at the inner stop, growing outward.")
	focusLimit       = gauge("focuser_position_limit_steps", "Highest position of the focuser; the lowest is 0.")
	focusMeters      = gauge("focuser_position_meters", "Position of the focal plane from that at step 0, growing outward. Absent when the size of a step is unknown.")
	focusMoving      = gauge("focuser_moving", "Whether the focuser moves to a position.")
	focusTemperature = gauge("focuser_temperature_celsius", "Temperature at the focuser. Absent without a thermometer that answers.")
	focusTempComp    = gauge("focuser_temperature_compensation", "Whether the focus follows the temperature.")
	focusFaults      = counter("focuser_failures_total", "Moves of the focuser that failed, by kind of fault.", "kind")

	requests       = counter("alpaca_requests_total", "Alpaca requests to devices and management, failed ones included.")
	requestsFailed = counter("alpaca_request_failures_total", "Alpaca requests that failed: kind refused (HTTP 4xx), failed (an ASCOM error number) or panicked (HTTP 500).", "kind")
	requestsJoined = counter("alpaca_requests_joined_total", "Repeated Alpaca PUTs that shared the outcome of a running one.")
	saved          = counter("state_saves_total", "Times that the state was written to disk.")
	savesFailed    = counter("state_save_failures_total", "Times that the state could not be written to disk.")

	truthTarget         = gauge("truth_target_offset_radians", "Simulation only: the tube's true direction minus the target, along great circles, of the coordinate ra (times cos dec, eastward) or dec (northward). Absent without a target.", "coordinate")
	truthTargetLength   = gauge("truth_target_separation_radians", "Simulation only: angle between the tube's true direction and the target: the true pointing error. Absent without a target.")
	truthReported       = gauge("truth_reported_offset_radians", "Simulation only: the tube's true direction minus the one reported, along great circles, of the coordinate ra (times cos dec, eastward) or dec (northward).", "coordinate")
	truthReportedLength = gauge("truth_reported_separation_radians", "Simulation only: angle between the tube's true direction and the one reported.")
)

var (
	axisNames   = [...]string{mount.AxisZ: "z", mount.AxisA: "a", mount.AxisRotator: "rotator"}
	axisStates  = [...]string{"released", "holding", "playing", "braking", "halted"}
	coordinates = [2]string{"ra", "dec"}
)

// page is one scrape on its way out.
type page struct {
	out chan<- prometheus.Metric
}

func (p page) put(f family, v float64, labels ...string) {
	p.out <- prometheus.MustNewConstMetric(f.desc, f.kind, v, labels...)
}

func (p page) flag(f family, on bool, labels ...string) {
	v := 0.0
	if on {
		v = 1
	}
	p.put(f, v, labels...)
}

func (p page) angle(f family, a model.Angle, labels ...string) { p.put(f, a.Radians(), labels...) }

func (p page) count(f family, n uint64, labels ...string) { p.put(f, float64(n), labels...) }

func (p page) causes(f family, counts *[causes]uint64) {
	for i, n := range counts {
		p.count(f, n, causeNames[i])
	}
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range families {
		out <- d
	}
}

// Collect implements prometheus.Collector. All of it comes from one snapshot
// of the mount and one of the focuser.
func (m *Metrics) Collect(out chan<- prometheus.Metric) {
	p := page{out}
	p.put(buildInfo, 1, m.version, m.goVersion)
	s := m.mount()
	p.put(age, max(0, m.elapsed()-time.Duration(s.At)).Seconds())
	p.place(s)
	p.condition(s)
	p.axes(s)
	p.field(s)
	p.gathered(m, s)
	if m.focuser != nil {
		p.focus(m.focuser())
	}
	if m.alpaca != nil {
		p.alpaca(m.alpaca())
	}
	if m.saves != nil {
		v := m.saves()
		p.count(saved, v.Done)
		p.count(savesFailed, v.Failed)
	}
	if m.truth != nil {
		if t, ok := m.truth(); ok {
			p.truth(t)
		}
	}
}

func (p page) place(s *mount.Snapshot) {
	p.angle(positionRA, s.Equatorial.RA)
	p.angle(positionDec, s.Equatorial.Dec)
	p.angle(positionAz, s.Horizontal.Az)
	p.angle(positionAlt, s.Horizontal.Alt)
	p.angle(horizon, s.Horizontal.Alt-model.Degrees(s.Config.Mount.HorizonDeg))
	p.angle(lst, s.LST)
	p.put(mountTime, float64(s.UTC.UnixMicro())*1e-6)
	p.put(offsetRate, float64(s.RARate), coordinates[0])
	p.put(offsetRate, float64(s.DecRate), coordinates[1])
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
		p.flag(activity, a == s.Activity, strings.ReplaceAll(a.String(), " ", "_"))
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

func (p page) axes(s *mount.Snapshot) {
	c := s.Config
	ways := [...]struct{ at, low, high model.Angle }{
		mount.AxisZ:       {s.Axes.Z, model.Degrees(c.Mount.Z.MinDeg), model.Degrees(c.Mount.Z.MaxDeg)},
		mount.AxisA:       {s.Axes.A, model.Degrees(c.Mount.A.MinDeg), model.Degrees(c.Mount.A.MaxDeg)},
		mount.AxisRotator: {s.Rotator.Turned, model.Degrees(c.Rotator.MinDeg), model.Degrees(c.Rotator.MaxDeg)},
	}
	for i, way := range ways {
		if i == mount.AxisRotator && !s.Rotator.Present {
			continue
		}
		name, r, q := axisNames[i], &s.Reports[i], microstep(c, i)
		p.angle(axisPosition, way.at, name)
		p.angle(axisDistance, way.at-way.low, name, "lower")
		p.angle(axisDistance, way.high-way.at, name, "upper")
		p.put(axisMicrostep, q, name)
		p.put(axisRate, r.Rate*q, name)
		p.put(axisError, controlError(s, i), name)
		p.motor(name, motor{
			count: int64(r.Emitted), queue: time.Duration(r.QueueEnd - r.At), state: r.State.String(),
			underruns: r.Underruns, late: r.Late, splices: r.Splices, worstLate: r.WorstLate,
		})
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

// motor is what an executor reports of one motor. Edges do not import driver.
type motor struct {
	count                    int64
	queue, worstLate         time.Duration
	state                    string
	underruns, late, splices uint64
}

func (p page) motor(name string, v motor) {
	p.put(axisCount, float64(v.count), name)
	p.put(axisQueue, max(0, v.queue).Seconds(), name)
	for _, state := range axisStates {
		p.flag(axisState, state == v.state, name, state)
	}
	p.count(axisUnderruns, v.underruns, name)
	p.count(axisLate, v.late, name)
	p.put(axisWorstLate, v.worstLate.Seconds(), name)
	p.count(axisSplices, v.splices, name)
}

// field puts the turning of the field, whose rate follows from those of the
// axes: where they are half a second ago and ahead.
func (p page) field(s *mount.Snapshot) {
	p.angle(fieldAngle, s.FieldAngle.Wrap())
	c := s.Config
	half := model.Axes{
		Z: model.Angle(s.Reports[mount.AxisZ].Rate * microstep(c, mount.AxisZ) / 2),
		A: model.Angle(s.Reports[mount.AxisA].Rate * microstep(c, mount.AxisA) / 2),
	}
	chain := pointing.NewChain(s.Model, c.Site.Latitude(), c.Site.Air())
	turned := chain.FieldAngle(s.Axes.Add(half)) - chain.FieldAngle(s.Axes.Sub(half))
	p.angle(fieldRate, turned.WrapSigned())
}

// gathered puts what Run has gathered.
func (p page) gathered(m *Metrics, s *mount.Snapshot) {
	m.mu.Lock()
	g := struct {
		windows             [len(windows)]figures
		stops, slews, focus [causes]uint64
		guided              [2]float64
	}{m.errors.figures(time.Duration(s.At)), m.stops, m.slews, m.focus, m.guided}
	m.mu.Unlock()

	p.causes(stops, &g.stops)
	p.causes(slewFaults, &g.slews)
	if m.focuser != nil {
		p.causes(focusFaults, &g.focus)
	}
	for i, name := range coordinates {
		p.put(guideWay, g.guided[i], name)
	}
	for w := range g.windows {
		f, label := &g.windows[w], windows[w].label
		p.put(windowSamples, float64(f.n), label)
		if f.n == 0 {
			continue
		}
		for i := range f.axis {
			p.put(windowMean, f.axis[i].mean, axisNames[i], label)
			p.put(windowRMS, f.axis[i].rms, axisNames[i], label)
			p.put(windowPeak, f.axis[i].peak, axisNames[i], label)
		}
		p.put(windowSkyRMS, f.sky.rms, label)
		p.put(windowSkyPeak, f.sky.peak, label)
	}
}

func (p page) focus(s *focuser.Snapshot) {
	p.put(focusPosition, float64(s.Position))
	p.put(focusTarget, float64(s.Target))
	p.put(focusLimit, float64(s.Config.MaxStep))
	if um := s.Config.StepUM; um > 0 {
		p.put(focusMeters, float64(s.Position)*um*1e-6)
	}
	p.flag(focusMoving, s.Moving)
	p.flag(focusTempComp, s.TempComp)
	if s.HasTemperature {
		p.put(focusTemperature, s.TemperatureC)
	}
	r := &s.Report
	p.motor("focuser", motor{
		count: int64(r.Emitted), queue: time.Duration(r.QueueEnd - r.At), state: r.State.String(),
		underruns: r.Underruns, late: r.Late, splices: r.Splices, worstLate: r.WorstLate,
	})
}

func (p page) alpaca(r Requests) {
	p.count(requests, r.Total)
	p.count(requestsFailed, r.Refused, "refused")
	p.count(requestsFailed, r.Failed, "failed")
	p.count(requestsFailed, r.Panicked, "panicked")
	p.count(requestsJoined, r.Joined)
}

func (p page) truth(t Truth) {
	pair := func(by, length family, o Offset) {
		p.angle(by, o.East, coordinates[0])
		p.angle(by, o.North, coordinates[1])
		p.put(length, o.length())
	}
	if t.HasTarget {
		pair(truthTarget, truthTargetLength, t.FromTarget)
	}
	pair(truthReported, truthReportedLength, t.FromReported)
}
