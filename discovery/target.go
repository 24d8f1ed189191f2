// SPDX-License-Identifier: GPL-3.0-or-later

package discovery

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Target is a server with metrics, as Prometheus is told of it: a target
// group of its HTTP service discovery.
//
// Source: Prometheus documentation, "Writing HTTP Service Discovery".
type Target struct {
	Addresses [1]string `json:"targets"` // host and port
	Labels    Labels    `json:"labels"`
}

// Labels are what Prometheus writes on everything that comes from a target;
// those that begin with __meta_ serve its relabelling and are then dropped,
// and so are empty ones.
type Labels struct {
	Name         string `json:"name"`
	Location     string `json:"location"`
	Manufacturer string `json:"__meta_alpaca_manufacturer"`
	Version      string `json:"__meta_alpaca_version"`
}

// maxLabel is the length of a label in runes. Names that people give are
// shorter; Prometheus keeps each in memory.
const maxLabel = 200

// label returns a server's text as the value of a label.
func label(s string) string {
	runes := []rune(strings.TrimSpace(printable(s)))
	return string(runes[:min(len(runes), maxLabel)])
}

func labelsOf(s Server) Labels {
	return Labels{Name: label(s.Name), Location: label(s.Location), Manufacturer: label(s.Manufacturer), Version: label(s.Version)}
}

// candidate is a server with metrics at one of its addresses.
type candidate struct {
	Server
	given bool // by a person, not found
}

// identity is the same for one server at several addresses. A server whose
// devices have no ids counts anew at each. Two that were copied from one
// another, ids and all, differ if their ports or names do.
func (c candidate) identity() string {
	var ids []string
	for _, d := range c.Devices {
		if d.UniqueID != "" {
			ids = append(ids, d.UniqueID)
		}
	}
	if len(ids) == 0 {
		return c.authority()
	}
	slices.Sort(ids)
	port := c.authority()[strings.LastIndexByte(c.authority(), ':'):]
	parts := append([]string{port, c.Name, c.Location}, ids...)
	for i, p := range parts {
		parts[i] = strconv.Quote(p) // so that no text can pass for two
	}
	return strings.Join(parts, " ")
}

// rank orders addresses by who can reach them, the best first: what a person
// chose, what all can reach, what this link can, what this machine can, and
// what this machine can by this link alone.
func (c candidate) rank() int {
	a := c.Addr.Addr()
	switch {
	case c.given:
		return 0
	case a.IsLoopback() && a.Is4():
		return 4
	case a.IsLoopback():
		return 5
	case a.IsLinkLocalUnicast() && a.Is4():
		return 3
	case a.IsLinkLocalUnicast():
		return 6
	case a.Is4():
		return 1
	}
	return 2
}

// byRank compares candidates: negative if a is the better address.
func byRank(a, b candidate) int {
	return cmp.Or(cmp.Compare(a.rank(), b.rank()), a.Addr.Compare(b.Addr), strings.Compare(a.Host, b.Host))
}
