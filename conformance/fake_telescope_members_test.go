// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"maps"
	"math"
	"strings"
	"time"
)

// flags are the fake telescope's capabilities.
func (s *fakeScope) flags() map[string]handler {
	out := make(map[string]handler)
	for _, name := range []string{
		"canfindhome", "canpark", "canpulseguide", "cansetdeclinationrate", "cansetguiderates",
		"cansetpark", "cansetpierside", "cansetrightascensionrate", "cansettracking", "canslew",
		"canslewaltaz", "canslewaltazasync", "canslewasync", "cansync", "cansyncaltaz", "canunpark",
	} {
		out[name] = constant(!s.has("false-" + name))
	}
	return out
}

func (s *fakeScope) members() map[string]handler {
	s.advance()
	out := s.flags()
	for _, group := range []map[string]handler{
		s.readings(), s.settings(), s.tracks(), s.clockMembers(), s.slews(), s.syncs(), s.parks(), s.axes(), s.guides(), s.piers(),
	} {
		maps.Copy(out, group)
	}
	return out
}

func (s *fakeScope) state() []map[string]any {
	all := s.members()
	s.reduce("telescope", all)
	out := stateOf(all, "Altitude", "AtHome", "AtPark", "Azimuth", "Declination", "IsPulseGuiding",
		"RightAscension", "SideOfPier", "SiderealTime", "Slewing", "Tracking", "UTCDate")
	if s.has("scope-state-stale") {
		out[0]["Value"] = 12.5
	}
	return out
}

// readings are properties that are only read.
func (s *fakeScope) readings() map[string]handler {
	az, alt := s.horizontal()
	if s.has("altitude-negative") {
		alt = -alt
	}
	if s.has("azimuth-negative") {
		az -= 360
	}
	return map[string]handler{
		"alignmentmode":    constant(germanPolar),
		"altitude":         constant(alt),
		"aperturearea":     read(0.0, func() (any, *ascom) { return nil, fault(notImplemented) }),
		"aperturediameter": constant(0.2),
		"athome":           constant(s.home && !s.has("never-home")),
		"atpark":           constant((s.parked && !s.has("never-parked")) || (s.home && s.has("home-is-park"))),
		"azimuth":          constant(az),
		"declination":      constant(s.dec),
		"equatorialsystem": constant(1),
		"focallength":      constant(1.2),
		"rightascension":   constant(s.rightAscension()),
		"siderealtime":     constant(s.lst(s.at)),
		"slewing":          constant(s.moving()),
	}
}

// setting makes a property over a number, with a range.
func (s *fakeScope) setting(at *float64, key string, low, high float64, bug string) handler {
	return constant(*at).writes(key, "float", func(v values) *ascom {
		x := v.float(key)
		if outside(x, low, high) && !s.has(bug) {
			return fault(invalidValue)
		}
		if s.has("site-float32") {
			x = float64(float32(x) * 1.0000001)
		}
		*at = x
		return nil
	})
}

// settings are properties that are written and do nothing else.
func (s *fakeScope) settings() map[string]handler {
	refraction := 0
	if s.has("refraction-number") {
		refraction = invalidValue
	}
	target := func(i int, key string, low, high float64) handler {
		return read(0.0, func() (any, *ascom) {
			if !s.targetSet[i] && !s.has("target-preset") {
				return nil, fault(valueNotSet)
			}
			return s.target[i], nil
		}).writes(key, "float", func(v values) *ascom {
			if outside(v.float(key), low, high) && !s.has("target-any") {
				return fault(invalidValue)
			}
			s.target[i], s.targetSet[i] = v.float(key), true
			return nil
		})
	}
	guide := func(i int, key string) handler {
		h := s.setting(&s.guide[i], key, 0, 1, "")
		if s.has("guide-rate-negative") {
			h.get = func(values) (any, *ascom) { return -s.guide[i], nil }
		}
		return h
	}
	return map[string]handler{
		"doesrefraction": constant(s.refraction).writes("DoesRefraction", "bool", func(v values) *ascom {
			s.refraction = v.boolean("DoesRefraction")
			return fault(refraction)
		}),
		"guideratedeclination":    guide(1, "GuideRateDeclination"),
		"guideraterightascension": guide(0, "GuideRateRightAscension"),
		"siteelevation":           s.setting(&s.elevation, "SiteElevation", -300, 10000, "site-any"),
		"sitelatitude":            s.setting(&s.lat, "SiteLatitude", -90, 90, "site-any"),
		"sitelongitude":           s.setting(&s.lon, "SiteLongitude", -180, 180, "site-any"),
		"slewsettletime": constant(s.settleTime).writes("SlewSettleTime", "int", func(v values) *ascom {
			if v.integer("SlewSettleTime") < 0 && !s.has("settle-any") {
				return fault(invalidValue)
			}
			s.settleTime = max(0, v.integer("SlewSettleTime"))
			return nil
		}),
		"targetrightascension": target(0, "TargetRightAscension", 0, 24),
		"targetdeclination":    target(1, "TargetDeclination", -90, 90),
	}
}

// tracks are the members of tracking and its rates.
func (s *fakeScope) tracks() map[string]handler {
	offset := func(i int, key string) handler {
		value := s.offsets[i]
		switch {
		case s.rate != 0 && !s.has("offsets-always"):
			value = 0
		case s.has("offset-leftover") && value == 0:
			value = -1
		case s.has("offset-rounded"):
			value = math.Round(value*100) / 100
		}
		return constant(value).writes(key, "float", func(v values) *ascom {
			if s.rate != 0 && !s.has("offsets-always") {
				return fault(invalidOperation)
			}
			s.offsets[i] = v.float(key)
			return nil
		})
	}
	return map[string]handler{
		"rightascensionrate": offset(0, "RightAscensionRate"),
		"declinationrate":    offset(1, "DeclinationRate"),
		"tracking": constant(s.tracking).writes("Tracking", "bool", func(v values) *ascom {
			on := v.boolean("Tracking")
			if on && s.parked {
				return s.parkedFault()
			}
			s.tracking = on || s.has("tracking-stuck")
			if s.tracking {
				s.home = false
			}
			return nil
		}),
		"trackingrate": constant(s.rate).writes("TrackingRate", "int", func(v values) *ascom {
			n := v.integer("TrackingRate")
			if (n < 0 || n > 3) && !s.has("tracking-rate-any") {
				return fault(invalidValue)
			}
			s.rate = min(max(n, 0), 3)
			return nil
		}),
		"trackingrates": constant([]int{0, 1, 2, 3}),
	}
}

// parkedFault is how the mount refuses to move while parked.
func (s *fakeScope) parkedFault() *ascom {
	if s.has("parked-number") {
		return fault(invalidOperation)
	}
	return fault(parked)
}

// clockMembers is UTCDate.
func (s *fakeScope) clockMembers() map[string]handler {
	text := s.utcNow().Format("2006-01-02T15:04:05.0000000Z")
	if s.has("utc-no-z") {
		text = strings.TrimSuffix(text, "Z")
	}
	return map[string]handler{"utcdate": constant(text).writes("UTCDate", "text", func(v values) *ascom {
		for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
			utc, err := time.Parse(form, v["UTCDate"].(string))
			if err != nil {
				continue
			}
			if !s.has("utc-ignored") {
				s.date = utc.UTC().Add(-time.Duration(s.elapsed() * float64(time.Second)))
			}
			return nil
		}
		return fault(invalidValue)
	})}
}

// parks are the members of park and home.
func (s *fakeScope) parks() map[string]handler {
	unparked := func(do func()) handler {
		return does(func(values) *ascom {
			if s.parked {
				return s.parkedFault()
			}
			do()
			return nil
		})
	}
	return map[string]handler{
		"park": does(func(values) *ascom {
			if !s.parked {
				s.tracking = false
				s.begin(fakeSlew{ha: s.park[0], dec: s.park[1]}, func() { s.parked = true })
			}
			return nil
		}),
		"unpark":  does(func(values) *ascom { s.parked = s.parked && s.has("never-unparked"); return nil }),
		"setpark": does(func(values) *ascom { s.park = [2]float64{s.ha, s.dec}; return nil }),
		"findhome": unparked(func() {
			s.tracking = false
			s.begin(fakeSlew{ha: homeHA, dec: homeDec}, func() { s.home = true })
		}),
		"abortslew": unparked(func() {
			s.axis = [2]float64{}
			if s.slew != nil && !s.has("abort-ignored") {
				s.slew = nil
			}
		}),
	}
}

// axes are the members of MoveAxis.
func (s *fakeScope) axes() map[string]handler {
	rates := []axisRate{{0.01, 0.5}, {1, 4}}
	switch s.bug {
	case "rates-touch":
		rates[1].Minimum = 0.5
	case "rates-negative":
		rates[0].Minimum = -0.5
	}
	axis := [2]string{"Axis", "int"}
	perAxis := func(of func(int) any, zero any) handler {
		return handler{zero: zero, getArgs: [][2]string{axis}, get: func(v values) (any, *ascom) {
			n := v.integer("Axis")
			if (n < 0 || n > 2) && !s.has("axis-any") {
				return nil, fault(invalidValue)
			}
			return of(n), nil
		}}
	}
	return map[string]handler{
		"canmoveaxis": perAxis(func(n int) any { return n < 2 }, false),
		"axisrates": perAxis(func(n int) any {
			if n < 2 {
				return rates
			}
			return []axisRate{}
		}, []axisRate{}),
		"moveaxis": does(func(v values) *ascom { return s.moveAxis(v.integer("Axis"), v.float("Rate")) },
			axis, [2]string{"Rate", "float"}),
	}
}

func (s *fakeScope) moveAxis(n int, rate float64) *ascom {
	size := math.Abs(rate)
	inRange := size == 0 || (size >= 0.01 && size <= 0.5) || (size >= 1 && size <= 4)
	inGap := size > 0.5 && size < 1
	switch {
	case s.parked:
		return s.parkedFault()
	case n < 0 || n > 1:
		return fault(invalidValue)
	case !inRange && !s.has("axis-rate-any") && !(inGap && s.has("axis-gap")):
		return fault(invalidValue)
	}
	s.axis[n], s.home = rate, false
	if s.has("move-stops-tracking") {
		s.tracking = false
	}
	return nil
}
