// SPDX-License-Identifier: GPL-3.0-or-later

package sky

import (
	"fmt"
	"time"
)

// ttMinusTAI is the constant TT − TAI in seconds.
const ttMinusTAI = 32.184

// Leap is a step of UTC: from the beginning of the given UTC day on, TAI − UTC
// is Offset.
type Leap struct {
	Year   int
	Month  time.Month
	Day    int
	Offset int // seconds
}

// TimeScales is what must be known from outside to convert UTC to the even
// time of ephemerides and the uneven time of the turning Earth. The zero value
// takes UT1 for UTC, which turns the sky by up to 13.5″, and knows the leap
// seconds announced until 2017.
type TimeScales struct {
	DUT1  time.Duration // UT1 − UTC, within ±0.9 s, from IERS Bulletin A or D
	Leaps []Leap        // later leap seconds than the program knows, oldest first
}

// leaps is the history of TAI − UTC. Source: IERS Bulletin C; SOFA dat.
var leaps = [...]Leap{
	{1972, time.January, 1, 10}, {1972, time.July, 1, 11}, {1973, time.January, 1, 12},
	{1974, time.January, 1, 13}, {1975, time.January, 1, 14}, {1976, time.January, 1, 15},
	{1977, time.January, 1, 16}, {1978, time.January, 1, 17}, {1979, time.January, 1, 18},
	{1980, time.January, 1, 19}, {1981, time.July, 1, 20}, {1982, time.July, 1, 21},
	{1983, time.July, 1, 22}, {1985, time.July, 1, 23}, {1988, time.January, 1, 24},
	{1990, time.January, 1, 25}, {1991, time.January, 1, 26}, {1992, time.July, 1, 27},
	{1993, time.July, 1, 28}, {1994, time.July, 1, 29}, {1996, time.January, 1, 30},
	{1997, time.July, 1, 31}, {1999, time.January, 1, 32}, {2006, time.January, 1, 33},
	{2009, time.January, 1, 34}, {2012, time.July, 1, 35}, {2015, time.July, 1, 36},
	{2017, time.January, 1, 37},
}

// TAIMinusUTC returns TAI − UTC in seconds on the UTC day that contains the
// quasi Julian date utc. Before 1972, when UTC was otherwise defined, it is
// 10; after the last known leap second it is held. Source: SOFA dat.
func (s TimeScales) TAIMinusUTC(utc JD) float64 {
	return s.offset(utc.noon())
}

// offset returns TAI − UTC on the day with the given noon.
func (s TimeScales) offset(noon float64) float64 {
	for i := len(s.Leaps) - 1; i >= 0; i-- {
		if noon >= s.Leaps[i].noon() {
			return float64(s.Leaps[i].Offset)
		}
	}
	for i := len(leaps) - 1; i >= 0; i-- {
		if noon >= leaps[i].noon() {
			return float64(leaps[i].Offset)
		}
	}
	return float64(leaps[0].Offset)
}

// noon returns the Julian date at noon of l's day, an integer.
func (l Leap) noon() float64 { return noonOf(l.Year, int(l.Month), l.Day) }

// dayLength returns the seconds in the UTC day with the given noon.
func (s TimeScales) dayLength(noon float64) float64 {
	return secondsPerDay + s.offset(noon+1) - s.offset(noon)
}

// UTC returns the quasi Julian date of utc: on a day with a leap second the
// fraction grows to 1 over 86401 s. time.Time has no 23:59:60; see UTCDate.
// Source: SOFA dtf2d.
func (s TimeScales) UTC(utc time.Time) JD {
	sec, ns := utc.Unix(), utc.Nanosecond()
	day := sec / secondsPerDay
	if sec%secondsPerDay < 0 {
		day--
	}
	seconds := float64(sec-day*secondsPerDay) + float64(ns)*1e-9
	midnight := unixEpoch + float64(day)
	return JD{Day: midnight, Frac: seconds / s.dayLength(midnight+0.5)}
}

// UTCDate returns the quasi Julian date of a UTC reading of calendar and
// clock, in which second may reach 61 at the end of a day with a leap second.
// It fails if there is no such reading. Source: SOFA dtf2d.
func (s TimeScales) UTCDate(year, month, day, hour, minute int, second float64) (JD, error) {
	d := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if d.Month() != time.Month(month) || d.Day() != day {
		return JD{}, fmt.Errorf("sky: no such date: %04d-%02d-%02d", year, month, day)
	}
	noon := noonOf(year, month, day)
	length := s.dayLength(noon)
	minuteLength := 60.0
	if hour == 23 && minute == 59 {
		minuteLength += length - secondsPerDay
	}
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 || !(second >= 0 && second < minuteLength) {
		return JD{}, fmt.Errorf("sky: no such time on %04d-%02d-%02d: %02d:%02d:%06.3f", year, month, day, hour, minute, second)
	}
	return JD{Day: noon - 0.5, Frac: (float64(3600*hour+60*minute) + second) / length}, nil
}

// TAI returns international atomic time at the quasi Julian date utc.
// Source: SOFA utctai.
func (s TimeScales) TAI(utc JD) JD {
	noon := utc.noon()
	midnight := noon - 0.5
	seconds := ((utc.Day - midnight) + utc.Frac) * s.dayLength(noon)
	// Kept in utc's own division into two parts, as SOFA does.
	return JD{Day: utc.Day, Frac: (midnight - utc.Day) + (seconds+s.offset(noon))/secondsPerDay}
}

// TT returns terrestrial time at the quasi Julian date utc. TDB, in which
// ephemerides are given, is within 2 ms of it and not distinguished here.
// Source: SOFA utctai, taitt.
func (s TimeScales) TT(utc JD) JD { return s.TAI(utc).Add(ttMinusTAI) }

// UT1 returns universal time at the quasi Julian date utc. Source: SOFA utcut1.
func (s TimeScales) UT1(utc JD) JD {
	return s.TAI(utc).Add(s.DUT1.Seconds() - s.TAIMinusUTC(utc))
}

// noonOf returns the Julian date at noon of a day of the Gregorian
// calendar, an integer. Source: SOFA cal2jd.
func noonOf(year, month, day int) float64 {
	return float64(time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Unix()/secondsPerDay) + unixEpoch + 0.5
}
