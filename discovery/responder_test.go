// SPDX-License-Identifier: GPL-3.0-or-later

package discovery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/fault"
)

const wantReply = `{"AlpacaPort":11111}`

var (
	everywhere = netip.MustParseAddrPort("[::]:11111")
	loopback4  = netip.MustParseAddr("127.0.0.1")
)

// onPort returns the default configuration with another port.
func onPort(port uint16) Config {
	cfg := DefaultConfig()
	cfg.Port = int(port)
	return cfg
}

// listen opens a Responder for the length of the test, on a clock that stands.
func listen(t *testing.T, cfg Config, alpaca netip.AddrPort) (*Responder, *clock.Manual) {
	t.Helper()
	c := clock.NewManual(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	r, err := Listen(cfg, alpaca, c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	run(t, r)
	return r, c
}

func run(t *testing.T, r *Responder) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// port returns the port of r, which must be the same for all its families.
func port(t *testing.T, r *Responder) uint16 {
	t.Helper()
	addrs := r.Addrs()
	for _, a := range addrs {
		if a.Port() != addrs[0].Port() {
			t.Fatalf("listening on different ports: %v", addrs)
		}
	}
	return addrs[0].Port()
}

// asker is a client's socket.
type asker struct {
	t    *testing.T
	conn *net.UDPConn
}

// askFrom returns an asker bound to an address, unspecified for any.
func askFrom(t *testing.T, from netip.Addr) asker {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(from, 0)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return asker{t, conn}
}

func (a asker) send(datagram string, to netip.Addr, port uint16) {
	a.t.Helper()
	if _, err := a.conn.WriteToUDPAddrPort([]byte(datagram), netip.AddrPortFrom(to, port)); err != nil {
		a.t.Fatalf("asking %v: %v", to, err)
	}
}

// replies waits for n replies and returns them sorted, each as "text from
// address". It fails on more of them.
func (a asker) replies(n int) []string {
	a.t.Helper()
	var got []string
	buf := make([]byte, 2048)
	for {
		wait := 5 * time.Second
		if len(got) >= n {
			wait = 20 * time.Millisecond
		}
		_ = a.conn.SetReadDeadline(time.Now().Add(wait))
		k, from, err := a.conn.ReadFromUDPAddrPort(buf)
		switch {
		case err == nil:
			got = append(got, fmt.Sprintf("%s from %s", buf[:k], from.Addr().Unmap().WithZone("")))
			continue
		case !errors.Is(err, os.ErrDeadlineExceeded):
			a.t.Fatal(err)
		case len(got) != n:
			a.t.Fatalf("%d replies, want %d: %q", len(got), n, got)
		}
		slices.Sort(got)
		return got
	}
}

// want fails unless exactly the replies wanted arrive.
func (a asker) want(wanted ...string) {
	a.t.Helper()
	slices.Sort(wanted)
	if got := a.replies(len(wanted)); !slices.Equal(got, wanted) {
		a.t.Errorf("got  %q\nwant %q", got, wanted)
	}
}

// settled waits until r has dealt with n datagrams.
func settled(t *testing.T, r *Responder, n uint64) Counts {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if c := r.Counts(); c.Answered+c.Ignored+c.Limited >= n {
			return c
		}
	}
	t.Fatalf("never dealt with %d datagrams: %+v", n, r.Counts())
	return Counts{}
}

func TestReply(t *testing.T) {
	r, _ := listen(t, onPort(0), everywhere)
	p := port(t, r)
	for _, to := range []netip.Addr{loopback4, netip.MustParseAddr("127.1.2.3"), netip.IPv6Loopback()} {
		t.Run(to.String(), func(t *testing.T) {
			a := askFrom(t, unspecifiedLike(to))
			a.send(query, to, p)
			a.want(wantReply + " from " + to.String())
		})
	}
	t.Run("broadcast", func(t *testing.T) {
		a := askFrom(t, netip.IPv4Unspecified())
		a.send(query, netip.MustParseAddr("127.255.255.255"), p)
		a.want(wantReply + " from 127.0.0.1")
	})
}

func unspecifiedLike(a netip.Addr) netip.Addr {
	if a.Is4() {
		return netip.IPv4Unspecified()
	}
	return netip.IPv6Unspecified()
}

func TestDatagrams(t *testing.T) {
	cfg := onPort(0)
	cfg.PerSourcePerSecond = 1000
	r, _ := listen(t, cfg, everywhere)
	for _, to := range []netip.Addr{loopback4, netip.IPv6Loopback()} {
		a := askFrom(t, unspecifiedLike(to))
		var want []string
		for _, s := range oddDatagrams {
			a.send(s, to, port(t, r))
		}
		for _, s := range goodDatagrams {
			a.send(s, to, port(t, r))
			want = append(want, wantReply+" from "+to.String())
		}
		a.want(want...) // one for each, none for the odd ones
	}
	want := Counts{Answered: 2 * uint64(len(goodDatagrams)), Ignored: 2 * uint64(len(oddDatagrams))}
	if got := settled(t, r, want.Answered+want.Ignored); got != want {
		t.Errorf("counts %+v, want %+v", got, want)
	}
}

func TestSharers(t *testing.T) {
	r1, _ := listen(t, onPort(0), everywhere)
	p := port(t, r1)
	r2, _ := listen(t, onPort(p), netip.MustParseAddrPort("[::]:22222"))
	if got := port(t, r2); got != p {
		t.Fatalf("port %d, want %d", got, p)
	}
	a := askFrom(t, netip.IPv4Unspecified())
	a.send(query, netip.MustParseAddr("127.255.255.255"), p)
	a.want(wantReply+" from 127.0.0.1", `{"AlpacaPort":22222} from 127.0.0.1`)
	for _, to := range []netip.Addr{loopback4, netip.IPv6Loopback()} {
		a := askFrom(t, unspecifiedLike(to))
		a.send(query, to, p)
		a.replies(1) // either of them
	}
}

func TestRateLimits(t *testing.T) {
	cfg := onPort(0)
	cfg.PerSourcePerSecond, cfg.TotalPerSecond = 3, 5
	r, c := listen(t, cfg, everywhere)
	p := port(t, r)
	sources := []netip.Addr{loopback4, netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.3")}
	for second := range uint64(3) {
		for i, want := range []int{3, 2, 0} { // five in all
			a := askFrom(t, sources[i])
			for range 6 {
				a.send(query, loopback4, p)
			}
			if got := settled(t, r, 18*second+6*uint64(i+1)); got.Ignored != 0 {
				t.Errorf("counts %+v", got)
			}
			a.replies(want)
		}
		c.Advance(time.Second)
	}
	if got, want := r.Counts(), (Counts{Answered: 15, Limited: 39}); got != want {
		t.Errorf("counts %+v, want %+v", got, want)
	}
}

func TestLimiterMemory(t *testing.T) {
	l := limiter{perSource: 2, total: 50, counts: map[netip.Addr]int{}}
	now := time.Unix(0, 0)
	for i := range 100_000 {
		l.allow(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), now)
		if len(l.counts) > l.total {
			t.Fatalf("%d sources remembered", len(l.counts))
		}
		now = now.Add(time.Millisecond)
	}
}

// TestAccept covers what a test's sockets cannot send.
func TestAccept(t *testing.T) {
	links := []link{
		{index: 1, prefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/8"), netip.MustParsePrefix("::1/128")}},
		{index: 2, prefixes: []netip.Prefix{netip.MustParsePrefix("192.0.2.2/24"), netip.MustParsePrefix("fd00::2/64"), netip.MustParsePrefix("fe80::2/64")}},
	}
	tests := []struct {
		name      string
		alpaca    string
		localOnly bool
		from      string
		local     string // "::": IPv6 multicast
		ifIndex   int
		wantFrom  string // "": no answer
	}{
		{"anybody", "[::]:1", false, "203.0.113.9:5", "192.0.2.2", 2, "192.0.2.2"},
		{"source port 0", "[::]:1", false, "203.0.113.9:0", "192.0.2.2", 2, ""},
		{"multicast", "[::]:1", false, "[2001:db8::1]:5", "::", 2, "::"},

		{"local only, stranger", "[::]:1", true, "203.0.113.9:5", "192.0.2.2", 2, ""},
		{"local only, neighbour", "[::]:1", true, "192.0.2.9:5", "192.0.2.2", 2, "192.0.2.2"},
		{"local only, own", "[::]:1", true, "127.9.9.9:5", "127.0.0.1", 1, "127.0.0.1"},
		{"local only, IPv6 stranger", "[::]:1", true, "[2001:db8::1]:5", "::", 2, ""},
		{"local only, link-local", "[::]:1", true, "[fe80::9%eth0]:5", "::", 2, "::"},

		{"Alpaca on IPv4, asked on IPv4", "0.0.0.0:1", false, "192.0.2.9:5", "192.0.2.2", 2, "192.0.2.2"},
		{"Alpaca on IPv4, asked on IPv6", "0.0.0.0:1", false, "[::1]:5", "::1", 1, ""},
		{"Alpaca on IPv4, multicast", "0.0.0.0:1", false, "[::1]:5", "::", 1, ""},

		{"Alpaca on 127.0.0.1, own", "127.0.0.1:1", false, "127.0.0.1:5", "127.0.0.1", 1, "127.0.0.1"},
		{"Alpaca on 127.0.0.1, neighbour", "127.0.0.1:1", false, "192.0.2.9:5", "192.0.2.2", 2, ""},
		{"Alpaca on 127.0.0.1, ::1", "127.0.0.1:1", false, "[::1]:5", "::1", 1, ""},
		{"Alpaca on 127.0.0.1, mapped", "[::ffff:127.0.0.1]:1", false, "127.0.0.1:5", "127.0.0.1", 1, "127.0.0.1"},
		{"Alpaca on ::1, own multicast", "[::1]:1", false, "[::1]:5", "::", 1, "::1"},
		{"Alpaca on ::1, neighbour's multicast", "[::1]:1", false, "[fe80::9%eth0]:5", "::", 2, ""},

		{"Alpaca on one address, there", "192.0.2.2:1", false, "192.0.2.9:5", "192.0.2.2", 2, "192.0.2.2"},
		{"Alpaca on one address, elsewhere", "192.0.2.2:1", false, "127.0.0.1:5", "127.0.0.1", 1, ""},
		{"Alpaca on one address, multicast", "[fd00::2]:1", false, "[fd00::9]:5", "::", 2, "fd00::2"},
		{"Alpaca on link-local", "[fe80::2%eth0]:1", false, "[fe80::9%eth0]:5", "fe80::2", 2, "fe80::2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := onPort(0)
			cfg.LocalOnly = tt.localOnly
			r, _ := listen(t, cfg, netip.MustParseAddrPort(tt.alpaca))
			r.up.Store(&links)
			a := arrival{from: netip.MustParseAddrPort(tt.from), local: netip.MustParseAddr(tt.local), ifIndex: tt.ifIndex}
			ok := r.accept(&a, []byte(query))
			if ok != (tt.wantFrom != "") || ok && a.local.String() != tt.wantFrom {
				t.Errorf("accepted %v from %v", ok, a.local)
			}
			if r.accept(&a, []byte("alpacadiscovery0")) {
				t.Error("accepted an odd datagram")
			}
		})
	}
}

func TestLoopbackOnly(t *testing.T) {
	r, _ := listen(t, onPort(0), netip.MustParseAddrPort("127.0.0.1:11111"))
	p := port(t, r)
	a6 := askFrom(t, netip.IPv6Unspecified())
	a6.send(query, netip.IPv6Loopback(), p) // a client would not find Alpaca there
	settled(t, r, 1)
	a6.want()
	a := askFrom(t, netip.IPv4Unspecified())
	a.send(query, netip.MustParseAddr("127.255.255.255"), p)
	a.want(wantReply + " from 127.0.0.1")
}

// TestOneFamily takes a port away from IPv4, then from both.
func TestOneFamily(t *testing.T) {
	held4, err := net.ListenUDP("udp4", nil) // without sharing it
	if err != nil {
		t.Fatal(err)
	}
	defer held4.Close()
	p := held4.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	var logged bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&logged, nil))
	r, err := Listen(onPort(p), everywhere, clock.Real{}, logger)
	if err != nil {
		t.Fatal(err)
	}
	run(t, r)
	if got := fmt.Sprint(r.Addrs()); got != fmt.Sprintf("[[::]:%d]", p) {
		t.Errorf("listening on %s", got)
	}
	if !strings.Contains(logged.String(), "level=WARN") {
		t.Errorf("logged %q", logged.String())
	}
	a := askFrom(t, netip.IPv6Unspecified())
	a.send(query, netip.IPv6Loopback(), p)
	a.want(wantReply + " from ::1")

	cfg := onPort(p)
	cfg.IPv6 = false
	if _, err := Listen(cfg, everywhere, clock.Real{}, logger); err == nil {
		t.Error("listens on a port that is taken")
	}
	cfg.PerSourcePerSecond = 0
	if _, err := Listen(cfg, everywhere, clock.Real{}, logger); !errors.Is(err, fault.Invalid) {
		t.Errorf("a bad configuration: %v", err)
	}
}

// TestOtherPort has IPv6 find the port taken that the system chose for IPv4.
func TestOtherPort(t *testing.T) {
	held6, err := net.ListenUDP("udp6", nil) // without sharing it
	if err != nil {
		t.Fatal(err)
	}
	defer held6.Close()
	p := held6.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	r := &Responder{config: onPort(0)}
	conn, err := r.bind6(p)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	r.config.Port = int(p)
	if conn, err := r.bind6(p); err == nil {
		conn.Close()
		t.Error("bound a port that is taken")
	}
}

// TestClose ends a Responder that runs, and one that never ran.
func TestClose(t *testing.T) {
	for _, runs := range []bool{true, false} {
		r, err := Listen(onPort(0), everywhere, clock.Real{}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if runs {
			run(t, r)
		}
		p := port(t, r)
		r.Close()
		r.Close()
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{Port: int(p)})
		if err != nil {
			t.Fatalf("the port is still taken: %v", err)
		}
		conn.Close()
	}
}
