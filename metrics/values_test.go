// SPDX-License-Identifier: GPL-3.0-or-later

package metrics

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/mount"
)

// pick returns a series of a gathered page: its value, or for a histogram the
// sum of what it counted. labels are "name=value".
func pick(all []*dto.MetricFamily, name string, labels []string) (float64, bool) {
	for _, f := range all {
		if f.GetName() != prefix+name {
			continue
		}
		for _, v := range f.GetMetric() {
			missing := slices.ContainsFunc(labels, func(want string) bool {
				return !slices.ContainsFunc(v.GetLabel(), func(l *dto.LabelPair) bool { return l.GetName()+"="+l.GetValue() == want })
			})
			switch {
			case missing:
			case v.Counter != nil:
				return v.GetCounter().GetValue(), true
			case v.Histogram != nil:
				return v.GetHistogram().GetSampleSum(), true
			default:
				return v.GetGauge().GetValue(), true
			}
		}
	}
	return 0, false
}

// What each family shows after a change of what it is made from, in its unit.
// Wanted are literals: radians by hand from degrees and arcseconds.
var values = []struct {
	series string // "name label=value label=value"
	change func(s *mount.Snapshot, in *inputs)
	want   float64
}{
	{"build_info version=1.0.0", nil, 1},
	{"clock_synchronised", func(_ *mount.Snapshot, in *inputs) { in.clockRuns = true }, 0},
	{"mount_geometry kind=fork", func(s *mount.Snapshot, _ *inputs) { s.Config.Mount.Geometry = "fork" }, 1},
	{"mount_right_ascension_radians", func(s *mount.Snapshot, _ *inputs) { s.Equatorial.RA = model.Hours(6) }, math.Pi / 2},
	{"mount_declination_radians", func(s *mount.Snapshot, _ *inputs) { s.Equatorial.Dec = model.Degrees(-30) }, -math.Pi / 6},
	{"mount_azimuth_radians", func(s *mount.Snapshot, _ *inputs) { s.Horizontal.Az = model.Degrees(270) }, 1.5 * math.Pi},
	{"mount_altitude_radians", func(s *mount.Snapshot, _ *inputs) { s.Horizontal.Alt = model.Degrees(45) }, math.Pi / 4},
	{"mount_target_right_ascension_radians", func(s *mount.Snapshot, _ *inputs) { s.Target.RA = model.Hours(12) }, math.Pi},
	{"mount_target_declination_radians", func(s *mount.Snapshot, _ *inputs) { s.Target.Dec = model.Degrees(60) }, math.Pi / 3},
	{"mount_target_azimuth_radians", southern, math.Pi},
	{"mount_target_altitude_radians", southern, (90 - 44.06) * math.Pi / 180}, // the equator at the meridian
	{"mount_offset_rate_radians_per_second coordinate=ra", func(s *mount.Snapshot, _ *inputs) { s.RARate = model.ArcsecPerSecond(3600) }, math.Pi / 180},
	{"mount_offset_rate_radians_per_second coordinate=dec", func(s *mount.Snapshot, _ *inputs) { s.DecRate = model.ArcsecPerSecond(-3600) }, -math.Pi / 180},
	{"mount_following", func(s *mount.Snapshot, _ *inputs) { s.Following = "Moon" }, 1},
	{"mount_air_mass_ratio", func(s *mount.Snapshot, _ *inputs) { s.Axes.A = model.Degrees(90) }, airMassAt(44.06)}, // at the pole
	{"mount_sidereal_time_radians", func(s *mount.Snapshot, _ *inputs) { s.LST = model.Hours(18) }, 1.5 * math.Pi},
	{"mount_time_seconds", func(s *mount.Snapshot, _ *inputs) { s.UTC = time.Date(1970, 1, 2, 0, 0, 0, 5e8, time.UTC) }, 86400.5},
	{"mount_snapshot_age_seconds", func(_ *mount.Snapshot, in *inputs) { in.waited = 3 * time.Second }, 3},
	{"mount_activity kind=slewing_to_axes", func(s *mount.Snapshot, _ *inputs) { s.Activity = mount.SlewingToAxes }, 1},
	{"mount_slew_phase kind=braking", func(s *mount.Snapshot, _ *inputs) { s.Phase = mount.Braking }, 1},
	{"mount_slew_remaining_seconds", func(s *mount.Snapshot, _ *inputs) { s.Arrival = s.At.Add(12500 * time.Millisecond) }, 12.5},
	{"mount_pier_side kind=normal", func(s *mount.Snapshot, _ *inputs) { s.Pier = pointing.Normal }, 1},
	{"mount_drive_rate kind=lunar", func(s *mount.Snapshot, _ *inputs) { s.Drive = mount.DriveLunar }, 1},
	{"mount_tracking", func(s *mount.Snapshot, _ *inputs) { s.Tracking = false }, 0},
	{"mount_slewing", func(s *mount.Snapshot, _ *inputs) { s.Slewing = true }, 1},
	{"mount_parked", func(s *mount.Snapshot, _ *inputs) { s.Parked = true }, 1},
	{"mount_at_home", func(s *mount.Snapshot, _ *inputs) { s.AtHome = true }, 1},
	{"mount_trusted", func(s *mount.Snapshot, _ *inputs) { s.Trusted = false }, 0},
	{"mount_degraded", func(s *mount.Snapshot, _ *inputs) { s.Degraded = true }, 1},
	{"mount_stopped", func(s *mount.Snapshot, _ *inputs) { s.Stopped = fault.New(fault.Hardware, "", "") }, 1},
	{"mount_motions_begun_total kind=parking", func(s *mount.Snapshot, _ *inputs) { s.Counts.Begun[mount.Parking] = 4 }, 4},
	{"mount_motions_ended_total cause=limit", func(s *mount.Snapshot, _ *inputs) { s.Counts.Ended[mount.Limited] = 5 }, 5},
	{"mount_stops_total kind=hardware", func(s *mount.Snapshot, _ *inputs) { s.Stopped = fault.New(fault.Hardware, "", "") }, 1},
	{"mount_slew_failures_total kind=below_limit", func(s *mount.Snapshot, _ *inputs) { s.SlewFault = fault.New(fault.BelowLimit, "", "") }, 1},
	{"mount_syncs_total", func(s *mount.Snapshot, _ *inputs) { s.Counts.Syncs = 6 }, 6},
	{"mount_tracking_stalls_total", func(s *mount.Snapshot, _ *inputs) { s.Counts.Stalls = 7 }, 7},
	{"mount_ticks_total", func(s *mount.Snapshot, _ *inputs) { s.Counts.Ticks = 801 }, 801},
	{"mount_tick_lateness_seconds", func(s *mount.Snapshot, _ *inputs) { s.Ticked += 25e6 }, 0.025},
	{"mount_horizon_distance_radians", func(s *mount.Snapshot, _ *inputs) { s.Axes.A = model.Degrees(90) }, 44.06 * math.Pi / 180},        // at the pole
	{"axis_limit_distance_radians axis=z kind=upper", func(s *mount.Snapshot, _ *inputs) { s.Axes.Z = model.Degrees(225) }, math.Pi / 12}, // of 240°
	{"axis_limit_distance_radians axis=a kind=lower", func(s *mount.Snapshot, _ *inputs) { s.Axes.A = model.Degrees(-75) }, math.Pi / 12}, // of −90°
	{"mount_meridian_limit_distance_radians", func(s *mount.Snapshot, _ *inputs) { s.Axes.Z = model.Degrees(180) }, math.Pi / 12},         // 15° beyond are allowed
	{"mount_limit_warning", func(s *mount.Snapshot, _ *inputs) { s.Limit.Warning = true }, 1},
	{"mount_limit_reached kind=meridian", func(s *mount.Snapshot, _ *inputs) { s.Limit.Reached, s.Limit.Limit = true, mount.MeridianLimit }, 1},
	{"mount_flips_total", func(s *mount.Snapshot, _ *inputs) { s.Counts.Flips = 8 }, 8},
	{"mount_limit_time_seconds kind=horizon", func(s *mount.Snapshot, _ *inputs) { s.Target.Dec = model.Degrees(89) }, math.Inf(1)},
	{"axis_position_radians axis=z", func(s *mount.Snapshot, _ *inputs) { s.Axes.Z = model.Degrees(90) }, math.Pi / 2},
	{"axis_position_radians axis=rotator", func(s *mount.Snapshot, _ *inputs) { s.Rotator.Turned = model.Degrees(-90) }, -math.Pi / 2},
	{"axis_position_microsteps axis=a", func(s *mount.Snapshot, _ *inputs) { s.Reports[1].Emitted = -12 }, -12},
	{"axis_position_microsteps axis=focuser0", func(_ *mount.Snapshot, in *inputs) { in.focuser.Report.Emitted = 77 }, 77},
	{"axis_microstep_radians axis=z", func(s *mount.Snapshot, _ *inputs) {
		s.Config.Mount.Z.FullStepArcsec = 3600
		s.Config.Mount.Z.Microsteps = 10
	}, math.Pi / 1800},
	{"axis_microstep_radians axis=rotator", func(s *mount.Snapshot, _ *inputs) { s.Config.Rotator.StepAngle = 3600 }, math.Pi / 180},
	{"axis_rate_radians_per_second axis=a", func(s *mount.Snapshot, _ *inputs) { s.Reports[1].Rate = -8 }, -math.Pi / 180 / 3600}, // of 0.125″
	{"axis_control_error_radians axis=z", func(s *mount.Snapshot, _ *inputs) {
		s.Reports[0].Position, s.Reports[0].Emitted = driver.PositionOf(10.5), 10
	}, math.Pi / 180 / 3600 / 16},
	{"axis_queue_seconds axis=z", func(s *mount.Snapshot, _ *inputs) {
		s.Reports[0].QueueEnd = s.Reports[0].At.Add(300 * time.Millisecond)
	}, 0.3},
	{"axis_queue_minimum_seconds axis=a window=1s", func(s *mount.Snapshot, _ *inputs) {
		s.Reports[1].QueueEnd = s.Reports[1].At.Add(250 * time.Millisecond)
	}, 0.25},
	{"axis_queue_segments axis=rotator", func(s *mount.Snapshot, _ *inputs) { s.Reports[2].Queued = 17 }, 17},
	{"axis_state axis=z kind=braking", func(s *mount.Snapshot, _ *inputs) { s.Reports[0].State = driver.Braking }, 1},
	{"axis_underruns_total axis=z", func(s *mount.Snapshot, _ *inputs) { s.Reports[0].Underruns = 21 }, 21},
	{"axis_late_segments_total axis=z", func(s *mount.Snapshot, _ *inputs) { s.Reports[0].Late = 22 }, 22},
	{"axis_worst_lateness_seconds axis=z", func(s *mount.Snapshot, _ *inputs) { s.Reports[0].WorstLate = 23 * time.Millisecond }, 0.023},
	{"axis_splices_total axis=z", func(s *mount.Snapshot, _ *inputs) { s.Reports[0].Splices = 24 }, 24},
	{"axis_steps_total axis=z", func(s *mount.Snapshot, _ *inputs) { s.Reports[0].Steps = 25 }, 25},
	{"axis_catch_ups_total axis=z", func(s *mount.Snapshot, _ *inputs) { s.Reports[0].CatchUps = 26 }, 26},
	{"axis_time_slips_total axis=z", func(s *mount.Snapshot, _ *inputs) { s.Reports[0].Skips = 27 }, 27},
	{"axis_count_limit_hits_total axis=z", func(s *mount.Snapshot, _ *inputs) { s.Reports[0].LimitHits = 28 }, 28},
	{"axis_output_faults_total axis=z", func(s *mount.Snapshot, _ *inputs) { s.Reports[0].Faults = 29 }, 29},
	{"axis_winding_duty_ratio axis=a", func(s *mount.Snapshot, _ *inputs) { s.Reports[1].Duty = 0.75 }, 0.75},
	{"axis_winding_on_seconds_total axis=a", func(s *mount.Snapshot, _ *inputs) { s.Reports[1].On = 2500 * time.Millisecond }, 2.5},
	{"executor_lateness_seconds executor=mount", func(_ *mount.Snapshot, in *inputs) { in.late = tally(time.Second, 2*time.Second) }, 3},
	{"tracking_error_mean_radians axis=z window=1s", halfBehind, math.Pi / 180 / 3600 / 16},
	{"tracking_error_peak_radians axis=z window=1s", halfBehind, math.Pi / 180 / 3600 / 16},
	{"tracking_error_sky_rms_radians window=1s", halfBehind, math.Pi / 180 / 3600 / 16 * math.Sqrt(1.25)}, // z times cos 60° is half, a all
	{"tracking_error_sky_peak_radians window=1s", halfBehind, math.Pi / 180 / 3600 / 16 * math.Sqrt(1.25)},
	{"tracking_error_samples window=1s", func(s *mount.Snapshot, _ *inputs) { s.Tracking = false }, 0},
	{"field_rotation_radians", func(s *mount.Snapshot, _ *inputs) { s.FieldAngle = model.Degrees(30) }, math.Pi / 6},
	{"field_rotation_rate_radians_per_second", func(s *mount.Snapshot, _ *inputs) { s.FieldRate = model.ArcsecPerSecond(3600) }, math.Pi / 180},
	{"guide_correction_radians coordinate=dec", func(s *mount.Snapshot, _ *inputs) { s.Guided.Dec = model.Degrees(-1) }, -math.Pi / 180},
	{"guide_travel_radians_total coordinate=ra", guided, math.Pi / 180 / 3600 / 10},
	{"guide_pulse_running", func(s *mount.Snapshot, _ *inputs) { s.GuideEnd = 0 }, 0},
	{"guide_pulses_total direction=south", func(s *mount.Snapshot, _ *inputs) { s.Counts.Pulses[mount.South] = 31 }, 31},
	{"guide_pulse_seconds_total direction=west", func(s *mount.Snapshot, _ *inputs) { s.Counts.Guiding[mount.West] = 1500 * time.Millisecond }, 1.5},
	{"guide_drift_span_seconds", nil, 0},
	{"axis_worm_turn_radians axis=z", func(s *mount.Snapshot, _ *inputs) { s.Config.Mount.Z.WormFullSteps = 1440 }, math.Pi / 180}, // of 2.5″
	{"axis_worm_phase_radians axis=z", func(s *mount.Snapshot, _ *inputs) { s.Reports[0].Emitted = -1000 }, 1.5 * math.Pi},         // of 4000
	{"pec_active axis=z", nil, 0},
	{"pec_synchronised axis=z", nil, 0},
	{"pec_correction_radians axis=z", nil, 0},
	{"periodic_error_turns axis=z", nil, 0},
	{"rotator_mechanical_radians", func(s *mount.Snapshot, _ *inputs) { s.Rotator.Mechanical = model.Degrees(90) }, math.Pi / 2},
	{"rotator_sky_radians", func(s *mount.Snapshot, _ *inputs) { s.Rotator.Sky = model.Degrees(180) }, math.Pi},
	{"rotator_target_sky_radians", func(s *mount.Snapshot, _ *inputs) { s.Rotator.Target = model.Degrees(60) }, math.Pi / 3},
	{"rotator_moving", func(s *mount.Snapshot, _ *inputs) { s.Rotator.Moving = true }, 1},
	{"rotator_following", func(s *mount.Snapshot, _ *inputs) { s.Rotator.Following = false }, 0},
	{"rotator_fault", func(s *mount.Snapshot, _ *inputs) { s.Rotator.Fault = fault.New(fault.Hardware, "", "") }, 1},
	{"focuser_position_steps focuser=0", func(_ *mount.Snapshot, in *inputs) { in.focuser.Position = 41 }, 41},
	{"focuser_target_steps focuser=0", func(_ *mount.Snapshot, in *inputs) { in.focuser.Target = 42 }, 42},
	{"focuser_position_limit_steps focuser=0", func(_ *mount.Snapshot, in *inputs) { in.focuser.Config.MaxStep = 43 }, 43},
	{"focuser_position_meters focuser=0", func(_ *mount.Snapshot, in *inputs) { in.focuser.Config.StepUM, in.focuser.Position = 4, 1000 }, 0.004},
	{"focuser_moving focuser=0", func(_ *mount.Snapshot, in *inputs) { in.focuser.Moving = false }, 0},
	{"focuser_temperature_celsius focuser=0", func(_ *mount.Snapshot, in *inputs) { in.focuser.TemperatureC = 12.5 }, 12.5},
	{"focuser_temperature_compensation focuser=0", func(_ *mount.Snapshot, in *inputs) { in.focuser.TempComp = false }, 0},
	{"focuser_failures_total focuser=0 kind=hardware", func(_ *mount.Snapshot, in *inputs) { in.focuser.Fault = fault.New(fault.Hardware, "", "") }, 1},
	{"focuser_failures_total focuser=1 kind=late", func(_ *mount.Snapshot, in *inputs) { in.servo.Fault = fault.New(fault.Late, "", "") }, 1},
	{"focuser_position_steps focuser=1", func(_ *mount.Snapshot, in *inputs) { in.servo.Position = 84 }, 84},
	{"focuser_connected focuser=1", func(_ *mount.Snapshot, in *inputs) { in.servo.Offline = fault.New(fault.Hardware, "", "") }, 0},
	{"focuser_losses_total focuser=1", func(_ *mount.Snapshot, in *inputs) { in.servo.Offline = fault.New(fault.Hardware, "", "") }, 1},
	{"focuser_position_trusted focuser=0", func(_ *mount.Snapshot, in *inputs) { in.focuser.Trusted = false }, 0},
	{"focuser_key_held focuser=0", func(_ *mount.Snapshot, in *inputs) { in.focuser.Holder = "paddle" }, 1},
	{"focuser_backlash_slack_steps focuser=0", func(_ *mount.Snapshot, in *inputs) { in.focuser.Slack = 85 }, 85},
	{"focuser_temperature_compensation_steps focuser=0", func(_ *mount.Snapshot, in *inputs) { in.focuser.Compensation = -86 }, -86},
	{"focuser_calibrating focuser=1", func(_ *mount.Snapshot, in *inputs) { in.servo.Calibration.Running = true }, 1},
	{"focuser_calibration_needed focuser=1", func(_ *mount.Snapshot, in *inputs) { in.servo.Calibration.Needed = true }, 1},
	{"executor_lateness_seconds executor=focuser0", func(_ *mount.Snapshot, in *inputs) { in.late = tally(4 * time.Second) }, 4},
	{"axis_backlash_radians axis=a", func(s *mount.Snapshot, _ *inputs) { s.Backlash[1].Width = model.Arcmin(-60) }, math.Pi / 180},
	{"axis_backlash_taken_radians axis=z", func(s *mount.Snapshot, _ *inputs) { s.Backlash[0].Taken = model.Arcsec(3600) }, math.Pi / 180},
	{"axis_backlash_taking_up axis=z", func(s *mount.Snapshot, _ *inputs) { s.Backlash[0].TakingUp = false }, 0},
	{"axis_drift_radians_per_second axis=a", func(s *mount.Snapshot, _ *inputs) { s.AxisDrift[1] = model.ArcsecPerSecond(-3600) }, -math.Pi / 180},
	{"encoder_box_up", func(_ *mount.Snapshot, in *inputs) { in.encoders.Up = false }, 0},
	{"encoder_readings_total", func(_ *mount.Snapshot, in *inputs) { in.encoders.Readings = 901 }, 901},
	{"encoder_read_failures_total kind=silent", func(_ *mount.Snapshot, in *inputs) { in.encoders.Silent = 87 }, 87},
	{"encoder_read_failures_total kind=garbage", func(_ *mount.Snapshot, in *inputs) { in.encoders.Garbage = 88 }, 88},
	{"encoder_read_failures_total kind=refused", func(_ *mount.Snapshot, in *inputs) { in.encoders.Refused = 89 }, 89},
	{"encoder_line_losses_total", func(_ *mount.Snapshot, in *inputs) { in.encoders.Lost = 90 }, 90},
	{"encoder_line_open_failures_total", func(_ *mount.Snapshot, in *inputs) { in.encoders.Failed = 91 }, 91},
	{"encoder_line_reopens_total", func(_ *mount.Snapshot, in *inputs) { in.encoders.Reopened = 92 }, 92},
	{"encoder_used", func(s *mount.Snapshot, _ *inputs) { s.Encoders.Use = false }, 0},
	{"encoder_position_radians axis=z", func(s *mount.Snapshot, _ *inputs) { s.Encoders.Angles.Z = model.Degrees(90) }, math.Pi / 2},
	{"encoder_position_radians axis=a", func(s *mount.Snapshot, _ *inputs) { s.Encoders.Angles.A = model.Degrees(-30) }, -math.Pi / 6},
	{"encoder_difference_radians axis=z", func(s *mount.Snapshot, _ *inputs) { s.Encoders.Difference.Z = model.Degrees(1) }, math.Pi / 180},
	{"encoder_difference_radians axis=a", func(s *mount.Snapshot, _ *inputs) { s.Encoders.Difference.A = model.Degrees(-1) }, -math.Pi / 180},
	{"encoder_resets_total when=after_slew", func(s *mount.Snapshot, _ *inputs) { s.Counts.EncoderResets[mount.ResetAfterSlew] = 93 }, 93},
	{"executor_up", func(_ *mount.Snapshot, in *inputs) { in.executor.Up = false }, 0},
	{"executor_restarts_total", func(_ *mount.Snapshot, in *inputs) { in.executor.Restarts = 94 }, 94},
	{"executor_keep_alive", func(_ *mount.Snapshot, in *inputs) { in.executor.Healthy = false }, 0},
	{"executor_silence_seconds", func(_ *mount.Snapshot, in *inputs) { in.executor.Silent = 95 * time.Millisecond }, 0.095},
	{"executor_realtime", func(_ *mount.Snapshot, in *inputs) { in.executor.RealTime = false }, 0},
	{"executor_memory_locked", func(_ *mount.Snapshot, in *inputs) { in.executor.Locked = false }, 0},
	{"executor_io_failures_total kind=keep_alive", func(_ *mount.Snapshot, in *inputs) { in.executor.KeepAliveFaults = 96 }, 96},
	{"executor_io_failures_total kind=inputs", func(_ *mount.Snapshot, in *inputs) { in.executor.InputFaults = 97 }, 97},
	{"executor_io_failures_total kind=aux", func(_ *mount.Snapshot, in *inputs) { in.executor.AuxFaults = 98 }, 98},
	{"paddle_mode mode=guide_stay_save", func(_ *mount.Snapshot, in *inputs) { in.paddle.Mode = "guide_stay_save" }, 1},
	{"paddle_ready", func(_ *mount.Snapshot, in *inputs) { in.paddle.Ready = false }, 0},
	{"paddle_keys_ignored", func(_ *mount.Snapshot, in *inputs) { in.paddle.Stuck = 2 }, 2},
	{"paddle_mode_key_presses_total", func(_ *mount.Snapshot, in *inputs) { in.paddle.Presses = 99 }, 99},
	{"paddle_mode_key_refusals_total", func(_ *mount.Snapshot, in *inputs) { in.paddle.Refused = 100 }, 100},
	{"paddle_motions_total", func(_ *mount.Snapshot, in *inputs) { in.paddle.Motions = 101 }, 101},
	{"paddle_stuck_keys_total", func(_ *mount.Snapshot, in *inputs) { in.paddle.Jammed = 102 }, 102},
	{"paddle_input_failures_total", func(_ *mount.Snapshot, in *inputs) { in.paddle.Failures = 103 }, 103},
	{"paddle_silent_sources_total", func(_ *mount.Snapshot, in *inputs) { in.paddle.Silent = 104 }, 104},
	{"alpaca_requests_total member=tracking result=ok", func(_ *mount.Snapshot, in *inputs) { in.alpaca.Members[0].OK = 51 }, 51},
	{"alpaca_requests_total member=tracking result=error", func(_ *mount.Snapshot, in *inputs) { in.alpaca.Members[0].Failed = 52 }, 52},
	{"alpaca_requests_total member=tracking result=refused", func(_ *mount.Snapshot, in *inputs) { in.alpaca.Members[0].Refused = 53 }, 53},
	{"alpaca_request_failures_total kind=panicked", func(_ *mount.Snapshot, in *inputs) { in.alpaca.Panicked = 54 }, 54},
	{"alpaca_stray_requests_total", func(_ *mount.Snapshot, in *inputs) { in.alpaca.Stray = 55 }, 55},
	{"alpaca_requests_joined_total", func(_ *mount.Snapshot, in *inputs) { in.alpaca.Joined = 56 }, 56},
	{"alpaca_request_duration_seconds device=telescope class=read", func(_ *mount.Snapshot, in *inputs) { in.alpaca.Durations[0].Took = tally(57 * time.Millisecond) }, 0.057},
	{"alpaca_member_seconds_total member=tracking method=GET", func(_ *mount.Snapshot, in *inputs) { in.alpaca.Members[0].Spent = 58 * time.Millisecond }, 0.058},
	{"alpaca_connections", func(_ *mount.Snapshot, in *inputs) { in.alpaca.Open = 59 }, 59},
	{"alpaca_connections_total", func(_ *mount.Snapshot, in *inputs) { in.alpaca.Accepted = 60 }, 60},
	{"alpaca_device_connected device=telescope", func(_ *mount.Snapshot, in *inputs) { in.alpaca.Devices[0].Connected = false }, 0},
	{"lx200_commands_total command=GR result=done", func(_ *mount.Snapshot, in *inputs) { in.lx200.Commands[0].N = 61 }, 61},
	{"lx200_command_duration_seconds", func(_ *mount.Snapshot, in *inputs) { in.lx200.Took = tally(62 * time.Millisecond) }, 0.062},
	{"lx200_sessions", func(_ *mount.Snapshot, in *inputs) { in.lx200.Open = 63 }, 63},
	{"lx200_sessions_total", func(_ *mount.Snapshot, in *inputs) { in.lx200.Accepted = 64 }, 64},
	{"lx200_sessions_refused_total", func(_ *mount.Snapshot, in *inputs) { in.lx200.Rejected = 65 }, 65},
	{"lx200_refusals_total reason=parked", func(_ *mount.Snapshot, in *inputs) { in.lx200.Refusals["parked"] = 66 }, 66},
	{"lx200_framing_errors_total kind=checksum", func(_ *mount.Snapshot, in *inputs) { in.lx200.Framing["checksum"] = 67 }, 67},
	{"lx200_noise_bytes_total", func(_ *mount.Snapshot, in *inputs) { in.lx200.Noise = 69 }, 69},
	{"lx200_connections_closed_total cause=stuck", func(_ *mount.Snapshot, in *inputs) { in.lx200.Closed["stuck"] = 70 }, 70},
	{"lx200_held_motion_stops_total", func(_ *mount.Snapshot, in *inputs) { in.lx200.Stopped = 81 }, 81},
	{"lx200_serial_lines", func(_ *mount.Snapshot, in *inputs) { in.lx200.Lines = 2 }, 2},
	{"lx200_serial_lines_open", func(_ *mount.Snapshot, in *inputs) { in.lx200.LinesOpen = 0 }, 0},
	{"lx200_serial_losses_total", func(_ *mount.Snapshot, in *inputs) { in.lx200.Lost = 82 }, 82},
	{"lx200_serial_open_failures_total", func(_ *mount.Snapshot, in *inputs) { in.lx200.Failed = 83 }, 83},
	{"lx200_serial_reopens_total", func(_ *mount.Snapshot, in *inputs) { in.lx200.Reopened = 68 }, 68},
	{"state_saves_total file=mount", func(_ *mount.Snapshot, in *inputs) { in.saves[0].Done = 71 }, 71},
	{"state_save_failures_total file=mount", func(_ *mount.Snapshot, in *inputs) { in.saves[0].Failed = 72 }, 72},
	{"state_save_duration_seconds file=mount", func(_ *mount.Snapshot, in *inputs) { in.saves[0].Took = tally(73 * time.Millisecond) }, 0.073},
	{"state_saved_timestamp_seconds file=mount", func(_ *mount.Snapshot, in *inputs) { in.saves[0].Last = time.Unix(74, 25e7) }, 74.25},
	// The truth of the inputs is RA 16.1 h + 2″, declination 16.5° + 1″.
	{"truth_target_offset_radians coordinate=dec", func(s *mount.Snapshot, _ *inputs) { s.Target.Dec = model.Degrees(16.5) - model.Arcsec(3599) }, math.Pi / 180},
	{"truth_target_separation_radians", func(s *mount.Snapshot, _ *inputs) {
		s.Target = model.Equatorial{RA: model.Hours(16.1) + model.Arcsec(2), Dec: model.Degrees(17.5) + model.Arcsec(1)}
	}, math.Pi / 180},
	{"truth_reported_offset_radians coordinate=ra", func(s *mount.Snapshot, _ *inputs) {
		s.Equatorial = model.Equatorial{RA: model.Hours(16.1) + model.Arcsec(2), Dec: model.Degrees(16.5) + model.Arcsec(1)}
	}, 0},
	{"truth_reported_separation_radians", func(s *mount.Snapshot, _ *inputs) {
		s.Equatorial = model.Equatorial{RA: model.Hours(16.1) + model.Arcsec(2), Dec: model.Degrees(15.5) + model.Arcsec(1)}
	}, math.Pi / 180},
	{"truth_periodic_error_turns axis=a", nil, 0},
	{"truth_backlash_taken_ratio axis=a", func(_ *mount.Snapshot, in *inputs) { in.truth.Axes[1].BacklashTaken = 0.25 }, 0.25},
	{"truth_lost_full_steps axis=z", func(_ *mount.Snapshot, in *inputs) { in.truth.Axes[0].LostFullSteps = -8 }, -8},
}

// southern puts the target where the equator meets the meridian.
func southern(s *mount.Snapshot, _ *inputs) { s.Target = model.Equatorial{RA: s.LST, Dec: 0} }

// airMassAt returns the air mass at an altitude in degrees. Source: Kasten and
// Young 1989, Applied Optics 28, 4735, equation 3.
func airMassAt(alt float64) float64 {
	return 1 / (math.Sin(alt*math.Pi/180) + 0.50572*math.Pow(alt+6.07995, -1.6364))
}

// halfBehind puts both axes half a microstep behind their plan, the secondary
// one at 60°.
func halfBehind(s *mount.Snapshot, _ *inputs) {
	s.Axes.A = model.Degrees(60)
	for i := range s.Reports[:2] {
		s.Reports[i].Position = driver.Position(s.Reports[i].Emitted)*driver.One + driver.One/2
	}
}

// guided moves the target by a tenth of an arcsecond, which a pulse can.
func guided(s *mount.Snapshot, _ *inputs) { s.Guided.RA += model.Arcsec(0.1) }

// fromTests are the families that need some minutes of tracking, or the Sun;
// tests of their own look at their values.
var fromTests = []string{"tracking_error_rms_radians", "mount_sun_distance_radians", "guide_drift_radians_per_second", "periodic_error_radians", "truth_periodic_error_radians"}

func TestEveryFamilyFollowsTheState(t *testing.T) {
	for _, tt := range values {
		t.Run(tt.series, func(t *testing.T) {
			name, rest, _ := strings.Cut(tt.series, " ")
			labels := strings.Fields(rest)
			in := newInputs(trackingAt(time.Hour))
			m := in.metrics()
			look := func() float64 {
				all, err := m.registry.Gather()
				if err != nil {
					t.Fatal(err)
				}
				v, ok := pick(all, name, labels)
				if !ok {
					v = math.NaN()
				}
				return v
			}
			in.mount.Store(trackingAt(time.Hour))
			m.sample()
			before := look()
			s := trackingAt(2 * time.Hour) // what was before is outside of all windows
			if tt.change == nil {
				if before != tt.want {
					t.Errorf("%g, want %g", before, tt.want)
				}
				return
			}
			tt.change(s, in)
			in.mount.Store(s)
			m.sample()
			got := look()
			if got == before {
				t.Errorf("still %g after the change", got)
			}
			if d := math.Abs(got - tt.want); got != tt.want && !(d <= 1e-9*max(1e-3, math.Abs(tt.want))) {
				t.Errorf("%.12g, want %.12g", got, tt.want)
			}
		})
	}
}

func TestEveryFamilyIsTried(t *testing.T) {
	for _, f := range families {
		tried := slices.Contains(fromTests, f.name) || slices.ContainsFunc(values, func(v struct {
			series string
			change func(*mount.Snapshot, *inputs)
			want   float64
		}) bool {
			name, _, _ := strings.Cut(v.series, " ")
			return name == f.name
		})
		if !tried {
			t.Errorf("no test looks at %s", f.name)
		}
	}
}

// A focuser that cannot be reached shows nothing that it said before; one that
// does not know its ends, no position; and what is not configured is not there.
func TestDevicesThatAreGone(t *testing.T) {
	gone := fault.New(fault.Hardware, "focus motor", "no answer")
	shown := func(change func(*mount.Snapshot, *inputs, *Metrics)) (names []string) {
		s := trackingAt(0)
		in := newInputs(s)
		m := in.metrics()
		change(s, in, m)
		all, err := m.registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if _, ok := pick(all, f.name, nil); !ok {
				names = append(names, f.name)
			} else if _, ok := pick(all, f.name, []string{"focuser=1"}); slices.Contains(f.labels, "focuser") && !ok {
				names = append(names, f.name+" 1")
			}
		}
		var before []string
		for _, name := range []string{
			"focuser_position_steps", "focuser_target_steps", "focuser_position_limit_steps", "focuser_position_trusted", "focuser_moving",
			"focuser_key_held", "focuser_backlash_slack_steps", "focuser_temperature_compensation_steps", "focuser_calibrating", "focuser_calibration_needed",
		} {
			if slices.Contains(names, name+" 1") || slices.Contains(names, name) {
				before = append(before, name)
			}
		}
		for _, name := range names {
			for _, begin := range []string{"encoder_", "executor_", "paddle_", "axis_backlash"} {
				if strings.HasPrefix(name, begin) {
					before = append(before, name)
				}
			}
		}
		return before
	}
	if got := shown(func(*mount.Snapshot, *inputs, *Metrics) {}); got != nil {
		t.Errorf("absent though all is there: %v", got)
	}
	got := shown(func(_ *mount.Snapshot, in *inputs, _ *Metrics) { in.servo.Offline = gone })
	if len(got) != 10 {
		t.Errorf("of a focuser out of reach only %v are absent", got)
	}
	got = shown(func(_ *mount.Snapshot, in *inputs, _ *Metrics) { in.servo.Calibration.Needed = true })
	if want := []string{"focuser_position_steps", "focuser_target_steps", "focuser_position_limit_steps"}; !slices.Equal(got, want) {
		t.Errorf("of a focuser without ends %v are absent, want %v", got, want)
	}
	got = shown(func(s *mount.Snapshot, _ *inputs, m *Metrics) {
		s.Encoders.Stale = true
		s.Backlash = [2]mount.BacklashState{}
		m.executor, m.paddle = nil, nil
	})
	want := []string{"axis_backlash_radians", "axis_backlash_taken_radians", "axis_backlash_taking_up", "encoder_position_radians", "encoder_difference_radians"}
	for _, f := range families {
		if strings.HasPrefix(f.name, "executor_") && f.name != "executor_lateness_seconds" || strings.HasPrefix(f.name, "paddle_") {
			want = append(want, f.name)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("absent are %v, want %v", got, want)
	}
	if got = shown(func(_ *mount.Snapshot, _ *inputs, m *Metrics) { m.encoders = nil }); len(got) != 10 {
		t.Errorf("without encoders %v are absent", got)
	}
}

// A motor that was never reached is not lost, and trying again is no failure
// of a move.
func TestFocuserLosses(t *testing.T) {
	var r focusRecord
	at := func(offline, failed error) { r.note(&focuser.Snapshot{Offline: offline, Fault: failed}) }
	no := func() error { return fault.New(fault.Hardware, "focus motor", "no answer") }
	stuck := fault.New(fault.Hardware, "move", "it does not move")
	for range 3 {
		at(no(), no())
	}
	at(nil, nil)
	for range 3 {
		at(no(), no())
	}
	at(nil, nil)
	at(nil, stuck)
	at(nil, stuck)
	at(no(), no())
	if r.lost != 2 || r.failed[causeOf(stuck)] != 1 {
		t.Errorf("lost %d times and %d moves failed, want 2 and 1", r.lost, r.failed[causeOf(stuck)])
	}
}

// A mount without serial lines shows none, and below the horizon there is no
// air mass.
func TestWhatIsNotThereIsAbsent(t *testing.T) {
	s := trackingAt(0)
	s.Axes = model.Axes{A: model.Degrees(-60)} // 14° under the southern horizon
	in := newInputs(s)
	in.lx200.Lines = 0
	all, err := in.metrics().registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"mount_air_mass_ratio", "lx200_serial_lines", "lx200_serial_lines_open", "lx200_serial_losses_total",
		"lx200_serial_open_failures_total", "lx200_serial_reopens_total",
	} {
		if v, ok := pick(all, name, nil); ok {
			t.Errorf("%s is %g", name, v)
		}
	}
}

// The celestial pole is as far from the Sun as the Sun's declination says.
// Source of that: Astronomical Almanac, low-precision formulas, 0.01°.
func TestSunDistance(t *testing.T) {
	s := trackingAt(0)
	s.Axes.A = model.Degrees(90)
	in := newInputs(s)
	all, err := in.metrics().registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got, ok := pick(all, "mount_sun_distance_radians", nil)
	rad := math.Pi / 180
	n := s.UTC.Sub(time.Date(2000, 1, 1, 12, 0, 0, 0, time.UTC)).Hours() / 24
	g := (357.528 + 0.9856003*n) * rad
	lambda := (280.460 + 0.9856474*n + 1.915*math.Sin(g) + 0.020*math.Sin(2*g)) * rad
	dec := math.Asin(math.Sin((23.439-0.0000004*n)*rad) * math.Sin(lambda))
	if want := math.Pi/2 - dec - 15*rad; !ok || math.Abs(got-want) > 0.02*rad {
		t.Errorf("%.3f°, %v; want %.3f°", got/rad, ok, want/rad)
	}
	s.LST += math.Pi // night
	all, err = in.metrics().registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := pick(all, "mount_sun_distance_radians", nil); ok {
		t.Error("the Sun is told of at night")
	}
}
