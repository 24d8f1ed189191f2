// SPDX-License-Identifier: GPL-3.0-or-later

package encoder

import (
	"io"
	"os"

	"github.com/siderostep/siderostep/driver/serialline"
	"github.com/siderostep/siderostep/fault"
)

// Config says which box reads the encoders of the mount's axes.
type Config struct {
	Protocol     string  `toml:"protocol" oneof:"none,bseg,reset_via_r,reset_via_z,no_reset,ek,sky_commander,sky_commander_r,mouse,lm629_serial" restart:"yes" doc:"how the encoder box talks: reset_via_r for MicroGuider III, Ouranos, StarPort; reset_via_z for BBox, NGC; no_reset for SkyWizard; mouse for the encoders of a mouse"`
	Device       string  `toml:"device" restart:"yes" doc:"serial device of the box, as /dev/ttyUSB0; /dev/input/mouse0 for a mouse"`
	Baud         int     `toml:"baud" range:"300..230400" restart:"yes" doc:"speed of the serial device: 300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200 or 230400; 9600 for nearly every box"`
	CountsZ      int     `toml:"counts_per_turn_z" range:"4..1073741824" restart:"yes" doc:"counts of a whole turn of the encoder of azimuth or right ascension, 65534 at most but for mouse and lm629_serial"`
	CountsA      int     `toml:"counts_per_turn_a" range:"4..1073741824" restart:"yes" doc:"counts of a whole turn of the encoder of altitude or declination, 65534 at most but for mouse and lm629_serial"`
	ReverseZ     bool    `toml:"reverse_z" restart:"yes" doc:"whether the encoder of azimuth or right ascension counts against its axis"`
	ReverseA     bool    `toml:"reverse_a" restart:"yes" doc:"whether the encoder of altitude or declination counts against its axis"`
	GearZ        float64 `toml:"turns_per_axis_turn_z" range:"0.01..1000" restart:"yes" doc:"turns of the encoder in a turn of its axis, 1 when it is on the axis itself"`
	GearA        float64 `toml:"turns_per_axis_turn_a" range:"0.01..1000" restart:"yes" doc:"turns of the encoder in a turn of its axis, 1 when it is on the axis itself"`
	ResetAtStart bool    `toml:"reset_at_start" restart:"yes" doc:"whether the box is given its counts per turn, and its counters zero, when the program starts; no to go on with the counts of a box that was left on"`
	PollS        float64 `toml:"poll_s" range:"0.1..10" restart:"yes" doc:"time between two readings"`
	ReplyMS      int     `toml:"reply_timeout_ms" range:"10..2000" restart:"yes" doc:"how long a reply may take"`
	WriteDelayMS int     `toml:"write_delay_ms" range:"0..500" restart:"yes" doc:"pause after each byte of a reset"`
	MaxRate      float64 `toml:"max_rate_deg_per_s" range:"0.1..360" restart:"yes" doc:"fastest turn of an axis by hand or motor; a reading that needs a faster one is believed only when the next confirms it"`
}

// DefaultConfig returns a Config without encoders.
func DefaultConfig() Config {
	return Config{
		Protocol: "none", Baud: 9600, CountsZ: 8192, CountsA: 8192, GearZ: 1, GearA: 1,
		ResetAtStart: true, PollS: 1, ReplyMS: 50, WriteDelayMS: 20, MaxRate: 20,
	}
}

// Validate returns fault.Invalid, naming the key, for settings that cannot
// serve. Without encoders all others are left alone.
func (c Config) Validate() error {
	if c.Protocol == "none" {
		return nil
	}
	w, ok := wireOf(c.Protocol)
	if !ok {
		return invalid("protocol is %q, but must be one of none, %s", c.Protocol, protocols)
	}
	if c.Device == "" {
		return invalid("device is empty, but must name the device of the box")
	}
	most := float64(most16)
	if w.span != 0 {
		most = float64(1 << 30)
	}
	for _, f := range [...]struct {
		key               string
		value, least, top float64
	}{
		{"counts_per_turn_z", float64(c.CountsZ), 4, most}, {"counts_per_turn_a", float64(c.CountsA), 4, most},
		{"turns_per_axis_turn_z", c.GearZ, 0.01, 1000}, {"turns_per_axis_turn_a", c.GearA, 0.01, 1000},
		{"poll_s", c.PollS, 0.1, 10}, {"reply_timeout_ms", float64(c.ReplyMS), 10, 2000},
		{"write_delay_ms", float64(c.WriteDelayMS), 0, 500}, {"max_rate_deg_per_s", c.MaxRate, 0.1, 360},
	} {
		if !(f.value >= f.least && f.value <= f.top) {
			return invalid("%s is %g, but must be %g to %g for %s", f.key, f.value, f.least, f.top, c.Protocol)
		}
	}
	if float64(c.ReplyMS) >= 1000*c.PollS {
		return invalid("poll_s is %g, but must be longer than a reply may take, %d ms", c.PollS, c.ReplyMS)
	}
	// Faster, and half a turn forward looks like half a turn back.
	if turn := c.PollS * c.MaxRate * max(c.GearZ, c.GearA); w.span == 0 && turn >= 180 {
		return invalid("poll_s is %g, but an encoder turns by up to %.4g° in that time (max_rate_deg_per_s, turns_per_axis_turn), which must be less than 180", c.PollS, turn)
	}
	if w.query == "" {
		return nil
	}
	return serialline.CheckBaud("encoders.baud", c.Baud)
}

// Opener returns how to open the configured device.
func (c Config) Opener() serialline.Opener {
	if c.Protocol == "mouse" {
		return func() (io.ReadWriteCloser, error) { return os.Open(c.Device) }
	}
	return serialline.Device(c.Device, c.Baud)
}

func invalid(format string, args ...any) error {
	return fault.New(fault.Invalid, "configuration", "encoders."+format, args...)
}
