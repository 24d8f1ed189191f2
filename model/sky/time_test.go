// SPDX-License-Identifier: GPL-3.0-or-later

package sky

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/siderostep/siderostep/model"
	"pgregory.net/rapid"
)

// scan reads a UTC label, of which second may be 60 and more.
func scan(t *testing.T, s string) (year, month, day, hour, minute int, second float64) {
	t.Helper()
	if _, err := fmt.Sscanf(s, "%d-%d-%dT%d:%d:%fZ", &year, &month, &day, &hour, &minute, &second); err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return
}

// seconds returns a duration of the given seconds.
func seconds(s float64) time.Duration { return time.Duration(math.Round(s * 1e9)) }

func TestTimeVectors(t *testing.T) {
	const (
		day   = 2e-12 // the vectors' last digit
		exact = 5e-6  // ″: likewise
	)
	w := newWorst(t)
	for _, r := range vectors(t, "astrometry_time.csv") {
		scales := TimeScales{DUT1: seconds(r.Num("dut1_s"))}
		y, mo, d, h, mi, s := scan(t, r.Text("utc"))
		utc, err := scales.UTCDate(y, mo, d, h, mi, s)
		if err != nil {
			t.Fatalf("line %d: %v", r.Line, err)
		}
		from := func(j JD) float64 { return j.Sub(JDOf(r.Num("utc_jd1"))) }
		w.number(r, "UTC (days)", from(utc), r.Num("utc_jd2"), day)
		w.number(r, "TAI−UTC (s)", scales.TAIMinusUTC(utc), r.Num("dat_s"), 0)
		w.number(r, "TAI (days)", from(scales.TAI(utc)), r.Num("tai_jd2"), day)
		w.number(r, "TT (days)", from(scales.TT(utc)), r.Num("tt_jd2"), day)
		w.number(r, "UT1 (days)", from(scales.UT1(utc)), r.Num("ut1_jd2"), day)
		if s < 60 { // time.Time has no second 60
			at := time.Date(y, time.Month(mo), d, h, mi, 0, 0, time.UTC).Add(seconds(s))
			w.number(r, "UTC of time.Time (days)", from(scales.UTC(at)), r.Num("utc_jd2"), day)
		}

		i := Instant{TT: scales.TT(utc), UT1: scales.UT1(utc)}
		within := model.Arcsec(exact)
		w.angle(r, "ERA", EarthRotationAngle(i.UT1), r.Deg("era_deg"), within)
		w.angle(r, "GMST 1982", GMST1982(i.UT1), r.Deg("gmst82_deg"), within)
		w.angle(r, "GMST 2006", GMST(i), r.Deg("gmst06_deg"), within)
		w.angle(r, "GAST", GAST(i), r.Deg("gast06a_deg"), model.Arcsec(0.002))
		w.angle(r, "equation of the equinoxes", EquationOfEquinoxes(i.TT), r.Arcsec("eqeq06a_arcsec"), model.Arcsec(0.002))
		w.angle(r, "equation of the origins", EquationOfOrigins(i.TT), r.Arcsec("eqorigins_arcsec"), model.Arcsec(0.002))
	}
}

func TestLSTVectors(t *testing.T) {
	w := newWorst(t)
	for _, r := range vectors(t, "astrometry_lst_civil.csv") {
		// UT1 = UTC, TT − UT1 = 69.184 s, whatever the date: so say the vectors.
		scales := TimeScales{Leaps: []Leap{{1972, 1, 1, 37}}}
		zone := seconds(3600 * (r.Num("tz_hours_west") - r.Num("dst")))
		utc := time.Date(int(r.Num("year")), time.Month(int(r.Num("month"))), int(r.Num("day")),
			int(r.Num("hour")), int(r.Num("min")), 0, 0, time.UTC).Add(seconds(r.Num("sec"))).Add(zone)
		long := -r.Deg("lon_west_deg")
		i := scales.At(utc)
		w.number(r, "UT1 (days)", i.UT1.Float(), r.Num("jd_ut"), 1e-9)
		w.angle(r, "GMST 1982", GMST1982(i.UT1)+long, model.Hours(r.Num("gmst82_lst_hours")), model.Arcsec(4e-5))
		w.angle(r, "GMST 2006", GMST(i)+long, model.Hours(r.Num("gmst06_lst_hours")), model.Arcsec(4e-5))
		w.angle(r, "GAST", GAST(i)+long, model.Hours(r.Num("gast_lst_hours")), model.Arcsec(0.002))
		w.angle(r, "Rotation.LST", NewRotation(utc, long, scales).LST(utc), model.Hours(r.Num("gast_lst_hours")), model.Arcsec(0.002))
		early := utc.Add(-5 * time.Hour)
		w.angle(r, "Rotation.LST 5 h later", NewRotation(early, long, scales).LST(utc), model.Hours(r.Num("gast_lst_hours")), model.Arcsec(0.003))
	}
}

func TestUTCDateRefuses(t *testing.T) {
	tests := []struct {
		name     string
		y, mo, d int
		h, mi    int
		s        float64
	}{
		{name: "leap second on an ordinary day", y: 2020, mo: 12, d: 31, h: 23, mi: 59, s: 60.5},
		{name: "leap second at noon", y: 2016, mo: 12, d: 31, h: 12, mi: 0, s: 60},
		{name: "31 April", y: 2020, mo: 4, d: 31},
		{name: "month 13", y: 2020, mo: 13, d: 1},
		{name: "hour 24", y: 2020, mo: 1, d: 1, h: 24},
		{name: "negative second", y: 2020, mo: 1, d: 1, s: -1},
		{name: "not a number", y: 2020, mo: 1, d: 1, s: math.NaN()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if j, err := (TimeScales{}).UTCDate(tt.y, tt.mo, tt.d, tt.h, tt.mi, tt.s); err == nil {
				t.Errorf("accepted as %v", j)
			}
		})
	}
}

func TestLeapOverride(t *testing.T) {
	s := TimeScales{Leaps: []Leap{{2031, time.January, 1, 38}, {2033, time.July, 1, 37}}}
	for _, tt := range []struct {
		y, mo, d int
		want     float64
	}{{2016, 12, 31, 36}, {2030, 12, 31, 37}, {2031, 1, 1, 38}, {2033, 7, 1, 37}, {1960, 1, 1, 10}} {
		j, err := s.UTCDate(tt.y, tt.mo, tt.d, 12, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.TAIMinusUTC(j); got != tt.want {
			t.Errorf("TAI−UTC on %d-%02d-%02d is %g, not %g", tt.y, tt.mo, tt.d, got, tt.want)
		}
	}
	if _, err := s.UTCDate(2030, 12, 31, 23, 59, 60.5); err != nil {
		t.Errorf("the inserted second: %v", err)
	}
	if _, err := s.UTCDate(2033, 6, 30, 23, 59, 59.5); err == nil {
		t.Error("accepted a second that a negative leap removes")
	}
}

// TestLeapTable holds the table against that of reference/pointing-model.md §2.
func TestLeapTable(t *testing.T) {
	tests := []struct{ year, month, offset int }{
		{1990, 1, 25}, {1991, 1, 26}, {1992, 7, 27}, {1993, 7, 28}, {1994, 7, 29}, {1996, 1, 30}, {1997, 7, 31},
		{1999, 1, 32}, {2006, 1, 33}, {2009, 1, 34}, {2012, 7, 35}, {2015, 7, 36}, {2017, 1, 37},
	}
	var s TimeScales
	for _, tt := range tests {
		first := time.Date(tt.year, time.Month(tt.month), 1, 0, 0, 0, 0, time.UTC)
		if got := s.TAIMinusUTC(s.UTC(first)); got != float64(tt.offset) {
			t.Errorf("%v: %g, not %d", first, got, tt.offset)
		}
		if got := s.TAIMinusUTC(s.UTC(first.Add(-time.Nanosecond))); got != float64(tt.offset-1) {
			t.Errorf("just before %v: %g, not %d", first, got, tt.offset-1)
		}
	}
}

func TestMidnightBelongsToItsDay(t *testing.T) {
	// The last nanoseconds before a leap second must not round into the next day.
	s := TimeScales{}
	j, err := s.UTCDate(2016, 12, 31, 23, 59, 60.999999999)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.TAIMinusUTC(j); got != 36 {
		t.Errorf("TAI−UTC within the leap second is %g", got)
	}
	next := s.UTC(time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC))
	if d := s.TAI(next).Sub(s.TAI(j)) * secondsPerDay; math.Abs(d-1e-9) > 1e-10 {
		t.Errorf("TAI steps by %g s over the end of the leap second", d)
	}
}

func TestTimeScaleProperties(t *testing.T) {
	instant := rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "unix"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns"))
	})
	t.Run("TT runs evenly", rapid.MakeCheck(func(t *rapid.T) {
		var s TimeScales
		a := instant.Draw(t, "a")
		dt := time.Duration(rapid.Int64Range(1, int64(time.Second)).Draw(t, "dt"))
		d := s.At(a.Add(dt)).TT.Sub(s.At(a).TT) * secondsPerDay
		if leap := d - dt.Seconds(); math.Abs(leap) > 1e-9 && math.Abs(leap-1) > 1e-9 {
			t.Fatalf("TT went %.10f s in %v", d, dt)
		}
	}))
	t.Run("UT1 is UTC plus DUT1", rapid.MakeCheck(func(t *rapid.T) {
		dut1 := time.Duration(rapid.Int64Range(-9e8, 9e8).Draw(t, "dut1"))
		a := instant.Draw(t, "a")
		s := TimeScales{DUT1: dut1}
		d := (s.At(a).UT1.Float()-unixEpoch)*secondsPerDay - float64(a.UnixNano())*1e-9
		if math.Abs(d-dut1.Seconds()) > 1e-4 {
			t.Fatalf("UT1−UTC is %g s, want %v", d, dut1)
		}
	}))
	t.Run("LST near a held rotation", rapid.MakeCheck(func(t *rapid.T) {
		a := instant.Draw(t, "a").Round(0)
		long := model.Degrees(rapid.Float64Range(-180, 180).Draw(t, "longitude"))
		dt := time.Duration(rapid.Int64Range(-5*3600e9, 5*3600e9).Draw(t, "dt"))
		var s TimeScales
		b := a.Add(dt)
		if s.TAIMinusUTC(s.UTC(a)) != s.TAIMinusUTC(s.UTC(b)) {
			t.Skip("a leap second between")
		}
		r := NewRotation(a, long, s)
		got, want := r.LST(b), r.Renewed(b).LST(b)
		if got < 0 || got >= model.Turn {
			t.Fatalf("LST %v out of range", got)
		}
		if d := (got - want).WrapSigned().Abs(); d > model.Arcsec(0.002) {
			t.Fatalf("LST off by %g″ after %v", d.Arcsec(), dt)
		}
	}))
}

func TestLSTAtTheWrap(t *testing.T) {
	// A rounding error below zero must not come out as a whole turn.
	start := time.Unix(0, 0)
	if got := (Rotation{start: start, lst: -1e-17}).LST(start); got != 0 {
		t.Errorf("LST %v", got)
	}
	if got := (Rotation{start: start, lst: 0, rate: earthRate}).LST(start.Add(-time.Hour)); got < model.Hours(22) || got > model.Hours(23) {
		t.Errorf("LST %v an hour before 0h", got)
	}
}

func TestSiderealRate(t *testing.T) {
	r := NewRotation(time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC), 0, TimeScales{})
	// Reference §2: ω = 15.041067″/s; nutation moves the seventh digit.
	if d := math.Abs(r.Rate().ArcsecPerSecond() - 15.041067); d > 1e-5 {
		t.Errorf("rate %v″/s", r.Rate().ArcsecPerSecond())
	}
}

func TestJulianEpoch(t *testing.T) {
	if d := JulianEpoch(1996.8).Sub(JDOf(2450376.2)); math.Abs(d) > 1e-9 {
		t.Errorf("1996.8 is %g days off (SOFA t_sofa_c.c, t_epj2jd)", d)
	}
	if e := (JD{Day: 2451545, Frac: -7392.5}).Epoch(); math.Abs(e-1979.760438056125941) > 1e-12 {
		t.Errorf("epoch %.15g (SOFA t_sofa_c.c, t_epj)", e)
	}
}

func BenchmarkRotationLST(b *testing.B) {
	t0 := time.Date(2025, 3, 1, 22, 0, 0, 0, time.UTC)
	r := NewRotation(t0, model.Degrees(8), TimeScales{})
	t1 := t0.Add(1234567 * time.Microsecond)
	b.ReportAllocs()
	for b.Loop() {
		r.LST(t1)
	}
}

func BenchmarkNewRotation(b *testing.B) {
	t0 := time.Date(2025, 3, 1, 22, 0, 0, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		NewRotation(t0, 0, TimeScales{})
	}
}
