// SPDX-License-Identifier: GPL-3.0-or-later

package waveform

// Config describes one motor's windings and how current is shared between
// them. Two motors on one port may differ in their tables, currents,
// corrections and sense, but not in Windings, Slots, Pause and Invert.
type Config struct {
	Windings   int `toml:"windings" range:"4..5" doc:"windings of the motor: 4 (unipolar, or bipolar through two bridges) or 5"`
	Microsteps int `toml:"microsteps_per_full_step" range:"2..256" doc:"microsteps per full step, an even number; more than about 20 buy smoothness rather than accuracy, and need as many pwm_slots to be told apart"`
	Slots      int `toml:"pwm_slots" range:"1..10000" doc:"time slots in one period of pulse-width modulation in which a winding can be on; the largest count in the tables"`
	Pause      int `toml:"pwm_pause_slots" range:"0..50000" doc:"time slots added to each period with all windings off; they limit the current while microstepping"`

	Shape        string    `toml:"pwm_shape" oneof:"manual,tangent,sine" doc:"how tables that pwm does not give are computed: manual is the square root of the Scope II manual, a start for windings on a voltage; tangent and sine are for windings whose current follows the counts, tangent with one winding always at full current, sine with constant torque"`
	Dead         int       `toml:"pwm_dead_slots" range:"0..9999" doc:"slots that move nothing, on which computed counts are set up; about 10 of 100 are usual; 0 for none"`
	Leaving      []int     `toml:"pwm" doc:"slots for the winding being left, one count per microstep of a full step, each 0 to pwm_slots; empty: computed"`
	Approaching  []int     `toml:"pwm_approaching" doc:"slots for the winding being approached, as many counts as pwm; empty: the mirror image of pwm"`
	Compensation []float64 `toml:"winding_compensation" doc:"current trim of each winding's line a, b, c, d, each 0 to 1; empty: none"`

	Correction []float64 `toml:"quarter_step_correction_full_steps" doc:"by how much the rotor goes too far clockwise, in full steps, at each of the 16 quarter steps a0 a1 a2 a3 b0 to d3 of 4 windings; the windings are driven so that it does not, by straight lines between them; empty: none"`

	Supply     float64 `toml:"supply_volts" range:"0..100" doc:"voltage of the motor supply, V; 0: not used"`
	Resistance float64 `toml:"winding_ohms" range:"0..1000" doc:"resistance of one winding, ohms: measured, or rated volts divided by rated amperes; 0: not used"`
	Rated      float64 `toml:"rated_volts" range:"0..100" doc:"voltage that one winding is made to bear for ever, V; with supply_volts it limits the current while microstepping to the rated watts; 0: no limit"`
	Current    float64 `toml:"current_amps" range:"0..20" doc:"mean current wanted in a winding that a table gives all pwm_slots, A, while microstepping; half steps of a slew are not limited by it; 0: what rated_volts and pwm_pause_slots leave"`

	Reverse bool `toml:"reverse" doc:"exchange windings a and c, so that the motor turns the other way (4 windings only)"`
	Invert  bool `toml:"invert_output" doc:"a winding is on while its line is low; a wrong value means full current in all windings, so real hardware does not start until this is set explicitly"`
}

// MaxMicrosteps is the greatest number of microsteps per full step.
const MaxMicrosteps = 256

// DefaultConfig returns 10 microsteps per full step with computed tables and
// full current, not inverted.
func DefaultConfig() Config {
	return Config{Windings: 4, Microsteps: 10, Slots: 100, Shape: Manual}
}
