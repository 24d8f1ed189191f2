// SPDX-License-Identifier: GPL-3.0-or-later

// Package celestrontest simulates a Celestron Focus Motor at the other end of
// a serial line, with the faults that such a line has.
//
// It shares no code with the client that it is to try.
package celestrontest

import (
	"io"
	"math"
	"sync"
	"time"

	"github.com/siderostep/siderostep/clock"
)

// The motor's ways, in its own steps.
const (
	FastRate        = 2000.0 // steps per second
	SlowRate        = 100.0
	CalibrationTime = 20 * time.Second
	stages          = 12
)

// Troubles are what may be wrong with the motor or its line. They may be
// changed while it runs, by Change.
type Troubles struct {
	Unplugged bool          // the line is gone, and cannot be opened
	Silent    int           // requests that get no answer
	Corrupt   int           // answers with a wrong checksum
	Noise     []byte        // comes before each answer
	Echo      bool          // requests come back before their answers
	Chatter   bool          // other devices' frames come before each answer
	Delay     time.Duration // before each answer
	Stuck     bool          // takes orders, and does not turn
	Busy      bool          // never says that it is done
	Deaf      bool          // acknowledges orders to move or stop, and does not heed them
}

// Motor is a simulated focus motor.
type Motor struct {
	clock clock.Clock

	mu       sync.Mutex
	troubles Troubles
	line     *Line
	requests [][]byte // the latest, whole frames

	low, high   int // limits; none while high is not above low
	found       [2]int
	from, to    float64
	rate        float64 // steps per second, ≥ 0
	since       time.Time
	calibrating bool
	begun       time.Time // of the calibration
	calibrated  bool      // the latest calibration ended well
}

// New returns a motor at a position, its limits not known; calibration finds
// those given.
func New(c clock.Clock, position, low, high int) *Motor {
	return &Motor{clock: c, from: float64(position), to: float64(position), since: c.Now(), found: [2]int{low, high}}
}

// Calibrated makes the limits known.
func (m *Motor) Calibrated() *Motor {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.low, m.high = m.found[0], m.found[1]
	return m
}

// Change changes what is wrong. A motor unplugged loses its line.
func (m *Motor) Change(change func(*Troubles)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(&m.troubles)
	if m.troubles.Unplugged && m.line != nil {
		m.line.end()
		m.line = nil
	}
}

// Push turns the motor by hand, or by another program.
func (m *Motor) Push(steps int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.send(m.at()+float64(steps), math.Inf(1))
}

// Position returns where the motor stands.
func (m *Motor) Position() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return int(math.Round(m.at()))
}

// InUse reports whether somebody has the line open.
func (m *Motor) InUse() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.line != nil && !m.line.over()
}

// Requests returns and forgets the frames that came in.
func (m *Motor) Requests() [][]byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.requests
	m.requests = nil
	return r
}

// Open opens the line. An older one is gone then.
func (m *Motor) Open() (*Line, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.troubles.Unplugged {
		return nil, io.ErrNoProgress
	}
	if m.line != nil {
		m.line.end()
	}
	m.line = &Line{motor: m, more: make(chan struct{}, 1)}
	return m.line, nil
}

func (m *Motor) at() float64 {
	way := m.to - m.from
	gone := m.rate * m.clock.Now().Sub(m.since).Seconds()
	if gone >= math.Abs(way) {
		return m.to
	}
	return m.from + math.Copysign(gone, way)
}

// send sends the motor to a position from now on.
func (m *Motor) send(to, rate float64) {
	m.from, m.to, m.rate, m.since = m.at(), to, rate, m.clock.Now()
	if m.troubles.Stuck {
		m.rate = 0
	}
}

// calibrate brings a calibration up to date.
func (m *Motor) calibrate() {
	if m.calibrating && m.clock.Now().Sub(m.begun) >= CalibrationTime {
		m.calibrating, m.calibrated = false, true
		m.low, m.high = m.found[0], m.found[1]
		m.from, m.to = float64(m.low), float64(m.low)
	}
}

// obey carries out a command and returns the data of its answer; false when
// there is none.
func (m *Motor) obey(command byte, data []byte) ([]byte, bool) {
	m.calibrate()
	moves := command == 0x02 || command == 0x17 || command == 0x24 || command == 0x25
	if m.troubles.Deaf && moves {
		return nil, true
	}
	n := 0
	for _, b := range data {
		n = n<<8 | int(b)
	}
	switch command {
	case 0xfe:
		return []byte{7, 15, 0x20, 0x09}, true
	case 0x01:
		return bigEndian(int(math.Round(m.at())), 3), true
	case 0x04:
		m.from, m.to = float64(n), float64(n)
	case 0x02:
		m.send(m.within(n), FastRate)
	case 0x17:
		m.send(m.within(n), SlowRate)
	case 0x13:
		if m.at() == m.to && !m.troubles.Busy {
			return []byte{0xff}, true
		}
		return []byte{0}, true
	case 0x24:
		m.send(float64(m.high), float64(n)/9*FastRate)
	case 0x25:
		m.send(float64(m.low), float64(n)/9*FastRate)
	case 0x2a:
		m.calibrating, m.calibrated, m.begun = n == 1, false, m.clock.Now()
	case 0x2b:
		return m.progress(), true
	case 0x2c:
		return append(bigEndian(m.low, 4), bigEndian(m.high, 4)...), true
	default:
		return nil, false
	}
	if (command == 0x24 || command == 0x25) && n == 0 {
		m.to = m.from
	}
	return nil, true
}

func (m *Motor) within(n int) float64 { return float64(min(max(n, m.low), m.high)) }

func (m *Motor) progress() []byte {
	switch {
	case m.calibrated:
		return []byte{1, stages}
	case !m.calibrating:
		return []byte{0, 0}
	}
	return []byte{0, byte(1 + m.clock.Now().Sub(m.begun)*(stages-1)/CalibrationTime)}
}

func bigEndian(n, size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[size-1-i] = byte(n >> (8 * i))
	}
	return b
}
