// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"math"
	"net/http"
	"strings"
	"testing"
)

func TestGoodRequests(t *testing.T) {
	eachMember(t, func(t *testing.T, o *observatory, m specMember) {
		for _, fields := range []string{
			m.query(nil),
			m.query(nil) + "&ExtraParameter=ExtraValue",
			"&&" + m.query(nil) + "&&",
			m.query(nil) + "&ClientID=nonsense&ClientTransactionID=7", // a second one of a name is ignored
		} {
			re := o.do(m.verb, m.path(), fields)
			if re.Status != 200 || re.Client != 67890 || re.Server == 0 {
				t.Fatalf("%s: %d %s", fields, re.Status, re.Text)
			}
			want := 0
			if strings.HasPrefix(m.name, "command") || m.name == "action" && m.device == "focuser" {
				want = 0x400
			} else if m.name == "action" && m.device == "telescope" {
				want = 0x40C
			}
			if re.Number != want || (re.Message == "") != (want == 0) {
				t.Errorf("%s: error %#x %q, want %#x", fields, re.Number, re.Message, want)
			}
			checkValue(t, m, re)
		}
	})
}

func TestNamesOfParameters(t *testing.T) {
	eachMember(t, func(t *testing.T, o *observatory, m specMember) {
		lower := m.query(func(p specParam) (string, string, bool) { return strings.ToLower(p.name), m.good(p), true })
		re := o.do(m.verb, m.path(), strings.NewReplacer("ClientID", "clientid", "ClientTransactionID", "clienttransactionid").Replace(lower))
		required := false
		for _, p := range m.params {
			required = required || !p.optional
		}
		switch {
		case m.verb == "GET" && (re.Status != 200 || re.Client != 67890):
			t.Errorf("a GET's names are case-insensitive: %d %s", re.Status, re.Text)
		case m.verb == "PUT" && required && re.Status != 400:
			t.Errorf("a PUT's names are case-sensitive: %d %s", re.Status, re.Text)
		case m.verb == "PUT" && !required && (re.Status != 200 || re.Client != 0):
			t.Errorf("a PUT's mis-cased ClientTransactionID must not be echoed: %d %s", re.Status, re.Text)
		}
	})
}

func TestBadParameters(t *testing.T) {
	junk := map[string][]string{
		"bool":   {"", "1", "0", "yes", "123456", "asdqwe", "tru e", " true", "t"},
		"int":    {"", "asduio6fghZZ", "1.5", "1e0", "+1", " 1", "1 ", "0x1", "2147483648", "-2147483649", "NaN", "--1", "-", "１"},
		"double": {"", "asduio6fghZZ", "NaN", "nan", "Inf", "-Infinity", "+1", " 1", "0x1p-2", "1_0", "1e999", "1,5", "1.2.3", "-", "."},
		"date":   {"", "asduio6fghZZ", "2026", "2026-13-01T00:00:00Z", "2026-01-01T25:00:00Z", "2026-01-01T00:00:00,5Z", "2026-01-01T00:00:00.1234567890Z", "20 March 2026"},
	}
	eachMember(t, func(t *testing.T, o *observatory, m specMember) {
		calls := len(o.mount.entered)
		for _, bad := range m.params {
			only := func(key, value string, keep bool) string {
				return m.query(func(p specParam) (string, string, bool) {
					if p == bad {
						return key, value, keep
					}
					return p.name, m.good(p), true
				})
			}
			for _, value := range junk[bad.kind] {
				if re := o.do(m.verb, m.path(), only(bad.name, value, true)); re.Status != 400 || re.Number != -1 {
					t.Errorf("%s=%q: %d %s", bad.name, value, re.Status, re.Text)
				}
			}
			if bad.optional {
				continue
			}
			if re := o.do(m.verb, m.path(), only("", "", false)); re.Status != 400 {
				t.Errorf("without %s: %d %s", bad.name, re.Status, re.Text)
			}
			if m.verb == "PUT" {
				// What stands in the query of a PUT is no parameter of it.
				r := request("PUT", m.path()+"?"+m.query(nil), only("", "", false))
				if re := ask(t, o.server.Handler(), r); re.Status != 400 {
					t.Errorf("%s in the query: %d %s", bad.name, re.Status, re.Text)
				}
			}
		}
		if got := len(o.mount.entered); got != calls {
			t.Errorf("%d refused requests were acted upon", got-calls)
		}
	})
}

func TestBadIdentifiers(t *testing.T) {
	eachMember(t, func(t *testing.T, o *observatory, m specMember) {
		calls := len(o.mount.entered)
		for _, id := range []string{"ClientID", "ClientTransactionID"} {
			for _, value := range []string{"", "+++++", "-12345", "NASDAQ", "4294967296", "%2B5", "+5", "1.0", "0x1"} {
				rest := strings.Replace(m.query(nil), id+"=", "Other=", 1)
				re := o.do(m.verb, m.path(), id+"="+value+"&"+rest)
				if re.Status != 400 || !strings.HasPrefix(re.Header.Get("Content-Type"), "text/plain") {
					t.Errorf("%s=%s: %d %s", id, value, re.Status, re.Text)
				}
			}
		}
		if got := len(o.mount.entered); got != calls {
			t.Errorf("%d refused requests were acted upon", got-calls)
		}
	})
}

func TestWrongVerbs(t *testing.T) {
	eachMember(t, func(t *testing.T, o *observatory, m specMember) {
		both := o.server.resources[m.path()].methods()
		for _, verb := range []string{"GET", "PUT", "POST", "DELETE", "HEAD", "PATCH", "OPTIONS", "BREW"} {
			if strings.Contains(both, verb) {
				continue
			}
			r := request("GET", m.path(), m.query(nil))
			r.Method = verb
			if re := ask(t, o.server.Handler(), r); re.Status != 405 || re.Header.Get("Allow") != both {
				t.Errorf("%s: %d, Allow %q, want 405 and %q", verb, re.Status, re.Header.Get("Allow"), both)
			}
		}
	})
}

func TestNotConnected(t *testing.T) {
	eachMember(t, func(t *testing.T, o *observatory, m specMember) {
		for _, d := range o.server.devices {
			d.common().connected.Store(false)
		}
		re := o.do(m.verb, m.path(), m.query(nil))
		want := 0x407
		if m.always {
			want = 0
		}
		if re.Status != 200 || re.Number != want {
			t.Errorf("%d %s, want error %#x", re.Status, re.Text, want)
		}
		checkValue(t, m, re)
		if re := o.do(m.verb, m.path(), "ClientID=x&"+m.query(nil)); re.Status != 400 {
			t.Errorf("bad IDs come before the connection: %d", re.Status)
		}
	})
}

// An unimplemented PUT still judges its parameters first.
func TestOrderOfJudgement(t *testing.T) {
	o := open(t, "altaz")
	path := "/api/v1/telescope/0/sideofpier"
	if re := o.do("PUT", path, "SideOfPier=east"); re.Status != 400 {
		t.Errorf("junk to an unimplemented member: %d %s", re.Status, re.Text)
	}
	if re := o.do("PUT", path, "SideOfPier=7"); re.Number != 0x400 {
		t.Errorf("implemented comes before range: %s", re.Text)
	}
	o.mount.edit(func(s *mountSnapshot) { s.Parked = true })
	if re := o.do("PUT", path, "SideOfPier=0"); re.Number != 0x400 {
		t.Errorf("implemented comes before parked: %s", re.Text)
	}
	if re := o.do("PUT", "/api/v1/telescope/0/slewtocoordinatesasync", "RightAscension=25&Declination=0"); re.Number != 0x408 {
		t.Errorf("parked comes before range: %s", re.Text)
	}
	o.must("telescope/0/disconnect")
	if re := o.do("PUT", path, "SideOfPier=0"); re.Number != 0x407 {
		t.Errorf("connected comes before implemented: %s", re.Text)
	}
}

func TestServerTransactions(t *testing.T) {
	o := open(t, "altaz")
	for want := uint32(1); want < 5; want++ {
		if re := o.do("GET", "/api/v1/focuser/0/position", ""); re.Server != want || re.Client != 0 {
			t.Errorf("%s, want ServerTransactionID %d", re.Text, want)
		}
	}
	o.server.transactions.Store(math.MaxUint32 - 1)
	for _, want := range []uint32{math.MaxUint32, 1, 2} {
		if re := o.do("GET", "/management/apiversions", "ClientTransactionID=4294967295"); re.Server != want || re.Client != math.MaxUint32 {
			t.Errorf("%s, want ServerTransactionID %d", re.Text, want)
		}
	}
}

func TestPanicIsSurvived(t *testing.T) {
	o := open(t, "altaz")
	o.mount.edit(func(s *mountSnapshot) { s.Config = nil })
	re := o.do("GET", "/api/v1/telescope/0/name", "")
	if re.Status != http.StatusInternalServerError || o.server.Stats().Panics != 1 {
		t.Errorf("%d %s %+v", re.Status, re.Text, o.server.Stats())
	}
	if re := o.do("GET", "/api/v1/telescope/0/rightascension", ""); re.Number != 0 {
		t.Error(re.Text)
	}
}
