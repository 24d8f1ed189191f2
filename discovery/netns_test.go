// SPDX-License-Identifier: GPL-3.0-or-later

package discovery

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/siderostep/siderostep/clock"
)

// isolated runs the calling test again in a child process that has a network
// of its own, so that broadcasts and multicasts reach nobody else. It reports
// whether this is the child; the parent should just return.
func isolated(t *testing.T) bool {
	t.Helper()
	const mark = "SIDEROSTEP_TEST_NETNS"
	if os.Getenv(mark) != "" {
		return true
	}
	if _, err := exec.LookPath("ip"); err != nil {
		unable(t, "needs ip, from the package iproute2: %v", err)
	}
	t.Parallel()
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=1m")
	cmd.Env = append(os.Environ(), mark+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		unable(t, "needs a network namespace: %v", err)
	}
	err := cmd.Wait()
	if err != nil || testing.Verbose() {
		t.Logf("in the namespace:\n%s", &out)
	}
	if err != nil || !strings.Contains(out.String(), "--- PASS: "+t.Name()) {
		t.Errorf("in the namespace: %v", err)
	}
	return false
}

// ip runs ip(8) with each line of the script in turn.
func ip(t *testing.T, script string) {
	t.Helper()
	for line := range strings.Lines(script) {
		if args := strings.Fields(line); len(args) > 0 {
			if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
				t.Fatalf("ip %s: %v: %s", strings.TrimSpace(line), err, out)
			}
		}
	}
}

// ready waits until the kernel has noticed that a link was put up.
func ready(t *testing.T, name string) {
	t.Helper()
	i, err := net.InterfaceByName(name)
	if err != nil {
		t.Error(err)
		return
	}
	discard := netip.AddrPortFrom(group.WithZone(strconv.Itoa(i.Index)), 9)
	a := askFrom(t, netip.IPv6Unspecified())
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if _, err = a.conn.WriteToUDPAddrPort(nil, discard); err == nil {
			return
		}
	}
	t.Errorf("link %s: %v", name, err)
}

// machine is another network namespace, tied by a cable from v0 here to v1
// there.
type machine chan func()

// newMachine returns a machine that lives as long as the test. A locked
// thread is in its namespace; sockets stay where they were made.
func newMachine(t *testing.T) machine {
	m := make(machine)
	made := make(chan error)
	var thread int
	go func() {
		runtime.LockOSThread() // and never unlock: the thread ends with the goroutine
		err := unix.Unshare(unix.CLONE_NEWNET)
		thread = unix.Gettid()
		made <- err
		for f := range m {
			f()
		}
	}()
	t.Cleanup(func() { close(m) })
	if err := <-made; err != nil {
		t.Fatal(err)
	}
	ip(t, fmt.Sprintf(`
		link set lo up
		link add v0 type veth peer name v1
		link set v1 netns %d
		addr add 192.0.2.3/24 dev v0
		addr add fd00:5::3/64 dev v0 nodad
		addr add fe80::3/64 dev v0 nodad
		addr add 203.0.113.5/32 dev lo
		link set v0 addrgenmode none up`, thread))
	m.do(func() {
		ip(t, `
			link set lo up
			addr add 192.0.2.2/24 brd 192.0.2.255 dev v1
			addr add 192.0.2.9/24 dev v1
			addr add fd00:5::2/64 dev v1 nodad
			addr add fe80::2/64 dev v1 nodad
			link set v1 addrgenmode none up
			route add 203.0.113.0/24 via 192.0.2.3`)
		ready(t, "v1")
	})
	ready(t, "v0")
	return m
}

// do calls f on the machine and waits for it. f must not fail the test by
// t.Fatal unless it wants the machine to hang with it.
func (m machine) do(f func()) {
	done := make(chan struct{})
	m <- func() { defer close(done); f() }
	<-done
}

// TestOtherMachine asks two servers on another machine in every way there is.
func TestOtherMachine(t *testing.T) {
	if !isolated(t) {
		return
	}
	there := newMachine(t)
	cfg := DefaultConfig()
	cfg.PerSourcePerSecond = 1000
	var r1, r2 *Responder
	there.do(func() {
		r1, _ = listen(t, cfg, everywhere)
		r2, _ = listen(t, cfg, netip.MustParseAddrPort("[::]:22222"))
	})

	for _, tt := range []struct{ to, answersFrom string }{
		{"192.0.2.255", "192.0.2.2"},
		{"ff12::a1:9aca%v0", "fe80::2"},
	} {
		t.Run("all at "+tt.to, func(t *testing.T) {
			to := netip.MustParseAddr(tt.to)
			a := askFrom(t, unspecifiedLike(to))
			a.send(query, to, DefaultPort)
			a.want(wantReply+" from "+tt.answersFrom, `{"AlpacaPort":22222} from `+tt.answersFrom)
		})
	}
	t.Run("all, from a routed address", func(t *testing.T) {
		a := askFrom(t, netip.MustParseAddr("203.0.113.5"))
		a.send(query, netip.MustParseAddr("192.0.2.255"), DefaultPort)
		a.want(wantReply+" from 192.0.2.2", `{"AlpacaPort":22222} from 192.0.2.2`)
	})
	t.Run("all, from an address routed elsewhere", func(t *testing.T) {
		there.do(func() {
			ip(t, `
				link add w0 type veth peer name w1
				link set w0 up
				link set w1 up
				route replace 203.0.113.0/24 dev w0`)
		})
		a := askFrom(t, netip.MustParseAddr("203.0.113.5"))
		a.send(query, netip.MustParseAddr("192.0.2.255"), DefaultPort)
		a.want(wantReply+" from 192.0.2.2", `{"AlpacaPort":22222} from 192.0.2.2`)
	})
	for _, tt := range []string{"192.0.2.2", "192.0.2.9", "fd00:5::2", "fe80::2%v0"} {
		t.Run("one at "+tt, func(t *testing.T) {
			to := netip.MustParseAddr(tt)
			a := askFrom(t, unspecifiedLike(to))
			a.send(query, to, DefaultPort)
			if got := a.replies(1)[0]; !strings.HasSuffix(got, "} from "+to.WithZone("").String()) {
				t.Errorf("got %s", got)
			}
		})
	}

	t.Run("find", func(t *testing.T) {
		before := settled(t, r1, 0).Answered + settled(t, r2, 0).Answered
		servers, err := Find(t.Context(), FindOptions{Timeout: time.Second, Rounds: 1, Hosts: []string{"fd00:5::2"}})
		if err != nil {
			t.Error(err)
		}
		got := fmt.Sprint(addresses(servers))
		one := strings.Contains(got, "[fd00:5::2]:11111") // whichever the kernel chose
		got = strings.NewReplacer(" [fd00:5::2]:11111", "", " [fd00:5::2]:22222", "").Replace(got)
		if want := "[192.0.2.2:11111 192.0.2.2:22222 [fe80::2%v0]:11111 [fe80::2%v0]:22222]"; got != want {
			t.Errorf("found %s\nwant  %s (fd00:5::2 answered on 11111: %v)", got, want, one)
		}
		if len(servers) != 5 {
			t.Errorf("found %d, want 5", len(servers))
		}
		// Directed broadcast, limited broadcast and multicast reach both, the
		// unicast one.
		if got := r1.Counts().Answered + r2.Counts().Answered - before; got != 7 {
			t.Errorf("%d answers, want 7", got)
		}
	})
}

// TestLocalOnly is asked by a neighbour and from beyond a router.
func TestLocalOnly(t *testing.T) {
	if !isolated(t) {
		return
	}
	there := newMachine(t)
	cfg := DefaultConfig()
	cfg.LocalOnly = true
	var r *Responder
	there.do(func() { r, _ = listen(t, cfg, everywhere) })
	stranger := askFrom(t, netip.MustParseAddr("203.0.113.5"))
	stranger.send(query, netip.MustParseAddr("192.0.2.2"), DefaultPort)
	if got := settled(t, r, 1); got.Ignored != 1 {
		t.Errorf("counts %+v", got)
	}
	stranger.want()
	for to, from := range map[string]string{"192.0.2.255": "192.0.2.2", "ff12::a1:9aca%v0": "fe80::2"} {
		to := netip.MustParseAddr(to)
		neighbour := askFrom(t, unspecifiedLike(to))
		neighbour.send(query, to, DefaultPort)
		neighbour.want(wantReply + " from " + from)
	}
}

// TestSameMachine asks by a link whose broadcasts the kernel loops back, and
// by one that comes only after the Responder.
func TestSameMachine(t *testing.T) {
	if !isolated(t) {
		return
	}
	ip(t, `
		link set lo up
		link add a0 type veth peer name a1
		addr add 198.51.100.2/24 dev a0
		addr add fe80::a/64 dev a0 nodad
		link set a0 addrgenmode none up
		link set a1 addrgenmode none up`)
	ready(t, "a0")
	r, c := listen(t, DefaultConfig(), everywhere)
	ask := func(to, from string) {
		t.Helper()
		dst := netip.MustParseAddr(to)
		a := askFrom(t, unspecifiedLike(dst))
		a.send(query, dst, DefaultPort)
		a.want(wantReply + " from " + from)
	}
	ask("198.51.100.255", "198.51.100.2")
	ask("ff12::a1:9aca%a0", "fe80::a")

	for range 2 { // the second time after it has gone away
		ip(t, `
			link add b0 type veth peer name b1
			addr add fe80::b/64 dev b0 nodad
			link set b0 addrgenmode none up
			link set b1 addrgenmode none up`)
		ready(t, "b0")
		awaitLinks(t, r, func() { c.Advance(lookEvery) }, "b0", true)
		ask("ff12::a1:9aca%b0", "fe80::b")
		ip(t, `link del b0`)
		awaitLinks(t, r, func() { c.Advance(lookEvery) }, "b0", false)
	}
	c.Advance(lookEvery)
	ask("ff12::a1:9aca%a0", "fe80::a")

	servers, err := Find(t.Context(), FindOptions{Timeout: time.Second, Rounds: 2})
	if err != nil {
		t.Error(err)
	}
	if got, want := fmt.Sprint(addresses(servers)), "[127.0.0.1:11111 198.51.100.2:11111 [::1]:11111 [fe80::a%a0]:11111]"; got != want {
		t.Errorf("found %s\nwant  %s", got, want)
	}
}

// TestLinkGone sees that memberships of links gone do not pile up.
func TestLinkGone(t *testing.T) {
	if !isolated(t) {
		return
	}
	r, err := Listen(DefaultConfig(), everywhere, clock.Real{}, slog.New(slog.DiscardHandler)) // and no Run
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ip(t, `
		link add b0 type veth peer name b1
		link set b0 up`)
	b0, err := net.InterfaceByName("b0")
	if err != nil {
		t.Fatal(err)
	}
	r.look()
	if err := joinGroup(r.conn6, b0.Index); !errors.Is(err, unix.EADDRINUSE) || r.joined[b0.Index] != "b0" {
		t.Errorf("joining again: %v; joined %v", err, r.joined)
	}
	ip(t, "link del b0")
	r.look()
	if err := leaveGroup(r.conn6, b0.Index); !errors.Is(err, unix.EADDRNOTAVAIL) || r.joined[b0.Index] != "" {
		t.Errorf("leaving again: %v; joined %v", err, r.joined)
	}
}

// awaitLinks moves the clock until r knows, or no longer knows, a link.
func awaitLinks(t *testing.T, r *Responder, advance func(), name string, known bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		advance()
		found := false
		for _, l := range *r.up.Load() {
			found = found || l.name == name
		}
		if found == known {
			return
		}
	}
	t.Fatalf("link %s known: want %v", name, known)
}

func addresses(servers []Server) (list []netip.AddrPort) {
	for _, s := range servers {
		list = append(list, s.Addr)
	}
	return list
}
