// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"net/netip"
	"strings"
	"time"

	"github.com/siderostep/siderostep/fault"
)

// Config is the LX200 section of the configuration: one listener.
type Config struct {
	Enabled       bool    `toml:"enabled" restart:"yes" doc:"whether the LX200 protocol is served; it has no password: never forward its port to the Internet"`
	Listen        string  `toml:"listen" restart:"yes" doc:"address and port of the LX200 server; without an address it is served on all; port 0 lets the system choose"`
	Allow         string  `toml:"allow" restart:"yes" doc:"networks whose clients are served, as 192.168.1.0/24, separated by commas; empty for all"`
	Profile       string  `toml:"profile" oneof:"classic,bartels" restart:"yes" doc:"classic answers as today's clients expect, bartels byte for byte as scope.exe did"`
	Mode          string  `toml:"mode" oneof:"readonly,goto,full" restart:"yes" doc:"what clients may do: look and stop; move the telescope too; or also park it and change site, time and rates"`
	Epoch         string  `toml:"epoch" oneof:"date,j2000" restart:"yes" doc:"equinox of the coordinates on the wire; nearly all clients expect that of date"`
	Precision     string  `toml:"precision" oneof:"auto,long,short" restart:"yes" doc:"format of coordinates until a client changes it; auto is long on TCP and short on a serial port"`
	Degree        string  `toml:"degree" oneof:"auto,star,byte" restart:"yes" doc:"degree mark sent: an asterisk, or the byte 0xDF; auto is the asterisk on TCP and the byte on a serial port"`
	SyncReply     string  `toml:"sync_reply" oneof:"text,zero" restart:"yes" doc:"reply to a sync: Meade's text, or 0, which Stellarium prefers"`
	Product       string  `toml:"product" restart:"yes" doc:"product name told to clients; some choose a dialect by it"`
	SiteTime      string  `toml:"site_time" oneof:"ignore,apply" restart:"yes" doc:"whether place and time sent by clients are applied or only answered"`
	UTCOffsetH    float64 `toml:"utc_offset_h" range:"-14..14" restart:"yes" doc:"local time minus UTC in hours, for the clients' clocks"`
	NeedAlignment bool    `toml:"need_alignment" restart:"yes" doc:"whether slews and syncs are refused before the mount has been aligned on two stars"`
	CentreRate    float64 `toml:"centre_arcsec_per_s" range:"1..9999" restart:"yes" doc:"rate of the direction keys at the centring rate"`
	SlowFocus     float64 `toml:"slow_focus_steps_per_s" range:"1..500" restart:"yes" doc:"speed of the slow focus keys"`
	FocusPlus     string  `toml:"focus_plus" oneof:"out,in" restart:"yes" doc:"which way F+ moves the focuser: out towards high positions, or in"`
	MotionTimeout float64 `toml:"motion_timeout_s" range:"1..60" restart:"yes" doc:"direction key motion stops when its client has been silent this long"`
	MotionMax     float64 `toml:"motion_max_s" range:"1..3600" restart:"yes" doc:"direction key motion stops after this long in any case"`
	SlewTravelDeg float64 `toml:"slew_travel_deg" range:"0.1..360" restart:"yes" doc:"longest travel of one direction key motion at slew rate"`
	MaxClients    int     `toml:"max_clients" range:"1..1024" restart:"yes" doc:"most connections at a time; more are closed without a byte"`
	MaxPerAddress int     `toml:"max_per_address" range:"1..1024" restart:"yes" doc:"most connections at a time from one address"`
	MaxNewPerS    int     `toml:"max_new_per_s" range:"1..10000" restart:"yes" doc:"most new connections in a second from one address"`
	MaxCommands   int     `toml:"max_commands_per_s" range:"10..100000" restart:"yes" doc:"most commands in a second of one client; more are delayed"`
	IdleS         float64 `toml:"idle_s" range:"10..86400" restart:"yes" doc:"a connection silent this long is closed"`
}

// DefaultConfig returns a listener as modern clients want it, switched off.
func DefaultConfig() Config {
	return Config{
		Listen: "127.0.0.1:4030", Profile: "classic", Mode: "goto", Epoch: "date", Precision: "auto", Degree: "auto",
		SyncReply: "text", Product: "LX200 Classic", SiteTime: "ignore",
		CentreRate: 300, SlowFocus: 50, FocusPlus: "out",
		MotionTimeout: 5, MotionMax: 60, SlewTravelDeg: 30,
		MaxClients: 16, MaxPerAddress: 4, MaxNewPerS: 30, MaxCommands: 100, IdleS: 300,
	}
}

// Validate returns fault.Invalid, naming the key, for settings that cannot
// serve. The range of each single key is in its tag; those that bound memory
// and motion are checked here again.
func (c Config) Validate() error {
	bad := func(format string, args ...any) error {
		return fault.New(fault.Invalid, "configuration", format, args...)
	}
	for _, f := range [...]struct {
		key, value string
		of         string
	}{
		{"profile", c.Profile, "classic,bartels"}, {"mode", c.Mode, "readonly,goto,full"},
		{"epoch", c.Epoch, "date,j2000"}, {"precision", c.Precision, "auto,long,short"},
		{"degree", c.Degree, "auto,star,byte"}, {"sync_reply", c.SyncReply, "text,zero"},
		{"site_time", c.SiteTime, "ignore,apply"}, {"focus_plus", c.FocusPlus, "out,in"},
	} {
		if f.value == "" || strings.Contains(f.value, ",") || !strings.Contains(","+f.of+",", ","+f.value+",") {
			return bad("lx200.%s is %q, but must be one of %s", f.key, f.value, f.of)
		}
	}
	for _, f := range [...]struct {
		key               string
		value, least, top float64
	}{
		{"utc_offset_h", c.UTCOffsetH, -14, 14},
		{"centre_arcsec_per_s", c.CentreRate, 1, 9999}, {"slow_focus_steps_per_s", c.SlowFocus, 1, 500},
		{"motion_timeout_s", c.MotionTimeout, 1, 60}, {"motion_max_s", c.MotionMax, 1, 3600},
		{"slew_travel_deg", c.SlewTravelDeg, 0.1, 360}, {"idle_s", c.IdleS, 10, 86400},
		{"max_clients", float64(c.MaxClients), 1, 1024}, {"max_per_address", float64(c.MaxPerAddress), 1, 1024},
		{"max_new_per_s", float64(c.MaxNewPerS), 1, 10000}, {"max_commands_per_s", float64(c.MaxCommands), 10, 100000},
	} {
		if !(f.value >= f.least && f.value <= f.top) {
			return bad("lx200.%s is %g, but must be %g to %g", f.key, f.value, f.least, f.top)
		}
	}
	if n := len(c.Product); n < 1 || n > 20 || strings.ContainsAny(c.Product, "#:<\r\n") {
		return bad("lx200.product is %q, but must have 1 to 20 characters, none of them # : or <", c.Product)
	}
	_, err := c.networks()
	return err
}

// networks returns the networks of Allow; none stands for all.
func (c Config) networks() (list []netip.Prefix, err error) {
	for _, text := range strings.Split(c.Allow, ",") {
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fault.New(fault.Invalid, "configuration", "lx200.allow: %q is no network such as 192.168.1.0/24", text)
		}
		list = append(list, p)
	}
	return list, nil
}

func (c Config) bartels() bool { return c.Profile == "bartels" }

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
