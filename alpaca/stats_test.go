// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/siderostep/siderostep/clock"
)

// steady is a clock that is a millisecond later at every look.
type steady struct {
	clock.Real
	now time.Time
}

func (c *steady) Now() time.Time {
	c.now = c.now.Add(time.Millisecond)
	return c.now
}

func countOf(v Stats, device, name, method string) MemberStats {
	for _, m := range v.Members {
		if m.Device == device && m.Member == name && m.Method == method {
			return m
		}
	}
	return MemberStats{}
}

func TestRequestsAreCountedByMemberAndResult(t *testing.T) {
	o := open(t, "altaz")
	o.server.parts.Clock = new(steady)
	for _, r := range [][3]string{
		{"GET", "/api/v1/telescope/0/tracking", ""},
		{"GET", "/api/v1/telescope/0/tracking", "ClientID=-1"},                // refused
		{"PUT", "/api/v1/telescope/0/tracking", "Tracking=true"},              // another row
		{"GET", "/api/v1/telescope/0/devicestate", ""},                        // another class
		{"PUT", "/api/v1/telescope/0/commandblind", "Command=x&Raw=false"},    // an ASCOM error
		{"GET", "/api/v1/focuser/0/position", ""},                             //
		{"GET", "/management/v1/description", ""},                             //
		{"GET", "/api/v1/telescope/0/nothing", ""},                            // stray
		{"PUT", "/api/v1/telescope/0/sideofpiers", ""},                        // stray
		{"PUT", "/management/apiversions", ""},                                // a verb that it has not
		{"PUT", "/api/v1/telescope/0/slewtocoordinatesasync", "nonsense=yes"}, // refused
	} {
		o.do(r[0], r[1], r[2])
	}
	v := o.server.Stats()
	const ms = time.Millisecond
	for _, want := range []MemberStats{
		{"telescope", "tracking", "GET", 1, 0, 1, 2 * ms},
		{"telescope", "tracking", "PUT", 1, 0, 0, ms},
		{"telescope", "devicestate", "GET", 1, 0, 0, ms},
		{"telescope", "commandblind", "PUT", 0, 1, 0, ms},
		{"focuser", "position", "GET", 1, 0, 0, ms},
		{"management", "description", "GET", 1, 0, 0, ms},
		{"telescope", "slewtocoordinatesasync", "PUT", 0, 0, 1, ms},
	} {
		if got := countOf(v, want.Device, want.Member, want.Method); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if v.Requests != 8 || v.Failed != 1 || v.Refused != 5 || v.Stray != 3 || len(v.Members) != 7 {
		t.Errorf("got %+v", v)
	}
	durations := map[string]uint64{}
	for _, c := range v.Durations {
		durations[c.Device+" "+c.Class] = c.Count()
		if mean := c.Sum / time.Duration(max(1, c.Count())); c.Count() > 0 && mean != ms {
			t.Errorf("%s %s took %v on average, want %v", c.Device, c.Class, mean, ms)
		}
	}
	for class, n := range map[string]uint64{
		"telescope read": 2, "telescope state": 1, "telescope command": 3, "telescope slew": 0, "focuser read": 1, "management read": 1,
	} {
		if durations[class] != n {
			t.Errorf("%s: %d, want %d", class, durations[class], n)
		}
	}
}

// Whatever clients ask for, they make no new counters.
func TestCountersAreBounded(t *testing.T) {
	o := open(t, "altaz")
	o.do("GET", "/api/v1/telescope/0/tracking", "")
	before := o.server.Stats()
	for i := range 2000 {
		o.do("GET", fmt.Sprintf("/api/v1/telescope/0/member%d", i), "")
		o.do("PUT", fmt.Sprintf("/api/v1/thing%d/0/tracking", i), "")
		o.do("GET", "/api/v1/telescope/0/tracking", fmt.Sprintf("ClientID=%d&ClientTransactionID=%d", i, i))
	}
	after := o.server.Stats()
	if len(after.Members) != len(before.Members) || len(after.Durations) != len(before.Durations) {
		t.Errorf("%d members and %d classes, before %d and %d", len(after.Members), len(after.Durations), len(before.Members), len(before.Durations))
	}
	if after.Stray != 4000 || after.Members[0].OK != 2001 {
		t.Errorf("%d stray, %d well", after.Stray, after.Members[0].OK)
	}
}

func TestConnectionsAreCounted(t *testing.T) {
	o := open(t, "altaz")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error)
	go func() { served <- o.server.Serve(ctx, ln) }()
	client := &http.Client{Transport: &http.Transport{}}
	re, err := client.Get("http://" + ln.Addr().String() + "/management/apiversions")
	if err != nil {
		t.Fatal(err)
	}
	re.Body.Close()
	if v := o.server.Stats(); v.Open != 1 || v.Accepted != 1 {
		t.Errorf("%d open of %d, want 1 of 1", v.Open, v.Accepted)
	}
	client.CloseIdleConnections()
	cancel()
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	if v := o.server.Stats(); v.Accepted != 1 {
		t.Errorf("%d accepted, want 1", v.Accepted)
	}
}

func TestConnectedDevicesAreTold(t *testing.T) {
	o := open(t, "altaz")
	o.do("PUT", "/api/v1/focuser/0/connected", "Connected=false")
	got := map[string]bool{}
	for _, d := range o.server.Stats().Devices {
		got[d.Device] = d.Connected
	}
	if len(got) != 3 || !got["telescope"] || !got["rotator"] || got["focuser"] {
		t.Errorf("got %v", got)
	}
}
