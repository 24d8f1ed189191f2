// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestPaths(t *testing.T) {
	o := open(t, "altaz")
	for path, want := range map[string]int{
		"/api/v1/telescope/0/name":         200,
		"/API/v1/telescope/0/name":         404,
		"/api/V1/telescope/0/name":         400,
		"/api/v2/telescope/0/name":         400,
		"/api/v1/TELESCOPE/0/name":         400,
		"/api/v1/telescope/0/Name":         400,
		"/api/v1/telescope/0/descrip":      400,
		"/api/v1/telescope/1/name":         400,
		"/api/v1/telescope/00/name":        400,
		"/api/v1/telescope/-1/name":        400,
		"/api/v1/telescope/99999/name":     400,
		"/api/v1/telescope/A/name":         400,
		"/api/v1/telescope/0/name/":        400,
		"/api/v1/telescope/0//name":        400,
		"//api/v1/telescope/0/name":        404,
		"/api/v1/baddevicetype/0/name":     400,
		"/api":                             400,
		"/api/":                            400,
		"/apix":                            404,
		"/api/1":                           400,
		"/api/v1/../v1/telescope/0/name":   400,
		"/management/apiversions":          200,
		"/management/v1/description":       200,
		"/management/v1/Description":       404,
		"/management/v2/description":       404,
		"/management":                      404,
		"/setup":                           200,
		"/setup/":                          404,
		"/setup/v1/telescope/0/setup":      200,
		"/setup/v1/focuser/0/setup":        200,
		"/setup/v1/rotator/0/setup":        200,
		"/setup/v1/telescope/1/setup":      404,
		"/setup/v1/Telescope/0/setup":      404,
		"/setup/v1/telescope/0/setup/":     404,
		"/":                                404,
		"/favicon.ico":                     404,
		"/api/v1/telescope/0/name\x00":     400,
		"/api/v1/telescope/0/\xff\xfe":     400,
		"/api/v1/telescope/0/<script>":     400,
		"/api/v1/focuser/0/rightascension": 400,
	} {
		re := o.do("GET", path, "")
		if re.Status != want {
			t.Errorf("%q: %d, want %d: %s", path, re.Status, want, re.Text)
		}
		if want >= 400 && re.Header.Get("Content-Type") != textType[0] {
			t.Errorf("%q: %s", path, re.Header.Get("Content-Type"))
		}
	}
}

func TestEncoding(t *testing.T) {
	o := open(t, "altaz")
	type row struct {
		verb, member, fields string
		want                 int
	}
	for _, tt := range []row{
		{"GET", "telescope/0/canmoveaxis", "%41xis=%30", 200},
		{"GET", "telescope/0/canmoveaxis", "Axis=0&Axis=9", 200},
		{"GET", "telescope/0/canmoveaxis", "axis=junk&Axis=0", 400},
		{"GET", "telescope/0/canmoveaxis", "Axis=%", 400},
		{"GET", "telescope/0/canmoveaxis", "Axis=%3", 400},
		{"GET", "telescope/0/canmoveaxis", "Axis=%zz", 400},
		{"GET", "telescope/0/canmoveaxis", "Axis=0&Other=%zz", 400},
		{"GET", "telescope/0/canmoveaxis", "Axis=0&%zz=1", 400},
		{"GET", "telescope/0/canmoveaxis", "Axis", 400},
		{"GET", "telescope/0/canmoveaxis", "Axis=0;x=1", 400},
		{"GET", "telescope/0/canmoveaxis", "=&=0&Axis=0", 200},
		{"PUT", "telescope/0/tracking", "Tracking=%54rue", 200},
		{"PUT", "telescope/0/tracking", "%54racking=FALSE", 200},
		{"PUT", "telescope/0/tracking", "tRACKING=True", 400},
		{"PUT", "telescope/0/tracking", "Tracking=True&Tracking=junk", 200},
		{"PUT", "telescope/0/tracking", "Tracking=%", 400},
		{"PUT", "telescope/0/tracking", "", 400},
		{"PUT", "telescope/0/connect", "", 200},
		{"PUT", "telescope/0/declinationrate", "DeclinationRate=1E-05", 200},
		{"PUT", "telescope/0/declinationrate", "DeclinationRate=-1.5e%2B0", 200},
	} {
		if re := o.do(tt.verb, "/api/v1/"+tt.member, tt.fields); re.Status != tt.want {
			t.Errorf("%+v: %d %s", tt, re.Status, re.Text)
		}
	}
	// A plus is a space, in an action's parameters too.
	re := o.do("PUT", "/api/v1/telescope/0/action", "Action=no+such%20one&Parameters=")
	if !strings.Contains(re.Message, `"no such one"`) {
		t.Error(re.Text)
	}
}

func TestContentTypes(t *testing.T) {
	o := open(t, "altaz")
	for contentType, want := range map[string]int{
		formType:                              200,
		formType + "; charset=utf-8":          200,
		"Application/X-WWW-Form-URLEncoded":   200,
		"application/json":                    415,
		"multipart/form-data; boundary=x":     415,
		"text/plain":                          415,
		"":                                    415,
		"application/x-www-form-urlencoded2":  415,
		"application/x-www-form-urlencoded;;": 415,
	} {
		r := request("PUT", "/api/v1/telescope/0/tracking", "Tracking=true")
		r.Header.Set("Content-Type", contentType)
		if re := ask(t, o.server.Handler(), r); re.Status != want {
			t.Errorf("%q: %d, want %d", contentType, re.Status, want)
		}
	}
	for _, n := range []int{65536, 65537} {
		body := "Tracking=true&x=" + strings.Repeat("x", n-len("Tracking=true&x="))
		want := 200
		if n > 65536 {
			want = 413
		}
		if re := o.do("PUT", "/api/v1/telescope/0/tracking", body); re.Status != want {
			t.Errorf("a body of %d bytes: %d, want %d", n, re.Status, want)
		}
		r := request("PUT", "/api/v1/telescope/0/tracking", body)
		r.ContentLength = -1 // chunked
		if re := ask(t, o.server.Handler(), r); re.Status != want {
			t.Errorf("a chunked body of %d bytes: %d, want %d", n, re.Status, want)
		}
	}
}

func TestNumbersRoundTrip(t *testing.T) {
	o := open(t, "altaz")
	for _, v := range []float64{0, 0.1, 44.0600001, -33.333333333333336, 1e-7, -1e-9, 89.99999999999999} {
		o.must("telescope/0/sitelatitude", "SiteLatitude", fmt.Sprint(v))
		if got := o.get("telescope/0/sitelatitude"); got != v {
			t.Errorf("site latitude %v reads back as %v", v, got)
		}
	}
}

func TestValuesUnavailable(t *testing.T) {
	o := open(t, "altaz")
	o.mount.edit(func(s *mountSnapshot) { s.Equatorial.Dec = modelAngle(math.NaN()) })
	re := o.do("GET", "/api/v1/telescope/0/declination", "")
	if re.Number != 0x40B || string(re.Members["Value"]) != "0" {
		t.Errorf("NaN: %s", re.Text)
	}
	if state := fmt.Sprint(o.get("telescope/0/devicestate")); strings.Contains(state, "Declination") {
		t.Errorf("NaN in the device state: %s", state)
	}
}
