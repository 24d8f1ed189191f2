// SPDX-License-Identifier: GPL-3.0-or-later

package metrics

import (
	"time"

	"github.com/siderostep/siderostep/clock"
)

// Requests counts what an Alpaca server was asked since it started. All names
// in it have to come from its tables, never from a request.
type Requests struct {
	Refused  uint64 // answered with HTTP 4xx: not understood
	Failed   uint64 // answered with an ASCOM error number
	Panicked uint64 // answered with HTTP 500
	Joined   uint64 // repeated PUTs that shared the outcome of a running one
	Stray    uint64 // of those refused: to a path or with a verb that leads nowhere

	Open     int64  // connections now
	Accepted uint64 // connections so far

	Members   []MemberRequests
	Durations []RequestDurations
	Devices   []DeviceState
}

// MemberRequests counts the requests to one member with one verb.
type MemberRequests struct {
	Device, Member, Method string
	OK, Failed, Refused    uint64
	Spent                  time.Duration
}

// RequestDurations tells how long the requests of a class took.
type RequestDurations struct {
	Device, Class string
	Took          clock.Tally
}

// DeviceState tells whether a type of device is connected.
type DeviceState struct {
	Device    string
	Connected bool
}

func (p page) alpaca(r *Requests) {
	p.count(requestsFailed, r.Refused, "refused")
	p.count(requestsFailed, r.Failed, "failed")
	p.count(requestsFailed, r.Panicked, "panicked")
	p.count(requestsStray, r.Stray)
	p.count(requestsJoined, r.Joined)
	p.put(connections, float64(r.Open))
	p.count(connectionsMade, r.Accepted)
	for i := range r.Members {
		m := &r.Members[i]
		for _, v := range [...]struct {
			result string
			n      uint64
		}{{"ok", m.OK}, {"error", m.Failed}, {"refused", m.Refused}} {
			if v.n > 0 {
				p.count(requests, v.n, m.Device, m.Member, m.Method, v.result)
			}
		}
		p.put(memberSeconds, m.Spent.Seconds(), m.Device, m.Member, m.Method)
	}
	for i := range r.Durations {
		d := &r.Durations[i]
		p.durations(requestSeconds, d.Took, d.Device, d.Class)
	}
	for _, d := range r.Devices {
		p.flag(connected, d.Connected, d.Device)
	}
}

// LX200 counts what an LX200 server was asked since it started. All names in
// it have to come from its tables, never from a client.
type LX200 struct {
	Commands []LX200Command
	Refusals map[string]uint64 // commands declined, by reason

	Took clock.Tally // from the end of a command until its reply is ready

	Open     int // connections and serial lines now
	Accepted uint64
	Rejected uint64
	Closed   map[string]uint64 // connections, by cause
	Framing  map[string]uint64 // frames that were no good, by kind
	Noise    uint64            // bytes outside of frames
	Stopped  uint64            // direction key motions that were ended for want of a client

	Lines     int // serial lines configured
	LinesOpen int // of these now
	Lost      uint64
	Failed    uint64 // times that one could not be opened
	Reopened  uint64
}

// LX200Command counts one command with one result.
type LX200Command struct {
	Command, Result string
	N               uint64
}

func (p page) lx200(v *LX200) {
	for _, c := range v.Commands {
		p.count(lx200Commands, c.N, c.Command, c.Result)
	}
	for reason, n := range v.Refusals {
		p.count(lx200Refusals, n, reason)
	}
	p.durations(lx200Seconds, v.Took)
	p.put(lx200Sessions, float64(v.Open))
	p.count(lx200Accepted, v.Accepted)
	p.count(lx200Rejected, v.Rejected)
	for cause, n := range v.Closed {
		p.count(lx200Closed, n, cause)
	}
	for kind, n := range v.Framing {
		p.count(lx200Framing, n, kind)
	}
	p.count(lx200Noise, v.Noise)
	p.count(lx200Stops, v.Stopped)
	if v.Lines > 0 {
		p.put(lx200Lines, float64(v.Lines))
		p.put(lx200Open, float64(v.LinesOpen))
		p.count(lx200Losses, v.Lost)
		p.count(lx200Failures, v.Failed)
		p.count(lx200Reopens, v.Reopened)
	}
}

func (p page) saves(all []Saves) {
	for i := range all {
		v := &all[i]
		p.count(saved, v.Done, v.File)
		p.count(savesFailed, v.Failed, v.File)
		p.durations(saveSeconds, v.Took, v.File)
		if !v.Last.IsZero() {
			p.put(savedAt, float64(v.Last.UnixMicro())*1e-6, v.File)
		}
	}
}
