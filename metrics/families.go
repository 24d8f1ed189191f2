// SPDX-License-Identifier: GPL-3.0-or-later

package metrics

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

const prefix = "siderostep_"

// family is the description of one metric.
type family struct {
	name   string // without prefix
	kind   kind
	help   string
	labels []string
	desc   *prometheus.Desc
}

// kind is the type of a metric.
type kind uint8

const (
	isGauge kind = iota
	isCounter
	isHistogram
)

func (k kind) String() string { return [...]string{"gauge", "counter", "histogram"}[k] }

// families are all metrics. The declarations below fill it; nothing changes
// it afterwards.
var families []*family

func gauge(name, help string, labels ...string) *family {
	return newFamily(isGauge, name, help, labels)
}

func counter(name, help string, labels ...string) *family {
	return newFamily(isCounter, name, help, labels)
}

func histogram(name, help string, labels ...string) *family {
	return newFamily(isHistogram, name, help, labels)
}

func newFamily(k kind, name, help string, labels []string) *family {
	f := &family{name: name, kind: k, help: help, labels: labels, desc: prometheus.NewDesc(prefix+name, help, labels, nil)}
	families = append(families, f)
	return f
}

// unit returns the unit that the family's name ends in: "" for numbers and
// for what is 0 or 1.
func (f *family) unit() string {
	name := strings.TrimSuffix(f.name, "_total")
	for _, u := range [...]struct{ suffix, unit string }{
		{"_radians_per_second", "rad/s"}, {"_radians", "rad"}, {"_seconds", "s"}, {"_microsteps", "microsteps"},
		{"_full_steps", "full steps"}, {"_steps", "steps"}, {"_bytes", "bytes"}, {"_meters", "m"}, {"_celsius", "°C"}, {"_ratio", "1"},
	} {
		if strings.HasSuffix(name, u.suffix) {
			return u.unit
		}
	}
	return ""
}

// Identity, place and state.
var (
	buildInfo         = gauge("build_info", "Always 1; the labels name the program's version and the Go version that built it.", "version", "goversion")
	clockSynchronised = gauge("clock_synchronised", "1 while the system's clock is kept right by a time server or a receiver, 0 while it runs freely. Absent where the kernel does not say.")
	geometry          = gauge("mount_geometry", "1 for the kind of mount that it is, 0 for all others.", "kind")

	positionRA  = gauge("mount_right_ascension_radians", "Where the tube points, by the played motion of the axes: right ascension, equinox of date, without refraction, growing eastward, 0 to 2 pi.")
	positionDec = gauge("mount_declination_radians", "Where the tube points, by the played motion of the axes: declination, equinox of date, without refraction, north positive.")
	positionAz  = gauge("mount_azimuth_radians", "Where the tube points, by the played motion of the axes: azimuth from north through east, without refraction, 0 to 2 pi.")
	positionAlt = gauge("mount_altitude_radians", "Where the tube points, by the played motion of the axes: altitude above the horizon, without refraction.")
	targetRA    = gauge("mount_target_right_ascension_radians", "Right ascension of the target, equinox of date, without refraction, growing eastward, 0 to 2 pi. Absent without a target.")
	targetDec   = gauge("mount_target_declination_radians", "Declination of the target, equinox of date, without refraction, north positive. Absent without a target.")
	targetAz    = gauge("mount_target_azimuth_radians", "Azimuth of the target from north through east, without refraction, 0 to 2 pi. Absent without a target.")
	targetAlt   = gauge("mount_target_altitude_radians", "Altitude of the target above the horizon, without refraction. Absent without a target.")
	offsetRate  = gauge("mount_offset_rate_radians_per_second", "Rate of the target against the stars, of the coordinate ra (angle about the pole, eastward) or dec (northward).", "coordinate")
	following   = gauge("mount_following", "Whether the target is a body that moves among the stars and is followed by its ephemeris; the offset rates are then its own.")
	airMass     = gauge("mount_air_mass_ratio", "Air mass where the tube points, relative to that at the zenith, with refraction. Absent below the horizon.")
	lst         = gauge("mount_sidereal_time_radians", "Local apparent sidereal time, 0 to 2 pi.")
	mountTime   = gauge("mount_time_seconds", "The mount's own UTC, as seconds since 1970.")
	age         = gauge("mount_snapshot_age_seconds", "Time since the control loop last published its state; more than 0.1 means that the loop is late.")

	activity  = gauge("mount_activity", "1 for the kind of motion that the mount is about, 0 for all others.", "kind")
	slewPhase = gauge("mount_slew_phase", "1 for the kind of phase in which the motion under way is, 0 for all others; none while the mount is at rest or tracks.", "kind")
	remaining = gauge("mount_slew_remaining_seconds", "Time until the axes z and a have come to where they are sent, without settling; 0 when they are not sent anywhere.")
	pierSide  = gauge("mount_pier_side", "1 for the kind of pointing state, 0 for all others: normal, through (the pole), or unknown on mounts that have none.", "kind")
	drive     = gauge("mount_drive_rate", "1 for the kind of drive rate in force, 0 for all others.", "kind")
	tracking  = gauge("mount_tracking", "Whether the mount tracks the sky.")
	slewing   = gauge("mount_slewing", "Whether a slew, parking, homing, held motion or its settling is under way.")
	parked    = gauge("mount_parked", "Whether the mount is parked.")
	atHome    = gauge("mount_at_home", "Whether the mount stands at its home position.")
	trusted   = gauge("mount_trusted", "Whether the position is known: no stall, power cut or released winding since the last sync.")
	degraded  = gauge("mount_degraded", "Whether the axes cannot keep up with the sky, near the mount's pole.")
	stopped   = gauge("mount_stopped", "Whether tracking or motion has stopped by itself, until the next command.")
)

// Events.
var (
	begun      = counter("mount_motions_begun_total", "Motions begun, by kind of activity.", "kind")
	ended      = counter("mount_motions_ended_total", "Motions ended, by cause: arrived (also held motion that its client ended), aborted, superseded by the next, halted, silent (its client), limit, starved (no plan in time) or failed.", "cause")
	stops      = counter("mount_stops_total", "Times that tracking or motion stopped by itself, by kind of fault; cancelled is a halt.", "kind")
	slewFaults = counter("mount_slew_failures_total", "Slews, parkings and homings that failed, by kind of fault.", "kind")
	syncs      = counter("mount_syncs_total", "Times that the place in the tube was declared by a sync.")
	stalls     = counter("mount_tracking_stalls_total", "Times that tracking stopped by itself.")
	flips      = counter("mount_flips_total", "Changes to the other pier side, by command or at a limit; slews apart.")
	ticks      = counter("mount_ticks_total", "Ticks of the control loop.")
	tickLate   = histogram("mount_tick_lateness_seconds", "By how much longer than its period of 0.05 s a tick of the control loop was after the one before.")
)

// Limits.
var (
	horizon      = gauge("mount_horizon_distance_radians", "True altitude of the tube above the lowest that is allowed at its azimuth; negative below it.")
	axisDistance = gauge("axis_limit_distance_radians", "Distance of the axis from its lower or upper limit of travel; negative beyond it.", "axis", "kind")
	meridian     = gauge("mount_meridian_limit_distance_radians", "Distance of axis z from the furthest place beyond the meridian where it may track; negative beyond it. Absent on other than German mounts.")
	limitTime    = gauge("mount_limit_time_seconds", "Time until the target, moving as now, brings the mount to the kind of limit; +Inf when that is not within 12 hours. Absent without a target; kind meridian absent on other than German mounts, kind sun where the Sun is not avoided.", "kind")
	sunDistance  = gauge("mount_sun_distance_radians", "Distance on the sky of the tube from the zone about the Sun; negative inside it. Absent while the Sun is down or not avoided.")
	limitWarning = gauge("mount_limit_warning", "Whether tracking will soon end at a limit.")
	limitReached = gauge("mount_limit_reached", "1 for the kind of limit at which motion has ended, until the next command; 0 for all others.", "kind")
)

// Axes and their executor.
var (
	axisPosition   = gauge("axis_position_radians", "Angle of the axis by its played motion, turns counted: z clockwise seen from the mount's pole, a from the mount's equator towards its pole, rotator its mechanical angle.", "axis")
	axisCount      = gauge("axis_position_microsteps", "Microsteps (rotator, focusers: steps) given to the motor, counted from the zero of the axis; positive is the motor's clockwise sense.", "axis")
	axisMicrostep  = gauge("axis_microstep_radians", "Angle of the axis in one microstep (rotator: one step).", "axis")
	axisRate       = gauge("axis_rate_radians_per_second", "Rate of the axis by its plan, positive as its angle grows.", "axis")
	axisError      = gauge("axis_control_error_radians", "Commanded minus emitted position, as an angle of the axis, positive as the angle grows: what rounding to microsteps and lateness leave. Nothing mechanical is in it.", "axis")
	axisQueue      = gauge("axis_queue_seconds", "How long the motion queued for the axis lasts; 0 when none is queued.", "axis")
	axisQueueLeast = gauge("axis_queue_minimum_seconds", "Least motion that was queued for the axis just before a tick's planning, while tracking. Absent when the mount did not track in the window.", "axis", "window")
	axisSegments   = gauge("axis_queue_segments", "Segments of motion that the executor holds for the axis, the one being played included.", "axis")
	axisState      = gauge("axis_state", "1 for the kind of thing that the executor does with the axis, 0 for all others.", "axis", "kind")
	axisUnderruns  = counter("axis_underruns_total", "Queues of the axis that ran empty while it moved.", "axis")
	axisLate       = counter("axis_late_segments_total", "Segments of the axis that arrived after their start.", "axis")
	axisWorstLate  = gauge("axis_worst_lateness_seconds", "The most by which a segment of the axis has been late.", "axis")
	axisSplices    = counter("axis_splices_total", "Changes of plan that the axis has played.", "axis")
	axisSteps      = counter("axis_steps_total", "Steps given to the motor, both ways together; a half step is one.", "axis")
	axisCatchUps   = counter("axis_catch_ups_total", "Differences from the plan that the axis has taken out gradually.", "axis")
	axisSlips      = counter("axis_time_slips_total", "Stretches of motion that the executor missed by waking too late, and caught up with afterwards.", "axis")
	axisLimitHits  = counter("axis_count_limit_hits_total", "Motions that the executor stopped at its own limit of the count.", "axis")
	axisFaults     = counter("axis_output_faults_total", "Failures of the motor's output, each of which halted the axes.", "axis")
	axisBacklash   = gauge("axis_backlash_radians", "Dead band of the axis's gears, as configured. Absent without one.", "axis")
	axisTaken      = gauge("axis_backlash_taken_radians", "Part of the dead band of the axis's gears that is taken up, by which motor and tube differ: 0 to the whole. Absent without one.", "axis")
	axisTakingUp   = gauge("axis_backlash_taking_up", "Whether the motor is on its way through the dead band, and the tube stands. Absent without one.", "axis")
	axisDrift      = gauge("axis_drift_radians_per_second", "Drift of the axis that is added to the motion of the target, positive as its angle grows.", "axis")
	windingDuty    = gauge("axis_winding_duty_ratio", "Current in the motor's windings now: the sum of the shares of time that they are on, 0 (off) to 2 (two fully on).", "axis")
	windingOn      = counter("axis_winding_on_seconds_total", "The shares of time that the motor's windings are on, summed over windings and time: its rate is the mean duty.", "axis")
	executorLate   = histogram("executor_lateness_seconds", "How long after its instant the executor woke for an event. On the simulated mount motion is played once a tick at its exact instants, and up to 0.05 s is as it should be.", "executor")
)

// Tracking.
var (
	windowMean    = gauge("tracking_error_mean_radians", "Mean control error (commanded minus emitted, axis angle, positive as it grows) while tracking, without slews and settling.", "axis", "window")
	windowRMS     = gauge("tracking_error_rms_radians", "RMS about the mean of the control error (axis angle) while tracking, without slews and settling.", "axis", "window")
	windowPeak    = gauge("tracking_error_peak_radians", "Largest control error of either sign (axis angle) while tracking, without slews and settling.", "axis", "window")
	windowSkyRMS  = gauge("tracking_error_sky_rms_radians", "RMS length on the sky of the control error of both axes (z times cos a) while tracking, without slews and settling.", "window")
	windowSkyPeak = gauge("tracking_error_sky_peak_radians", "Largest length on the sky of the control error of both axes (z times cos a) while tracking, without slews and settling.", "window")
	windowSamples = gauge("tracking_error_samples", "Samples behind the tracking errors of the window, one a tick of the control loop; 0 when the mount did not track.", "window")
	fieldAngle    = gauge("field_rotation_radians", "Position angle on the sky of the tube's up, from north through east.")
	fieldRate     = gauge("field_rotation_rate_radians_per_second", "Rate of the position angle of the tube's up while a target is tracked, positive from north through east; 0 when the tube stands or slews.")
)

// Guiding, drift and periodic error.
var (
	guideSum     = gauge("guide_correction_radians", "Sum of guide pulses since the target was chosen, of the coordinate ra (angle about the pole, eastward) or dec (northward). Absent without a target.", "coordinate")
	guideWay     = counter("guide_travel_radians_total", "Way of all guide pulses in either direction, of the coordinate ra (angle about the pole) or dec.", "coordinate")
	guiding      = gauge("guide_pulse_running", "Whether a guide pulse is running.")
	guidePulses  = counter("guide_pulses_total", "Guide pulses begun, by direction.", "direction")
	guideSeconds = counter("guide_pulse_seconds_total", "Durations of the guide pulses as they were asked for, by direction.", "direction")
	driftRate    = gauge("guide_drift_radians_per_second", "Trend of the guide corrections on this target in the last 10 minutes, by least squares, of the coordinate ra (angle about the pole, eastward) or dec (northward): what the guider has to add. Absent until a minute has been tracked with a pulse in it.", "coordinate")
	driftSpan    = gauge("guide_drift_span_seconds", "Length of the guiding behind the trend, at most 600.")
	wormTurn     = gauge("axis_worm_turn_radians", "Motion of the axis in one turn of its worm. Absent for an axis without a configured worm.", "axis")
	wormPhase    = gauge("axis_worm_phase_radians", "Phase of the axis's worm by the microsteps given to its motor, 0 to 2 pi, 0 at the zero of the axis. Absent for an axis without a configured worm.", "axis")
	pecActive    = gauge("pec_active", "Whether periodic error correction is applied to the axis. Absent for an axis without a configured worm.", "axis")
	pecSynced    = gauge("pec_synchronised", "Whether the phase of the axis's worm is tied to an index. Absent for an axis without a configured worm.", "axis")
	pecNow       = gauge("pec_correction_radians", "Periodic error correction applied to the axis now, positive as its angle grows. Absent for an axis without a configured worm.", "axis")
	periodic     = gauge("periodic_error_radians", "Error of the axis by phase of its worm (centre of the part, degrees) as guiding showed it: minus the corrections as axis angles, without trend and mean, averaged over the last whole turns. Absent until a whole turn was guided.", "axis", "phase")
	periodicN    = gauge("periodic_error_turns", "Whole turns of the worm that were guided; the average is over the last eight or so. Absent for an axis without a configured worm.", "axis")
)

// Rotator and focusers.
var (
	rotatorAngle   = gauge("rotator_mechanical_radians", "Mechanical angle of the rotator, 0 to 2 pi.")
	rotatorSky     = gauge("rotator_sky_radians", "Position angle of the camera on the sky, from north through east, 0 to 2 pi.")
	rotatorTarget  = gauge("rotator_target_sky_radians", "Position angle on the sky that the rotator is to reach or to hold, from north through east, 0 to 2 pi.")
	rotatorMoving  = gauge("rotator_moving", "Whether the rotator is on its way to a target; it is not while it only follows.")
	rotatorFollows = gauge("rotator_following", "Whether the rotator follows the turning of the field.")
	rotatorFault   = gauge("rotator_fault", "Whether the rotator's last move failed.")

	focusConnected    = gauge("focuser_connected", "Whether the focuser's motor can be reached. What it said before is not shown while it cannot.", "focuser")
	focusPosition     = gauge("focuser_position_steps", "Position of the focuser, 0 at the inner stop, growing outward. Absent while its motor cannot be reached, or does not know the ends of its travel.", "focuser")
	focusTarget       = gauge("focuser_target_steps", "Position that the focuser is to reach or to hold, 0 at the inner stop, growing outward. Absent as the position is.", "focuser")
	focusLimit        = gauge("focuser_position_limit_steps", "Highest position of the focuser; the lowest is 0. Absent as the position is.", "focuser")
	focusMeters       = gauge("focuser_position_meters", "Position of the focal plane from that at step 0, growing outward. Absent as the position is, and when the size of a step is unknown.", "focuser")
	focusTrusted      = gauge("focuser_position_trusted", "Whether the position is sure: no crash in motion since it was set. Absent while the motor cannot be reached.", "focuser")
	focusMoving       = gauge("focuser_moving", "Whether the focuser moves to a position, or by a key. Absent while the motor cannot be reached.", "focuser")
	focusHeld         = gauge("focuser_key_held", "Whether somebody moves the focuser by a key that is held. Absent while the motor cannot be reached.", "focuser")
	focusSlack        = gauge("focuser_backlash_slack_steps", "Steps of backlash to be taken up before focus moves in the direction in which moves end. Absent while the motor cannot be reached.", "focuser")
	focusCompensation = gauge("focuser_temperature_compensation_steps", "Steps by which temperature has moved the focuser since focus was last set, positive outward. Absent while the motor cannot be reached.", "focuser")
	focusCalibrating  = gauge("focuser_calibrating", "Whether the motor looks for the ends of its travel. Absent for motors that have none to find, and while it cannot be reached.", "focuser")
	focusUncalibrated = gauge("focuser_calibration_needed", "Whether the motor does not know the ends of its travel, without which it does not move. Absent for motors that have none to find, and while it cannot be reached.", "focuser")
	focusTemperature  = gauge("focuser_temperature_celsius", "Temperature at the focuser. Absent without a thermometer that answers.", "focuser")
	focusTempComp     = gauge("focuser_temperature_compensation", "Whether the focus follows the temperature.", "focuser")
	focusFaults       = counter("focuser_failures_total", "Moves of the focuser that failed, by kind of fault.", "focuser", "kind")
	focusLosses       = counter("focuser_losses_total", "Times that the focuser's motor could be reached, and then could not.", "focuser")
)

// The boxes and processes beside the control loops.
var (
	encoderUp           = gauge("encoder_box_up", "Whether the line to the encoder box is open, and its latest question brought a reading. Absent, as all of encoders, without a box.")
	encoderReadings     = counter("encoder_readings_total", "Readings of the encoder box that were believed.")
	encoderFailures     = counter("encoder_read_failures_total", "Questions to the encoder box without a reading that could be believed, by kind: silent (no reply), garbage (none that is possible) or refused (no axis is so fast).", "kind")
	encoderLosses       = counter("encoder_line_losses_total", "Times that the line to the encoder box was lost while open.")
	encoderOpenFailures = counter("encoder_line_open_failures_total", "Times that the line to the encoder box could not be opened.")
	encoderReopens      = counter("encoder_line_reopens_total", "Times that the line to the encoder box was opened again.")
	encoderUsed         = gauge("encoder_used", "Whether the encoders are believed: they then correct the position.")
	encoderPosition     = gauge("encoder_position_radians", "Angle of the axis by its encoder, counted as that of its position. Absent until the encoder has a zero, and while its latest reading is old.", "axis")
	encoderDifference   = gauge("encoder_difference_radians", "Angle of the axis by its encoder minus that by its played motion, at the time of the reading. Absent as the angle is.", "axis")
	encoderResets       = counter("encoder_resets_total", "Times that the position was taken from the encoders, by when: idle (not tracking), tracking, after_slew, or command.", "when")

	executorUp       = gauge("executor_up", "Whether the process that plays the motion of real motors runs. Absent, as all of it, on the simulated mount.")
	executorRestarts = counter("executor_restarts_total", "Executor processes started in the place of one that ended.")
	executorHealthy  = gauge("executor_keep_alive", "Whether the keep-alive line may toggle: planner, queues and outputs are as they should be.")
	executorSilence  = gauge("executor_silence_seconds", "Time since the executor process was heard.")
	executorRealTime = gauge("executor_realtime", "Whether the executor process goes before all ordinary ones, as it asked for.")
	executorLocked   = gauge("executor_memory_locked", "Whether the memory of the executor process cannot be paged out, as it asked for.")
	executorFaults   = counter("executor_io_failures_total", "Reads and writes of the executor process that failed, by kind of line: keep_alive, inputs or aux. Those of the motors are counted by axis.", "kind")

	paddleMode     = gauge("paddle_mode", "1 for the mode of the hand paddle's mode keys, 0 for all others. Absent, as all of it, without a hand paddle.", "mode")
	paddleReady    = gauge("paddle_ready", "Whether the lines of the hand paddle can be read, and its keys count.")
	paddleStuck    = gauge("paddle_keys_ignored", "Keys that are down and ignored until they are let go: they are stuck, or have ended something.")
	paddlePresses  = counter("paddle_mode_key_presses_total", "Presses of mode keys, obeyed or refused.")
	paddleRefused  = counter("paddle_mode_key_refusals_total", "Presses of mode keys that were refused.")
	paddleMotions  = counter("paddle_motions_total", "Motions begun by keys.")
	paddleJams     = counter("paddle_stuck_keys_total", "Keys taken to be stuck, since they were held for too long.")
	paddleFailures = counter("paddle_input_failures_total", "Times that the lines of the hand paddle could not be read any more.")
	paddleSilent   = counter("paddle_silent_sources_total", "Times that a source of keys other than the lines fell silent with a key down.")
)

// Requests and files.
var (
	requests        = counter("alpaca_requests_total", "Alpaca requests understood as one to a member of a type of device, by result: ok, error (an ASCOM error number) or refused (HTTP 400). A series begins with its first request.", "device", "member", "method", "result")
	requestsFailed  = counter("alpaca_request_failures_total", "Alpaca requests that failed: kind refused (HTTP 4xx), failed (an ASCOM error number) or panicked (HTTP 500).", "kind")
	requestsStray   = counter("alpaca_stray_requests_total", "Alpaca requests to a path, or with a verb, that leads nowhere.")
	requestsJoined  = counter("alpaca_requests_joined_total", "Repeated Alpaca PUTs that shared the outcome of a running one.")
	requestSeconds  = histogram("alpaca_request_duration_seconds", "Time to answer Alpaca requests, without the network, by class: read, state (devicestate), command, or slew (one that waits for its end).", "device", "class")
	memberSeconds   = counter("alpaca_member_seconds_total", "Time spent to answer the requests to a member. A series begins with its first request.", "device", "member", "method")
	connections     = gauge("alpaca_connections", "HTTP connections that are open.")
	connectionsMade = counter("alpaca_connections_total", "HTTP connections accepted.")
	connected       = gauge("alpaca_device_connected", "Whether an ASCOM client has connected to the type of device.", "device")

	lx200Commands = counter("lx200_commands_total", "LX200 commands by their letters (other: what is none) and result. A series begins with its first command.", "command", "result")
	lx200Seconds  = histogram("lx200_command_duration_seconds", "Time from the end of an LX200 command until its reply is ready.")
	lx200Sessions = gauge("lx200_sessions", "LX200 connections and serial lines that are open.")
	lx200Accepted = counter("lx200_sessions_total", "LX200 connections and serial lines opened.")
	lx200Rejected = counter("lx200_sessions_refused_total", "LX200 connections closed without a byte, because of their address, number or frequency.")
	lx200Refusals = counter("lx200_refusals_total", "LX200 commands declined, by reason. A series begins with its first refusal.", "reason")
	lx200Framing  = counter("lx200_framing_errors_total", "LX200 frames that were no good, by kind: unfinished, overlong, broken (off by a control byte) or checksum (a wrong one).", "kind")
	lx200Noise    = counter("lx200_noise_bytes_total", "Bytes received outside of LX200 frames.")
	lx200Closed   = counter("lx200_connections_closed_total", "LX200 connections closed by this end, by cause: idle (their client was silent) or stuck (it took no reply).", "cause")
	lx200Stops    = counter("lx200_held_motion_stops_total", "Motions of LX200 direction keys that were ended because their client fell silent or its serial line was lost, or since they lasted or went too far.")
	lx200Lines    = gauge("lx200_serial_lines", "Serial lines that are configured. Absent without any.")
	lx200Open     = gauge("lx200_serial_lines_open", "Serial lines that are open. Absent without serial lines.")
	lx200Losses   = counter("lx200_serial_losses_total", "Times that a serial line was lost while open. Absent without serial lines.")
	lx200Failures = counter("lx200_serial_open_failures_total", "Times that a serial line could not be opened; while one is gone that is tried at least twice a minute. Absent without serial lines.")
	lx200Reopens  = counter("lx200_serial_reopens_total", "Times that a serial line was opened again. Absent without serial lines.")

	saved       = counter("state_saves_total", "Times that the file was written to disk.", "file")
	savesFailed = counter("state_save_failures_total", "Times that the file could not be written to disk.", "file")
	saveSeconds = histogram("state_save_duration_seconds", "Time until the file was safe on the disk.", "file")
	savedAt     = gauge("state_saved_timestamp_seconds", "When the file was last written, as seconds since 1970. It is written when something has changed. Absent before the first time.", "file")
)

// The truth, in a simulation.
var (
	truthTarget         = gauge("truth_target_offset_radians", "Simulation only: the tube's true direction minus the target, along great circles, of the coordinate ra (times cos dec, eastward) or dec (northward). Absent without a target.", "coordinate")
	truthTargetLength   = gauge("truth_target_separation_radians", "Simulation only: angle between the tube's true direction and the target: the true pointing error. Absent without a target.")
	truthReported       = gauge("truth_reported_offset_radians", "Simulation only: the tube's true direction minus the one reported, along great circles, of the coordinate ra (times cos dec, eastward) or dec (northward).", "coordinate")
	truthReportedLength = gauge("truth_reported_separation_radians", "Simulation only: angle between the tube's true direction and the one reported.")
	truthPeriodic       = gauge("truth_periodic_error_radians", "Simulation only: true minus played angle of the axis by phase of its worm (centre of the part, degrees), without trend and mean, averaged over the last whole turns tracked. Absent until there was one.", "axis", "phase")
	truthPeriodicN      = gauge("truth_periodic_error_turns", "Simulation only: whole turns of the worm that were tracked; the average is over the last eight or so. Absent for an axis without a configured worm.", "axis")
	truthBacklash       = gauge("truth_backlash_taken_ratio", "Simulation only: part of the axis's backlash that is taken up, 0 (clockwise) to 1 (counter-clockwise).", "axis")
	truthLost           = gauge("truth_lost_full_steps", "Simulation only: full steps by which the axis's rotor has slipped since power-on, positive when it is too far clockwise.", "axis")
)
