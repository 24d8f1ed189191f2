// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"net/http"
	"testing"
)

// understood fails for an answer that no client may ever get.
func understood(t *testing.T, r *http.Request, re reply) {
	t.Helper()
	if re.Status < 200 || re.Status >= 500 {
		t.Fatalf("%s %q: %d %s", r.Method, r.URL.Path, re.Status, re.Text)
	}
}

func FuzzQuery(f *testing.F) {
	members := readSpec(f)
	for i, m := range members {
		f.Add(i, m.query(nil))
	}
	for _, q := range []string{"", "%", "%%%", "ClientID=%00", "Axis=0&axis=1&AXIS=%zz", "&=&==&", "ClientTransactionID=99999999999999999999"} {
		f.Add(0, q)
	}
	o := open(f, "german")
	f.Fuzz(func(t *testing.T, n int, query string) {
		r := request("GET", members[uint(n)%uint(len(members))].path(), query)
		understood(t, r, ask(t, o.server.Handler(), r))
	})
}

func FuzzForm(f *testing.F) {
	var members []specMember
	for _, m := range readSpec(f) {
		if m.verb == "PUT" && m.name != "setpark" {
			f.Add(len(members), m.query(nil))
			members = append(members, m)
		}
	}
	f.Add(0, "Position=1e308&Position=%")
	o := open(f, "german")
	f.Fuzz(func(t *testing.T, n int, form string) {
		m := members[uint(n)%uint(len(members))]
		drain(o.mount.entered)
		r := request("PUT", m.path(), form)
		understood(t, r, ask(t, o.server.Handler(), r))
		if len(form) < 2000 { // a page takes any form too
			r = request("POST", "/setup/v1/telescope/0/setup", form)
			understood(t, r, ask(t, o.server.Handler(), r))
		}
	})
}

func drain(c chan struct{}) {
	for len(c) > 0 {
		<-c
	}
}

func FuzzPath(f *testing.F) {
	for _, p := range []string{"/api/v1/telescope/0/name", "/api", "/", "", "/setup/v1/telescope/0/setup", "/management/apiversions",
		"/api/v1/telescope/4294967296/x", "/api//////", "/api/v1/\x00/0/name"} {
		f.Add("GET", p)
		f.Add("PUT", p)
		f.Add("OPTIONS", p)
	}
	o := open(f, "altaz")
	f.Fuzz(func(t *testing.T, method, path string) {
		drain(o.mount.entered)
		r := request("GET", path, "ClientID=1")
		r.Method = method
		understood(t, r, ask(t, o.server.Handler(), r))
	})
}
