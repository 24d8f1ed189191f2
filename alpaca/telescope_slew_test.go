// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

func TestTargets(t *testing.T) {
	o := open(t, "altaz")
	unset := func() {
		t.Helper()
		for _, m := range []string{"targetrightascension", "targetdeclination"} {
			if n := o.getError(tele + m); n != 0x402 {
				t.Errorf("%s before it is set: %#x", m, n)
			}
		}
		for _, m := range []string{"slewtotarget", "slewtotargetasync", "synctotarget"} {
			o.want(0x402, tele+m)
		}
	}
	target := func(ra, dec float64) {
		t.Helper()
		if r, d := o.get(tele+"targetrightascension"), o.get(tele+"targetdeclination"); r != ra || d != dec {
			t.Errorf("target %v %v, want %v %v", r, d, ra, dec)
		}
	}
	unset()
	o.must(tele+"targetrightascension", "TargetRightAscension", "24")
	o.must(tele+"targetdeclination", "TargetDeclination", "12.3")
	target(0, 12.3)
	o.must(tele + "slewtotargetasync")
	if got := o.mount.Snapshot().Target; got != (model.Equatorial{Dec: model.Degrees(12.3)}) {
		t.Errorf("slewed to %v", got)
	}
	o.must(tele+"slewtocoordinatesasync", "RightAscension", "5.1", "Declination", "-5.2")
	target(5.1, -5.2)
	o.must(tele+"synctocoordinates", "RightAscension", "6.1", "Declination", "6.2")
	target(6.1, 6.2)
	o.mount.refuse = fault.New(fault.BelowLimit, "slew", "below the horizon")
	o.want(0x40B, tele+"slewtocoordinatesasync", "RightAscension", "1", "Declination", "-80")
	target(6.1, 6.2) // a refused slew leaves the target
	o.must(tele+"tracking", "Tracking", "false")
	o.must(tele+"slewtoaltazasync", "Azimuth", "360", "Altitude", "45")
	target(6.1, 6.2)
	if got := o.mount.Snapshot().Horizontal; got.Az != 0 {
		t.Errorf("azimuth 360 became %v", got)
	}
	o.want(0x40B, tele+"slewtotargetasync") // not tracking
	o.must(tele + "disconnect")
	o.must(tele + "connect")
	unset()
}

// A slew with rate offsets follows its target, and so does Target.
func TestMovingTarget(t *testing.T) {
	o := open(t, "altaz")
	o.must(tele+"declinationrate", "DeclinationRate", "10")
	o.must(tele+"slewtocoordinatesasync", "RightAscension", "5", "Declination", "10")
	o.mount.edit(func(s *mountSnapshot) { s.Target.Dec = model.Degrees(10.5) })
	if got := o.get(tele + "targetdeclination").(float64); math.Abs(got-10.5) > 1e-12 {
		t.Errorf("TargetDeclination %v", got)
	}
	o.must(tele+"targetdeclination", "TargetDeclination", "1")
	if got := o.get(tele + "targetdeclination"); got != 1.0 {
		t.Errorf("TargetDeclination %v", got)
	}
}

func TestSlewFaultIsReported(t *testing.T) {
	o := open(t, "altaz")
	o.mount.edit(func(s *mountSnapshot) { s.SlewFault = fault.New(fault.Hardware, "slew", "axis Z stalled") })
	re := o.do("GET", "/api/v1/telescope/0/slewing", "")
	if re.Number != 0x500 || re.Message != "slew: axis Z stalled" || re.Value != false {
		t.Error(re.Text)
	}
	if n := o.getError(tele + "devicestate"); n != 0 {
		t.Errorf("DeviceState must not fail: %#x", n)
	}
	o.must(tele+"slewtocoordinatesasync", "RightAscension", "1", "Declination", "0")
	if o.get(tele+"slewing") != false {
		t.Error("still faulty")
	}
}

func TestBlockingSlews(t *testing.T) {
	slew := func(o *observatory) chan int {
		done := make(chan int)
		go func() { done <- o.put(tele+"slewtocoordinates", "RightAscension", "1", "Declination", "0") }()
		return done
	}
	for _, tt := range []struct {
		name string
		end  func(o *observatory)
		want int
	}{
		{"arrives", func(o *observatory) { o.mount.arrive() }, 0},
		{"aborted", func(o *observatory) { o.must(tele + "abortslew") }, 0x40E},
		{"parked instead", func(o *observatory) { o.must(tele + "park") }, 0x40E},
		{"another slew", func(o *observatory) {
			o.must(tele+"slewtocoordinatesasync", "RightAscension", "2", "Declination", "0")
		}, 0x40E},
		{"stopped by somebody else", func(o *observatory) {
			o.mount.edit(func(s *mountSnapshot) { s.Slewing, s.Activity, s.Motions = false, mount.Idle, s.Motions+1 })
		}, 0x40E},
		{"halted", func(o *observatory) { o.must(tele+"action", "Action", "HALT") }, 0x40E},
		{"stalled", func(o *observatory) {
			o.mount.edit(func(s *mountSnapshot) { s.Slewing, s.SlewFault = false, fault.New(fault.Hardware, "slew", "stalled") })
		}, 0x500},
		{"refused meanwhile", func(o *observatory) {
			o.mount.refuse = fault.New(fault.BelowLimit, "slew", "low")
			o.want(0x40B, tele+"slewtocoordinatesasync", "RightAscension", "2", "Declination", "0")
			o.mount.arrive()
		}, 0},
		{"too long", func(*observatory) { time.Sleep(slewLimit) }, 0x40B},
		{"server stops", func(o *observatory) { o.server.stop() }, 0x40E},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := open(t, "altaz")
				o.mount.slow = true
				done := slew(o)
				synctest.Wait()
				select {
				case n := <-done:
					t.Fatalf("did not wait: %#x", n)
				default:
				}
				tt.end(o)
				if n := <-done; n != tt.want {
					t.Errorf("error %#x, want %#x", n, tt.want)
				}
			})
		})
	}
}

func TestBlockingSlewsSwitchedOff(t *testing.T) {
	o := open(t, "altaz")
	cfg := DefaultConfig()
	cfg.BlockingSlews = false
	o.server = o.serve(cfg)
	o.must(tele + "connect")
	if o.get(tele+"canslew") != false || o.get(tele+"canslewaltaz") != false || o.get(tele+"canslewasync") != true {
		t.Error("flags")
	}
	o.want(0x400, tele+"slewtocoordinates", "RightAscension", "1", "Declination", "0")
	o.want(0x400, tele+"slewtotarget")
	o.want(0x400, tele+"slewtoaltaz", "Azimuth", "1", "Altitude", "0")
	o.must(tele+"slewtocoordinatesasync", "RightAscension", "1", "Declination", "0")
}

// A client that gives up leaves nothing half done.
func TestClientGivesUp(t *testing.T) {
	o := open(t, "altaz")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := request("PUT", "/api/v1/telescope/0/slewtocoordinatesasync", "RightAscension=3&Declination=4").WithContext(ctx)
	ask(t, o.server.Handler(), r)
	if got := o.mount.Snapshot().Target.RA.Hours(); math.Abs(got-3) > 1e-12 {
		t.Errorf("the mount went to %v h", got)
	}
	if got := o.get(tele + "targetrightascension"); got != 3.0 {
		t.Errorf("the target is %v", got)
	}
}

// An owner that does not answer does not hang its clients.
func TestOwnerHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := open(t, "altaz")
		o.mount.gate = make(chan struct{})
		begun := time.Now()
		o.want(0x500, tele+"park")
		o.want(0x500, tele+"slewtocoordinates", "RightAscension", "1", "Declination", "0")
		if d := time.Since(begun); d != 2*commandLimit {
			t.Errorf("answered after %v", d)
		}
	})
}

func TestDisconnectKeepsMoving(t *testing.T) {
	o := open(t, "altaz")
	o.mount.slow = true
	o.must(tele+"slewtocoordinatesasync", "RightAscension", "1", "Declination", "0")
	o.must(tele+"connected", "Connected", "false")
	if o.get(tele+"connected") != false {
		t.Error("still connected")
	}
	if s := o.mount.Snapshot(); !s.Slewing || !s.Tracking {
		t.Errorf("slewing %v, tracking %v", s.Slewing, s.Tracking)
	}
	if o.get("rotator/0/connected") != true {
		t.Error("the rotator went with it")
	}
	for range 12 {
		o.must(tele + "disconnect")
	}
	for range 12 {
		o.must(tele + "connect")
	}
	if o.get(tele+"slewing") != true {
		t.Error("the slew was lost")
	}
}
