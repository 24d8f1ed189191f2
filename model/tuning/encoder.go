// SPDX-License-Identifier: GPL-3.0-or-later

package tuning

import (
	"math"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// Pair is one place of an axis, by the display and by its encoder. Both count
// whole turns; where the encoder has its zero does not matter.
type Pair struct {
	Displayed, Encoder model.Angle
}

// Encoder is how an encoder goes with its axis.
type Encoder struct {
	Ratio   float64     // by which it turns for each displayed angle; negative when it counts against the axis
	Reverse bool        // it is to be reversed
	Off     model.Angle // greatest difference of a place from that ratio
	Range   model.Angle // that the places cover
	Error   float64     // standard error of Ratio, by the places and the counts
	Follows bool        // it turns as its axis does, as far as counts can tell
}

const opEncoder = "encoder check"

// leastCounts is how many counts the places must cover.
const leastCounts = 20

// CheckEncoder returns how an encoder goes with its axis, whose step size is
// right. count is the angle of one count. It returns fault.Invalid for fewer
// than two places, and when they cover fewer than 20 counts.
func CheckEncoder(pairs []Pair, count model.Angle) (Encoder, error) {
	if len(pairs) < 2 || !(count > 0) {
		return Encoder{}, fault.New(fault.Invalid, opEncoder, "%d places with counts of %v; at least two are needed", len(pairs), count)
	}
	n := float64(len(pairs))
	var meanD, meanE float64
	low, high := pairs[0].Displayed, pairs[0].Displayed
	for _, p := range pairs {
		meanD += p.Displayed.Radians() / n
		meanE += p.Encoder.Radians() / n
		low, high = min(low, p.Displayed), max(high, p.Displayed)
	}
	e := Encoder{Range: high - low}
	if !(e.Range >= count.Mul(leastCounts)) || !e.Range.IsFinite() {
		return Encoder{}, fault.New(fault.Invalid, opEncoder, "the places cover %v; move at least %v, 45° for an accuracy of 0.1 %% with 8192 counts per turn", e.Range, count.Mul(leastCounts))
	}
	var dd, de float64
	for _, p := range pairs {
		d := p.Displayed.Radians() - meanD
		dd += d * d
		de += d * (p.Encoder.Radians() - meanE)
	}
	e.Ratio = de / dd
	for _, p := range pairs {
		off := p.Encoder.Radians() - meanE - e.Ratio*(p.Displayed.Radians()-meanD)
		e.Off = max(e.Off, model.Angle(off).Abs())
	}
	// A count is uncertain by 1/√12 of itself, and a place by what it is off.
	e.Error = max(count.Radians()/math.Sqrt(12), e.Off.Radians()) / math.Sqrt(dd)
	e.Reverse = e.Ratio < 0
	e.Follows = math.Abs(e.Ratio-1)*e.Range.Radians() <= 2*count.Radians() && e.Off <= count.Mul(2)
	return e, nil
}

// Counts returns the counts per turn with which the encoder would turn as its
// axis does, from those that are configured.
func (e Encoder) Counts(configured int) float64 { return float64(configured) * math.Abs(e.Ratio) }
