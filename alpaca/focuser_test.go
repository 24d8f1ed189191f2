// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/focuser"
)

// openWith returns a server with these focusers, all of its devices connected.
func openWith(t *testing.T, focusers ...Focuser) *observatory {
	t.Helper()
	o := &observatory{t: t, mount: newFakeMount("altaz")}
	var err error
	o.server, err = New(DefaultConfig(), Parts{Mount: o.mount, Focusers: focusers,
		UniqueID: func(kind string, n int) string { return fmt.Sprintf("0f9d3c8a-%s-%d", kind, n) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.server.stop)
	for _, d := range o.server.devices {
		d.common().connected.Store(true)
	}
	return o
}

// second returns a focuser that can be told from the first.
func second() *fakeFocuser {
	f := newFakeFocuser()
	f.edit(func(s *focuser.Snapshot) {
		c := *s.Config
		c.Name, c.MaxStep, c.StepUM, c.StartPosition = "guide scope", 8000, 0, 4000
		s.Config, s.Position, s.HasTemperature = &c, 4000, false
	})
	return f
}

// Two focusers have each its own name, identity, values and page.
func TestTwoFocusers(t *testing.T) {
	one, two := newFakeFocuser(), second()
	o := openWith(t, one, two)
	for member, want := range map[string]any{
		"0/name": "siderostep focuser", "1/name": "guide scope", "0/maxstep": 50000.0, "1/maxstep": 8000.0, "1/maxincrement": 8000.0,
		"0/position": 25000.0, "1/position": 4000.0, "1/absolute": true, "0/tempcompavailable": true, "1/tempcompavailable": false,
	} {
		if got := o.get("focuser/" + member); got != want {
			t.Errorf("%s is %v, want %v", member, got, want)
		}
	}
	if n := o.getError("focuser/1/stepsize"); n != 0x400 {
		t.Errorf("an unknown step size: %#x", n)
	}
	o.must("focuser/1/move", "Position", "100")
	if one.Snapshot().Position != 25000 || two.Snapshot().Position != 100 {
		t.Errorf("at %d and %d", one.Snapshot().Position, two.Snapshot().Position)
	}
	o.must("focuser/1/connected", "Connected", "false")
	if o.get("focuser/0/connected") != true || o.get("focuser/1/connected") != false {
		t.Error("they are connected as one")
	}
	list := string(o.do("GET", "/management/v1/configureddevices", "").Members["Value"])
	contains(t, list, `"DeviceType":"Focuser","DeviceNumber":0,"UniqueID":"0f9d3c8a-focuser-0"`,
		`{"DeviceName":"guide scope","DeviceType":"Focuser","DeviceNumber":1,"UniqueID":"0f9d3c8a-focuser-1"}`)
}

// The pages of two focusers name two sections of the configuration.
func TestPagesOfTwoFocusers(t *testing.T) {
	one, two := newFakeFocuser(), second()
	o := openWith(t, one, two)
	contains(t, o.do("GET", "/setup", "").Text, `<a href="/setup/v1/focuser/1/setup">Focuser 1: guide scope</a>`)
	const path = "/setup/v1/focuser/1/setup"
	contains(t, o.do("GET", path, "").Text, "<title>Focuser 1", `name="focuser2.max_step"`, `value="8000"`)
	if strings.Contains(o.do("GET", path, "").Text, `"focuser.`) {
		t.Error("the second page names the first section")
	}
	if re := o.post(path, "focuser2.backlash_steps", "-40"); re.Status != http.StatusSeeOther {
		t.Fatalf("%d %s", re.Status, re.Text)
	}
	if one.Snapshot().Config.BacklashSteps != 0 || two.Snapshot().Config.BacklashSteps != -40 {
		t.Error("the wrong one was set")
	}
	re := o.post(path, "focuser2.start_position", "9000")
	_, after, _ := strings.Cut(re.Text, `id="focuser2.start_position-problem"`)
	message, _, _ := strings.Cut(after, "</span>")
	contains(t, message, "focuser2.start_position (9000) is beyond focuser2.max_step (8000)")
	if re := o.post(path, "focuser.backlash_steps", "1"); re.Status != http.StatusUnprocessableEntity {
		t.Errorf("the first section's setting on the second page: %d", re.Status)
	}
}

// A number is left out, not given to the next one: clients store it.
func TestNumbersStay(t *testing.T) {
	o := openWith(t, nil, second())
	if o.get("focuser/1/name") != "guide scope" {
		t.Error("it became another one")
	}
	if re := o.do("GET", "/api/v1/focuser/0/name", ""); re.Status != http.StatusBadRequest {
		t.Errorf("focuser 0: %d", re.Status)
	}
}

// Of a motor that cannot be reached nothing is told, and nothing is asked;
// ASCOM calls that not connected. Source: the common members of ASCOM devices,
// Connected and NotConnectedException.
func TestFocuserOutOfReach(t *testing.T) {
	one, two := newFakeFocuser(), second()
	o := openWith(t, one, two)
	two.edit(func(s *focuser.Snapshot) {
		s.Offline = fault.New(fault.Hardware, "focus motor", "no answer within 1s")
		s.Fault = s.Offline
	})
	for _, m := range []string{
		"absolute", "ismoving", "maxincrement", "maxstep", "position", "stepsize", "tempcomp", "tempcompavailable", "temperature", "devicestate",
	} {
		re := o.do("GET", "/api/v1/focuser/1/"+m, "")
		if re.Number != 0x407 || !strings.Contains(re.Message, "no answer within 1s") {
			t.Errorf("%s: %s", m, re.Text)
		}
		if n := o.getError("focuser/0/" + m); n != 0 {
			t.Errorf("%s of the other one: %#x", m, n)
		}
	}
	for _, m := range []string{"name", "description", "driverinfo", "driverversion", "interfaceversion", "supportedactions", "connecting"} {
		if n := o.getError("focuser/1/" + m); n != 0 {
			t.Errorf("%s: %#x", m, n)
		}
	}
	o.want(0x407, "focuser/1/move", "Position", "5")
	o.want(0x407, "focuser/1/tempcomp", "TempComp", "false")
	if re := o.do("PUT", "/api/v1/focuser/1/move", "position=5"); re.Status != http.StatusBadRequest {
		t.Errorf("a parameter of wrong case, out of reach: %d", re.Status)
	}
	if o.get("focuser/1/connected") != false {
		t.Error("connected")
	}
	if two.Snapshot().Position != 4000 {
		t.Error("it was sent somewhere")
	}
	two.edit(func(s *focuser.Snapshot) { s.Moving = true })
	o.want(0x407, "focuser/1/halt")
	if two.Snapshot().Moving {
		t.Error("a halt did not get to its owner, who remembers it for the motor")
	}
	// No new wish for what cannot be had: and not E407, which Connected never is.
	o.want(0x500, "focuser/1/connected", "Connected", "true")
	o.want(0x500, "focuser/1/connect")
	contains(t, o.do("GET", "/setup", "").Text, "The motor cannot be reached: focus motor: no answer within 1s")
	contains(t, o.do("GET", "/setup/v1/focuser/1/setup", "").Text, "The motor cannot be reached")
	for _, d := range o.server.Stats().Devices {
		if d.Device == "focuser" && !d.Connected {
			t.Error("the first focuser is connected")
		}
	}

	// Back again, the wish of before holds.
	two.edit(func(s *focuser.Snapshot) { s.Offline, s.Fault = nil, nil })
	if o.get("focuser/1/connected") != true || o.get("focuser/1/position") != 4000.0 {
		t.Error("not connected again")
	}
	// Who has let go of it stays so.
	two.edit(func(s *focuser.Snapshot) { s.Offline = fault.New(fault.Hardware, "focus motor", "gone") })
	o.must("focuser/1/connected", "Connected", "false")
	two.edit(func(s *focuser.Snapshot) { s.Offline = nil })
	if o.get("focuser/1/connected") != false {
		t.Error("connected without anybody's wish")
	}
}

// A motor that does not know its ends has no position, and one that looks for
// them moves.
func TestFocuserCalibration(t *testing.T) {
	f := second()
	o := openWith(t, f)
	state := func() map[string]any {
		var list []struct {
			Name  string
			Value any
		}
		if err := json.Unmarshal(o.do("GET", "/api/v1/focuser/0/devicestate", "").Members["Value"], &list); err != nil {
			t.Fatal(err)
		}
		m := map[string]any{}
		for _, v := range list {
			m[v.Name] = v.Value
		}
		return m
	}
	f.edit(func(s *focuser.Snapshot) { s.Calibration = focuser.Calibration{Possible: true, Needed: true} })
	if n := o.getError("focuser/0/position"); n != 0x40B {
		t.Errorf("position: %#x", n)
	}
	if _, told := state()["Position"]; told {
		t.Error("DeviceState tells a position")
	}
	contains(t, o.do("GET", "/setup/v1/focuser/0/setup", "").Text, "does not know the ends of its travel")
	f.edit(func(s *focuser.Snapshot) { s.Calibration.Running = true })
	if o.get("focuser/0/ismoving") != true || state()["IsMoving"] != true {
		t.Error("calibration is no motion")
	}
	f.edit(func(s *focuser.Snapshot) { s.Calibration, s.Trusted = focuser.Calibration{Possible: true}, true })
	if o.get("focuser/0/ismoving") != false || state()["Position"] != 4000.0 {
		t.Error("calibrated, but not so told")
	}
}
