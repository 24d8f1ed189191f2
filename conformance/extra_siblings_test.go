// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import "testing"

// All checks of a second device pass where it is one, and one that is the
// first again is found.
func TestSecondDevice(t *testing.T) {
	t.Parallel()
	two := []DeviceRef{{Type: "focuser"}, {Type: "focuser", Number: 1}}
	_, url := newFake(t, "pair", testSpeed)
	report, err := Run(t.Context(), Options{BaseURL: url, Strict: true, Speed: testSpeed, Devices: two})
	if err != nil {
		t.Fatal(err)
	}
	logResults(t, report.With(Info, Issue, Error))
	if n := report.Failures(); n > 0 {
		t.Errorf("%d failures on a correct server", n)
	}
	_, url = newFake(t, "pair-shared", testSpeed)
	report, err = Run(t.Context(), Options{BaseURL: url, Strict: true, Speed: testSpeed, Devices: two, Only: []string{"X20"}})
	if err != nil {
		t.Fatal(err)
	}
	if report.Failures() == 0 {
		t.Error("nobody found that two devices are one")
	}
}
