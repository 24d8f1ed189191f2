// SPDX-License-Identifier: GPL-3.0-or-later

package plant

import (
	"slices"
	"sync"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
)

// MotorsConfig is one or more stepper motors with their transistors.
type MotorsConfig struct {
	Count    int // motors, 1 to 6
	Windings int // of each, 4 (a, b, a−, b−) or 5

	// Leads says for each motor which winding (0 is a) hangs from each of its
	// lines; nil, or a nil row, for the order of the windings.
	Leads [][]int

	Invert bool          // a winding is on when its line is low
	Period time.Duration // of the modulation, over which currents are averaged, > 0
	Now    func() driver.Instant
}

// DefaultPeriod suits modulation of 1 kHz and its multiples.
const DefaultPeriod = time.Millisecond

// Motors turns the levels of lines into the turning of rotors. Line
// motor × Windings + i is the i-th lead of a motor. All windings are off at
// first. It is a driver.Lines; SetDuty is for ports that modulate by
// themselves.
type Motors struct {
	cfg MotorsConfig

	mu     sync.Mutex
	at     driver.Instant
	shares []float64 // of the lines' time in which their windings are on, from at on
	sum    []float64 // of them over the period that runs, seconds
	since  float64   // how much of that period has been summed, seconds
	rotors []rotor
}

// MotorTruth is what a motor has really done.
type MotorTruth struct {
	FullSteps float64 // turned, clockwise positive
	Travel    float64 // full steps turned, both ways: a motor that buzzes travels and does not get on
	Current   float64 // sum of the windings' mean currents in the last period; 1 is one fully on
	Peak      float64 // the largest of those
}

// NewMotors returns motors at rest in the detent of winding a, or
// fault.Invalid.
func NewMotors(cfg MotorsConfig) (*Motors, error) {
	const op = "new motors"
	switch {
	case cfg.Windings != 4 && cfg.Windings != 5:
		return nil, fault.New(fault.Invalid, op, "%d windings: 4 and 5 are accepted", cfg.Windings)
	case cfg.Count < 1 || cfg.Count*cfg.Windings > 32:
		return nil, fault.New(fault.Invalid, op, "%d motors: 1 to %d are accepted", cfg.Count, 32/cfg.Windings)
	case cfg.Period <= 0 || cfg.Now == nil:
		return nil, fault.New(fault.Invalid, op, "Now is needed, and a Period above 0")
	case len(cfg.Leads) > cfg.Count:
		return nil, fault.New(fault.Invalid, op, "leads of %d motors: there are %d", len(cfg.Leads), cfg.Count)
	}
	m := &Motors{cfg: cfg, at: cfg.Now()}
	m.shares = make([]float64, cfg.Count*cfg.Windings)
	m.sum = make([]float64, len(m.shares))
	for i := range cfg.Count {
		leads := straight(cfg.Windings)
		if i < len(cfg.Leads) && cfg.Leads[i] != nil {
			leads = slices.Clone(cfg.Leads[i])
		}
		if sorted := slices.Sorted(slices.Values(leads)); !slices.Equal(sorted, straight(cfg.Windings)) {
			return nil, fault.New(fault.Invalid, op, "leads %v: each of 0 to %d once is accepted", leads, cfg.Windings-1)
		}
		m.rotors = append(m.rotors, newRotor(leads))
	}
	return m, nil
}

// straight returns 0 … n−1.
func straight(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}

// Write implements driver.Lines. It never fails.
func (m *Motors) Write(word, mask uint32) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.advance(m.cfg.Now())
	for i := range m.shares {
		if mask>>i&1 == 1 {
			m.shares[i] = m.share(float64(word >> i & 1))
		}
	}
	return nil
}

// SetDuty says in what share of time, 0 to 1, the lines from the first on are
// high from an instant on. It is made for chip.PCA9685's Changed.
func (m *Motors) SetDuty(at driver.Instant, duty []float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.advance(at)
	for i := range min(len(duty), len(m.shares)) {
		m.shares[i] = m.share(duty[i])
	}
}

// share returns how much of a line's time its winding is on.
func (m *Motors) share(high float64) float64 {
	if m.cfg.Invert {
		return 1 - high
	}
	return high
}

// Truth returns what a motor has done up to the end of the last whole period.
func (m *Motors) Truth(motor int) MotorTruth {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.advance(m.cfg.Now())
	return m.rotors[motor].truth()
}

// advance lets time pass. Periods are counted from the instant 0.
func (m *Motors) advance(now driver.Instant) {
	period := m.cfg.Period
	for m.at < now {
		into := time.Duration(m.at) % period
		rest := now.Sub(m.at)
		if whole := rest - rest%period; into == 0 && whole > 0 {
			m.turn(m.shares, whole.Seconds())
			m.at = m.at.Add(whole)
			continue
		}
		dt := min(period-into, rest)
		for i, s := range m.shares {
			m.sum[i] += s * dt.Seconds()
		}
		m.since += dt.Seconds()
		m.at = m.at.Add(dt)
		if into+dt == period {
			for i := range m.sum {
				m.sum[i] /= m.since
			}
			m.turn(m.sum, m.since)
			clear(m.sum)
			m.since = 0
		}
	}
}

// turn puts mean currents on the windings for so many seconds.
func (m *Motors) turn(mean []float64, seconds float64) {
	for i := range m.rotors {
		n := m.cfg.Windings
		m.rotors[i].run(mean[i*n:(i+1)*n], seconds)
	}
}
