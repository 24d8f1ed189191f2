// SPDX-License-Identifier: GPL-3.0-or-later

package night

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/siderostep/siderostep/alpaca"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/sim"
)

// client speaks Alpaca to a telescope, without a network.
type client struct {
	*observer
	http http.Handler
}

func (o *observer) alpaca() *client {
	o.t.Helper()
	s, err := alpaca.New(alpaca.DefaultConfig(), alpaca.Parts{
		Mount: o.Mount, Focusers: []alpaca.Focuser{o.Focusers[0]}, Version: "0.0.0",
		UniqueID: func(kind string, n int) string { return fmt.Sprintf("test-%s-%d", kind, n) },
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return &client{o, s.Handler()}
}

// answer is the part of a reply that matters here.
type answer struct {
	Value        any
	ErrorNumber  int
	ErrorMessage string
}

func (c *client) send(r *http.Request) answer {
	c.t.Helper()
	w := httptest.NewRecorder()
	c.http.ServeHTTP(w, r)
	var a answer
	if w.Code != http.StatusOK {
		c.t.Fatalf("%s %s: %d %s", r.Method, r.URL, w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		c.t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	return a
}

func (c *client) get(member string) any {
	c.t.Helper()
	a := c.send(httptest.NewRequest(http.MethodGet, "/api/v1/"+member, nil))
	if a.ErrorNumber != 0 {
		c.t.Fatalf("get %s: %#x %s", member, a.ErrorNumber, a.ErrorMessage)
	}
	return a.Value
}

func (c *client) number(member string) float64 { c.t.Helper(); return c.get(member).(float64) }

func (c *client) is(member string) bool { c.t.Helper(); return c.get(member).(bool) }

// put sends a command: pairs of names and values follow the member.
func (c *client) put(member string, pairs ...any) {
	c.t.Helper()
	form := url.Values{"ClientID": {"7"}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i].(string), fmt.Sprint(pairs[i+1]))
	}
	r := httptest.NewRequest(http.MethodPut, "/api/v1/"+member, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if a := c.send(r); a.ErrorNumber != 0 {
		c.t.Fatalf("put %s %v: %#x %s", member, pairs, a.ErrorNumber, a.ErrorMessage)
	}
}

// until waits while a member is true.
func (c *client) until(member string) {
	c.t.Helper()
	for range 6000 {
		if !c.is(member) {
			c.after(100 * time.Millisecond) // a tick, so that the bench has seen the end too
			return
		}
		c.after(100 * time.Millisecond)
	}
	c.t.Fatalf("%s never ended", member)
}

// moved is by how much the truth changed, in arcseconds of right ascension
// (not of arc) and declination.
func moved(before, after sim.Truth) (ra, dec float64) {
	return (after.Equatorial.RA - before.Equatorial.RA).WrapSigned().Arcsec(), (after.Equatorial.Dec - before.Equatorial.Dec).Arcsec()
}

func (c *client) close(what string, got, want, within float64) {
	c.t.Helper()
	if d := math.Abs(got - want); !(d <= within) {
		c.t.Errorf("%s: %.3f, want %.3f ± %.3f", what, got, want, within)
	}
}

// An evening as an imaging suite drives it, on each kind of mount, with the
// bench as the judge. The limits are those of the default mount's faults:
// an arcminute of goto, and over short times the worm's slope (6″ in 200 full
// steps of 2.5″ is 8 % of any motion, as is its backlash of 10″ on reversal).
func TestEveningThroughAlpaca(t *testing.T) {
	for _, kind := range kinds {
		for _, faultless := range []bool{true, false} {
			name, gotoLimit, play := kind+"/default faults", model.Arcmin(1.5), 25.0
			if faultless {
				name, gotoLimit, play = kind+"/faultless", model.Arcsec(1), 0.6
			}
			t.Run(name, func(t *testing.T) {
				evening(t, telescope(kind, faultless), func(o *observer) { driveEvening(o.alpaca(), gotoLimit, play) })
			})
		}
	}
}

func driveEvening(c *client, gotoLimit model.Angle, play float64) {
	for _, device := range []string{"telescope/0", "rotator/0", "focuser/0"} {
		c.put(device + "/connect")
		c.until(device + "/connecting")
	}
	c.put("telescope/0/unpark")
	c.put("telescope/0/tracking", "Tracking", true)

	for _, p := range [][2]float64{{-5, 50}, {-4, 20}, {-2.5, 65}, {-1, -10}, {-0.2, 30}, {0.3, 10}, {1, 60}, {2, -5}, {3.5, 40}, {5, 55}} {
		to := c.at(p[0], p[1])
		c.put("telescope/0/slewtocoordinatesasync", "RightAscension", to.RA.Hours(), "Declination", to.Dec.Degrees())
		if !c.is("telescope/0/slewing") {
			c.t.Error("not slewing after a slew has begun")
		}
		c.until("telescope/0/slewing")
		c.within(fmt.Sprintf("hour angle %+.1f h, declination %+.0f°", p[0], p[1]), to, gotoLimit)
		c.close("reported RA, h", c.number("telescope/0/rightascension"), to.RA.Hours(), 1e-6)
		c.close("reported Dec, °", c.number("telescope/0/declination"), to.Dec.Degrees(), 1e-5)
	}

	// Guide pulses, at 7.5″/s by default, both coordinates at once.
	to := c.at(-2, 30)
	c.put("telescope/0/slewtocoordinatesasync", "RightAscension", to.RA.Hours(), "Declination", to.Dec.Degrees())
	c.until("telescope/0/slewing")
	before := c.Truth()
	c.put("telescope/0/pulseguide", "Direction", 2, "Duration", 4000)
	c.put("telescope/0/pulseguide", "Direction", 0, "Duration", 2000)
	c.until("telescope/0/ispulseguiding")
	ra, dec := moved(before, c.Truth())
	c.close("guided east, ″ of RA", ra, 30, 0.2+play)
	c.close("guided north, ″", dec, 15, 0.2+play)

	// Held motion of the primary axis: the truth moves at the rate.
	c.put("telescope/0/moveaxis", "Axis", 0, "Rate", 0.25)
	c.after(2 * time.Second)
	before = c.Truth()
	c.after(4 * time.Second)
	after := c.Truth()
	// A positive rate is towards growing azimuth, or growing right ascension,
	// which is towards a smaller hour angle.
	rate := 0.25
	if c.Mount.Snapshot().Config.Mount.Geometry != "altaz" {
		rate = -rate
	}
	c.close("held primary axis, °", (after.Axes.Z - before.Axes.Z).Degrees(), rate*after.At.Sub(before.At).Seconds(), 0.001+play/3600)
	c.put("telescope/0/moveaxis", "Axis", 0, "Rate", 0)
	c.until("telescope/0/slewing")
	if !c.is("telescope/0/tracking") {
		c.t.Error("tracking did not survive held motion")
	}

	// The rotator holds its position angle while the field turns.
	c.put("rotator/0/moveabsolute", "Position", 77.0)
	c.until("rotator/0/ismoving")
	before = c.Truth()
	c.after(30 * time.Minute)
	after = c.Truth()
	c.close("camera's position angle, °", (after.Field - before.Field).WrapSigned().Degrees(), 0, 0.002+play/600)
	c.close("reported position angle, °", c.number("rotator/0/position"), 77, 1e-3)

	for _, position := range []int{20000, 31234, 25000} {
		c.put("focuser/0/move", "Position", position)
		c.until("focuser/0/ismoving")
		c.close("focuser", c.number("focuser/0/position"), float64(position), 0)
		c.close("drawtube, steps", float64(c.Truth().FocusSteps), float64(position), 0)
	}

	c.put("telescope/0/park")
	c.until("telescope/0/slewing")
	if !c.is("telescope/0/atpark") {
		c.t.Error("not parked")
	}
	park := c.Mount.Snapshot().Config.Mount
	c.close("park Z, °", c.Truth().Motor.Z.Degrees(), park.Z.ParkDeg, 1e-4)
	c.close("park A, °", c.Truth().Motor.A.Degrees(), park.A.ParkDeg, 1e-4)
}
