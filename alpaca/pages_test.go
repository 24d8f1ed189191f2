// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/siderostep/siderostep/fault"
)

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("the page lacks %q:\n%s", p, text)
		}
	}
}

func TestServerPage(t *testing.T) {
	o := open(t, "altaz")
	re := o.do("GET", "/setup", "")
	contains(t, re.Text, "siderostep", "1.2.3-test", "observatory", "UDP port 32227", "mount.local", "/setup/v1/telescope/0/setup",
		"/setup/v1/focuser/0/setup", "/setup/v1/rotator/0/setup", "0f9d3c8a-focuser-0", "siderostep conform http://mount.local")
	if got := re.Header.Get("Content-Security-Policy"); !strings.Contains(got, "default-src 'none'") {
		t.Errorf("policy %q", got)
	}
	for _, outside := range []string{"src=", "@import", "url(", "<script", "http-equiv"} {
		if strings.Contains(re.Text, outside) {
			t.Errorf("the page reaches outside itself: %q", outside)
		}
	}
}

func TestForms(t *testing.T) {
	o := open(t, "german")
	contains(t, o.do("GET", "/setup/v1/telescope/0/setup", "").Text,
		`name="site.latitude_deg"`, `value="44.06"`, "geodetic latitude, north positive (-90 to 90)", "latitude (°)",
		`name="mount.z.max_rate_deg_per_s"`, `name="mount.hold_timeout_s"`, `<option selected>previous</option>`,
		"the primary axis: azimuth or right ascension", `name="site.refraction" value="true" checked`,
		`name="mount.geometry" disabled`, "Needs a restart", "emergency: brakes every axis")
	contains(t, o.do("GET", "/setup/v1/rotator/0/setup", "").Text, `name="rotator.follow" value="true" checked`, "FollowSky")
	contains(t, o.do("GET", "/setup/v1/focuser/0/setup", "").Text, `name="focuser.max_step"`, `value="50000"`)
	if strings.Contains(o.do("GET", "/setup/v1/rotator/0/setup", "").Text, "site.latitude") {
		t.Error("the rotator's page holds the site")
	}
}

// post sends a form as a browser does.
func (o *observatory) post(path string, fields ...string) reply {
	o.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return o.do("POST", path, form.Encode())
}

func TestSave(t *testing.T) {
	const path = "/setup/v1/telescope/0/setup"
	o := open(t, "altaz")
	re := o.post(path, "site.latitude_deg", " -31.5 ", "mount.tracking_after_unpark", "off", "site.name", "Öl <b>Haus</b>",
		"site.refraction", "false", "mount.z.max_rate_deg_per_s", "1.5", "mount.hold_timeout_s", "0")
	if re.Status != http.StatusSeeOther || re.Header.Get("Location") != path+"?saved=1" {
		t.Fatalf("%d %s", re.Status, re.Text)
	}
	c := o.mount.Snapshot().Config
	if c.Site.LatitudeDeg != -31.5 || c.Mount.Tracking != "off" || c.Site.Name != "Öl <b>Haus</b>" || c.Site.Refraction ||
		c.Mount.Z.MaxRate != 1.5 || c.Mount.A.MaxRate != 3 || c.Mount.HoldTimeoutS != 0 || c.Site.LongitudeDeg != -121.31 {
		t.Errorf("%+v", c)
	}
	page := o.do("GET", path, "saved=1").Text
	contains(t, page, "The settings are in force.", "Öl &lt;b&gt;Haus&lt;/b&gt;", `name="site.refraction" value="true">`)
	o.post(path, "site.refraction", "false", "site.refraction", "true") // a ticked box
	if !o.mount.Snapshot().Config.Site.Refraction {
		t.Error("a ticked box does nothing")
	}
	o.post("/setup/v1/rotator/0/setup", "rotator.follow", "false")
	if o.mount.Snapshot().Config.Rotator.Follow {
		t.Error("the rotator still follows")
	}
	o.post("/setup/v1/focuser/0/setup", "focuser.backlash_steps", "-40", "focuser.name", "Fine")
	if c := o.focuser.Snapshot().Config; c.BacklashSteps != -40 || c.Name != "Fine" {
		t.Errorf("%+v", c)
	}
}

// A form with a mistake changes nothing, says where the mistake is, and keeps
// what was typed.
func TestMistakes(t *testing.T) {
	const path = "/setup/v1/telescope/0/setup"
	for _, tt := range []struct {
		name         string
		key, value   string
		field, says  string
		whole, typed string
	}{
		{"range", "site.latitude_deg", "91", "site.latitude_deg", "must be -90 to 90", "", `value="91"`},
		{"not a number", "site.elevation_m", `"><script>`, "site.elevation_m", "is not a number", "", `value="&#34;&gt;&lt;script&gt;"`},
		{"not one of", "mount.tracking_after_unpark", "perhaps", "mount.tracking_after_unpark", "must be one of previous, on, off", "", ""},
		{"not true or false", "site.refraction", "1", "site.refraction", "neither true nor false", "", ""},
		{"too long", "site.name", strings.Repeat("x", 101), "site.name", "at most 100", "", ""},
		{"restart", "mount.geometry", "fork", "mount.geometry", "needs a restart", "", ""},
		{"contradiction", "mount.z.min_deg", "500", "mount.z.min_deg", "must be below mount.z.max_deg", "", `value="500"`},
		{"two keys blamed", "mount.z.min_deg", "500", "mount.z.max_deg", "must be below mount.z.max_deg", "", ""},
		{"unknown", "site.nonsense", "1", "", "", "there is no setting &#34;site.nonsense&#34;", ""},
		{"of another device", "rotator.follow", "false", "", "", "there is no setting", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := open(t, "altaz")
			before := *o.mount.Snapshot().Config
			re := o.post(path, "mount.settle_s", "7.25", tt.key, tt.value)
			if re.Status != http.StatusUnprocessableEntity {
				t.Fatalf("%d %s", re.Status, re.Text)
			}
			contains(t, re.Text, `value="7.25"`, tt.typed)
			if tt.field != "" {
				_, after, _ := strings.Cut(re.Text, `id="`+tt.field+`-problem"`)
				message, _, _ := strings.Cut(after, "</span>")
				contains(t, message, tt.says)
			}
			if tt.whole != "" {
				contains(t, re.Text, tt.whole)
			}
			if strings.Contains(re.Text, "<script") {
				t.Error("what was typed is not escaped")
			}
			if *o.mount.Snapshot().Config != before {
				t.Error("something changed")
			}
		})
	}
	o := open(t, "altaz")
	o.mount.refuse = fault.New(fault.Refused, "configure", "not while slewing")
	contains(t, o.post(path, "mount.settle_s", "2").Text, `<p class="bad" role="alert">configure: not while slewing</p>`)
}

func TestOtherSitesCannotChange(t *testing.T) {
	for _, path := range []string{"/setup/v1/telescope/0/setup", "/setup/halt"} {
		for _, tt := range []struct {
			header, value string
			refused       bool
		}{
			{"Sec-Fetch-Site", "cross-site", true}, {"Sec-Fetch-Site", "same-site", true}, {"Sec-Fetch-Site", "same-origin", false},
			{"Origin", "http://evil.example", true}, {"Origin", "null", true}, {"Origin", "http://mount.local", false}, {"X", "", false},
		} {
			o := open(t, "altaz")
			r := request("POST", path, "site.elevation_m=5")
			r.Header.Set(tt.header, tt.value)
			re := ask(t, o.server.Handler(), r)
			if (re.Status == http.StatusForbidden) != tt.refused {
				t.Errorf("%s, %s %q: %d", path, tt.header, tt.value, re.Status)
			}
			s := o.mount.Snapshot()
			if changed := s.Config.Site.ElevationM == 5 || !s.Tracking; changed == tt.refused {
				t.Errorf("%s, %s %q: changed is %v", path, tt.header, tt.value, changed)
			}
		}
	}
}

func TestNightTheme(t *testing.T) {
	o := open(t, "altaz")
	re := o.do("GET", "/setup", "theme=night")
	if re.Status != http.StatusSeeOther || re.Header.Get("Location") != "/setup" {
		t.Fatalf("%d %v", re.Status, re.Header)
	}
	r := request("GET", "/setup/v1/focuser/0/setup", "")
	cookie, _, _ := strings.Cut(re.Header.Get("Set-Cookie"), ";")
	r.Header.Set("Cookie", cookie)
	contains(t, ask(t, o.server.Handler(), r).Text, `<html lang="en" class="night">`)
	// Every colour of the night theme is pure red.
	page := o.do("GET", "/setup", "").Text
	_, css, _ := strings.Cut(page, ".night {")
	css, _, _ = strings.Cut(css, "}")
	colours := strings.Split(css, "#")[1:]
	if len(colours) < 8 {
		t.Fatalf("found %d colours in %q", len(colours), css)
	}
	for _, c := range colours {
		c, _, _ = strings.Cut(c, ";")
		if len(c) == 6 && c[2:] != "0000" || len(c) == 3 && c[1:] != "00" {
			t.Errorf("#%s is not red", c)
		}
	}
}

func TestHaltButton(t *testing.T) {
	o := open(t, "altaz")
	if re := o.post("/setup/halt"); re.Status != http.StatusSeeOther {
		t.Errorf("%d %s", re.Status, re.Text)
	}
	if o.mount.Snapshot().Tracking {
		t.Error("not halted")
	}
	contains(t, o.do("GET", "/setup", "").Text, "(stopped: halt: halted)")
	if re := o.post("/setup/resume"); re.Status != http.StatusSeeOther || o.mount.Snapshot().Stopped != nil {
		t.Errorf("%d %s", re.Status, re.Text)
	}
	o.mount.refuse = fault.New(fault.Refused, "resume", "an axis still brakes")
	if re := o.post("/setup/resume"); re.Status != http.StatusConflict {
		t.Errorf("%d %s", re.Status, re.Text)
	}
}
