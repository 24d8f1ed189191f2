// SPDX-License-Identifier: GPL-3.0-or-later

package discovery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/siderostep/siderostep/fault"
)

func TestDirectedBroadcast(t *testing.T) {
	for prefix, want := range map[string]string{
		"127.0.0.1/8": "127.255.255.255", "192.0.2.2/24": "192.0.2.255", "10.1.2.3/20": "10.1.15.255",
		"10.0.0.1/30": "10.0.0.3", "10.0.0.1/31": "", "10.0.0.1/32": "", "::1/128": "", "10.0.0.1/0": "255.255.255.255",
	} {
		got, ok := directedBroadcast(netip.MustParsePrefix(prefix))
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("%s: %v, %v; want %s", prefix, got, ok, want)
		}
	}
}

func TestFindRefuses(t *testing.T) {
	if _, err := Find(t.Context(), FindOptions{Port: 65536}); !errors.Is(err, fault.Invalid) {
		t.Errorf("port 65536: %v", err)
	}
}

// TestCollection feeds a Find's socket with replies and rubbish.
func TestCollection(t *testing.T) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	c := collection{servers: map[netip.AddrPort]bool{}}
	done := make(chan struct{})
	go func() { defer close(done); c.read(conn) }()

	to := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	a := askFrom(t, loopback4)
	for _, s := range []string{
		"", "{}", `{"AlpacaPort":0}`, wantReply, wantReply, "alpacadiscovery1",
		`{"AlpacaPort":5}` + strings.Repeat(" ", maxReply), `{"alpacaport": 22222}`,
	} {
		a.send(s, to.Addr(), to.Port())
	}
	for end := time.Now().Add(5 * time.Second); len(c.sorted()) < 2 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	conn.Close()
	<-done
	if got, want := fmt.Sprint(addresses(c.sorted())), "[127.0.0.1:11111 127.0.0.1:22222]"; got != want {
		t.Errorf("collected %s, want %s", got, want)
	}
	for port := range uint16(2 * maxServers) {
		c.add(netip.AddrPortFrom(loopback4, port))
	}
	if got := len(c.sorted()); got != maxServers {
		t.Errorf("a flood makes %d servers, want %d", got, maxServers)
	}
}

// TestFindCancelled also leaves the host's network alone: it asks nobody.
func TestFindCancelled(t *testing.T) {
	if !isolated(t) {
		return
	}
	ip(t, "link set lo up")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Find(ctx, FindOptions{Timeout: time.Hour}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	r, _ := listen(t, DefaultConfig(), everywhere)
	servers, err := Find(t.Context(), FindOptions{Timeout: 200 * time.Millisecond, IPv4: true, Hosts: []string{"no such host"}})
	if len(servers) != 1 || err == nil {
		t.Errorf("with a bad host: %v, %v; want one server and an error", servers, err)
	}
	if got := r.Counts().Answered; got != 4 { // two rounds of 127.255.255.255 and 127.0.0.1
		t.Errorf("%d queries, want 4", got)
	}
}

func alpacaServer(t *testing.T, handler http.HandlerFunc) Server {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return Server{Addr: netip.MustParseAddrPort(u.Host)}
}

func wellBehaved(w http.ResponseWriter, r *http.Request) {
	if !r.Close {
		http.Error(w, "the connection would be left open", http.StatusTeapot)
		return
	}
	switch r.URL.Path {
	case "/management/v1/description":
		fmt.Fprint(w, `{"Value":{"ServerName":"Ridge \u001b[31m","Manufacturer":"siderostep","ManufacturerVersion":"1.0","Location":"Dome 2"},"ClientTransactionID":0,"ServerTransactionID":1}`)
	case "/management/v1/configureddevices":
		fmt.Fprint(w, `{"Value":[{"DeviceName":"Mount","DeviceType":"Telescope","DeviceNumber":0,"UniqueID":"abc"},{"DeviceName":"Focus","DeviceType":"Focuser","DeviceNumber":1,"UniqueID":"def"}],"ErrorNumber":0,"ErrorMessage":""}`)
	default:
		http.NotFound(w, r)
	}
}

func TestDescribe(t *testing.T) {
	servers := []Server{alpacaServer(t, wellBehaved), alpacaServer(t, http.NotFound)}
	addr := servers[0].Addr
	DescribeAll(t.Context(), servers)
	if !strings.Contains(servers[1].Problem, "404") {
		t.Errorf("problem is %q", servers[1].Problem)
	}
	servers[1] = Server{Addr: netip.MustParseAddrPort("[fe80::1%eth0]:11111"), Problem: "no answer"}

	var text strings.Builder
	if err := WriteText(&text, servers); err != nil {
		t.Fatal(err)
	}
	if got, want := text.String(), "http://"+addr.String()+`
  server    Ridge ?[31m
  made by   siderostep 1.0
  location  Dome 2
  telescope 0 Mount (abc)
  focuser 1 Focus (def)
http://[fe80::1%eth0]:11111
  problem   no answer
`; got != want {
		t.Errorf("text:\n%s\nwant:\n%s", got, want)
	}

	got, err := json.Marshal(servers)
	if err != nil {
		t.Fatal(err)
	}
	if want := `[{"address":"` + addr.String() + `","server_name":"Ridge \u001b[31m","manufacturer":"siderostep","manufacturer_version":"1.0","location":"Dome 2",` +
		`"devices":[{"type":"Telescope","number":0,"name":"Mount","unique_id":"abc"},{"type":"Focuser","number":1,"name":"Focus","unique_id":"def"}]},` +
		`{"address":"[fe80::1%eth0]:11111","problem":"no answer"}]`; string(got) != want {
		t.Errorf("JSON:\n%s\nwant:\n%s", got, want)
	}
}

func TestDescribeBadServers(t *testing.T) {
	elsewhere := alpacaServer(t, wellBehaved)
	tests := []struct {
		name    string
		handler http.HandlerFunc
		want    string
	}{
		{"no JSON", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }, "invalid character"},
		{"wrong type", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"Value":5}`) }, "cannot unmarshal"},
		{"error", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"Value":null,"ErrorNumber":1024,"ErrorMessage":"no"}`)
		}, "error 1024: no"},
		{"redirection", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://"+elsewhere.Addr.String()+r.URL.Path, http.StatusFound)
		}, "302"},
		{"endless", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"Value":"`)
			for {
				if _, err := fmt.Fprint(w, strings.Repeat("x", 1<<16)); err != nil {
					return
				}
			}
		}, "unexpected EOF"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := Describe(t.Context(), alpacaServer(t, tt.handler))
			if err == nil || !strings.Contains(err.Error(), tt.want) || s.Name != "" || s.Devices != nil {
				t.Errorf("%+v, %v; want an error with %q", s, err, tt.want)
			}
		})
	}
	t.Run("silent", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		s := alpacaServer(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		if _, err := Describe(ctx, s); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	})
}

// TestDescribeZone sees that a link-local address survives as a URL.
func TestDescribeZone(t *testing.T) {
	_, err := Describe(t.Context(), Server{Addr: netip.MustParseAddrPort("[::1%lo]:1")})
	if err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("error %v, want a refused connection", err)
	}
}
