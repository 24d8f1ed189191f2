// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/mount"
)

// A mistake of ours in one command ends neither the connection nor the program.
func TestBrokenCommand(t *testing.T) {
	bubble(t, fixture(), func(r *rig) {
		r.m.broken = true
		r.expect("a", ":hP#:GT#", "60.1#")
		r.m.broken = false
		r.expect("a", ":hP#:GT#", "00.0#") // parked
	})
}

func TestReadOnly(t *testing.T) {
	cfg := fixture()
	cfg.TCP.Mode = "readonly"
	bubble(t, cfg, func(r *rig) {
		r.expect("a", ":Sr12:00:00#:MS#:CM#:Mn#:hP#:AL#:FS10#:rS+010*00#:GT#", "02Read only.#Match fail: read only#0060.1#")
		if n := r.m.Snapshot(); n.Activity != mount.Idle || n.Parked {
			t.Errorf("%v, parked %v", n.Activity, n.Parked)
		}
		_ = r.m.SlewEquatorial(t.Context(), r.m.s.Equatorial)
		r.expect("a", ":Q#:D#", "#") // to stop is everyone's right
	})
}

// The default mode lets INDI's drivers, Stellarium, SkySafari and Cartes du
// Ciel do all they do (reference §6), and changes nothing that they only
// believe to know.
func TestDefaultsServeTheClients(t *testing.T) {
	cfg := DefaultConfig()
	cfg.UTCOffsetH = -8
	bubble(t, cfg, func(r *rig) {
		// INDI at connecting, then the time and place that KStars sets.
		r.expect("indi", "\x06:GR#:Gc#:GM#:GT#:Gt#:Gg#:GG#", "A05:34:32#24#SCP#60.1#+44*03#123*05#+08#")
		r.expect("indi", ":SG+8.0#:SL21:04:05#:SC03/01/26#:Sg123*05#:St+44*03#", "11"+date67+"11")
		// Stellarium, whose serial precision it learns first.
		r.expect("serial", "#:GR#", "05:34.5#")
		r.expect("serial", "#:U#", "")
		r.expect("serial", "#:GR##:GD#", "05:34:32#+22\xDF00:52#")
		r.expect("serial", "#:Q#:Sr 12:34:56#:Sd +05\xDF23:07#", "11")
		// SkySafari, a connection for each command.
		r.expect("sky/1", ":Sr12:00:00#", "1")
		r.expect("sky/2", ":Sd+10*00:00#", "1")
		r.expect("sky/3", ":MS#", "0")
		r.expect("sky/4", ":Q#", "")
		// Cartes du Ciel, and its panel for scope.exe.
		time.Sleep(3 * time.Second)
		r.expect("cdc", "#:GR#:GD#", "05:34:32#+22*00:52#")
		r.expect("cdc", ":XSG0010#:XGG#:XSM0500#:XGM#:XGR#:XHL#", "0010#0500#000.00#")
		r.expect("cdc", ":RC#:Mn#", "")
		r.expect("cdc", "#:Q#:Qn#:Qs#:Qe#:Qw#", "")
		// INDI parks.
		time.Sleep(3 * time.Second)
		r.expect("indi", ":hP#", "")
		n := r.m.Snapshot()
		if !n.Parked {
			t.Error("not parked")
		}
		if n.Config.Site.LatitudeDeg != dms(44, 3, 8) || !r.m.clockSet().IsZero() {
			t.Error("place or time was changed")
		}
		r.expect("indi", ":hW#:AP#", "")
		if r.m.Snapshot().Parked || !r.m.Snapshot().Tracking {
			t.Error("still parked")
		}
		for k, v := range r.s.Stats().Commands {
			if k.Result == Refused {
				t.Errorf("%d × %s refused", v, k.Command)
			}
		}
	})
}

func TestIdentity(t *testing.T) {
	with := func(p *Parts) {
		p.Version, p.Built = "v12.3.4-beta", time.Date(2027, 4, 5, 6, 7, 8, 0, time.UTC)
	}
	bubbleWith(t, fixture(), with, func(r *rig) {
		r.expect("a", ":GVD#:GVT#:GVN#:GVF#", "Apr  5 2027#06:07:08#12.3#Siderostep v12.3.4-#")
		r.expect("a", ":P#:P#", "HIGH PRECISIONLOW  PRECISION")
		r.expect("a", ":Gq#:Sq#:Gq#:Sh85#:So10*#:Gh#:Go#", "SU#EX#11+85*#10*#")
	})
}

func TestAlignmentStatusByGeometry(t *testing.T) {
	for geometry, want := range map[string]string{"altaz": "A A# AT2#", "fork": "P P# PT2#", "german": "P P# GT2#", "altalt": "A A# AT2#"} {
		bubble(t, fixture(), func(r *rig) {
			r.m.s.Config.Mount.Geometry = geometry
			if got := r.send("a", "\x06") + " " + r.send("a", ":ACK#") + " " + r.send("a", ":GW#"); got != want {
				t.Errorf("%s: %q, want %q", geometry, got, want)
			}
			r.expect("a", ":AL#\x06", "L")
		})
	}
	bubble(t, fixture(), func(r *rig) { // aligned by other means than stars
		r.m.aligned(0)
		r.m.s.Trusted = true
		r.expect("a", ":GW#:ACK#", "AT2#A#")
	})
}

func TestJ2000(t *testing.T) {
	cfg := fixture()
	cfg.TCP.Epoch = "j2000"
	bubble(t, cfg, func(r *rig) {
		r.expect("a", ":Sr05:34:31.94#:Sd+22:00:52.2#:CM#:GR#:GD#", "11Coordinates     matched.        #05:34:32#+22*00:52#")
		if ra := r.m.Snapshot().Equatorial.RA.Hours(); ra < dms(5, 36, 0) || ra > dms(5, 36, 15) {
			t.Errorf("the right ascension of date is %v h, about 5h36m06s by precession of 3.6 s a year", ra)
		}
		r.expect("serial", ":GR#", "05:36:07#") // the other listener speaks of date
	})
}

func TestEveryKindHasARow(t *testing.T) {
	for _, kind := range fault.Kinds() {
		n := 0
		for _, row := range replies {
			if row.kind == kind {
				n++
				if c := row.slew[0]; c != '1' && c != '2' || len(row.slew) > 31 || strings.ContainsAny(row.slew, "#") {
					t.Errorf("%v: %q", kind, row.slew)
				}
			}
		}
		if n != 1 {
			t.Errorf("%v has %d rows", kind, n)
		}
	}
}

func TestUnansweredStayUnanswered(t *testing.T) {
	all := ""
	for _, w := range strings.Fields("AA AP AL U U0 Q Qn Qx QA+ Mn Ms Me Mw Mgn Mgx9 RG RC RM RS R5 Rg RgX RA RA9 RE1.5 TQ TS TL TM T+ T- TX T $Q $QA+ $QX r+ r- r> r< rC rZ rR rQ rr+01*00 hW I hN hS hF hC F+ F- FQ FF FS FZ FR5 F1 F4 W0 H B+ BD1 $BA1 f+ g- LC1 Lx XSG XSGx XS XSM XSN XNab XHa XHL XH XI1 XI XX XZfoo CS Sq ED V $BDG GU GX91 Zz hP") {
		all += ":" + w + "#"
	}
	cfg := fixture()
	cfg.MaxCommands = 10000
	for _, state := range []string{"", "parked", "bare"} {
		with := func(p *Parts) {
			if state == "bare" {
				p.Focuser = nil
			}
		}
		bubbleWith(t, cfg, with, func(r *rig) {
			r.m.s.Parked = state == "parked"
			r.m.s.Rotator.Present = state != "bare"
			r.expect("a", all, "")
		})
	}
}

func TestMegabyteWithoutHash(t *testing.T) {
	bubble(t, fixture(), func(r *rig) {
		r.expect("a", ":"+strings.Repeat("x", 1<<20)+"#:GR#", "05:34:32#")
		if n := r.s.Stats(); n.Commands[Count{"other", Overlong}] != 1 || n.BytesIn != 1<<20+7-1 {
			t.Errorf("%v, %d bytes", n.Commands, n.BytesIn)
		}
		if got := len(r.s.Trace().Raw); got != 78 {
			t.Errorf("%d raw bytes kept", got)
		}
	})
	bubble(t, fixture(), func(r *rig) {
		r.expect("a", strings.Repeat("x", 1<<20)+":GR#", "05:34:32#")
		if n := r.s.Stats(); n.Noise != 1<<20 {
			t.Errorf("%d bytes of noise", n.Noise)
		}
	})
}

// A frame that is too long is dropped up to its '#', or to a silence.
func TestOverlong(t *testing.T) {
	bubble(t, fixture(), func(r *rig) {
		r.expect("a", ":"+strings.Repeat("A", 200)+":GR#:GD#", "+22*00:52#")
		r.expect("a", ":"+strings.Repeat("x", 200), "")
		time.Sleep(3 * time.Second)
		r.expect("a", ":GR#", "05:34:32#")
	})
}

func TestListenerClosedByOthers(t *testing.T) {
	s := New(fixture(), Parts{Mount: newFakeMount(time.Now), Clock: clock.Real{}})
	h := newHall()
	h.Close()
	if err := s.Serve(t.Context(), h); !errors.Is(err, net.ErrClosed) {
		t.Errorf("%v", err)
	}
}

func TestStuckClientIsClosed(t *testing.T) {
	bubble(t, fixture(), func(r *rig) {
		near, far := net.Pipe()
		r.hall.conns <- from{far, "deaf"}
		near.Write([]byte(":GR#")) // and never reads
		time.Sleep(1900 * time.Millisecond)
		if n := r.s.Stats(); n.Stuck != 0 || n.Connections != 1 {
			t.Errorf("after 1.9 s: %d stuck, %d open", n.Stuck, n.Connections)
		}
		time.Sleep(300 * time.Millisecond)
		if n := r.s.Stats(); n.Stuck != 1 || n.Connections != 0 {
			t.Errorf("after 2.2 s: %d stuck, %d open", n.Stuck, n.Connections)
		}
		near.Close()
	})
}

func TestIdleClientIsClosed(t *testing.T) {
	cfg := fixture()
	cfg.TCP.IdleS = 20
	bubble(t, cfg, func(r *rig) {
		r.expect("a", ":GVP#", "LX200 Classic#")
		r.dial("serial")
		time.Sleep(19 * time.Second)
		if r.clients["a"].closed() {
			t.Error("closed too early")
		}
		r.send("a", ":GVP#")
		time.Sleep(19 * time.Second)
		if r.clients["a"].closed() {
			t.Error("closed in spite of a command")
		}
		time.Sleep(2 * time.Second)
		if n := r.s.Stats(); !r.clients["a"].closed() || n.Idle != 1 || n.LinesOpen != 1 {
			t.Errorf("closed %v, %d idle, %d lines", r.clients["a"].closed(), n.Idle, n.LinesOpen)
		}
	})
}

func TestFloodIsDelayed(t *testing.T) {
	bubble(t, fixture(), func(r *rig) {
		c := r.dial("a")
		go c.conn.Write([]byte(strings.Repeat(":GVN#", 250))) // the pipe takes it as it is read
		for second, want := range []int{100, 100, 50, 0} {
			time.Sleep(500 * time.Millisecond)
			if got := len(c.take()) / len("01.2#"); got != want {
				t.Errorf("%d answers in second %d, want %d", got, second, want)
			}
			time.Sleep(500 * time.Millisecond)
		}
	})
}

func TestSessionsAreOfAddresses(t *testing.T) {
	bubble(t, fixture(), func(r *rig) {
		r.expect("a", ":U#:Sr01:00:00#:GR#", "105:34.5#")
		r.expect("b", ":GR#:Gr#", "05:34:32#05:34:32#")
		r.expect("a/2", ":GR#:Gr#", "05:34.5#01:00.0#")
		for _, name := range []string{"a", "a/2"} {
			r.clients[name].conn.Close()
		}
		time.Sleep(9 * time.Minute)
		r.expect("a/3", ":GR#", "05:34.5#")
		r.clients["a/3"].conn.Close()
		time.Sleep(11 * time.Minute)
		r.expect("a/4", ":GR#", "05:34:32#")
	})
}

// dials opens n real connections at once, asks each for a place, and returns
// how many were answered and how many closed without a byte. The connections
// stay open until the test ends.
func dials(t *testing.T, addr string, n int) (answered, dropped int) {
	t.Helper()
	var mu sync.Mutex
	var asked sync.WaitGroup
	for range n {
		asked.Go(func() {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { c.Close() })
			c.Write([]byte("#:GR#:GD#"))
			buf := make([]byte, 19)
			_, err = io.ReadFull(c, buf)
			mu.Lock()
			defer mu.Unlock()
			if err == nil && string(buf) == "05:34:32#+22*00:52#" {
				answered++
			} else {
				dropped++
			}
		})
	}
	asked.Wait()
	return answered, dropped
}

// serve runs a server on a real port.
func serve(tb testing.TB, cfg Config) (s *Server, addr string, stop func()) {
	tb.Helper()
	if err := cfg.Validate(); err != nil {
		tb.Fatal(err)
	}
	return serveMount(tb, cfg, newFakeMount(time.Now))
}

func serveMount(tb testing.TB, cfg Config, m Mount) (s *Server, addr string, stop func()) {
	tb.Helper()
	s = New(cfg, Parts{Mount: m, Focuser: newFakeFocuser(time.Now), Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler)})
	l, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(tb.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-served; err != nil {
			tb.Error(err)
		}
	})
	tb.Cleanup(stop)
	return s, l.Addr().String(), stop
}

// crowd is a configuration without limits that matter.
func crowd() Config {
	cfg := fixture()
	cfg.TCP.MaxClients, cfg.TCP.MaxPerAddress, cfg.TCP.MaxNewPerS, cfg.MaxCommands = 1024, 1024, 10000, 100000
	return cfg
}

func TestHundredsOfConnections(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	cfg := crowd()
	cfg.TCP.MaxClients, cfg.TCP.MaxPerAddress = 300, 250
	s, addr, stop := serve(t, cfg)
	if answered, dropped := dials(t, addr, 300); answered != 250 || dropped != 50 {
		t.Errorf("%d answered, %d dropped; want 250 and 50", answered, dropped)
	}
	if n := s.Stats(); n.Connections != 250 || n.Sessions != 1 {
		t.Errorf("%d connections of %d sessions", n.Connections, n.Sessions)
	}
	stop()
	if n := s.Stats(); n.Connections != 0 || n.Accepted != 250 || n.Rejected[TooManyOfOne] != 50 {
		t.Errorf("%d open, %d accepted, %v rejected", n.Connections, n.Accepted, n.Rejected)
	}
}

func TestLimitsOfConnections(t *testing.T) {
	for _, tt := range []struct {
		name     string
		set      func(*TCP)
		n        int
		answered int
		why      Rejection
	}{
		{"default", func(c *TCP) { d := DefaultConfig().TCP; c.MaxClients, c.MaxPerAddress = d.MaxClients, d.MaxPerAddress }, 10, 4, TooManyOfOne},
		{"clients", func(c *TCP) { c.MaxClients = 3 }, 10, 3, TooMany},
		{"allowed", func(c *TCP) { c.Allow = "192.0.2.0/24, 127.0.0.0/8" }, 10, 10, TooFast},
		{"other network", func(c *TCP) { c.Allow = "192.0.2.0/24" }, 10, 0, OffNetwork},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := crowd()
			tt.set(&cfg.TCP)
			s, addr, _ := serve(t, cfg)
			answered, dropped := dials(t, addr, tt.n)
			if answered != tt.answered || dropped != tt.n-tt.answered || s.Stats().Rejected[tt.why] != uint64(dropped) {
				t.Errorf("%d answered, %d dropped, %v", answered, dropped, s.Stats().Rejected)
			}
		})
	}
}

// Connections that come too fast are counted by the second.
func TestTooFast(t *testing.T) {
	cfg := fixture()
	cfg.TCP.MaxClients, cfg.TCP.MaxPerAddress = 100, 100
	bubble(t, cfg, func(r *rig) {
		for range 40 {
			near, far := net.Pipe()
			r.hall.conns <- from{far, "a"}
			near.Close()
		}
		time.Sleep(time.Second)
		if n := r.s.Stats(); n.Rejected[TooFast] != 10 || n.Accepted != 30 {
			t.Errorf("%v, %d accepted", n.Rejected, n.Accepted)
		}
		r.expect("a", ":GVN#", "01.2#")
	})
}

func TestChecksums(t *testing.T) {
	cfg := fixture()
	cfg.TCP.Checksums = true
	bubble(t, cfg, func(r *rig) {
		// The sums are by hand: G+R = 47+52 = 99, G+V+N = EB, U = 55,
		// 05:34:32 = 1A1, 01.2 = C1, CK_FAIL = 1E2 - without a sum's overflow.
		r.expect("a", ";GR991#", "05:34:32"+hexOf("05:34:32")+"1#")
		r.expect("a", ";GVNEB2#", "01.2C12#")
		r.expect("a", ";U55x#", "00x#")
		r.expect("a", ";GR983#", "CK_FAIL"+hexOf("CK_FAIL")+"3#")
		r.expect("a", ";Sr12:34:56"+hexOf("Sr12:34:56")+"4#", "1314#")
		r.expect("a", ";G#", "")
		r.expect("a", ":GVN#", "01.2#")
		if n := r.s.Stats().BadSums; n != 2 {
			t.Errorf("%d wrong sums", n)
		}
		r.expect("serial", ";GR991#:GVN#", "01.2#") // off there
	})
}

// hexOf is the sum of the bytes of a text in two hexadecimal digits.
func hexOf(text string) string {
	sum := 0
	for _, b := range []byte(text) {
		sum += int(b)
	}
	return strings.ToUpper(string("0123456789abcdef"[sum/16%16]) + string("0123456789abcdef"[sum%16]))
}

func TestStats(t *testing.T) {
	bubble(t, fixture(), func(r *rig) {
		r.expect("a", "\x06zz:GR#:GD#:MS#:ED#:FQ#:X\x01#:Mgn50#", "A05:34:32#+22*00:52#2No target set.#")
		n := r.s.Stats()
		want := map[Count]uint64{
			{"ACK", Done}: 1, {"GR", Done}: 1, {"GD", Done}: 1, {"MS", Refused}: 1, {"other", Unknown0}: 1, {"FQ", Done}: 1, {"Mg", Done}: 1,
		}
		for k, v := range n.Commands {
			if want[k] != v {
				t.Errorf("%v: %d, want %d", k, v, want[k])
			}
			delete(want, k)
		}
		if len(want) > 0 {
			t.Errorf("missing %v", want)
		}
		by := map[string]uint64{}
		for _, f := range n.Families {
			for _, v := range f.Results {
				by[f.Name] += v
			}
		}
		for name, want := range map[string]uint64{"identity": 1, "get": 2, "goto": 1, "focuser": 1, "guide": 1, "other": 1, "move": 0} {
			if by[name] != want {
				t.Errorf("family %s: %d, want %d", name, by[name], want)
			}
		}
		if took := n.Took.Count(); took != 6 { // all but the unknown one
			t.Errorf("%d durations", took)
		}
		if n.Noise != 2 || n.Broken != 1 || n.BytesIn != 34 || n.BytesOut != 36 || n.Refusals["no target"] != 1 {
			t.Errorf("%+v", n)
		}
		if got := strings.Join(r.s.Trace().Recent, ","); got != "AK,GR,GD,MS refused,U0,FQ,Mg" {
			t.Error(got)
		}
	})
	for _, name := range table.names {
		if f := familyOf(name); f == "constant" && !strings.Contains(" B $BA $BZ f g L LI Lo Ls H SB SF Sb Sf Sl Sq Ss Sy ", " "+name+" ") {
			t.Errorf("%s has no family", name)
		}
	}
}

func TestValidate(t *testing.T) {
	for want, set := range map[string]func(*Config){
		"lx200.tcp.profile":      func(c *Config) { c.TCP.Profile = "onstep" },
		"lx200.serial.mode":      func(c *Config) { c.Serial.Mode = "" },
		"lx200.serial.baud":      func(c *Config) { c.Serial.Baud = 9601 },
		"lx200.tcp.allow":        func(c *Config) { c.TCP.Allow = "192.168.1.1" },
		"lx200.tcp.max_clients":  func(c *Config) { c.TCP.MaxClients = 0 },
		"lx200.motion_timeout_s": func(c *Config) { c.MotionTimeout = 0 },
		"lx200.tcp.product":      func(c *Config) { c.TCP.Product = "On#Step" },
	} {
		cfg := DefaultConfig()
		set(&cfg)
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), want+" ") && !strings.Contains(err.Error(), want+":") {
			t.Errorf("%s: %v", want, err)
		}
	}
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
}
