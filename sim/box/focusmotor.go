// SPDX-License-Identifier: GPL-3.0-or-later

package box

import (
	"math"

	"github.com/siderostep/siderostep/driver"
)

// calibrationStates is the highest state that a calibration reports.
const calibrationStates = 12

// focusMotor is the servo behind the Celestron box: a shaft with two hard
// stops. Positions are in steps, speeds in steps per second.
type focusMotor struct {
	low, high  float64 // the hard stops
	fast, slow float64

	at       driver.Instant
	shaft    float64 // from the shaft's own zero
	offset   float64 // of the count from the shaft: count = shaft + offset
	speed    float64 // signed; 0 at rest
	target   float64 // where a goto ends; ±Inf for a move
	endStops int     // times that the motor ran against a stop

	legs    []float64 // of the calibration, still to be run to
	length  float64   // of all of them
	run     float64   // of it, done
	learned bool      // limits known
}

// count returns the position that the motor reports.
func (m *focusMotor) count() int { return int(math.Round(m.shaft + m.offset)) }

// moving reports whether the motor turns.
func (m *focusMotor) moving() bool { return m.speed != 0 || len(m.legs) > 0 }

// goTo starts for a count.
func (m *focusMotor) goTo(count int, speed float64) {
	m.abort()
	m.head(float64(count)-m.offset, speed)
}

// move starts in a direction, at a share of the fast speed: rate 0 to 9.
func (m *focusMotor) move(direction, rate int) {
	m.abort()
	m.speed = 0
	if rate > 0 {
		m.head(math.Inf(direction), m.fast*float64(rate)/9)
	}
}

// head sets target and speed.
func (m *focusMotor) head(target, speed float64) {
	m.target, m.speed = target, 0
	if target != m.shaft {
		m.speed = math.Copysign(speed, target-m.shaft)
	}
}

// calibrate runs to both stops and to the middle between them.
func (m *focusMotor) calibrate() {
	m.legs = []float64{m.low, m.high, (m.low + m.high) / 2}
	m.length = m.shaft - m.low + (m.high-m.low)*1.5
	m.run, m.learned = 0, false
	if m.shaft == m.low {
		m.legs = m.legs[1:]
	}
	m.head(m.legs[0], m.fast)
}

// abort ends a calibration, if there is one, and stops.
func (m *focusMotor) abort() {
	if len(m.legs) == 0 {
		return
	}
	m.legs, m.speed = nil, 0
}

// calibration returns whether the limits are known, and the state of the
// calibration: 0 for none, 1 to 12 on its way.
func (m *focusMotor) calibration() (done bool, state int) {
	switch {
	case len(m.legs) > 0:
		return false, 1 + min(int(m.run/m.length*calibrationStates), calibrationStates-1)
	case m.learned:
		return true, calibrationStates
	}
	return false, 0
}

// advance lets time pass.
func (m *focusMotor) advance(now driver.Instant) {
	left := now.Sub(m.at).Seconds()
	m.at = max(m.at, now)
	for left > 0 && m.speed != 0 {
		end := min(max(m.target, m.low), m.high)
		takes := (end - m.shaft) / m.speed // ≥ 0
		if takes > left {
			m.shaft += m.speed * left
			m.run += math.Abs(m.speed) * left
			return
		}
		left -= takes
		m.run += math.Abs(end - m.shaft)
		m.shaft, m.speed = end, 0
		m.arrive(end)
	}
}

// arrive does what is to be done at the end of a motion.
func (m *focusMotor) arrive(end float64) {
	if len(m.legs) == 0 {
		if m.target != end {
			m.endStops++
		}
		return
	}
	m.legs = m.legs[1:]
	if len(m.legs) == 0 {
		m.offset, m.learned = 0, true
		return
	}
	m.head(m.legs[0], m.fast)
}
