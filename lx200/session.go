// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"sync"
	"time"

	"github.com/siderostep/siderostep/model"
)

// memory is how long a session outlives its last connection, and sessionsMax
// how many are remembered.
const (
	memory      = 10 * time.Minute
	sessionsMax = 1024
)

// rate is a speed of the direction keys.
type rate uint8

const (
	rateGuide rate = iota // the power-up rate: some clients never choose one
	rateCentre
	rateSlew
	rateOwn // of :RA#, :RE#, :R0# to :R9#
)

// Session is what the server remembers of one client: the remote address or
// the serial device, whatever its connections.
type Session struct {
	key   string
	as    *manner
	conns int       // guarded by Server.mu
	seen  time.Time // guarded by Server.mu

	mu        sync.Mutex // held while a command of this session is executed
	form      form
	highPrec  bool
	ra, dec   model.Angle // target in the client's epoch
	hasRA     bool
	hasDec    bool
	az, alt   model.Angle
	hasAz     bool
	hasAlt    bool
	rate      rate
	own       [2]float64 // degrees per second of axes Z and A at rateOwn
	slowFocus bool
	told      bool // that place or time was not applied
}

// session returns the session of key, a new one at first; s.mu is held.
func (s *Server) session(key string, as *manner) *Session {
	if sess := s.sessions[key]; sess != nil {
		return sess
	}
	if len(s.sessions) >= sessionsMax {
		oldest := ""
		for k, x := range s.sessions {
			if x.conns == 0 && (oldest == "" || x.seen.Before(s.sessions[oldest].seen)) {
				oldest = k
			}
		}
		delete(s.sessions, oldest)
	}
	sess := &Session{key: key, as: as, seen: s.clock.Now(), form: as.form}
	s.sessions[key] = sess
	return sess
}

// client is the name under which the mount knows the session.
func (x *Session) client() string { return clientOf(x.key) }

func clientOf(key string) string { return "lx200 " + key }
