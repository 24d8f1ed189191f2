// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/siderostep/siderostep/fault"
)

// The mounts that the bench can build.
const (
	AltAz      = "altaz"
	Fork       = "fork"
	German     = "german"
	Siderostat = "siderostat"
	AltAlt     = "altalt"
)

// Config is the [simulator] section: the faults of the simulated world.
type Config struct {
	Mount string `toml:"mount" doc:"what stands on the bench: alt-azimuth, equatorial fork, German equatorial, siderostat (a mirror that feeds a fixed telescope) or altitude-altitude" oneof:"altaz,fork,german,siderostat,altalt"`

	BaseTiltNorthArcmin float64 `toml:"base_tilt_north_arcmin" doc:"how far the top of the base leans to the north (a polar axis points lower in the north)" range:"-600..600"`
	BaseTiltEastArcmin  float64 `toml:"base_tilt_east_arcmin" doc:"how far the top of the base leans to the east" range:"-600..600"`
	BaseTwistArcmin     float64 `toml:"base_twist_arcmin" doc:"how far the base is turned clockwise, seen from above: the azimuth error of a polar axis" range:"-10800..10800"`
	ZZeroDeg            float64 `toml:"z_zero_deg" doc:"what the primary axis really stands at when its motor stands at zero" range:"-360..360"`

	Z1Arcsec          float64 `toml:"z1_arcsec" doc:"Z1: secondary axis not square to the primary" range:"-18000..18000"`
	Z2Arcsec          float64 `toml:"z2_arcsec" doc:"Z2: light path not square to the secondary axis" range:"-18000..18000"`
	Z3Arcsec          float64 `toml:"z3_arcsec" doc:"Z3: zero error of the secondary axis" range:"-18000..18000"`
	TubeFlexureArcsec float64 `toml:"tube_flexure_arcsec" doc:"droop of the tube at the horizon; proportional to the cosine of altitude" range:"-3600..3600"`
	ForkFlexureArcsec float64 `toml:"fork_flexure_arcsec" doc:"nod of an equatorial fork when its tines lie level across" range:"-3600..3600"`

	Z     Gear  `toml:"z" doc:"gears of the primary axis (azimuth or right ascension)"`
	A     Gear  `toml:"a" doc:"gears of the secondary axis (altitude or declination)"`
	Motor Motor `toml:"motor" doc:"the two stepper motors, which are alike"`

	Refraction        bool    `toml:"refraction" doc:"whether the air bends light"`
	PressureHPa       float64 `toml:"pressure_hpa" doc:"air pressure at the site; 0 takes it from the height" range:"0..1100"`
	TemperatureC      float64 `toml:"temperature_c" doc:"air temperature when the run begins" range:"-50..50"`
	CoolingCPerH      float64 `toml:"cooling_c_per_h" doc:"fall of the temperature, degrees per hour, until it has fallen by 15" range:"-10..10"`
	HumidityPercent   float64 `toml:"humidity_percent" doc:"relative humidity" range:"0..100"`
	WavelengthUm      float64 `toml:"wavelength_um" doc:"wavelength of the light, micrometres" range:"0.3..1.1"`
	UT1MinusUTCS      float64 `toml:"ut1_minus_utc_s" doc:"how far the real Earth is ahead of the clock" range:"-0.9..0.9"`
	WindArcsec        float64 `toml:"wind_arcsec" doc:"rms shake of the tube by wind, each axis" range:"0..600"`
	CentroidArcsec    float64 `toml:"centroid_arcsec" doc:"rms noise of a guide star's place on the camera, each axis" range:"0..60"`
	EncoderCounts     int     `toml:"encoder_counts_per_turn" doc:"counts per turn of the encoder on each axis" range:"0..100000000"`
	PulsesPerS        float64 `toml:"pulses_per_s" doc:"fastest pulses that the rotator and focuser motors follow; faster ones are lost" range:"1..1000000"`
	FocusMicronsPerC  float64 `toml:"focus_microns_per_c" doc:"how far best focus moves out when the tube warms by one degree" range:"-1000..1000"`
	FocusPlayMicrons  float64 `toml:"focus_backlash_microns" doc:"dead band of the focuser" range:"0..10000"`
	RotatorPlayArcsec float64 `toml:"rotator_backlash_arcsec" doc:"dead band of the rotator" range:"0..36000"`
}

// Gear is a [simulator.z] or [simulator.a] section: one axis's gear train.
type Gear struct {
	Reversed             bool    `toml:"reversed" doc:"motor leads a and a- are exchanged, so that it turns the other way"`
	StepErrorPpm         float64 `toml:"step_error_ppm" doc:"how much larger the full step is than the rig says, parts per million" range:"-100000..100000"`
	BacklashArcsec       float64 `toml:"backlash_arcsec" doc:"dead band at the axis" range:"0..7200"`
	WormFullSteps        float64 `toml:"worm_full_steps" doc:"full steps per turn of the worm" range:"1..1000000"`
	WormErrorArcsec      float64 `toml:"worm_error_arcsec" doc:"amplitude of the periodic error, once per turn of the worm" range:"0..600"`
	WormPhaseDeg         float64 `toml:"worm_phase_deg" doc:"its phase with the motor at zero" range:"-360..360"`
	WormError2Arcsec     float64 `toml:"worm_error_2_arcsec" doc:"amplitude of the periodic error, twice per turn" range:"0..600"`
	WormPhase2Deg        float64 `toml:"worm_phase_2_deg" doc:"its phase with the motor at zero" range:"-360..360"`
	EccentricityArcsec   float64 `toml:"eccentricity_arcsec" doc:"amplitude of the error of the last gear, once per turn of the axis" range:"0..3600"`
	EccentricityPhaseDeg float64 `toml:"eccentricity_phase_deg" doc:"its phase with the axis at zero" range:"-360..360"`
	SwitchLowDeg         float64 `toml:"switch_low_deg" doc:"axis angle below which the low limit switch closes; equal to the high one: no switches" range:"-720..720"`
	SwitchHighDeg        float64 `toml:"switch_high_deg" doc:"axis angle above which the high limit switch closes" range:"-720..720"`
}

// Motor is the [simulator.motor] section. Torques are in percent of the
// holding torque with one winding fully on.
//
// Currents go with the duty to the power 1.5 by default: the PWM tables that
// the manual and its sample files give space the microsteps most evenly for
// powers from 1.3 to 2, none of them for 1. With 1.5 the table that the manual
// generates (0, 33, 50, 65, 82, 100 for ten microsteps) puts the rotor within
// 0.1 microstep of its places; with currents proportional to duty the same
// table is up to 0.9 microstep off.
type Motor struct {
	NaturalFrequencyHz      float64 `toml:"natural_frequency_hz" doc:"frequency at which the rotor rings about a full step" range:"10..300"`
	PullOutHalfStepsPerS    float64 `toml:"pull_out_half_steps_per_s" doc:"speed at which an unloaded motor has no torque left" range:"200..25000"`
	WindingTimeConstantMs   float64 `toml:"winding_time_constant_ms" doc:"inductance over resistance of a winding and its supply" range:"0.02..5"`
	DetentPercent           float64 `toml:"detent_percent" doc:"torque of the rotor's magnets alone" range:"0..50"`
	FrictionPercent         float64 `toml:"friction_percent" doc:"friction of the load" range:"0.1..80"`
	LoadPercent             float64 `toml:"load_percent" doc:"constant counter-clockwise torque of an unbalanced load" range:"-80..80"`
	PWMDeadBandPercent      float64 `toml:"pwm_dead_band_percent" doc:"share of the period a pulse must exceed before current flows" range:"0..60"`
	CurrentExponent         float64 `toml:"current_exponent" doc:"current goes with this power of the duty: 1 with flywheel diodes, up to 2 with fast decay" range:"1..2"`
	WindingImbalancePercent float64 `toml:"winding_imbalance_percent" doc:"how much stronger windings a are than windings b" range:"-50..50"`
}

// DefaultConfig returns a Dobsonian with the small faults of a well-made one.
func DefaultConfig() Config {
	c := Faultless()
	c.BaseTiltNorthArcmin, c.BaseTiltEastArcmin = 15, -12
	c.ZZeroDeg = 1
	c.Z1Arcsec, c.Z2Arcsec, c.Z3Arcsec = 18, -15, 20
	c.TubeFlexureArcsec = 15
	for _, g := range []*Gear{&c.Z, &c.A} {
		g.BacklashArcsec = 10
		g.WormErrorArcsec, g.WormPhaseDeg = 6, 40
		g.WormError2Arcsec, g.WormPhase2Deg = 1.5, 100
		g.EccentricityArcsec, g.EccentricityPhaseDeg = 8, 25
	}
	c.A.WormPhaseDeg, c.A.EccentricityPhaseDeg = 130, -70
	c.Refraction = true
	c.CoolingCPerH = 1
	c.CentroidArcsec = 0.2
	c.FocusMicronsPerC = -20
	c.FocusPlayMicrons = 5
	return c
}

// Faultless returns a perfect alt-azimuth in a vacuum, whose motors are still
// real motors.
func Faultless() Config {
	return Config{
		Mount: AltAz,
		Z:     Gear{WormFullSteps: 200},
		A:     Gear{WormFullSteps: 200},
		Motor: Motor{
			NaturalFrequencyHz:    80,
			PullOutHalfStepsPerS:  14000,
			WindingTimeConstantMs: 0.1,
			DetentPercent:         3,
			FrictionPercent:       2,
			CurrentExponent:       1.5,
		},
		TemperatureC:    10,
		HumidityPercent: 60,
		WavelengthUm:    0.574,
		EncoderCounts:   8192,
		PulsesPerS:      5000,
	}
}

// Validate returns nil, or a fault.Invalid that names the key and what it may
// be. The limits stand in the tags of the fields.
func (c Config) Validate() error {
	return validate(reflect.ValueOf(c), "simulator")
}

func validate(v reflect.Value, section string) error {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		key := f.Tag.Get("toml")
		switch value := v.Field(i); value.Kind() {
		case reflect.Struct:
			if err := validate(value, section+"."+key); err != nil {
				return err
			}
		case reflect.Float64:
			if err := inRange(section, key, value.Float(), f.Tag.Get("range")); err != nil {
				return err
			}
		case reflect.Int:
			if err := inRange(section, key, float64(value.Int()), f.Tag.Get("range")); err != nil {
				return err
			}
		case reflect.String:
			words := strings.Split(f.Tag.Get("oneof"), ",")
			if !slices.Contains(words, value.String()) {
				return fault.New(fault.Invalid, section, "%s is %q; it may be %s", key, value.String(), strings.Join(words, ", "))
			}
		}
	}
	return nil
}

func inRange(section, key string, v float64, limits string) error {
	low, high, _ := strings.Cut(limits, "..")
	least, _ := strconv.ParseFloat(low, 64)
	most, _ := strconv.ParseFloat(high, 64)
	if math.IsNaN(v) || v < least || v > most {
		return fault.New(fault.Invalid, section, "%s is %v; it may be from %s to %s", key, v, low, high)
	}
	return nil
}
