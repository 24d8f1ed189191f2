// SPDX-License-Identifier: GPL-3.0-or-later

package handpad

import (
	"strings"
	"time"

	"github.com/siderostep/siderostep/fault"
)

// Config is the hand paddle's section of the configuration.
type Config struct {
	Present         bool    `toml:"present" restart:"yes" doc:"whether there is a hand paddle, or an autoguider, on the lines of hardware.inputs.paddle"`
	Design          string  `toml:"design" oneof:"multiplexed,direct" doc:"multiplexed: Scope II's own, one key at a time, with speed switch and mode keys (relays of an autoguider may be beside it); direct: a line for each of the four directions and no other keys, as for an autoguider that moves both axes at once"`
	StartMode       string  `toml:"start_mode" oneof:"off,init_auto,init_1,init_2,init_3,polar,analyze,guide,guide_stay,guide_stay_save,guide_rotate,guide_drag,grand_tour,scroll,scroll_auto,record,toggle_track,rotator,focus,aux" doc:"what the mode keys do at the start"` //nolint:misspell // analyze is the original's word
	UpDownReversed  bool    `toml:"up_down_reversed" doc:"whether up and down are exchanged: only of a multiplexed paddle, and not in the guide modes, where an autoguider may be beside it"`
	SwapWithFlip    bool    `toml:"swap_with_flip" doc:"german: whether up and down are exchanged while the tube is on the other side of the pole, so that up stays north; where up_down_reversed acts"`
	LockoutMS       int     `toml:"lockout_ms" range:"0..10000" doc:"milliseconds after a mode key in which mode keys are ignored"`
	DebounceMS      int     `toml:"debounce_ms" range:"2..100" doc:"milliseconds for which the lines must stay the same before they count"`
	StuckS          float64 `toml:"stuck_s" range:"5..3600" doc:"seconds after which a key that is held at one go is taken to be stuck: what it moves stops, and it is ignored until it was let go"`
	KeyTimeoutS     float64 `toml:"key_timeout_s" range:"0.3..10" doc:"seconds after which a key that is held by other means than the lines, as in the console, is let go when nothing was heard of it"`
	CentreRate      float64 `toml:"centre_arcsec_per_s" range:"1..9999" doc:"rate of the axes while a direction key is held, with the speed switch at centring"`
	SlewShare       float64 `toml:"slew_share" range:"0.01..1" doc:"the same with the speed switch at slewing, as a share of the axis's fastest"`
	UpdateDrift     bool    `toml:"update_drift" doc:"whether the end of guiding adds to the drift of the axes what guiding has turned them by"`
	RotatorFineRate float64 `toml:"rotator_fine_deg_per_s" range:"0.01..90" doc:"rate of the rotator while a key is held, with the speed switch at centring; at slewing it is slew_share of its fastest"`
}

// DefaultConfig returns a paddle of the original's design that is not there.
func DefaultConfig() Config {
	return Config{
		Design: Multiplexed, StartMode: string(ModeOff),
		LockoutMS: 1000, DebounceMS: 10, StuckS: 120, KeyTimeoutS: 2,
		CentreRate: 300, SlewShare: 1, UpdateDrift: true, RotatorFineRate: 0.5,
	}
}

// Validate returns fault.Invalid, naming the key, for settings that cannot
// serve.
func (c Config) Validate() error {
	if c.Design != Multiplexed && c.Design != Direct {
		return invalid("handpad.design is %q, but must be %s or %s", c.Design, Multiplexed, Direct)
	}
	if _, err := ParseMode(c.StartMode); err != nil {
		return invalid("handpad.start_mode is %q, but must be one of %s", c.StartMode, strings.Join(modeWords(), ", "))
	}
	for _, f := range [...]struct {
		key               string
		value, least, top float64
	}{
		{"lockout_ms", float64(c.LockoutMS), 0, 10000}, {"debounce_ms", float64(c.DebounceMS), 2, 100},
		{"stuck_s", c.StuckS, 5, 3600}, {"key_timeout_s", c.KeyTimeoutS, 0.3, 10},
		{"centre_arcsec_per_s", c.CentreRate, 1, 9999}, {"slew_share", c.SlewShare, 0.01, 1},
		{"rotator_fine_deg_per_s", c.RotatorFineRate, 0.01, 90},
	} {
		if !(f.value >= f.least && f.value <= f.top) {
			return invalid("handpad.%s is %g, but must be %g to %g", f.key, f.value, f.least, f.top)
		}
	}
	return nil
}

func invalid(format string, args ...any) error {
	return fault.New(fault.Invalid, "configuration", format, args...)
}

func milliseconds(n int) time.Duration { return time.Duration(n) * time.Millisecond }
func seconds(s float64) time.Duration  { return time.Duration(s * float64(time.Second)) }
