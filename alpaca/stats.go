// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/siderostep/siderostep/clock"
)

// Stats counts what the server did since it was made.
type Stats struct {
	Requests uint64 // to devices and management
	Refused  uint64 // answered with HTTP 4xx: not understood
	Failed   uint64 // answered with an ASCOM error number
	Joined   uint64 // repeated PUTs that shared the outcome of a running one
	Panics   uint64 // answered with HTTP 500
	Stray    uint64 // of Refused: to no member, or with a verb that it has not

	Open     int64  // connections now
	Accepted uint64 // connections so far

	Members   []MemberStats // those that were asked for
	Durations []ClassStats
	Devices   []DeviceStats // by type
}

// MemberStats counts the requests to one member with one verb.
type MemberStats struct {
	Device, Member, Method string // Device is its type; "management" for what is no device's

	OK      uint64
	Failed  uint64        // answered with an ASCOM error number
	Refused uint64        // answered with HTTP 400
	Spent   time.Duration // answering, all of them
}

// ClassStats tells how long the requests of a kind took to answer.
type ClassStats struct {
	Device string
	Class  string // "read", "state" (devicestate), "command" or "slew" (one that waits for its end)
	clock.Tally
}

// DeviceStats tells whether one device of a type, at least, is connected, and
// answers.
type DeviceStats struct {
	Device    string
	Connected bool
}

// tally counts what came to one endpoint. Its labels come from the tables, so
// that no request can make a new one.
type tally struct {
	device, member, method string

	ok, failed, refused atomic.Uint64
	spent               atomic.Int64 // ns
	class               *class
}

// class is the requests that take equally long.
type class struct {
	device, name string
	durations    clock.Durations
}

// classOf returns the class of a member's requests.
func (s *Server) classOf(device, member string, ep *endpoint) *class {
	name := "read"
	switch {
	case ep.limit == slewLimit:
		name = "slew"
	case ep.verb == http.MethodPut:
		name = "command"
	case member == "devicestate":
		name = "state"
	}
	for _, c := range s.classes {
		if c.device == device && c.name == name {
			return c
		}
	}
	c := &class{device: device, name: name}
	s.classes = append(s.classes, c)
	return c
}

// tally begins to count what comes to an endpoint. Devices of a type are
// counted together.
func (s *Server) tally(device, member string, ep *endpoint) {
	for _, t := range s.tallies {
		if t.device == device && t.member == member && t.method == ep.verb {
			ep.tally = t
			return
		}
	}
	ep.tally = &tally{device: device, member: member, method: ep.verb, class: s.classOf(device, member, ep)}
	s.tallies = append(s.tallies, ep.tally)
}

// took notes how long an answer took.
func (t *tally) took(d time.Duration) {
	t.spent.Add(int64(d))
	t.class.durations.Add(d)
}

// connection keeps count of the connections of an http.Server.
func (s *Server) connection(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.count.accepted.Add(1)
		s.count.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.count.open.Add(-1)
	}
}

type counters struct {
	refused, stray, panics, accepted atomic.Uint64
	open                             atomic.Int64
}

// Stats returns what has been counted so far.
func (s *Server) Stats() Stats {
	s.join.mu.Lock()
	joined := s.join.joined
	s.join.mu.Unlock()
	v := Stats{
		Refused: s.count.refused.Load(), Stray: s.count.stray.Load(), Panics: s.count.panics.Load(), Joined: joined,
		Open: s.count.open.Load(), Accepted: s.count.accepted.Load(),
	}
	v.Requests = v.Panics
	for _, t := range s.tallies {
		m := MemberStats{
			Device: t.device, Member: t.member, Method: t.method,
			OK: t.ok.Load(), Failed: t.failed.Load(), Refused: t.refused.Load(), Spent: time.Duration(t.spent.Load()),
		}
		n := m.OK + m.Failed + m.Refused
		if n == 0 {
			continue
		}
		v.Requests += n
		v.Failed += m.Failed
		v.Members = append(v.Members, m)
	}
	for _, c := range s.classes {
		v.Durations = append(v.Durations, ClassStats{Device: c.device, Class: c.name, Tally: c.durations.Load()})
	}
	for _, d := range s.devices {
		own := d.common()
		if n := len(v.Devices); n == 0 || v.Devices[n-1].Device != own.kind {
			v.Devices = append(v.Devices, DeviceStats{Device: own.kind})
		}
		if isConnected(d) {
			v.Devices[len(v.Devices)-1].Connected = true
		}
	}
	return v
}
