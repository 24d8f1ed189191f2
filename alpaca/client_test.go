// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// observatory is a server on fakes.
type observatory struct {
	t       testing.TB
	mount   *fakeMount
	focuser *fakeFocuser
	server  *Server
}

// open returns a server whose devices are connected.
func open(t testing.TB, geometry string) *observatory {
	t.Helper()
	o := &observatory{t: t, mount: newFakeMount(geometry), focuser: newFakeFocuser()}
	o.server = o.serve(DefaultConfig())
	for _, d := range o.server.devices {
		d.common().connected.Store(true)
	}
	return o
}

func (o *observatory) serve(cfg Config) *Server {
	o.t.Helper()
	s, err := New(cfg, Parts{
		Mount: o.mount, Focusers: []Focuser{o.focuser}, Version: "1.2.3-test", DiscoveryPort: 32227,
		UniqueID: func(kind string, n int) string { return fmt.Sprintf("0f9d3c8a-%s-%d", kind, n) },
	})
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(s.stop)
	return s
}

// reply is an answer of the server. Number is −1 for one that is not JSON.
type reply struct {
	Status  int
	Text    string
	Header  http.Header
	Value   any
	Client  uint32
	Server  uint32
	Number  int
	Message string
	Members map[string]json.RawMessage
}

// do sends a request. For a PUT, fields are the body, else the query.
func (o *observatory) do(method, path, fields string) reply {
	o.t.Helper()
	return ask(o.t, o.server.Handler(), request(method, path, fields))
}

func request(method, path, fields string) *http.Request {
	if method == http.MethodPut || method == http.MethodPost {
		r := httptest.NewRequest(method, "http://mount.local"+path, strings.NewReader(fields))
		r.Header.Set("Content-Type", formType)
		return r
	}
	r := httptest.NewRequest(method, "http://mount.local/", nil)
	r.URL.Path, r.URL.RawQuery = path, fields
	return r
}

func ask(t testing.TB, h http.Handler, r *http.Request) reply {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	re := reply{Status: w.Code, Text: w.Body.String(), Header: w.Header(), Number: -1}
	if re.Header.Get("Content-Type") != "application/json" {
		return re
	}
	if err := json.Unmarshal(w.Body.Bytes(), &re.Members); err != nil {
		t.Fatalf("%s %s: %v in %s", r.Method, r.URL, err, re.Text)
	}
	for name, to := range map[string]any{
		"ClientTransactionID": &re.Client, "ServerTransactionID": &re.Server, "ErrorNumber": &re.Number, "ErrorMessage": &re.Message,
	} {
		if err := json.Unmarshal(re.Members[name], to); err != nil {
			t.Fatalf("%s %s: %s: %v in %s", r.Method, r.URL, name, err, re.Text)
		}
	}
	if v, ok := re.Members["Value"]; ok {
		if err := json.Unmarshal(v, &re.Value); err != nil {
			t.Fatal(err)
		}
	}
	return re
}

// get reads a member, "telescope/0/tracking", and fails on any error.
func (o *observatory) get(member string, fields ...string) any {
	o.t.Helper()
	re := o.do(http.MethodGet, "/api/v1/"+member, strings.Join(fields, "&"))
	if re.Status != 200 || re.Number != 0 {
		o.t.Fatalf("GET %s: %d %s", member, re.Status, re.Text)
	}
	return re.Value
}

// getError reads a member and returns the error number.
func (o *observatory) getError(member string, fields ...string) int {
	o.t.Helper()
	re := o.do(http.MethodGet, "/api/v1/"+member, strings.Join(fields, "&"))
	if re.Status != 200 {
		o.t.Fatalf("GET %s: %d %s", member, re.Status, re.Text)
	}
	return re.Number
}

// put changes a member and returns the error number; fields are names and
// values in turn.
func (o *observatory) put(member string, fields ...string) int {
	o.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	re := o.do(http.MethodPut, "/api/v1/"+member, form.Encode())
	if re.Status != 200 {
		o.t.Fatalf("PUT %s %v: %d %s", member, fields, re.Status, re.Text)
	}
	return re.Number
}

// must is put, and fails on any error.
func (o *observatory) must(member string, fields ...string) {
	o.t.Helper()
	o.want(0, member, fields...)
}

// want is put, and fails unless the error number is as wanted.
func (o *observatory) want(number int, member string, fields ...string) {
	o.t.Helper()
	if got := o.put(member, fields...); got != number {
		o.t.Fatalf("PUT %s %v: error %#x, want %#x", member, fields, got, number)
	}
}
