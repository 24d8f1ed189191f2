// SPDX-License-Identifier: GPL-3.0-or-later

package waveform

import (
	"errors"
	"math"
	"testing"

	"github.com/siderostep/siderostep/fault"
)

// stepper-core §1.3: T 1100, average 20, wanted 30, 50 % → MsPause 366,
// MsDelayX 3. T = 100·6 + 500, the original's defaults.
func TestTuned(t *testing.T) {
	start := Original{MaxPWM: 100, MsDelayX: 6, MsPause: 500}
	tests := []struct {
		average, wanted, percent float64
		want                     Original
	}{
		{20, 30, 50, Original{100, 3, 366}},
		{20, 20, 100, Original{100, 11, 0}},
		{20, 400, 50, Original{100, 1, 27}}, // 55 in all: never below one write a slot
	}
	for _, tt := range tests {
		got, err := start.Tuned(tt.average, tt.wanted, tt.percent)
		if err != nil || got != tt.want {
			t.Errorf("%v → %v at %v %%: got %+v, %v; want %+v", tt.average, tt.wanted, tt.percent, got, err, tt.want)
		}
	}
	for _, bad := range [][3]float64{{0, 30, 50}, {20, 0, 50}, {20, 30, 0}, {20, 30, 101}, {math.NaN(), 1, 1}, {1, math.Inf(1), 1}, {1, 1, math.NaN()}} {
		if got, err := start.Tuned(bad[0], bad[1], bad[2]); !errors.Is(err, fault.Invalid) {
			t.Errorf("%v gives %+v, %v", bad, got, err)
		}
	}
	if _, err := (Original{}).Tuned(20, 30, 50); !errors.Is(err, fault.Invalid) {
		t.Errorf("no slots: %v", err)
	}
}

// 100 slots of 6 writes, 500 of pause and 2: 600 of 1102 writes.
func TestOriginalDuty(t *testing.T) {
	o := Original{MaxPWM: 100, MsDelayX: 6, MsPause: 500}
	if got, want := o.Duty(100), 600.0/1102; math.Abs(got-want) > 1e-12 {
		t.Errorf("duty %v, want %v (stepper-core §1.3)", got, want)
	}
	if got, want := o.Duty(35), 210.0/1102; math.Abs(got-want) > 1e-12 {
		t.Errorf("duty of 35 slots %v, want %v", got, want)
	}
}
