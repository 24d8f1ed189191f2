// SPDX-License-Identifier: GPL-3.0-or-later

package mount

// Encoding is what the mount does with encoders on the axes Z and A.
type Encoding struct {
	Use               bool    `toml:"use" doc:"whether what the encoders say is believed: they then correct the position"`
	ThresholdIdle     float64 `toml:"threshold_idle_deg" range:"0..45" doc:"by how much encoders and position may differ, on either axis, while not tracking; beyond it the position follows the tube, as when it is pushed by hand. At least two counts of the encoders; 0: never"`
	ThresholdTracking float64 `toml:"threshold_tracking_deg" range:"0..45" doc:"the same while tracking, and after a slew; beyond it the tube drives back to its target; 0: never"`
	Readings          int     `toml:"readings" range:"1..60" doc:"readings one after the other, a second apart, that must agree before anything is done"`
	MaxCorrection     float64 `toml:"max_correction_deg" range:"0.01..180" doc:"largest correction while tracking; a difference beyond it ends tracking"`
	MaxResetsPerMin   int     `toml:"max_resets_per_min" range:"1..60" doc:"most corrections while tracking in a minute; another one ends tracking"`
}
