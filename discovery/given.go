// SPDX-License-Identifier: GPL-3.0-or-later

package discovery

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/siderostep/siderostep/fault"
)

// ParseServer reads where a server is: http://mount1:11111, or the same
// without http://. Anything else is fault.Invalid.
func ParseServer(text string) (Server, error) {
	invalid := func() (Server, error) {
		return Server{}, fault.New(fault.Invalid, "discovery", "server %q: accepted is an address and a port, such as http://mount1:11111", text)
	}
	whole := text
	if !strings.Contains(text, "://") {
		whole = "http://" + text
	}
	u, err := url.Parse(whole)
	if err != nil || u.Scheme != "http" || u.User != nil || u.Opaque != "" || strings.Trim(u.Path, "/") != "" || strings.ContainsAny(whole, "?#") {
		return invalid()
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || port == 0 {
		return invalid()
	}
	host := u.Hostname()
	if addr, err := netip.ParseAddr(host); err == nil {
		return Server{Addr: netip.AddrPortFrom(addr.Unmap(), uint16(port))}, nil
	}
	if !isHostName(host) {
		return invalid()
	}
	return Server{Host: net.JoinHostPort(host, strconv.FormatUint(port, 10))}, nil
}

// isHostName reports whether a name has only what names of hosts have: a
// stranger sign would end up in a URL that someone else takes apart.
func isHostName(s string) bool {
	for _, r := range s {
		if !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '.' || r == '_') {
			return false
		}
	}
	return s != "" && len(s) <= 253
}

// authority is the server's host and port in a URL.
func (s Server) authority() string {
	if s.Host != "" {
		return s.Host
	}
	return s.Addr.String()
}
