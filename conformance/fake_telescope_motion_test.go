// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

// place is where a slew or sync goes, checked.
func (s *fakeScope) place(ra, dec float64) *ascom {
	switch {
	case s.parked:
		return s.parkedFault()
	case (outside(ra, 0, 24) || outside(dec, -90, 90)) && !s.has("place-any"):
		return fault(invalidValue)
	case !s.tracking:
		return fault(invalidOperation)
	}
	return nil
}

// direction is where an alt-az slew or sync goes, checked.
func (s *fakeScope) direction(az, alt float64, bug string) *ascom {
	switch {
	case s.parked:
		return s.parkedFault()
	case (outside(az, 0, 360) || outside(alt, -90, 90)) && !s.has(bug):
		return fault(invalidValue)
	case s.tracking:
		return fault(invalidOperation)
	}
	return nil
}

// toStars slews to equatorial coordinates.
func (s *fakeScope) toStars(ra, dec float64) *ascom {
	if err := s.place(ra, dec); err != nil {
		return err
	}
	if !s.has("slew-keeps-target") {
		s.target, s.targetSet = [2]float64{ra, dec}, [2]bool{true, true}
	}
	if s.has("slew-off") {
		dec += 20.0 / 3600
	}
	s.begin(fakeSlew{toStars: true, ra: ra, dec: dec}, nil)
	return nil
}

// blocking makes a slew that returns at its end.
func (s *fakeScope) blocking(start func(values) *ascom) func(values) *ascom {
	return func(v values) *ascom {
		if err := start(v); err != nil {
			return err
		}
		for s.slew != nil {
			s.sleepUntil(s.slew.end)
			s.advance()
		}
		return nil
	}
}

// toTarget calls fn with the targets.
func (s *fakeScope) toTarget(fn func(ra, dec float64) *ascom) func(values) *ascom {
	return func(values) *ascom {
		if s.targetSet != [2]bool{true, true} {
			return fault(valueNotSet)
		}
		return fn(s.target[0], s.target[1])
	}
}

// slews are the six slews.
func (s *fakeScope) slews() map[string]handler {
	stars := [][2]string{{"RightAscension", "float"}, {"Declination", "float"}}
	ground := [][2]string{{"Azimuth", "float"}, {"Altitude", "float"}}
	coordinates := func(v values) *ascom { return s.toStars(v.float("RightAscension"), v.float("Declination")) }
	target := s.toTarget(s.toStars)
	altAz := func(v values) *ascom { return s.toGround(v.float("Azimuth"), v.float("Altitude")) }
	return map[string]handler{
		"slewtocoordinates":      does(s.blocking(coordinates), stars...),
		"slewtocoordinatesasync": does(coordinates, stars...),
		"slewtotarget":           does(s.blocking(target)),
		"slewtotargetasync":      does(target),
		"slewtoaltaz":            does(s.blocking(altAz), ground...),
		"slewtoaltazasync":       does(altAz, ground...),
	}
}

// toGround slews to a direction.
func (s *fakeScope) toGround(az, alt float64) *ascom {
	if err := s.direction(az, alt, "direction-any"); err != nil {
		return err
	}
	switch s.bug {
	case "altaz-off":
		az += 15.0 / 3600
	case "azimuth-south":
		az = turn(az + 180)
	}
	ha, dec := s.equatorial(az, alt)
	s.begin(fakeSlew{ha: ha, dec: dec}, nil)
	return nil
}

// syncs are the three syncs, by which the mount learns where it points.
func (s *fakeScope) syncs() map[string]handler {
	to := func(ra, dec float64) *ascom {
		if err := s.place(ra, dec); err != nil {
			return err
		}
		if !s.has("sync-keeps-target") {
			s.target, s.targetSet = [2]float64{ra, dec}, [2]bool{true, true}
		}
		if !s.has("sync-ignored") {
			s.ha, s.dec = hourAngle12(s.lst(s.at)-ra), dec
		}
		return nil
	}
	return map[string]handler{
		"synctocoordinates": does(func(v values) *ascom {
			return to(v.float("RightAscension"), v.float("Declination"))
		}, [2]string{"RightAscension", "float"}, [2]string{"Declination", "float"}),
		"synctotarget": does(s.toTarget(to)),
		"synctoaltaz": does(func(v values) *ascom {
			az, alt := v.float("Azimuth"), v.float("Altitude")
			if err := s.direction(az, alt, "sync-direction-any"); err != nil {
				return err
			}
			s.ha, s.dec = s.equatorial(az, alt)
			return nil
		}, [2]string{"Azimuth", "float"}, [2]string{"Altitude", "float"}),
	}
}

// guides are the members of pulse guiding.
func (s *fakeScope) guides() map[string]handler {
	on := s.pulses[0].end > s.at || s.pulses[1].end > s.at || s.has("pulse-for-ever")
	return map[string]handler{
		"ispulseguiding": read(false, func() (any, *ascom) {
			if s.has("pulse-state-number") {
				return nil, fault(invalidOperation)
			}
			return on && !s.has("pulse-unseen"), nil
		}),
		"pulseguide": does(func(v values) *ascom { return s.pulse(v.integer("Direction"), v.integer("Duration")) },
			[2]string{"Direction", "int"}, [2]string{"Duration", "int"}),
	}
}

func (s *fakeScope) pulse(direction, duration int) *ascom {
	switch {
	case s.parked:
		return s.parkedFault()
	case direction < 0 || direction > 3 || duration < 0:
		if s.has("pulse-any") {
			return nil
		}
		return fault(invalidValue)
	case s.slew != nil || !s.tracking:
		return fault(invalidOperation)
	}
	axis, sign := 1-direction/2, 1.0 // north and south are declination
	if direction == 1 || direction == 3 {
		sign = -1
	}
	switch {
	case axis == 0 && s.has("pulse-east-west"), axis == 1 && s.has("pulse-side") && s.side == throughThePole:
		sign = -sign
	case s.has("pulse-half"):
		sign /= 2
	case s.has("pulse-axes"):
		axis = 1 - axis
	}
	s.pulses[axis] = fakePulse{rate: sign * s.guide[axis], end: s.at + float64(duration)/1000}
	return nil
}

// piers are the members of the pier side.
func (s *fakeScope) piers() map[string]handler {
	return map[string]handler{
		"sideofpier": constant(s.side).writes("SideOfPier", "int", func(v values) *ascom {
			side := v.integer("SideOfPier")
			switch {
			case side != normal && side != throughThePole:
				return fault(invalidValue)
			case side == s.side || s.has("side-write-ignored"):
				return nil
			}
			s.begin(fakeSlew{toStars: true, ra: s.rightAscension(), dec: s.dec}, nil)
			s.slew.end = s.at + 30 // a flip takes its time
			s.side = side
			return nil
		}),
		"destinationsideofpier": {
			getArgs: [][2]string{{"RightAscension", "float"}, {"Declination", "float"}},
			zero:    0,
			get: func(v values) (any, *ascom) {
				ra, dec := v.float("RightAscension"), v.float("Declination")
				if outside(ra, 0, 24) || outside(dec, -90, 90) {
					return nil, fault(invalidValue)
				}
				if s.has("destination-constant") {
					return normal, nil
				}
				return s.sideAt(s.lst(s.at) - ra), nil
			},
		},
	}
}
