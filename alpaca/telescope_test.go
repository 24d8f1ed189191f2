// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/siderostep/siderostep/model/pointing"
)

const tele = "telescope/0/"

func TestTelescopeReads(t *testing.T) {
	o := open(t, "altaz")
	for member, want := range map[string]any{
		"alignmentmode": 0.0, "altitude": 55.5, "azimuth": 222.2, "aperturediameter": 0.4, "focallength": 1.8,
		"athome": false, "atpark": false, "tracking": true, "slewing": false, "equatorialsystem": 1.0,
		"doesrefraction": true, "siteelevation": 1100.0, "sitelatitude": 44.06, "sitelongitude": -121.31,
		"slewsettletime": 1.0, "trackingrate": 0.0, "trackingrates": []any{0.0, 1.0, 2.0, 3.0},
		"utcdate": "2026-03-20T04:05:06.7990000Z", "cansetpierside": false, "canslew": true, "canslewaltaz": true,
		"canfindhome": true, "canpulseguide": true, "canunpark": true, "cansetdeclinationrate": true, "cansetrightascensionrate": true,
		"interfaceversion": 4.0, "driverversion": "1.2", "name": "siderostep", "supportedactions": []any{"Halt", "Resume", "Status"},
		"guideratedeclination": 7.5 / 3600, "rightascensionrate": 0.0, "declinationrate": 0.0, "connected": true, "connecting": false,
		"description": "400 mm f/4.5 telescope on a stepper driven altaz mount",
	} {
		if got := o.get(tele + member); !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %#v, want %#v", member, got, want)
		}
	}
	for member, want := range map[string]float64{
		"rightascension": 5.123456789, "declination": 33.3, "aperturearea": math.Pi * (0.2*0.2 - 0.04*0.04),
		"siderealtime": 7.5 + 0.010*1.0027379/3600, // the fake's snapshots are 10 ms old
	} {
		if got := o.get(tele + member).(float64); math.Abs(got-want) > 1e-12 {
			t.Errorf("%s is %v, want %v", member, got, want)
		}
	}
}

func TestPierSides(t *testing.T) {
	for _, geometry := range []string{"altaz", "fork"} {
		o := open(t, geometry)
		if n := o.getError(tele + "sideofpier"); n != 0x400 {
			t.Errorf("%s: SideOfPier: %#x", geometry, n)
		}
		if n := o.getError(tele+"destinationsideofpier", "RightAscension=1&Declination=1"); n != 0x400 {
			t.Errorf("%s: DestinationSideOfPier: %#x", geometry, n)
		}
		o.want(0x400, tele+"sideofpier", "SideOfPier", "0")
	}
	o := open(t, "german")
	if mode := o.get(tele + "alignmentmode"); mode != 2.0 {
		t.Errorf("AlignmentMode %v", mode)
	}
	if o.get(tele+"cansetpierside") != true {
		t.Error("CanSetPierSide is false")
	}
	for number, side := range map[string]pointing.PierSide{"0": pointing.Normal, "1": pointing.Through} {
		o.must(tele+"sideofpier", "SideOfPier", number)
		if got := o.mount.Snapshot().Pier; got != side {
			t.Errorf("%s became %v", number, got)
		}
		if got := fmt.Sprint(o.get(tele + "sideofpier")); got != number {
			t.Errorf("%s reads as %s", number, got)
		}
	}
	for _, bad := range []string{"-1", "2"} {
		o.want(0x401, tele+"sideofpier", "SideOfPier", bad)
	}
	// LST is 7.5 h: hour angle −3 h is east of the meridian, reached through the pole.
	if got := o.get(tele+"destinationsideofpier", "RightAscension=10.5&Declination=20"); got != 1.0 {
		t.Errorf("hour angle −3: %v", got)
	}
	if got := o.get(tele+"destinationsideofpier", "RightAscension=4.5&Declination=20"); got != 0.0 {
		t.Errorf("hour angle +3: %v", got)
	}
	for _, bad := range []string{"RightAscension=-1&Declination=0", "RightAscension=25&Declination=0", "RightAscension=1&Declination=91"} {
		if n := o.getError(tele+"destinationsideofpier", bad); n != 0x401 {
			t.Errorf("%s: %#x", bad, n)
		}
	}
}

func TestRanges(t *testing.T) {
	o := open(t, "altaz")
	for _, tt := range []struct{ member, name, value string }{
		{"targetrightascension", "TargetRightAscension", "-1"}, {"targetrightascension", "TargetRightAscension", "25"},
		{"targetrightascension", "TargetRightAscension", "24.0001"},
		{"targetdeclination", "TargetDeclination", "-91"}, {"targetdeclination", "TargetDeclination", "91"},
		{"siteelevation", "SiteElevation", "-301"}, {"siteelevation", "SiteElevation", "10001"},
		{"sitelatitude", "SiteLatitude", "-91"}, {"sitelatitude", "SiteLatitude", "91"},
		{"sitelongitude", "SiteLongitude", "-181"}, {"sitelongitude", "SiteLongitude", "181"},
		{"slewsettletime", "SlewSettleTime", "-1"}, {"slewsettletime", "SlewSettleTime", "40000"},
		{"trackingrate", "TrackingRate", "-1"}, {"trackingrate", "TrackingRate", "4"},
		{"guideratedeclination", "GuideRateDeclination", "-0.1"}, {"guideraterightascension", "GuideRateRightAscension", "1"},
		{"utcdate", "UTCDate", "0001-01-01T00:00:00"},
	} {
		o.want(0x401, tele+tt.member, tt.name, tt.value)
	}
	for _, bad := range [][2]string{{"-1", "1"}, {"25", "1"}, {"1", "-100"}, {"1", "100"}} {
		for _, member := range []string{"slewtocoordinates", "slewtocoordinatesasync", "synctocoordinates"} {
			o.want(0x401, tele+member, "RightAscension", bad[0], "Declination", bad[1])
		}
	}
	for _, bad := range [][2]string{{"-10", "1"}, {"370", "1"}, {"1", "-100"}, {"1", "100"}} {
		for _, member := range []string{"slewtoaltaz", "slewtoaltazasync", "synctoaltaz"} {
			o.want(0x401, tele+member, "Azimuth", bad[0], "Altitude", bad[1])
		}
	}
	for _, bad := range [][2]string{{"-1", "100"}, {"4", "100"}, {"0", "-1"}} {
		o.want(0x401, tele+"pulseguide", "Direction", bad[0], "Duration", bad[1])
	}
	for _, axis := range []string{"axisrates", "canmoveaxis"} {
		for _, bad := range []string{"-1", "3"} {
			if n := o.getError(tele+axis, "Axis="+bad); n != 0x401 {
				t.Errorf("%s of axis %s: %#x", axis, bad, n)
			}
		}
	}
}

func TestSettingsAreWritten(t *testing.T) {
	o := open(t, "altaz")
	o.must(tele+"siteelevation", "SiteElevation", "2385")
	o.must(tele+"sitelatitude", "SiteLatitude", "-31.5")
	o.must(tele+"sitelongitude", "SiteLongitude", "149.25")
	o.must(tele+"doesrefraction", "DoesRefraction", "False")
	o.must(tele+"guideraterightascension", "GuideRateRightAscension", "0.002")
	o.must(tele+"guideratedeclination", "GuideRateDeclination", "0.003")
	o.must(tele+"utcdate", "UTCDate", "2026-03-20T06:05:06+01:00")
	c := o.mount.Snapshot().Config
	if s := c.Site; s.ElevationM != 2385 || s.LatitudeDeg != -31.5 || s.LongitudeDeg != 149.25 || s.Refraction {
		t.Errorf("%+v", s)
	}
	if m := c.Mount; math.Abs(m.GuideRARate-7.2) > 1e-12 || math.Abs(m.GuideDecRate-10.8) > 1e-12 {
		t.Errorf("guide rates %v %v", m.GuideRARate, m.GuideDecRate)
	}
	if got := o.mount.Snapshot().UTC; !got.Equal(time.Date(2026, 3, 20, 5, 5, 6, 0, time.UTC)) {
		t.Errorf("UTC %v", got)
	}
	// Writing what is read does not change a fraction of a second.
	o.must(tele+"slewsettletime", "SlewSettleTime", "1")
	if got := o.mount.Snapshot().Config.Mount.SettleS; got != 0.5 {
		t.Errorf("settle time %v", got)
	}
	o.must(tele+"slewsettletime", "SlewSettleTime", "3")
	if got := o.mount.Snapshot().Config.Mount.SettleS; got != 3 {
		t.Errorf("settle time %v", got)
	}
}

func TestDeviceStateOfTelescope(t *testing.T) {
	names := func(o *observatory, device string) (names []string) {
		for _, e := range o.get(device + "/0/devicestate").([]any) {
			names = append(names, e.(map[string]any)["Name"].(string))
		}
		return names
	}
	common := []string{"Altitude", "AtHome", "AtPark", "Azimuth", "Declination", "IsPulseGuiding", "RightAscension"}
	rest := []string{"SiderealTime", "Slewing", "Tracking", "UTCDate", "TimeStamp"}
	o := open(t, "altaz")
	if got := names(o, "telescope"); !reflect.DeepEqual(got, append(append([]string{}, common...), rest...)) {
		t.Errorf("altaz: %q", got)
	}
	german := open(t, "german")
	if got := names(german, "telescope"); !reflect.DeepEqual(got, append(append(append([]string{}, common...), "SideOfPier"), rest...)) {
		t.Errorf("german: %q", got)
	}
	if got := names(o, "rotator"); !reflect.DeepEqual(got, []string{"IsMoving", "MechanicalPosition", "Position", "TimeStamp"}) {
		t.Errorf("rotator: %q", got)
	}
	if got := names(o, "focuser"); !reflect.DeepEqual(got, []string{"IsMoving", "Position", "Temperature", "TimeStamp"}) {
		t.Errorf("focuser: %q", got)
	}
	// Each value is what the member of that name says.
	for _, device := range []string{"telescope", "rotator", "focuser"} {
		for _, e := range german.get(device + "/0/devicestate").([]any) {
			e := e.(map[string]any)
			name := fmt.Sprint(e["Name"])
			if name == "TimeStamp" {
				continue
			}
			lowered := make([]byte, len(name))
			for i := range lowered {
				lowered[i] = lower(name[i])
			}
			if got := german.get(device + "/0/" + string(lowered)); !reflect.DeepEqual(got, e["Value"]) {
				t.Errorf("%s is %v in the state, %v by itself", name, e["Value"], got)
			}
		}
	}
}

func TestTelescopeActions(t *testing.T) {
	o := open(t, "altaz")
	o.must(tele+"action", "Action", "hALT", "Parameters", "")
	if o.mount.Snapshot().Tracking {
		t.Error("not halted")
	}
	status := func() (s map[string]any) {
		t.Helper()
		re := o.do("PUT", "/api/v1/telescope/0/action", "Action=status")
		if err := json.Unmarshal([]byte(re.Value.(string)), &s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	if got := status()["stopped_because"]; got != "halt: halted" {
		t.Errorf("stopped because %v", got)
	}
	o.must(tele+"action", "Action", "Resume")
	if got := status()["stopped_because"]; got != "" {
		t.Errorf("stopped because %v", got)
	}
	o.want(0x40C, tele+"action", "Action", "NoSuch", "Parameters", "x")
	o.want(0x40C, tele+"action", "Action", "")
}
