// SPDX-License-Identifier: GPL-3.0-or-later

// Package discovery lets Alpaca clients and servers find each other by UDP.
//
// A client sends "alpacadiscovery1" to UDP port 32227, by IPv4 broadcast and
// to the IPv6 group ff12::a1:9aca; each server replies {"AlpacaPort":11111}
// to the sender. A reply does not name its server's address: clients take it
// from the datagram's source, so Responder answers from the address at which
// it was asked, and says nothing where Alpaca does not listen. Find is the
// client's side, Describe asks what it found who they are, and a Watcher tells
// Prometheus of those that have metrics.
//
// Several servers on one machine share the port. Broadcasts and multicasts
// reach all of them; a unicast query reaches only one, which one being the
// kernel's choice. Sharers must run as the same user.
//
// The package needs Linux: the packet information options of ip(7), ipv6(7).
//
// Source: ASCOM Alpaca API reference, chapter "Alpaca Discovery".
package discovery

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"strconv"

	"github.com/siderostep/siderostep/fault"
)

// DefaultPort is the UDP port on which Alpaca clients ask.
const DefaultPort = 32227

const (
	queryPrefix = "alpacadiscovery" // followed by one version character
	maxQuery    = 64                // bytes; what follows the version is reserved
	query       = queryPrefix + "1"
)

// group is the IPv6 multicast group of link-local scope that servers join.
var group = netip.MustParseAddr("ff12::a1:9aca")

// Config says whether and to whom the Responder answers.
type Config struct {
	Enabled            bool `toml:"enabled" doc:"whether Alpaca discovery queries are answered"`
	Port               int  `toml:"port" doc:"UDP port on which queries are awaited; Alpaca clients ask on 32227; 0 lets the system choose" range:"0..65535"`
	IPv6               bool `toml:"ipv6" doc:"whether queries are answered on IPv6 too"`
	LocalOnly          bool `toml:"local_only" doc:"whether only senders in this machine's own subnets are answered"`
	PerSourcePerSecond int  `toml:"per_source_per_s" doc:"queries per second answered to one address; more are ignored" range:"1..1000"`
	TotalPerSecond     int  `toml:"total_per_s" doc:"queries per second answered to all addresses together; more are ignored" range:"1..10000"`
}

// DefaultConfig answers everybody on the usual port, at a modest rate.
func DefaultConfig() Config {
	return Config{Enabled: true, Port: DefaultPort, IPv6: true, PerSourcePerSecond: 10, TotalPerSecond: 100}
}

// Validate returns fault.Invalid for the first value outside its range.
func (c Config) Validate() error {
	for _, v := range []struct {
		key            string
		value, lo, top int
	}{
		{"port", c.Port, 0, 65535},
		{"per_source_per_s", c.PerSourcePerSecond, 1, 1000},
		{"total_per_s", c.TotalPerSecond, 1, 10000},
	} {
		if v.value < v.lo || v.value > v.top {
			return fault.New(fault.Invalid, "discovery", "%s is %d, accepted are %d to %d", v.key, v.value, v.lo, v.top)
		}
	}
	return nil
}

// isQuery reports whether a datagram asks Alpaca servers to reply: the prefix,
// a version 1-9 or A-Z, and then anything up to 64 bytes in all. Versions to
// come are answered as version 1, since they are bound to accept its reply.
func isQuery(b []byte) bool {
	if len(b) <= len(queryPrefix) || len(b) > maxQuery || string(b[:len(queryPrefix)]) != queryPrefix {
		return false
	}
	version := b[len(queryPrefix)]
	return '1' <= version && version <= '9' || 'A' <= version && version <= 'Z'
}

// formatReply returns the reply of a server whose Alpaca port is port. It has
// no whitespace: ConformU remarks on any.
func formatReply(port uint16) []byte {
	return append(strconv.AppendUint([]byte(`{"AlpacaPort":`), uint64(port), 10), '}')
}

// parseReply returns the Alpaca port that a reply names, which is never 0. It
// is more tolerant than the standard: letter case, a quoted number, other
// members, a byte order mark, blanks and NULs around it do no harm.
func parseReply(b []byte) (port uint16, ok bool) {
	b = bytes.Trim(bytes.TrimPrefix(b, []byte("\uFEFF")), "\x00 \t\r\n")
	var reply struct{ AlpacaPort json.Number }
	if json.Unmarshal(b, &reply) != nil {
		return 0, false
	}
	n, err := strconv.ParseUint(reply.AlpacaPort.String(), 10, 16)
	return uint16(n), err == nil && n > 0
}
