// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"math"
	"time"
)

// fakeScope is a German equatorial mount without faults. Its place is kept as
// hour angle and declination.
type fakeScope struct {
	*fake
	date                time.Time // UTC at the fake's start
	lat, lon, elevation float64
	at                  float64 // simulated seconds to which the place belongs
	ha, dec             float64 // hours, degrees
	side                int
	tracking            bool
	parked, home        bool
	slew                *fakeSlew
	axis                [2]float64 // MoveAxis rates, °/s
	pulses              [2]fakePulse
	rate                int        // TrackingRate
	offsets             [2]float64 // RightAscensionRate, DeclinationRate as written
	guide               [2]float64 // guide rates in RA and Dec, °/s
	target              [2]float64 // RA, Dec
	targetSet           [2]bool
	refraction          bool
	settleTime          int
	park                [2]float64 // hour angle, declination
}

// fakeSlew is a slew under way, at even rates to a place among the stars or
// above the ground.
type fakeSlew struct {
	fromHA, fromDec float64
	ra, dec, ha     float64
	toStars         bool
	begin, end      float64
	done            func()
}

// fakePulse is a guide pulse on one axis.
type fakePulse struct {
	rate float64 // °/s, positive towards greater RA or Dec
	end  float64
}

const (
	slewRate    = 4.0 // °/s
	homeHA      = -1.0
	homeDec     = 40.0
	siderealDay = 1.00273790935
)

func newFakeScope(f *fake) *fakeScope {
	return &fakeScope{
		fake: f, date: time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC),
		lat: 48.25, lon: 11.5, elevation: 520, ha: homeHA, dec: homeDec, side: throughThePole,
		guide: [2]float64{0.00208, 0.00208}, park: [2]float64{5, 60},
	}
}

// utcNow returns the simulated date.
func (s *fakeScope) utcNow() time.Time {
	return s.date.Add(time.Duration(s.elapsed() * float64(time.Second)))
}

// lst returns local sidereal time in hours at a simulated instant, by the
// Earth rotation angle and the precession since 2000.
func (s *fakeScope) lst(at float64) float64 {
	days := s.date.Sub(time.Date(2000, 1, 1, 12, 0, 0, 0, time.UTC)).Seconds()/86400 + at/86400
	era := 0.7790572732640 + 0.00273781191135448*days + math.Mod(days, 1)
	precession := (0.014506 + 4612.156534*days/36525) / 1296000
	lon := s.lon
	if s.has("longitude-west") {
		lon = -lon
	}
	return hours24((era+precession)*24 + lon/15)
}

func hours24(x float64) float64 { return math.Mod(math.Mod(x, 24)+24, 24) }

// advance brings the place up to the present, from one event to the next.
func (s *fakeScope) advance() {
	now := s.elapsed()
	for s.at < now {
		to := now
		if s.slew != nil {
			to = min(to, s.slew.end)
		}
		for _, p := range s.pulses {
			if p.end > s.at {
				to = min(to, p.end)
			}
		}
		s.step(to)
	}
}

// step goes on to an instant up to which nothing begins or ends.
func (s *fakeScope) step(to float64) {
	if s.slew != nil {
		s.stepSlew(to)
		return
	}
	dt := to - s.at
	if s.tracking && s.axis[0] == 0 {
		drive := []float64{1, 14.685 / 15.041, 15 / 15.041, 15.0369 / 15.041}[s.rate]
		s.ha += dt * drive * siderealDay / 3600
		s.ha -= dt * s.raOffset() / 3600
		s.dec += dt * s.decOffset() / 3600
		for i, p := range s.pulses {
			if p.end <= s.at {
				continue
			}
			if i == 0 {
				s.ha -= dt * p.rate / 15
			} else {
				s.dec += dt * p.rate
			}
		}
	}
	s.ha += dt * s.axis[0] / 15
	s.dec += dt * s.axis[1]
	if s.dec > 90 {
		s.dec = 90
	}
	s.at = to
}

// raOffset returns the offset in seconds of RA per SI second.
func (s *fakeScope) raOffset() float64 {
	x := s.offsets[0] / 0.9972695677
	switch {
	case s.has("ra-rate-arcsec"):
		x /= 15
	case s.has("ra-rate-sign"):
		x = -x
	}
	return x
}

// decOffset returns the offset in arcseconds per second.
func (s *fakeScope) decOffset() float64 {
	x := s.offsets[1]
	switch {
	case s.has("dec-rate-side") && s.side == throughThePole:
		x = -x
	case s.has("dec-rate-crossed"):
		s.ha -= x / 1e4 // leaks into the other axis
	}
	return x
}

func (s *fakeScope) stepSlew(to float64) {
	w := s.slew
	s.at = to
	toHA := w.ha
	if w.toStars {
		toHA = s.lst(w.end) - w.ra
	}
	part := 1.0
	if w.end > w.begin {
		part = (to - w.begin) / (w.end - w.begin)
	}
	s.ha = hourAngle12(w.fromHA + part*hourAngle12(toHA-w.fromHA))
	s.dec = w.fromDec + part*(w.dec-w.fromDec)
	if to >= w.end {
		s.ha, s.dec, s.slew = hourAngle12(toHA), w.dec, nil
		if w.done != nil {
			w.done()
		}
	}
}

// hourAngle12 wraps hours to −12 … 12.
func hourAngle12(x float64) float64 { return hours24(x+12) - 12 }

// moving is Slewing.
func (s *fakeScope) moving() bool {
	if s.has("slewing-false") && s.slew != nil || s.has("slewing-false-axes") && s.slew == nil {
		return false
	}
	return s.slew != nil || s.axis != [2]float64{} || (s.has("slewing-offsets") && s.offsets != [2]float64{})
}

// begin starts a slew; done is called at its end.
func (s *fakeScope) begin(w fakeSlew, done func()) {
	s.axis = [2]float64{}
	s.home = false
	w.fromHA, w.fromDec, w.begin, w.done = s.ha, s.dec, s.at, done
	ha := w.ha
	if w.toStars {
		ha = s.lst(s.at) - w.ra
		s.side = s.sideAt(ha)
	}
	way := max(math.Abs(hourAngle12(ha-s.ha))*15, math.Abs(w.dec-s.dec))
	w.end = s.at + way/slewRate + 0.5
	if s.has("slew-at-once") {
		w.end = s.at
	}
	s.slew = &w
}

// sideAt is the pointing state for an hour angle.
func (s *fakeScope) sideAt(ha float64) int {
	ha = hourAngle12(ha)
	side := normal
	if ha < 0 {
		side = throughThePole
	}
	if s.has("side-inverted") || (s.has("side-physical") && math.Abs(ha) > 6) {
		side = 1 - side
	}
	return side
}

// rightAscension returns where the mount points among the stars.
func (s *fakeScope) rightAscension() float64 { return hours24(s.lst(s.at) - s.ha) }

// horizontal converts the place; azimuth from north through east.
func (s *fakeScope) horizontal() (az, alt float64) {
	const deg = math.Pi / 180
	h, d, l := s.ha*15*deg, s.dec*deg, s.lat*deg
	x := math.Cos(l)*math.Sin(d) - math.Sin(l)*math.Cos(d)*math.Cos(h)
	y := -math.Cos(d) * math.Sin(h)
	z := math.Sin(l)*math.Sin(d) + math.Cos(l)*math.Cos(d)*math.Cos(h)
	return turn(math.Atan2(y, x) / deg), math.Atan2(z, math.Hypot(x, y)) / deg
}

// equatorial is the inverse of horizontal.
func (s *fakeScope) equatorial(az, alt float64) (ha, dec float64) {
	const deg = math.Pi / 180
	a, e, l := az*deg, alt*deg, s.lat*deg
	x := math.Cos(l)*math.Sin(e) - math.Sin(l)*math.Cos(e)*math.Cos(a)
	y := -math.Cos(e) * math.Sin(a)
	z := math.Sin(l)*math.Sin(e) + math.Cos(l)*math.Cos(e)*math.Cos(a)
	return math.Atan2(y, x) / deg / 15, math.Atan2(z, math.Hypot(x, y)) / deg
}

// forget drops what does not outlive a connection.
func (s *fakeScope) forget() {
	s.targetSet = [2]bool{}
	if s.has("slew-lost-on-disconnect") && s.slew != nil {
		s.slew.end = math.Inf(1)
	}
}
