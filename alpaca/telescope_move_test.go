// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/mount"
)

func TestRateOffsets(t *testing.T) {
	o := open(t, "altaz")
	// 1 s of right ascension per sidereal second is 15.041068635″ per second.
	o.must(tele+"rightascensionrate", "RightAscensionRate", "1")
	if got := o.mount.Snapshot().RARate.ArcsecPerSecond(); math.Abs(got-15*1.00273790935) > 1e-12 {
		t.Errorf("RA rate %v″/s", got)
	}
	o.must(tele+"declinationrate", "DeclinationRate", "-40")
	if got := o.mount.Snapshot().DecRate.ArcsecPerSecond(); math.Abs(got+40) > 1e-12 {
		t.Errorf("Dec rate %v″/s", got)
	}
	for _, v := range []float64{0, 0.00333, -2.66667} {
		o.must(tele+"rightascensionrate", "RightAscensionRate", fmt.Sprint(v))
		if got := o.get(tele + "rightascensionrate").(float64); math.Abs(got-v) > 1e-12 {
			t.Errorf("RA rate %v reads as %v", v, got)
		}
	}
	o.want(0x40B, tele+"rightascensionrate", "RightAscensionRate", "10000")
	o.want(0x40B, tele+"declinationrate", "DeclinationRate", "-10000")
	o.must(tele+"trackingrate", "TrackingRate", "1")
	o.want(0x40B, tele+"declinationrate", "DeclinationRate", "1")
	if o.get(tele+"declinationrate") != 0.0 || o.get(tele+"trackingrate") != 1.0 {
		t.Error("leaving the sidereal rate keeps the offsets")
	}
}

func TestAxisRates(t *testing.T) {
	for highest, want := range map[float64][]rateRange{
		0:     nil,
		0.01:  {{0.001, 0.01}},
		0.015: {{0.001, 0.0099}, {0.01, 0.015}},
		0.995: {{0.001, 0.0099}, {0.01, 0.099}, {0.1, 0.995}},
		1:     {{0.001, 0.0099}, {0.01, 0.099}, {0.1, 1}},
		3:     {{0.001, 0.0099}, {0.01, 0.099}, {0.1, 0.99}, {1, 3}},
	} {
		if got := rateRanges(highest); !reflect.DeepEqual(got, want) {
			t.Errorf("up to %v: %v, want %v", highest, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		highest := rapid.Float64Range(1e-6, 100).Draw(t, "highest")
		ranges := rateRanges(highest)
		for i, r := range ranges {
			if r.min <= 0 || r.min > r.max || i > 0 && r.min <= ranges[i-1].max {
				t.Fatalf("%v", ranges)
			}
		}
		if ranges[len(ranges)-1].max != highest {
			t.Fatalf("%v do not end at %v", ranges, highest)
		}
	})
	o := open(t, "altaz")
	want := []any{
		map[string]any{"Minimum": 0.001, "Maximum": 0.0099}, map[string]any{"Minimum": 0.01, "Maximum": 0.099},
		map[string]any{"Minimum": 0.1, "Maximum": 0.99}, map[string]any{"Minimum": 1.0, "Maximum": 3.0},
	}
	if got := o.get(tele+"axisrates", "Axis=1"); !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
	o.mount.edit(func(s *mountSnapshot) {
		c := *s.Config
		c.Rotator.Enabled = false
		s.Config = &c
	})
	if got := o.get(tele+"axisrates", "Axis=2"); !reflect.DeepEqual(got, []any{}) {
		t.Errorf("without a rotator: %v", got)
	}
	if o.get(tele+"canmoveaxis", "Axis=2") != false {
		t.Error("without a rotator axis 2 can move")
	}
	o.want(0x400, tele+"moveaxis", "Axis", "2", "Rate", "1")
}

func TestMoveAxis(t *testing.T) {
	for _, tt := range []struct {
		geometry    string
		latitude    float64
		axis        string
		wantPerRate float64
		why         string
	}{
		{"altaz", 44, "0", 1, "azimuth grows eastward"},
		{"altaz", 44, "1", 1, "altitude grows upward"},
		{"fork", 44, "0", -1, "hour angle grows westward"},
		{"fork", -44, "0", 1, "in the south axis Z grows eastward"},
		{"german", 44, "1", 1, "axis A grows to the north pole"},
		{"german", -44, "1", -1, "axis A grows to the south pole"},
		{"german", -44, "2", 1, "the rotator has no hemisphere"},
	} {
		o := open(t, tt.geometry)
		o.must(tele+"sitelatitude", "SiteLatitude", fmt.Sprint(tt.latitude))
		re := o.do("PUT", "/api/v1/telescope/0/moveaxis", "ClientID=7&Axis="+tt.axis+"&Rate=-1.5")
		if re.Number != 0 {
			t.Fatal(re.Text)
		}
		got := o.mount.moves[0]
		if got.client != "192.0.2.1#7" || fmt.Sprint(got.axis) != tt.axis || math.Abs(got.rate.DegreesPerSecond()+1.5*tt.wantPerRate) > 1e-12 {
			t.Errorf("%s at %v°: %+v, but %s", tt.geometry, tt.latitude, got, tt.why)
		}
		if o.get(tele+"slewing") != true {
			t.Error("not slewing")
		}
		o.must(tele+"moveaxis", "Axis", tt.axis, "Rate", "0")
	}
	o := open(t, "altaz")
	for _, gap := range []string{"0.0005", "0.00995", "0.0995", "0.995", "3.01", "-4", "1e300"} {
		o.want(0x401, tele+"moveaxis", "Axis", "0", "Rate", gap)
	}
	for _, edge := range []string{"0.001", "-0.0099", "0.01", "0.099", "0.1", "0.99", "1", "3", "-3", "-0"} {
		o.must(tele+"moveaxis", "Axis", "0", "Rate", edge)
	}
	o.want(0x401, tele+"moveaxis", "Axis", "3", "Rate", "1")
}

// Every request of the client that holds a motion keeps it alive, on any
// device; requests of others do not.
func TestHolderIsHeard(t *testing.T) {
	o := open(t, "altaz")
	o.do("GET", "/api/v1/telescope/0/slewing", "ClientID=7")
	if len(o.mount.heard) != 0 {
		t.Errorf("nothing is held, but heard %q", o.mount.heard)
	}
	o.do("PUT", "/api/v1/telescope/0/moveaxis", "ClientID=7&Axis=0&Rate=1")
	o.do("GET", "/api/v1/telescope/0/slewing", "clientid=7")
	o.do("PUT", "/api/v1/focuser/0/move", "ClientID=7&Position=5")
	o.do("GET", "/api/v1/telescope/0/slewing", "ClientID=8")
	want := []string{"192.0.2.1#7", "192.0.2.1#7", "192.0.2.1#8"}
	if !reflect.DeepEqual(o.mount.heard, want) {
		t.Errorf("heard %q, want %q", o.mount.heard, want)
	}
	if got := o.mount.moves[0].client; got != want[0] {
		t.Errorf("held by %q, heard of %q", got, want[0])
	}
}

func TestPulseGuide(t *testing.T) {
	o := open(t, "altaz")
	for n, want := range []mount.Direction{mount.North, mount.South, mount.East, mount.West} {
		o.must(tele+"pulseguide", "Direction", fmt.Sprint(n), "Duration", "250")
		if got := o.mount.pulses[n]; got != (pulse{want, 250 * time.Millisecond}) {
			t.Errorf("direction %d became %+v", n, got)
		}
	}
	if o.get(tele+"ispulseguiding") != true {
		t.Error("not guiding")
	}
	o.mount.edit(func(s *mountSnapshot) { s.At = s.GuideEnd })
	if o.get(tele+"ispulseguiding") != false {
		t.Error("still guiding")
	}
}

func TestParked(t *testing.T) {
	o := open(t, "german")
	o.must(tele+"targetrightascension", "TargetRightAscension", "1")
	o.must(tele+"targetdeclination", "TargetDeclination", "1")
	o.must(tele + "park")
	if o.get(tele+"atpark") != true {
		t.Fatal("not parked")
	}
	for _, m := range [][]string{
		{"abortslew"}, {"findhome"}, {"moveaxis", "Axis", "0", "Rate", "0"}, {"pulseguide", "Direction", "2", "Duration", "0"},
		{"slewtocoordinates", "RightAscension", "1", "Declination", "0"}, {"slewtocoordinatesasync", "RightAscension", "1", "Declination", "0"},
		{"slewtotarget"}, {"slewtotargetasync"}, {"synctotarget"}, {"synctocoordinates", "RightAscension", "1", "Declination", "0"},
		{"slewtoaltaz", "Azimuth", "1", "Altitude", "0"}, {"slewtoaltazasync", "Azimuth", "1", "Altitude", "0"},
		{"synctoaltaz", "Azimuth", "1", "Altitude", "0"}, {"sideofpier", "SideOfPier", "0"}, {"tracking", "Tracking", "True"},
	} {
		o.want(0x408, tele+m[0], m[1:]...)
	}
	for _, m := range [][]string{
		{"tracking", "Tracking", "False"}, {"setpark"}, {"park"}, {"targetrightascension", "TargetRightAscension", "2"},
		{"sitelatitude", "SiteLatitude", "44"}, {"declinationrate", "DeclinationRate", "0"}, {"trackingrate", "TrackingRate", "0"},
		{"unpark"}, {"unpark"},
	} {
		o.must(tele+m[0], m[1:]...)
	}
	if o.get(tele+"atpark") != false {
		t.Error("still parked")
	}
}
