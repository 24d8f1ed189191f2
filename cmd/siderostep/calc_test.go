// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// TestCalc holds worked values of the manual and of the focuser thread.
func TestCalc(t *testing.T) {
	for _, tt := range []struct {
		args string
		want []string
	}{
		{"drive --reduction 4308", []string{"1.50418 arcsec", "4787 per s"}},
		{"drive --microstep-arcsec 0.25 --bearing 5 --shaft 1", []string{"2592.0", "518.4"}},
		{"gear --error-arcsec 60 --after 30 --teeth 359", []string{"2 arcsec", "240.0 s"}},
		{"motor --rated-volts 6 --rated-amps 1.2 --supply-volts 12", []string{"0.6 A at most", "25 % of the time", "7.2 W"}},
		{"motor --rated-volts 6 --rated-amps 1.2 --amps 1", []string{"too much for this motor"}},
		{"rotation --latitude 44 --azimuth 90 --altitude 45", []string{"0.0000 deg/min", "without limit"}},
		{"focuser --p1 20000 --p2 25000 --spacer-mm 10", []string{"2 µm"}},
		{"focuser --p1 1000 --p2 1800 --points 9", []string{"200 steps"}},
		{"focuser --tried 200 --times 1.2", []string{"400 steps"}}, // hardly changed: double it
		{"focuser --tried 200 --times 9", []string{"100 steps"}},   // changed too much: halve it
		{"focuser --tried 200 --times 4", []string{"200 steps"}},
		{"focuser --p1 1000 --p2 1800 --points 9 --times 4", []string{"200 steps  9 points\n"}},
		{"focuser --p1 1000 --p2 1800 --points 9 --times 1.2", []string{"move further out"}},
		// On the hyperbola HFR² = 2² + (x/100)² about 5000.
		{"focuser --points 9 --hfr 4600=4.4721,4800=2.8284,5000=2,5200=2.8284,5400=4.4721", []string{"best focus            5000", "hyperbola", "566 steps from there"}},
	} {
		var out, errs bytes.Buffer
		if code := execute(context.Background(), append([]string{"calc"}, strings.Fields(tt.args)...), &out, &errs); code != 0 {
			t.Errorf("calc %s: %s", tt.args, &errs)
		}
		for _, want := range tt.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("calc %s: no %q in\n%s", tt.args, want, &out)
			}
		}
	}
	for _, bad := range []string{
		"drive", "drive --reduction -1", "gear", "motor --rated-volts 0", "rotation --altitude 90", "rotation --latitude 100",
		"focuser", "focuser --p1 1 --p2 1 --spacer-mm 5", "focuser --p1 1 --p2 9 --points 4", "focuser --hfr 1:2", "focuser --tried 200",
	} {
		var out, errs bytes.Buffer
		if code := execute(context.Background(), append([]string{"calc"}, strings.Fields(bad)...), &out, &errs); code != 1 || errs.Len() == 0 || out.Len() > 0 {
			t.Errorf("calc %s: exit status %d, %q, %q", bad, code, &out, &errs)
		}
	}
}
