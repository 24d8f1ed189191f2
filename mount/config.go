// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"math"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/motion"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/model/sky"
)

// Config is everything about the mount that an observer can set. The mount
// owns it: change it through Mount.Configure, read it in the snapshot.
type Config struct {
	Site    Site      `toml:"site"`
	Mount   Mechanics `toml:"mount"`
	Rotator Rotator   `toml:"rotator"`

	Alignment Aligning `toml:"alignment"`
}

// Site is where the telescope stands.
type Site struct {
	Name         string  `toml:"name" doc:"name of the observing place, shown to clients"`
	LatitudeDeg  float64 `toml:"latitude_deg" range:"-90..90" doc:"geodetic latitude, north positive"`
	LongitudeDeg float64 `toml:"longitude_deg" range:"-180..180" doc:"longitude, east positive"`
	ElevationM   float64 `toml:"elevation_m" range:"-300..10000" doc:"height above the sea"`
	Refraction   bool    `toml:"refraction" doc:"whether the mount corrects for atmospheric refraction"`
	TemperatureC float64 `toml:"temperature_c" range:"-60..60" doc:"air temperature, for refraction"`
	PressureHPa  float64 `toml:"pressure_hpa" range:"0..1100" doc:"air pressure at the site, for refraction; 0 takes the standard pressure of the elevation"`
	Humidity     float64 `toml:"humidity" range:"0..1" doc:"relative humidity, for refraction"`
	DUT1S        float64 `toml:"dut1_s" range:"-0.9..0.9" doc:"UT1 minus UTC as published; 0 is good to 13 arcsec, and a star alignment absorbs it"`
}

// Mechanics is the mount beneath the tube.
type Mechanics struct {
	Name          string   `toml:"name" doc:"name of the telescope, shown to clients"`
	Geometry      string   `toml:"geometry" oneof:"altaz,fork,german,siderostat,altalt" restart:"yes" doc:"how the axes stand: altaz, fork (equatorial), german (equatorial), siderostat (a mirror before a fixed telescope) or altalt (altitude-altitude)"`
	ApertureMM    float64  `toml:"aperture_mm" range:"1..20000" doc:"diameter of the objective"`
	ObstructionMM float64  `toml:"obstruction_mm" range:"0..20000" doc:"diameter of the central obstruction"`
	FocalLengthMM float64  `toml:"focal_length_mm" range:"1..200000" doc:"focal length of the telescope"`
	Z             Axis     `toml:"z" doc:"the primary axis: azimuth or right ascension"`
	A             Axis     `toml:"a" doc:"the secondary axis: altitude or declination"`
	Encoders      Encoding `toml:"encoders" doc:"encoders on the axes"`
	SettleS       float64  `toml:"settle_s" range:"0..60" doc:"rest after a slew before it counts as done"`
	HorizonDeg    float64  `toml:"horizon_deg" range:"-5..60" doc:"lowest true altitude of slews and tracking"`
	HorizonFile   string   `toml:"horizon_file" restart:"yes" doc:"file of the place's skyline, lines of azimuth and altitude (.hrz or CSV), above which slews and tracking stay; empty for none"`

	PastMeridianDeg   float64 `toml:"past_meridian_deg" range:"-60..60" doc:"german: how far beyond the meridian the tube that looks east may track; negative: how long before it must stop"`
	BeforeMeridianDeg float64 `toml:"before_meridian_deg" range:"-60..60" doc:"german: how far before the meridian the tube that looks west may be; negative: how far beyond it must be. With a negative sum of both there is a forbidden zone between"`
	AtLimit           string  `toml:"at_limit" oneof:"stop,flip" doc:"what tracking does at the margin of the meridian (german) or the end of axis Z: stop, or flip and go on: from the other pier side, over the zenith (siderostat) or a whole turn back"`
	TrackAheadMin     float64 `toml:"track_ahead_min" range:"0..720" doc:"minutes for which a slew looks ahead: it goes the long way round axis Z if its cables would end tracking before; 0: always the short way"`
	SlewPaths         string  `toml:"slew_paths" oneof:"checked,free" doc:"whether slews also keep above the horizon and away from the Sun on their way (by one axis after the other where need be), or only at their ends"`
	SunAvoidance      string  `toml:"sun_avoidance" oneof:"auto,on,off" doc:"whether the tube keeps away from the Sun while it is up: on, off (for work on the Sun, with filters), or auto: on, but off under a simulated sky"`
	SunZoneDeg        float64 `toml:"sun_zone_deg" range:"1..90" doc:"how near to the Sun the tube must not come"`
	LimitWarningMin   float64 `toml:"limit_warning_min" range:"0..240" doc:"minutes before tracking ends at a limit at which a warning is given"`
	ParkAtLimitMin    float64 `toml:"park_at_limit_min" range:"0..1440" doc:"minutes after which a mount that has stopped at a limit parks by itself; 0: it does not"`

	Tracking      string  `toml:"tracking_after_unpark" oneof:"previous,on,off" doc:"tracking after unpark: as before parking, on, or off"`
	GuideRARate   float64 `toml:"guide_ra_arcsec_per_s" range:"0..60" doc:"rate of guide pulses in right ascension"`
	GuideDecRate  float64 `toml:"guide_dec_arcsec_per_s" range:"0..60" doc:"rate of guide pulses in declination"`
	MaxPulseS     float64 `toml:"max_pulse_s" range:"0.1..60" doc:"longest guide pulse accepted"`
	HoldTimeoutS  float64 `toml:"hold_timeout_s" range:"0..3600" doc:"held motion (MoveAxis, direction keys) stops when its client has been silent this long; 0 trusts every client and is not advised"`
	Z1Arcmin      float64 `toml:"z1_arcmin" range:"-600..600" doc:"axes not perpendicular (Taki's Z1)"`
	Z2Arcmin      float64 `toml:"z2_arcmin" range:"-600..600" doc:"tube not perpendicular to the secondary axis (Taki's Z2)"`
	GuideAngleDeg float64 `toml:"guide_angle_deg" range:"-360..360" doc:"guide mode rotate: the field's rotation at which direction keys move the axes that they are named after"`
	DragZ         float64 `toml:"guide_drag_z_arcsec_per_min" range:"-3000..3000" doc:"guide mode drag: rate at which axis Z is led beside the target"`
	DragA         float64 `toml:"guide_drag_a_arcsec_per_min" range:"-3000..3000" doc:"the same of axis A"`
	DragRA        float64 `toml:"guide_drag_ra_arcsec_per_min" range:"-3000..3000" doc:"guide mode drag: rate of the target in right ascension, eastward"`
	DragDec       float64 `toml:"guide_drag_dec_arcsec_per_min" range:"-3000..3000" doc:"the same in declination"`
	SlewRamp      string  `toml:"slew_ramp" oneof:"jerk_limited,simple,s_curve,s_curve_meant" doc:"how slews of the axes Z and A speed up: jerk_limited as the axes' own keys say, or by the ramps of the original, for those who bring its values along: simple (HsRampStyle 0), s_curve (1, as it was) or s_curve_meant (as it was meant, shorter)"`
	RampMaxDelay  int     `toml:"ramp_max_delay" range:"60..32767" doc:"ramps of the original: MaxDelay, at which a slew begins at once with 1193181/MaxDelay half steps per second"`
	RampMinDelay  int     `toml:"ramp_min_delay" range:"60..32767" doc:"ramps of the original: MinDelay, at which it is fastest with 1193181/MinDelay; not above max_rate_deg_per_s of the axes"`
	RampStretch   int     `toml:"ramp_stretch" range:"1..1000" doc:"ramps of the original: HsRampX, by which they are longer"`
	MaxReslews    int     `toml:"max_consecutive_slews" range:"1..20" doc:"slews in a row that encoders find to have missed, after which the mount stops"`
	Z3Arcmin      float64 `toml:"z3_arcmin" range:"-600..600" doc:"zero error of the secondary axis (Taki's Z3)"`
}

// Axis is one motor and its gears.
type Axis struct {
	FullStepArcsec float64 `toml:"full_step_arcsec" range:"0.01..100" restart:"yes" doc:"motion of the axis by one full step of its motor"`
	Microsteps     int     `toml:"microsteps" range:"2..256" restart:"yes" doc:"microsteps in a full step; even"`
	MaxRate        float64 `toml:"max_rate_deg_per_s" range:"0.01..20" doc:"slew speed"`
	Accel          float64 `toml:"accel_deg_per_s2" range:"0.01..100" doc:"acceleration of slews"`
	RampS          float64 `toml:"ramp_s" range:"0.02..5" doc:"time in which the acceleration itself builds up: a long one spares a tube that rings (its period is best)"`
	MinDeg         float64 `toml:"min_deg" range:"-720..720" doc:"lower limit of the axis, turns counted"`
	MaxDeg         float64 `toml:"max_deg" range:"-720..720" doc:"upper limit of the axis, turns counted"`
	HomeDeg        float64 `toml:"home_deg" range:"-720..720" doc:"axis angle of the home position"`
	ParkDeg        float64 `toml:"park_deg" range:"-720..720" doc:"axis angle of the park position, until another one is set"`
	WormFullSteps  float64 `toml:"worm_full_steps" range:"0..1000000" doc:"full steps of the motor in one turn of the worm, by which periodic error repeats; 0 for no worm"`

	FullStepArcsecCCW float64 `toml:"full_step_arcsec_ccw" range:"0..100" restart:"yes" doc:"motion of the axis by one full step counter-clockwise (falling angles), where a friction drive makes it differ from full_step_arcsec; 0: the same"`
	BacklashArcmin    float64 `toml:"backlash_arcmin" range:"-120..120" doc:"dead band of the gears, measured at the axis, by which the motor turns on when the axis reverses; negative: it then turns the way it came, where a spring or weight carries the tube through the play; 0: no correction"`
	BacklashRate      float64 `toml:"backlash_rate_deg_per_s" range:"0..20" doc:"highest speed of the axis at which the dead band is taken up; 0: that of slews"`
	BacklashGuide     bool    `toml:"backlash_while_guiding" doc:"whether guide pulses that reverse the axis take up the dead band, too; without, pulses are spent in it"`
}

// Rotator is the mount's third axis, which turns the camera.
type Rotator struct {
	Enabled   bool    `toml:"enabled" restart:"yes" doc:"whether there is a field rotator"`
	Name      string  `toml:"name" doc:"name of the rotator, shown to clients"`
	StepAngle float64 `toml:"step_arcsec" range:"0.01..7200" restart:"yes" doc:"motion by one motor step"`
	MaxRate   float64 `toml:"max_rate_deg_per_s" range:"0.01..90" doc:"highest speed"`
	Accel     float64 `toml:"accel_deg_per_s2" range:"0.01..360" doc:"acceleration"`
	RampS     float64 `toml:"ramp_s" range:"0.02..5" doc:"time in which the acceleration builds up"`
	MinDeg    float64 `toml:"min_deg" range:"-1080..1080" doc:"lower limit of the rotator, turns counted, so that cables do not wrap"`
	MaxDeg    float64 `toml:"max_deg" range:"-1080..1080" doc:"upper limit of the rotator, turns counted; at least 360 degrees above min_deg, unless sectored"`
	Sectored  bool    `toml:"sectored" doc:"whether it turns through an arc only, from min_deg to max_deg (a tangent arm or sector), of 1 degree or more about 0. After a slew it then keeps the position angle that it has, if the old one is more than a second's turn away; a slew that finds less than a tenth of the arc ahead first turns it to near the other end; at the end of the arc it stops and tracking goes on"`
	Reverse   bool    `toml:"reverse" doc:"whether angles grow the other way (clockwise on the sky)"`
	Follow    bool    `toml:"follow" doc:"whether the rotator follows the turning of the field while the mount tracks"`
}

// DefaultConfig returns an alt-azimuth Dobsonian in Oregon with outputs and
// limits that hurt nobody.
func DefaultConfig() Config {
	axis := Axis{FullStepArcsec: 2.5, Microsteps: 20, MaxRate: 3, Accel: 2, RampS: 0.4, WormFullSteps: 200, BacklashGuide: true}
	z, a := axis, axis
	z.MinDeg, z.MaxDeg, z.HomeDeg, z.ParkDeg = -270, 450, 180, 180
	a.MinDeg, a.MaxDeg, a.HomeDeg, a.ParkDeg = -5, 95, 30, 30
	return Config{
		Site: Site{
			Name: "Home observatory", LatitudeDeg: 44.06, LongitudeDeg: -121.31, ElevationM: 1100,
			Refraction: true, TemperatureC: 10, Humidity: 0.5,
		},
		Mount: Mechanics{
			Name: "siderostep", Geometry: "altaz",
			ApertureMM: 400, ObstructionMM: 80, FocalLengthMM: 1800,
			Z: z, A: a, SettleS: 0.5, HorizonDeg: 0,
			PastMeridianDeg: 15, BeforeMeridianDeg: 15, AtLimit: "stop", TrackAheadMin: 60,
			SlewPaths: "checked", SunAvoidance: "auto", SunZoneDeg: 15, LimitWarningMin: 10,
			Tracking: "previous", GuideRARate: 7.5, GuideDecRate: 7.5, MaxPulseS: 10, HoldTimeoutS: 10, MaxReslews: 5,
			SlewRamp: "jerk_limited", RampMaxDelay: 1000, RampMinDelay: 300, RampStretch: 5,
			DragZ: 10, DragA: 10,
			Encoders: Encoding{ThresholdIdle: 0.1, ThresholdTracking: 1, Readings: 3, MaxCorrection: 5, MaxResetsPerMin: 3},
		},
		Rotator: Rotator{
			Enabled: true, Name: "siderostep field rotator",
			StepAngle: 9, MaxRate: 8, Accel: 16, RampS: 0.1, MinDeg: -270, MaxDeg: 450, Follow: true,
		},
		Alignment: Aligning{Mode: "auto", Sync: "offset", MaxDisagreementDeg: 3, RefuseBeyondArcmin: 60},
	}
}

// ForGeometry returns c with the axis limits, home and park that suit the
// geometry: what a user who names only the geometry would expect.
func (c Config) ForGeometry(geometry string) Config {
	c.Mount.Geometry = geometry
	z, a := &c.Mount.Z, &c.Mount.A
	switch geometry {
	case "fork":
		z.MinDeg, z.MaxDeg, z.HomeDeg, z.ParkDeg = -190, 190, 0, 0
		a.MinDeg, a.MaxDeg, a.HomeDeg, a.ParkDeg = -95, 95, 0, 0
	case "german":
		z.MinDeg, z.MaxDeg, z.HomeDeg, z.ParkDeg = -60, 240, 90, 90
		if c.Site.LatitudeDeg < 0 {
			z.MinDeg, z.MaxDeg, z.HomeDeg, z.ParkDeg = -240, 60, -90, -90
		}
		// Counterweight down, and a little off the pole, where right ascension
		// would mean nothing.
		a.MinDeg, a.MaxDeg, a.HomeDeg, a.ParkDeg = -90, 270, 85, 85
	case "siderostat":
		// The half of the sky about the equator, and the rest beyond the
		// zenith, with a little to spare so that no strip is out of reach. One
		// mirror reverses the sense of the rotator.
		z.MinDeg, z.MaxDeg, z.HomeDeg, z.ParkDeg = 85, 275, 180, 180
		if c.Site.LatitudeDeg < 0 {
			z.MinDeg, z.MaxDeg, z.HomeDeg, z.ParkDeg = -95, 95, 0, 0
		}
		a.MinDeg, a.MaxDeg, a.HomeDeg, a.ParkDeg = -5, 185, 45, 45
		c.Rotator.Reverse = true
	case "altalt":
		z.MinDeg, z.MaxDeg, z.HomeDeg, z.ParkDeg = -95, 95, 0, 0 // the zenith
		a.MinDeg, a.MaxDeg, a.HomeDeg, a.ParkDeg = -95, 95, 0, 0
	}
	return c
}

// Validate returns fault.Invalid, naming the key, when settings contradict
// each other. The range of each single key is in its tag.
func (c Config) Validate() error {
	m := c.Mount
	for _, ax := range []struct {
		name string
		Axis
	}{{"mount.z", m.Z}, {"mount.a", m.A}} {
		switch {
		case ax.Microsteps%2 != 0:
			return fault.New(fault.Invalid, "configuration", "%s.microsteps is %d, but must be even", ax.name, ax.Microsteps)
		case ax.FullStepArcsecCCW != 0 && (ax.FullStepArcsecCCW > 2*ax.FullStepArcsec || ax.FullStepArcsecCCW < ax.FullStepArcsec/2):
			return fault.New(fault.Invalid, "configuration", "%s.full_step_arcsec_ccw (%g) must be 0 or within half to twice full_step_arcsec (%g)", ax.name, ax.FullStepArcsecCCW, ax.FullStepArcsec)
		case ax.MinDeg >= ax.MaxDeg:
			return fault.New(fault.Invalid, "configuration", "%s.min_deg (%g) must be below %s.max_deg (%g)", ax.name, ax.MinDeg, ax.name, ax.MaxDeg)
		case ax.HomeDeg < ax.MinDeg || ax.HomeDeg > ax.MaxDeg:
			return fault.New(fault.Invalid, "configuration", "%s.home_deg (%g) is outside %g..%g, the limits of its axis", ax.name, ax.HomeDeg, ax.MinDeg, ax.MaxDeg)
		case ax.ParkDeg < ax.MinDeg || ax.ParkDeg > ax.MaxDeg:
			return fault.New(fault.Invalid, "configuration", "%s.park_deg (%g) is outside %g..%g, the limits of its axis", ax.name, ax.ParkDeg, ax.MinDeg, ax.MaxDeg)
		}
	}
	if e := m.Encoders; e.ThresholdTracking > e.MaxCorrection {
		return fault.New(fault.Invalid, "configuration", "mount.encoders.threshold_tracking_deg (%g) must not be above mount.encoders.max_correction_deg (%g)", e.ThresholdTracking, e.MaxCorrection)
	}
	if m.ObstructionMM >= m.ApertureMM {
		return fault.New(fault.Invalid, "configuration", "mount.obstruction_mm (%g) must be below mount.aperture_mm (%g)", m.ObstructionMM, m.ApertureMM)
	}
	if _, err := pointing.ParseGeometry(m.Geometry); err != nil {
		return err
	}
	if _, err := m.ramp(); err != nil {
		return err
	}
	if err := c.Rotator.validate(); err != nil {
		return err
	}
	return nil
}

// microstep returns the angle of one microstep of the axis.
func (a Axis) microstep() model.Angle {
	return model.Arcsec(a.FullStepArcsec / float64(a.Microsteps))
}

func (a Axis) limits() motion.Limits { return motionLimits(a.MaxRate, a.Accel, a.RampS) }

// validate returns fault.Invalid when the travel is too short.
func (r Rotator) validate() error {
	switch {
	case !r.Enabled:
	case r.Sectored && (r.MinDeg > 0 || r.MaxDeg < 0 || r.MaxDeg-r.MinDeg < 1):
		return fault.New(fault.Invalid, "configuration", "rotator.min_deg (%g) and max_deg (%g) must have 0 between them, and be at least 1 apart", r.MinDeg, r.MaxDeg)
	case !r.Sectored && r.MaxDeg-r.MinDeg < 360:
		return fault.New(fault.Invalid, "configuration", "rotator.max_deg (%g) must be at least 360 above rotator.min_deg (%g), unless rotator.sectored", r.MaxDeg, r.MinDeg)
	}
	return nil
}

func (r Rotator) step() model.Angle { return model.Arcsec(r.StepAngle) }

func (r Rotator) limits() motion.Limits { return motionLimits(r.MaxRate, r.Accel, r.RampS) }

func motionLimits(degPerS, degPerS2, rampS float64) motion.Limits {
	return motion.Limits{
		Rate:  model.Degrees(degPerS).Radians(),
		Accel: model.Degrees(degPerS2).Radians(),
		Ramp:  time.Duration(rampS * float64(time.Second)),
	}
}

// Latitude returns the site's latitude, kept a hair away from the poles,
// where azimuth has no zero.
func (s Site) Latitude() model.Angle {
	const nearest = 89.999999
	return model.Degrees(math.Max(-nearest, math.Min(nearest, s.LatitudeDeg)))
}

// Longitude returns the site's longitude, east positive.
func (s Site) Longitude() model.Angle { return model.Degrees(s.LongitudeDeg) }

// TimeScales returns what the site knows of the turning Earth.
func (s Site) TimeScales() sky.TimeScales {
	return sky.TimeScales{DUT1: time.Duration(s.DUT1S * float64(time.Second))}
}

// Air returns the site's refraction, or none when it is switched off.
func (s Site) Air() sky.Refraction {
	if !s.Refraction {
		return sky.Refraction{}
	}
	c := sky.StandardConditions(s.ElevationM)
	c.TemperatureC, c.Humidity = s.TemperatureC, s.Humidity
	if s.PressureHPa > 0 {
		c.PressureHPa = s.PressureHPa
	}
	return sky.NewRefraction(c)
}

// Errors returns the mount's own faults, as configured.
func (m Mechanics) Errors() pointing.Errors {
	return pointing.Errors{Z1: model.Arcmin(m.Z1Arcmin), Z2: model.Arcmin(m.Z2Arcmin), Z3: model.Arcmin(m.Z3Arcmin)}
}
