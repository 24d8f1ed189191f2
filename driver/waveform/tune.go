// SPDX-License-Identifier: GPL-3.0-or-later

package waveform

// Original holds the original's timing of one period, for reading its files
// and comparing with its worksheets: MaxPWM slots written MsDelayX times each,
// then MsPause writes of "off" and two more.
type Original struct {
	MaxPWM   int
	MsDelayX int
	MsPause  int
}

// Duty returns the share of time for which a winding with count slots is on.
//
// Source: stepper-core §1.3.
func (o Original) Duty(count int) float64 {
	return float64(count*o.MsDelayX) / float64(o.MaxPWM*o.MsDelayX+o.MsPause+2)
}

// Tuned returns the timing that gives another number of periods per clock
// tick, wanted for the present average, and a current in per cent of what
// there would be without a pause. It returns fault.Invalid for numbers that
// are not above 0, or more than 100 per cent.
//
// Source: the original's automatic tuning, stepper-core §1.3, which leaves
// the two extra writes out.
func (o Original) Tuned(average, wanted, percent float64) (Original, error) {
	switch {
	case o.MaxPWM < 1 || o.MsDelayX < 1 || o.MsPause < 0:
		return Original{}, invalid("MaxPWM %d, MsDelayX %d, MsPause %d: the first two must be above 0, the third not below", o.MaxPWM, o.MsDelayX, o.MsPause)
	case !(average > 0 && wanted > 0 && average <= 1e6 && wanted <= 1e6):
		return Original{}, invalid("%v periods per tick to become %v; both must be above 0", average, wanted)
	case !(percent > 0 && percent <= 100):
		return Original{}, invalid("current of %v %%; it must be above 0, up to 100", percent)
	}
	period := float64(o.MaxPWM*o.MsDelayX+o.MsPause) * average / wanted
	o.MsPause = int(period * (1 - percent/100))
	o.MsDelayX = max(1, int((period-float64(o.MsPause))/float64(o.MaxPWM)))
	return o, nil
}
