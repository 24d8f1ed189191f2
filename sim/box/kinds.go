// SPDX-License-Identifier: GPL-3.0-or-later

package box

import (
	"strings"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

const encoderPrefix = "encoder:"

// Options are what New makes a box with. The zero value will do: axes that
// stand still, 8192 counts.
type Options struct {
	Axes      func() (az, alt model.Angle) // as in EncoderConfig
	Rotator   func() model.Angle
	Sky       func() model.Equatorial
	Counts    [2]int // 0 for 8192
	Reversed  [2]bool
	Noise     bool
	Space     bool
	Seed      uint64
	Celestron *CelestronConfig // nil for DefaultCelestron
}

// Kinds returns the names of all boxes that New makes.
func Kinds() []string {
	kinds := []string{"celestron"}
	for _, p := range Protocols() {
		kinds = append(kinds, encoderPrefix+p)
	}
	return kinds
}

// New makes a box by its name, one of Kinds, or returns fault.Invalid.
func New(kind string, o Options) (Box, error) {
	if kind == "celestron" {
		cfg := DefaultCelestron()
		if o.Celestron != nil {
			cfg = *o.Celestron
		}
		return newBox(NewCelestron(cfg))
	}
	protocol, ok := strings.CutPrefix(kind, encoderPrefix)
	if !ok {
		return nil, fault.New(fault.Invalid, "new box", "kind %q: one of %q is needed", kind, Kinds())
	}
	cfg := EncoderConfig{
		Protocol: protocol, Axes: o.Axes, Rotator: o.Rotator, Sky: o.Sky, Counts: o.Counts,
		Reversed: o.Reversed, Noise: o.Noise, Space: o.Space, Seed: o.Seed,
	}
	for i, n := range cfg.Counts {
		if n == 0 {
			cfg.Counts[i] = 8192
		}
	}
	if cfg.Axes == nil {
		cfg.Axes = func() (az, alt model.Angle) { return 0, 0 }
	}
	if cfg.Sky == nil {
		cfg.Sky = func() model.Equatorial { return model.Equatorial{} }
	}
	return newBox(NewEncoder(cfg))
}

// newBox keeps a failed constructor's nil from becoming a Box that is not.
func newBox[B Box](b B, err error) (Box, error) {
	if err != nil {
		return nil, err
	}
	return b, nil
}
