// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"net/netip"
	"strings"
	"time"

	"github.com/siderostep/siderostep/driver/serialline"
	"github.com/siderostep/siderostep/fault"
)

// Config is the LX200 section of the configuration: what all clients share,
// and one listener for the network and one for a serial line.
type Config struct {
	UTCOffsetH    float64 `toml:"utc_offset_h" range:"-14..14" restart:"yes" doc:"local time minus UTC in hours, for the clients' clocks"`
	NeedAlignment bool    `toml:"need_alignment" restart:"yes" doc:"whether slews and syncs are refused before the mount has been aligned on two stars"`
	CentreRate    float64 `toml:"centre_arcsec_per_s" range:"1..9999" restart:"yes" doc:"rate of the direction keys at the centring rate"`
	MotionTimeout float64 `toml:"motion_timeout_s" range:"1..60" restart:"yes" doc:"direction key motion stops when its client has been silent this long"`
	MotionMax     float64 `toml:"motion_max_s" range:"1..3600" restart:"yes" doc:"direction key motion stops after this long in any case"`
	SlewTravelDeg float64 `toml:"slew_travel_deg" range:"0.1..360" restart:"yes" doc:"longest travel of one direction key motion at slew rate"`
	MaxCommands   int     `toml:"max_commands_per_s" range:"10..100000" restart:"yes" doc:"most commands in a second of one connection; more are delayed, but for those that stop motion"`
	TCP           TCP     `toml:"tcp" doc:"LX200 on the network; it has no password: never forward its port to the Internet"`
	Serial        Serial  `toml:"serial" doc:"LX200 on a serial line, 8 data bits, no parity, 1 stop bit"`
}

// TCP is the listener on the network.
type TCP struct {
	Enabled       bool    `toml:"enabled" restart:"yes" doc:"whether LX200 clients are served on the network"`
	Listen        string  `toml:"listen" restart:"yes" doc:"address and port of the LX200 server; without an address it is served on all; port 0 lets the system choose"`
	Allow         string  `toml:"allow" restart:"yes" doc:"networks whose clients are served, as 192.168.1.0/24, separated by commas; empty for all"`
	MaxClients    int     `toml:"max_clients" range:"1..1024" restart:"yes" doc:"most connections at a time; more are closed without a byte"`
	MaxPerAddress int     `toml:"max_per_address" range:"1..1024" restart:"yes" doc:"most connections at a time from one address"`
	MaxNewPerS    int     `toml:"max_new_per_s" range:"1..10000" restart:"yes" doc:"most new connections in a second from one address"`
	IdleS         float64 `toml:"idle_s" range:"10..86400" restart:"yes" doc:"a connection silent this long is closed"`
	Dialect
}

// Serial is the listener on a serial line.
type Serial struct {
	Device string `toml:"device" restart:"yes" doc:"serial port, such as /dev/ttyUSB0; empty for none"`
	Baud   int    `toml:"baud" range:"300..230400" restart:"yes" doc:"bits per second: 300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200 or 230400"`
	Dialect
}

// Dialect is how one listener talks, since clients disagree.
type Dialect struct {
	Profile   string `toml:"profile" oneof:"classic,bartels" restart:"yes" doc:"classic answers as today's clients expect, bartels byte for byte as scope.exe did"`
	Mode      string `toml:"mode" oneof:"readonly,goto,full" restart:"yes" doc:"what clients may do; readonly: look, and stop motion; goto: also slew, sync, park, track, guide, focus, rotate and choose rates, while place, time and alignment that they send are answered but have no effect; full: these too, as far as site_time and scroll_lines allow"`
	Epoch     string `toml:"epoch" oneof:"date,j2000" restart:"yes" doc:"equinox of the coordinates on the wire; nearly all clients expect that of date"`
	Precision string `toml:"precision" oneof:"auto,long,short" restart:"yes" doc:"format of coordinates until a client changes it; auto is long on TCP and short on a serial line"`
	Degree    string `toml:"degree" oneof:"auto,star,byte" restart:"yes" doc:"degree mark sent: an asterisk, or the byte 0xDF; auto is the asterisk on TCP and the byte on a serial line"`
	SyncReply string `toml:"sync_reply" oneof:"text,zero" restart:"yes" doc:"reply to a sync: Meade's text, or 0, which Stellarium prefers"`
	Product   string `toml:"product" restart:"yes" doc:"product name told to clients; some choose a dialect by it"`
	MoveFrame string `toml:"move_frame" oneof:"axes,sky" restart:"yes" doc:"what the direction keys move along: the axes of the mount (altitude and azimuth on an alt-azimuth), or right ascension and declination while it tracks, at rates up to 600 arcseconds per second"`
	FocusPlus string `toml:"focus_plus" oneof:"out,in" restart:"yes" doc:"which way F+ moves the focuser: out towards high positions, or in"`
	SiteTime  string `toml:"site_time" oneof:"ignore,apply" restart:"yes" doc:"whether place and time sent by clients are applied or only answered; applied only in mode full and before the mount has been aligned on two stars"`
	Scroll    bool   `toml:"scroll_lines" restart:"yes" doc:"whether clients may run lines of scroll files, in mode full"`
	Checksums bool   `toml:"checksums" restart:"yes" doc:"whether frames with a checksum, as of OnStepX, are answered"`
}

// DefaultConfig returns listeners with which today's clients work as they
// come: the network of this computer, no serial line.
func DefaultConfig() Config {
	d := Dialect{
		Profile: "classic", Mode: "goto", Epoch: "date", Precision: "auto", Degree: "auto",
		SyncReply: "text", Product: "LX200 Classic", MoveFrame: "axes", FocusPlus: "out", SiteTime: "ignore",
	}
	return Config{
		CentreRate: 300, MotionTimeout: 5, MotionMax: 60, SlewTravelDeg: 30, MaxCommands: 100,
		TCP: TCP{
			Enabled: true, Listen: "127.0.0.1:4030",
			MaxClients: 16, MaxPerAddress: 4, MaxNewPerS: 30, IdleS: 300, Dialect: d,
		},
		Serial: Serial{Baud: 9600, Dialect: d},
	}
}

// Validate returns fault.Invalid, naming the key, for settings that cannot
// serve. The range of each single key is in its tag; those that bound memory
// and motion are checked here again.
func (c Config) Validate() error {
	for _, f := range [...]struct {
		key               string
		value, least, top float64
	}{
		{"utc_offset_h", c.UTCOffsetH, -14, 14},
		{"centre_arcsec_per_s", c.CentreRate, 1, 9999},
		{"motion_timeout_s", c.MotionTimeout, 1, 60}, {"motion_max_s", c.MotionMax, 1, 3600},
		{"slew_travel_deg", c.SlewTravelDeg, 0.1, 360}, {"tcp.idle_s", c.TCP.IdleS, 10, 86400},
		{"tcp.max_clients", float64(c.TCP.MaxClients), 1, 1024}, {"tcp.max_per_address", float64(c.TCP.MaxPerAddress), 1, 1024},
		{"tcp.max_new_per_s", float64(c.TCP.MaxNewPerS), 1, 10000}, {"max_commands_per_s", float64(c.MaxCommands), 10, 100000},
	} {
		if !(f.value >= f.least && f.value <= f.top) {
			return invalid("lx200.%s is %g, but must be %g to %g", f.key, f.value, f.least, f.top)
		}
	}
	if err := serialline.CheckBaud("lx200.serial.baud", c.Serial.Baud); err != nil {
		return err
	}
	if _, err := c.TCP.networks(); err != nil {
		return err
	}
	if err := c.TCP.validate("lx200.tcp"); err != nil {
		return err
	}
	return c.Serial.validate("lx200.serial")
}

func invalid(format string, args ...any) error {
	return fault.New(fault.Invalid, "configuration", format, args...)
}

func (d Dialect) validate(section string) error {
	for _, f := range [...]struct{ key, value, of string }{
		{"profile", d.Profile, "classic,bartels"}, {"mode", d.Mode, "readonly,goto,full"},
		{"epoch", d.Epoch, "date,j2000"}, {"precision", d.Precision, "auto,long,short"},
		{"degree", d.Degree, "auto,star,byte"}, {"sync_reply", d.SyncReply, "text,zero"},
		{"move_frame", d.MoveFrame, "axes,sky"}, {"focus_plus", d.FocusPlus, "out,in"}, {"site_time", d.SiteTime, "ignore,apply"},
	} {
		if f.value == "" || strings.Contains(f.value, ",") || !strings.Contains(","+f.of+",", ","+f.value+",") {
			return invalid("%s.%s is %q, but must be one of %s", section, f.key, f.value, f.of)
		}
	}
	if n := len(d.Product); n < 1 || n > 20 || strings.ContainsAny(d.Product, "#:<\r\n") {
		return invalid("%s.product is %q, but must have 1 to 20 characters, none of them # : or <", section, d.Product)
	}
	return nil
}

// networks returns the networks of Allow; none stands for all.
func (t TCP) networks() (list []netip.Prefix, err error) {
	for text := range strings.SplitSeq(t.Allow, ",") {
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, invalid("lx200.tcp.allow: %q is no network such as 192.168.1.0/24", text)
		}
		list = append(list, p)
	}
	return list, nil
}

// manner is a Dialect made ready. It is immutable.
type manner struct {
	Dialect
	serial bool
	grants needs
	form   form // of numbers, at first
}

func (d Dialect) manner(serial bool) *manner {
	m := &manner{Dialect: d, serial: serial, grants: steer, form: form{degree: '*'}}
	switch d.Mode {
	case "full":
		m.grants = full
	case "readonly":
		m.grants = look
	}
	m.form.long = d.Precision == "long" || d.Precision == "auto" && !serial
	if d.Degree == "byte" || d.Degree == "auto" && serial {
		m.form.degree = 0xDF
	}
	return m
}

func (m *manner) bartels() bool { return m.Profile == "bartels" }

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
