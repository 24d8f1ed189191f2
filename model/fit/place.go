// SPDX-License-Identifier: GPL-3.0-or-later

package fit

import (
	"math"

	"github.com/siderostep/siderostep/model"
)

// mistaken returns the candidate nearest to where the tube pointed at
// observation i, if it is much nearer than the star that was meant.
func (r *run) mistaken(res *Result, i int) (best Candidate, distance model.Angle, ok bool) {
	at := r.chain.True(res.Model.ToSky(r.obs[i].Axes)).Vector()
	distance = res.Residuals[i].Distance.Mul(0.2)
	for _, c := range r.Candidates {
		d := c.Place.HourDec(r.obs[i].LST).Vector().Angle(at)
		if d < distance {
			best, distance, ok = c, d, true
		}
	}
	return best, distance, ok
}

// Placement is how the sky, as the stars show it, lies to the sky that clock
// and site give, for a mount whose base stands as it should.
type Placement struct {
	// Later is the hour angle of the mount's zenith, or what the hour circle
	// reads too much: as if the clock were so much ahead, or the site's
	// longitude too far east.
	Later model.Angle

	// North is how much farther north than the site's latitude the mount's
	// zenith stands; nothing is known of it for an equatorial mount.
	North model.Angle
}

// PlacementOf returns the placement of a fitted attitude. For an equatorial
// mount Later counts only if the zero point of axis Z is to be trusted.
func PlacementOf(attitude model.Mat, s Setup) Placement {
	if s.Equatorial {
		zero := model.Vec{1, 0, 0}
		is := model.HourDecOf(attitude.Transpose().Apply(zero))
		should := model.HourDecOf(s.Nominal.Transpose().Apply(zero))
		return Placement{Later: (is.HA - should.HA).WrapSigned()}
	}
	// Where the base stands as it should, the zenith of the mount is that of
	// the site: carry it over from the nominal mount.
	up := model.HourDecOf(attitude.Transpose().Apply(s.Nominal.Apply(s.zenith())))
	return Placement{Later: up.HA, North: up.Dec - s.Latitude}
}

const (
	suspectClock = 3.0 // degrees: no base leans that much
	suspectPlace = 3.0
)

// judgeSky tells a wrong clock or place from the way the mount seems to lean.
// A clock that is wrong turns the whole sky about its pole, a wrong latitude
// about the east-west line; a base hardly ever leans by degrees, and exactly
// so. The zero of an equatorial mount's axis Z, and of an azimuth-less
// alt-azimuth, may be anywhere.
func (r *run) judgeSky(res *Result) {
	if r.Setup.Equatorial || res.Used < 2 || !res.Model.IsRotation() {
		return
	}
	p := PlacementOf(res.Parts.Attitude, r.Setup)
	_, cos := r.Setup.Latitude.SinCos()
	if lean := p.Later.Mul(cos).Abs(); lean > model.Degrees(suspectClock) {
		hours := p.Later.Hours()
		ahead := "ahead"
		if hours < 0 {
			ahead = "behind"
		}
		text := wordsf("the mount seems to lean %s to the %s, as if the clock were %.2f h %s or the longitude wrong by %.2f°",
			size(lean), eastWest(p.Later), math.Abs(hours), ahead, p.Later.Abs().Degrees())
		if whole := math.Round(2*hours) / 2; whole != 0 && math.Abs(hours-whole) < 0.07 {
			text += wordsf("; %.1f h suggests the time zone or summer time", math.Abs(whole))
		}
		r.say(Warning, "%s", text)
	}
	if p.North.Abs() > model.Degrees(suspectPlace) {
		r.say(Warning, "the mount's zenith is at declination %.2f°, the site's at %.2f°: check the latitude, or level the base",
			(r.Setup.Latitude + p.North).Degrees(), r.Setup.Latitude.Degrees())
	}
}

func eastWest(west model.Angle) string {
	if west < 0 {
		return "east"
	}
	return "west"
}
