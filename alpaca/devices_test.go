// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"fmt"
	"math"
	"net/http"
	"testing"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

func TestFocuser(t *testing.T) {
	o := open(t, "altaz")
	for member, want := range map[string]any{
		"absolute": true, "ismoving": false, "maxincrement": 50000.0, "maxstep": 50000.0, "position": 25000.0, "stepsize": 1.0,
		"tempcomp": false, "tempcompavailable": true, "temperature": 7.25, "name": "siderostep focuser",
		"description": "Absolute focuser of 50000 steps of 1 micrometres",
	} {
		if got := o.get("focuser/0/" + member); got != want {
			t.Errorf("%s is %v, want %v", member, got, want)
		}
	}
	for to, want := range map[string]float64{"100": 100, "-10": 0, "50010": 50000, "2147483647": 50000} {
		o.must("focuser/0/move", "Position", to)
		if got := o.get("focuser/0/position"); got != want {
			t.Errorf("move to %s ended at %v", to, got)
		}
	}
	o.must("focuser/0/tempcomp", "TempComp", "True")
	if o.get("focuser/0/tempcomp") != true {
		t.Error("temperature compensation stays off")
	}
	o.must("focuser/0/halt")
	o.want(0x400, "focuser/0/action", "Action", "Anything")

	o.focuser.edit(func(s *focuser.Snapshot) {
		c := *s.Config
		c.StepUM = 0
		s.Config, s.HasTemperature = &c, false
		s.Fault = fault.New(fault.Hardware, "move", "stalled")
	})
	for member, want := range map[string]int{"temperature": 0x400, "stepsize": 0x400, "ismoving": 0x500} {
		if n := o.getError("focuser/0/" + member); n != want {
			t.Errorf("%s: %#x, want %#x", member, n, want)
		}
	}
	if o.get("focuser/0/tempcomp") != false || o.get("focuser/0/tempcompavailable") != false {
		t.Error("compensates without a thermometer")
	}
	o.want(0x400, "focuser/0/tempcomp", "TempComp", "true")
	o.must("focuser/0/tempcomp", "TempComp", "false")
	if n := len(o.get("focuser/0/devicestate").([]any)); n != 3 {
		t.Errorf("%d entries in the state, want IsMoving, Position, TimeStamp", n)
	}
}

func TestRotator(t *testing.T) {
	o := open(t, "altaz")
	for member, want := range map[string]any{
		"canreverse": true, "reverse": false, "ismoving": false, "position": 12.5, "mechanicalposition": 340.0, "targetposition": 12.5,
		"stepsize": o.mount.Snapshot().Config.Rotator.StepAngle / 3600, "name": "siderostep field rotator",
	} {
		if got := o.get("rotator/0/" + member); got != want {
			t.Errorf("%s is %v, want %v", member, got, want)
		}
	}
	for _, tt := range []struct {
		member, position string
		sky, mechanical  float64
	}{
		{"moveabsolute", "45", 45, 12.5}, {"moveabsolute", "-405", 315, 282.5}, {"moveabsolute", "405", 45, 12.5},
		{"move", "10", 55, 22.5}, {"move", "-375", 40, 7.5}, {"move", "375", 55, 22.5}, {"move", "360", 55, 22.5},
		{"movemechanical", "405", 77.5, 45}, {"movemechanical", "-90", 302.5, 270},
		{"sync", "0", 0, 270}, {"sync", "359.9995", 359.9995, 270}, {"moveabsolute", "360", 0, 270.0005},
	} {
		o.must("rotator/0/"+tt.member, "Position", tt.position)
		sky, mechanical := o.get("rotator/0/position").(float64), o.get("rotator/0/mechanicalposition").(float64)
		if math.Abs(sky-tt.sky) > 1e-6 || math.Abs(mechanical-tt.mechanical) > 1e-6 {
			t.Errorf("%s %s: %v and %v, want %v and %v", tt.member, tt.position, sky, mechanical, tt.sky, tt.mechanical)
		}
	}
	for _, bad := range []string{"-1", "360", "1e9"} {
		o.want(0x401, "rotator/0/sync", "Position", bad)
	}
	o.must("rotator/0/reverse", "Reverse", "true")
	if o.get("rotator/0/reverse") != true || !o.mount.Snapshot().Config.Rotator.Reverse {
		t.Error("not reversed")
	}
	o.mount.edit(func(s *mountSnapshot) { s.Rotator.Moving = true })
	if o.get("rotator/0/ismoving") != true {
		t.Error("not moving")
	}
	o.must("rotator/0/halt")
	o.mount.edit(func(s *mountSnapshot) { s.HeldRates[mount.AxisRotator] = 1 })
	if o.get("rotator/0/ismoving") != true {
		t.Error("not moving while MoveAxis turns it")
	}
	o.mount.edit(func(s *mountSnapshot) {
		s.HeldRates[mount.AxisRotator], s.Rotator.Fault = 0, fault.New(fault.AboveLimit, "rotate", "cable")
	})
	if n := o.getError("rotator/0/ismoving"); n != 0x40B {
		t.Errorf("fault: %#x", n)
	}
	o.mount.edit(func(s *mountSnapshot) { s.Rotator.Waits = true })
	if o.get("rotator/0/ismoving") != false {
		t.Error("a sector's end is taken for a move that failed")
	}
}

// The angle that clients see is below 360 in single precision too, and no
// further from the truth than a float32 is.
func TestTurned(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.OneOf(rapid.Float64Range(-720, 720), rapid.Float64Range(-1e-4, 1e-4)).Draw(t, "degrees")
		got := turned(model.Degrees(v))
		if got < 0 || float32(got) >= 360 || float32(got) < 0 {
			t.Fatalf("%v became %v", v, got)
		}
		if d := math.Abs(math.Remainder(got-v, 360)); d > 2e-5 {
			t.Fatalf("%v became %v", v, got)
		}
	})
	for v, want := range map[float64]float64{-1e-9: 0, 359.9999999: 0, 360: 0, 359.999: 359.999} {
		if got := turned(model.Degrees(v)); got != want {
			t.Errorf("%v became %v, want %v", v, got, want)
		}
	}
}

func TestFollowSky(t *testing.T) {
	o := open(t, "altaz")
	for _, tt := range []struct{ parameters, want string }{{"", "true"}, {"False", "false"}, {"", "false"}, {"true", "true"}} {
		re := o.do("PUT", "/api/v1/rotator/0/action", "Action=followsky&Parameters="+tt.parameters)
		if re.Number != 0 || re.Value != tt.want {
			t.Errorf("FollowSky %q: %s", tt.parameters, re.Text)
		}
	}
	re := o.do("PUT", "/api/v1/rotator/0/action", "Action=FollowSky&Parameters=maybe")
	if re.Number != 0x401 || re.Value != "" {
		t.Error(re.Text)
	}
}

func TestManagement(t *testing.T) {
	o := open(t, "altaz")
	for path, want := range map[string]string{
		"/management/apiversions":          `[1]`,
		"/management/v1/description":       `{"ServerName":"siderostep","Manufacturer":"siderostep","ManufacturerVersion":"1.2.3-test","Location":"observatory"}`,
		"/management/v1/configureddevices": goldenDevices,
	} {
		re := o.do("GET", path, "")
		if re.Status != 200 || re.Number != 0 || string(re.Members["Value"]) != want {
			t.Errorf("%s:\n%s, want\n%s", path, re.Text, want)
		}
		if re := o.do("GET", path, "ClientTransactionID=9&clientid=3"); re.Client != 9 {
			t.Errorf("%s: %s", path, re.Text)
		}
		if re := o.do("GET", path, "ClientID=x"); re.Status != 400 {
			t.Errorf("%s with a bad ID: %d", path, re.Status)
		}
		if re := o.do("PUT", path, ""); re.Status != 405 || re.Header.Get("Allow") != http.MethodGet {
			t.Errorf("PUT %s: %d", path, re.Status)
		}
	}
}

const goldenDevices = `[{"DeviceName":"siderostep","DeviceType":"Telescope","DeviceNumber":0,"UniqueID":"0f9d3c8a-telescope-0"},` +
	`{"DeviceName":"siderostep field rotator","DeviceType":"Rotator","DeviceNumber":0,"UniqueID":"0f9d3c8a-rotator-0"},` +
	`{"DeviceName":"siderostep focuser","DeviceType":"Focuser","DeviceNumber":0,"UniqueID":"0f9d3c8a-focuser-0"}]`

// What people name their things comes out as valid JSON.
func TestNamesAreEscaped(t *testing.T) {
	o := open(t, "altaz")
	const name = "\"Öl\\\" \x01\n<b>星</b>\x7f"
	o.mount.edit(func(s *mountSnapshot) {
		c := *s.Config
		c.Mount.Name = name + "\xff"
		s.Config = &c
	})
	if got := o.get("telescope/0/name"); got != name+"\ufffd" {
		t.Errorf("%q", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Float64().Draw(t, "v")
		if got, err := parseNumber(string(appendNumber(nil, v))); err != nil || got != v {
			t.Fatalf("%v became %v, %v", v, got, err)
		}
	})
}

func TestDescriptionsAreShort(t *testing.T) {
	o := open(t, "german")
	o.mount.edit(func(s *mountSnapshot) {
		c := *s.Config
		c.Mount.ApertureMM, c.Mount.FocalLengthMM = 20000, 199999
		s.Config = &c
	})
	o.focuser.edit(func(s *focuser.Snapshot) {
		c := *s.Config
		c.MaxStep, c.StepUM = 10000000, 999.9
		s.Config = &c
	})
	for _, d := range []string{"telescope", "rotator", "focuser"} {
		if text := o.get(d + "/0/description").(string); len(text) > 64 {
			t.Errorf("%s: %q has %d characters", d, text, len(text))
		}
	}
}

func TestNew(t *testing.T) {
	id := func(kind string, n int) string { return fmt.Sprint(kind, n) }
	same := func(string, int) string { return "id" }
	action := func(name string) map[string][]Action {
		return map[string][]Action{"telescope": {{Name: name, Do: newFakeAction}}}
	}
	for name, p := range map[string]Parts{
		"no mount":                     {UniqueID: id},
		"no identities":                {Mount: newFakeMount("altaz")},
		"a blank identity":             {Mount: newFakeMount("altaz"), UniqueID: func(string, int) string { return " " }},
		"two focusers of one identity": {Mount: newFakeMount("altaz"), Focusers: []Focuser{newFakeFocuser(), newFakeFocuser()}, UniqueID: func(kind string, n int) string { return kind }},
		"one identity for all":         {Mount: newFakeMount("altaz"), UniqueID: same},
		"two actions of a name":        {Mount: newFakeMount("altaz"), UniqueID: id, Actions: action("halt")},
		"an action of ConformU's":      {Mount: newFakeMount("altaz"), UniqueID: id, Actions: action("SafetyEvents")},
		"an action without a name":     {Mount: newFakeMount("altaz"), UniqueID: id, Actions: action("")},
		"a configuration out of range": {Mount: newFakeMount("altaz"), UniqueID: id},
	} {
		cfg := DefaultConfig()
		if name == "a configuration out of range" {
			cfg.MaxBodyBytes = 1
		}
		if _, err := New(cfg, p); errorNumber(err) != invalidValue {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, err := New(DefaultConfig(), Parts{Mount: newFakeMount("altaz"), UniqueID: id, Actions: action("Extra"),
		Focusers: []Focuser{newFakeFocuser(), newFakeFocuser()}, Extra: map[string]http.Handler{
			"/metrics": http.NotFoundHandler(), "/static/": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.URL.Path) }),
		}})
	if err != nil {
		t.Fatal(err)
	}
	if re := ask(t, s.Handler(), request("GET", "/api/v1/focuser/1/connected", "")); re.Number != 0 {
		t.Error(re.Text)
	}
	if re := ask(t, s.Handler(), request("GET", "/static/a/b", "")); re.Text != "/static/a/b" {
		t.Error(re.Text)
	}
	if re := ask(t, s.Handler(), request("GET", "/management/v1/description", "")); re.Value.(map[string]any)["ManufacturerVersion"] == "" {
		t.Error("a blank version")
	}
	s.parts.Extra["/"] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "console ", r.URL.Path) })
	for path, want := range map[string]string{"/": "200 console /", "/a/b": "200 console /a/b"} {
		if re := ask(t, s.Handler(), request("GET", path, "")); fmt.Sprint(re.Status, " ", re.Text) != want {
			t.Errorf("%s: %d %s", path, re.Status, re.Text)
		}
	}
	for path, want := range map[string]int{"/api": 400, "/api/x": 400, "/management/x": 404, "/setup/x": 404, "/static/x": 200} {
		if re := ask(t, s.Handler(), request("GET", path, "")); re.Status != want {
			t.Errorf("%s: %d %s", path, re.Status, re.Text)
		}
	}
	for version, want := range map[string]string{"1.2.3": "1.2", "v0.10.0-rc1+x": "0.10", "": "0.0", "devel": "0.0", "2": "0.0"} {
		if got := majorMinor(version); got != want {
			t.Errorf("%q became %q", version, got)
		}
	}
}
