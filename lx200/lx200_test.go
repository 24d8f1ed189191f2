// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

// rig is a server with its fakes, in a synctest bubble.
type rig struct {
	t       *testing.T
	s       *Server
	m       *fakeMount
	f       *fakeFocuser
	serial  bool
	clients map[string]*client
	ctx     context.Context
	cancel  context.CancelFunc
	wait    sync.WaitGroup
}

type client struct {
	conn net.Conn
	mu   sync.Mutex
	got  []byte
}

func fixture() Config {
	c := DefaultConfig()
	c.Mode, c.UTCOffsetH, c.Precision, c.Degree = "full", -8, "long", "star"
	return c
}

func bubble(t *testing.T, cfg Config, test func(*rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		if err := cfg.Validate(); err != nil {
			t.Fatal(err)
		}
		r := &rig{t: t, f: &fakeFocuser{}, clients: map[string]*client{}}
		r.m = newFakeMount(time.Now)
		r.s = New(cfg, Parts{Mount: r.m, Focuser: r.f, Clock: clock.Real{}, Version: "1.2"})
		r.ctx, r.cancel = context.WithCancel(t.Context())
		test(r)
		r.cancel()
		r.wait.Wait()
	})
}

// dial connects a client whose session is the part of name before '/'.
func (r *rig) dial(name string) *client {
	near, far := net.Pipe()
	c := &client{conn: near}
	r.clients[name] = c
	key, _, _ := strings.Cut(name, "/")
	r.wait.Go(func() {
		if r.serial {
			r.s.ServeStream(r.ctx, far, key)
			return
		}
		ctx, cancel := context.WithCancel(r.ctx)
		defer cancel()
		r.wait.Go(func() { r.s.watch(ctx) })
		r.s.converse(ctx, r.s.open(far, key, false))
	})
	r.wait.Go(func() {
		var buf [256]byte
		for {
			n, err := near.Read(buf[:])
			c.mu.Lock()
			c.got = append(c.got, buf[:n]...)
			c.mu.Unlock()
			if err != nil {
				return
			}
		}
	})
	synctest.Wait()
	return c
}

// send writes bytes as a client and returns what came within 300 ms.
func (r *rig) send(name, text string) string {
	c := r.clients[name]
	if c == nil {
		c = r.dial(name)
	}
	c.conn.Write([]byte(text))
	time.Sleep(300 * time.Millisecond)
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	got := string(c.got)
	c.got = nil
	return got
}

func (r *rig) expect(name, text, want string) {
	r.t.Helper()
	if got := r.send(name, text); got != want {
		r.t.Errorf("%q: got %q, want %q", text, got, want)
	}
}

func (r *rig) unknowns() string {
	n := map[Result]uint64{}
	for k, v := range r.s.Stats().Commands {
		n[k.Result] += v
	}
	return fmt.Sprint(n[Unknown0], n[Unknown1], n[Unknown2], n[Unfinished], n[Overlong])
}

var date67 = "1Updating        planetary data. #" + strings.Repeat(" ", 32) + "#"

func at(ra, dec float64) func(*rig) {
	return func(r *rig) {
		r.m.s.Equatorial = model.Equatorial{RA: model.Hours(ra), Dec: model.Degrees(dec)}
	}
}

func serialLine(c *Config) { c.Degree = "byte" }

// TestExchanges are the exchanges of reference §7 that are one stream each.
func TestExchanges(t *testing.T) {
	const targets = "#:Sr 12:34:56#:Sd -05\xDF23:07#"
	for _, tt := range []struct {
		n    string
		cfg  func(*Config)
		set  func(*rig)
		send []string // sent and expected, in turn
		u    string   // counters U0 U1 U2 Un overlong; "" for any
	}{
		{n: "1", send: []string{"\x06", "A"}},
		{n: "2", send: []string{":GR#", "05:34:32#"}},
		{n: "3", send: []string{"#:GR#:GD#", "05:34:32#+22*00:52#"}},
		{n: "4", send: []string{":U#:GR#:GD#:GA#:GZ#", "05:34.5#+22*01#+45*30#124*00#"}},
		{n: "5", send: []string{"#:GZ#:GA#", "124*00:00#+45*30:30#"}},
		{n: "6", cfg: serialLine, send: []string{"#:GZ#:GA#", "124\xDF00:00#+45\xDF30:30#"}},
		{n: "7", set: at(dms(23, 59, 59.6), 0), send: []string{":GR#", "00:00:00#"}},
		{n: "8", set: at(dms(23, 59, 57.5), 0), send: []string{":U#:GR#", "00:00.0#"}},
		{n: "9", set: at(0, -dms(0, 0, 20.4)), send: []string{":GD#:U#:GD#", "-00*00:20#+00*00#"}},
		{n: "10", set: at(0, -dms(10, 59, 59.6)), send: []string{":GD#", "-11*00:00#"}},
		{n: "11", set: func(r *rig) {
			at(0, dms(89, 59, 59.7))(r)
			r.m.s.Horizontal.Az = model.Degrees(dms(359, 59, 59.8))
		}, send: []string{":GD#:GZ#", "+90*00:00#000*00:00#"}},
		{n: "12", send: []string{":GR\x06:GD#", "A+22*00:52#"}},
		{n: "13", send: []string{":GR#\x06:GD#", "05:34:32#A+22*00:52#"}},
		{n: "14", send: []string{"\r\n\x00zz#:GD#\r\n", "+22*00:52#"}},
		{n: "17", send: []string{":GR:GD#", "05:34:32#+22*00:52#"}},
		{n: "18", send: []string{":" + strings.Repeat("A", 200) + "#:GR#", "05:34:32#"}, u: "0 0 0 0 1"},
		{n: "19", send: []string{":ED#:$BDG#:ZZ#:GD#", "+22*00:52#"}, u: "2 1 0 0 0"},
		{n: "20", send: []string{targets + ":Gr#:Gd#", "1112:34:56#-05*23:07#"}},
		{n: "21", send: []string{":Sr05:34.5#:Gr#", "105:34:30#"}},
		{n: "22", send: []string{":Sr5:4:3#:Gr#", "105:04:03#"}},
		{n: "23", send: []string{":Sr12:34:56.78#:Gr#", "112:34:57#"}},
		{n: "24", send: []string{":Sr24:00:00#:Sr12:60:00#:Sr#", "000"}},
		{n: "25", send: []string{":Sd+22*00'52#:Sd-00*30:15#:Gd#", "11-00*30:15#"}},
		{n: "26", send: []string{":Sd10:30#:Gd#", "1+10*30:00#"}},
		{n: "27", send: []string{":Sd+90*00:01#:Sd-90*00#", "01"}},
		{n: "28", send: []string{":MS#", "2No target set.#"}},
		{n: "29", set: func(r *rig) { r.m.low = true }, send: []string{targets, "11", ":MS#", "1Object below horizon.#"}},
		{n: "30", set: func(r *rig) { r.m.s.Parked = true }, send: []string{targets, "11", ":MS#", "2Mount parked.#"}},
		{n: "31", send: []string{targets, "11", ":MS#:D#", "0\x7F#"}},
		{n: "32", send: []string{targets, "11", ":MS#", "0", ":Q#:D#", "#"}},
		{n: "34", send: []string{targets, "11", ":CM#:GR#", "Coordinates     matched.        #12:34:56#"}},
		{n: "35", send: []string{":SC03/01/26#", date67}},
		{n: "36", send: []string{":SC02/30/26#:SL25:00:00#", "00"}},
		{n: "37", send: []string{":SG+8.0#:SG-05.5#:SG+06#:SG+99#", "1110"}},
		{n: "38", send: []string{":GG#:GL#:GC#:Gt#:Gg#:Gc#", "+08#21:04:05#03/01/26#+44*03#123*05#24#"}},
		{n: "39", cfg: func(c *Config) { c.SiteTime = "apply" }, send: []string{":Sg-05*54#:Gg#", "1354*06#"}},
		{n: "43", send: []string{":Mgn0500#:Mge00250#:MGw100#", "1"}},
		{n: "45", send: []string{":XGG#:XSG0012#:XGG#:XS7#:XGG#", "0005#0012#0007#"}},
		{n: "46a", set: field(315.56), send: []string{":XGR#", "315.56#"}},
		{n: "46b", set: field(-45), send: []string{":XGR#", "315.00#"}},
		{n: "46c", set: field(359.996), send: []string{":XGR#", "000.00#"}},
		{n: "47a", set: func(r *rig) { r.f.at = 12 }, send: []string{":XGP#", "+012#"}},
		{n: "47b", set: func(r *rig) { r.f.at = -5 }, send: []string{":Xgp#", "-005#"}},
		{n: "48", send: []string{":XHt#:XHu#:XZtrackoff#:GD#", "+22*00:52#"}, u: "0 0 1 0 0"},
		{n: "49", send: []string{":GVP#:GW#:GT#:GM#:LI#", "LX200 Classic#AT2#60.1#SCP##"}},
		{n: "50", cfg: func(c *Config) { c.Profile = "bartels" }, send: []string{":GVP#:GVF#:Gc#:SC03/01/26#", "Scope.exe#BartelsStepper#(24)#1"}},
		{n: "51", send: []string{":AP#:GW#", "AT2#"}},
		{n: "53", send: []string{":SMHome Hill#:GM#", "1Home Hill#"}},
	} {
		for _, profile := range []string{"classic", "bartels"} {
			// What scope.exe answered otherwise, or not at all, is in TestBartels.
			if profile == "bartels" && !strings.Contains(" 1 2 3 4 5 6 7 8 9 10 11 12 13 14 17 18 24 27 28 29 30 31 32 36 37 45 47a 47b 50 53 ", " "+tt.n+" ") {
				continue
			}
			t.Run(tt.n+" "+profile, func(t *testing.T) {
				cfg := fixture()
				cfg.Profile = profile
				if tt.cfg != nil {
					tt.cfg(&cfg)
				}
				bubble(t, cfg, func(r *rig) {
					if tt.set != nil {
						tt.set(r)
					}
					for i := 0; i < len(tt.send); i += 2 {
						r.expect("a", tt.send[i], tt.send[i+1])
					}
					if u := r.unknowns(); tt.u != "" && u != tt.u {
						t.Errorf("U0 U1 U2 Un overlong are %s, want %s", u, tt.u)
					}
				})
			})
		}
	}
}

func field(deg float64) func(*rig) {
	return func(r *rig) { r.m.s.FieldAngle = model.Degrees(deg) }
}

func TestBartels(t *testing.T) {
	cfg := fixture()
	cfg.Profile = "bartels"
	bubble(t, cfg, func(r *rig) {
		r.expect("a", ":Sr12:34:56#:Sd-05:23:07#:Gr#:Gd#", "1105:34:32#+22*00:52#")
		r.expect("a", ":CM#", "12:34:56#-05*23:07#")
		r.expect("a", ":GG#:Gt#:Gg#:GVD#:GW#:GT#:Mgn100#", "  8#+44*03:08#123*05:12#Sep  6 2009#")
		r.expect("a", ":U0#:GS#:U7#:GS#", "07:08.2#07:08:09#")
	})
}

// TestTimed are the exchanges of reference §7 in which time passes.
func TestTimed(t *testing.T) {
	run := func(n string, test func(*rig)) {
		t.Run(n, func(t *testing.T) { bubble(t, fixture(), test) })
	}
	run("15", func(r *rig) {
		r.expect("a", ":G", "")
		time.Sleep(700 * time.Millisecond)
		r.expect("a", "D#", "+22*00:52#")
	})
	run("16", func(r *rig) {
		r.expect("a", ":G", "")
		time.Sleep(2700 * time.Millisecond)
		r.expect("a", "D#:GR#", "05:34:32#")
		if u := r.unknowns(); u != "0 0 0 1 0" {
			t.Error(u)
		}
	})
	run("31", func(r *rig) {
		r.expect("a", ":Sr12:34:56#:Sd+05:00:00#:MS#:D#", "110\x7F#")
		time.Sleep(10 * time.Second)
		r.expect("a", ":D#", "#")
	})
	run("33", func(r *rig) {
		r.expect("ip/1", ":Sr12:34:56#", "1")
		r.expect("ip/2", ":Sd+05:00:00#", "1")
		r.expect("ip/3", ":MS#", "0")
	})
	run("40", func(r *rig) {
		r.expect("a", ":RG#:Mn#", "")
		time.Sleep(6 * time.Second)
		r.m.mu.Lock()
		defer r.m.mu.Unlock()
		if d := r.m.stopped[mount.AxisA].Sub(r.m.started[mount.AxisA]); d < 5*time.Second || d > 5200*time.Millisecond {
			r.t.Errorf("moved for %v", d)
		}
	})
	run("41", func(r *rig) {
		r.expect("a", ":Mn#", "")
		for range 8 {
			r.expect("a", ":GR#", "05:34:32#")
			time.Sleep(700 * time.Millisecond)
		}
		if r.m.Snapshot().HeldRates[mount.AxisA] <= 0 {
			r.t.Error("stopped in spite of polling")
		}
		r.expect("a", ":Qn#", "")
		if r.m.Snapshot().Activity != mount.Idle {
			r.t.Error("goes on")
		}
	})
	run("42", func(r *rig) {
		r.expect("a", ":Mn#:Me#:Qe#", "")
		if h := r.m.Snapshot().HeldRates; h[mount.AxisZ] != 0 || h[mount.AxisA] == 0 {
			r.t.Error(h)
		}
	})
	run("44", func(r *rig) {
		r.expect("a", ":Mn#", "")
		r.expect("a", ":Q", "")
		if r.m.Snapshot().Activity != mount.Idle {
			r.t.Error("goes on")
		}
	})
	run("52", func(r *rig) {
		r.expect("a", ":Sr12:34:56#:Sd+05:00:00#:MS#", "110")
		r.expect("b", ":Sr02:34:56#:Sd+05:00:00#:MS#", "112In use by another client.#")
		r.expect("b", ":Q#", "")
		if r.m.Snapshot().Activity != mount.Idle {
			r.t.Error("goes on")
		}
	})
	run("disconnect", func(r *rig) {
		r.expect("a", ":Mn#", "")
		r.clients["a"].conn.Close()
		time.Sleep(2500 * time.Millisecond)
		if r.m.Snapshot().Activity != mount.Idle {
			r.t.Error("moves on two seconds after the connection ended")
		}
	})
	run("longest", func(r *rig) {
		r.expect("a", ":Mn#", "")
		for range 65 {
			r.send("a", ":GR#")
			time.Sleep(700 * time.Millisecond)
		}
		if r.m.Snapshot().Activity != mount.Idle {
			r.t.Error("moves for more than a minute")
		}
	})
	run("shutdown", func(r *rig) {
		r.expect("a", ":Mn#", "")
		r.cancel()
		r.wait.Wait()
		if r.m.Snapshot().Activity != mount.Idle {
			r.t.Error("moves after the server's end")
		}
	})
	run("sessions", func(r *rig) {
		r.expect("a", ":U#:Sr01:00:00#:GR#", "105:34.5#")
		r.expect("b", ":GR#:Gr#", "05:34:32#05:34:32#")
		r.expect("a/2", ":GR#:Gr#", "05:34.5#01:00.0#")
	})
}

// idlePort is a serial port whose reads time out.
type idlePort struct {
	in  chan string
	out chan string
}

func (p *idlePort) Read(b []byte) (int, error) {
	select {
	case s := <-p.in:
		return copy(b, s), nil
	case <-time.After(200 * time.Millisecond):
		return 0, io.EOF
	}
}
func (p *idlePort) Write(b []byte) (int, error) { p.out <- string(b); return len(b), nil }
func (p *idlePort) Close() error                { return nil }

func TestSerialIdle54(t *testing.T) {
	cfg := fixture()
	cfg.Degree = "auto"
	bubble(t, cfg, func(r *rig) {
		p := &idlePort{make(chan string), make(chan string, 9)}
		r.wait.Go(func() { r.s.ServeStream(r.ctx, p, "/dev/ttyS0") })
		time.Sleep(10 * time.Second)
		p.in <- ":GD#"
		if got := <-p.out; got != "+22\xDF00:52#" {
			t.Errorf("%q", got)
		}
	})
}

func TestReadOnlyAndJ2000(t *testing.T) {
	cfg := fixture()
	cfg.Mode = "readonly"
	bubble(t, cfg, func(r *rig) {
		r.expect("a", ":Sr12:00:00#:MS#:CM#:Mn#:hP#:AL#:GT#", "02Read only.#Match fail: read only#60.1#")
	})
	cfg = fixture()
	cfg.Epoch = "j2000"
	bubble(t, cfg, func(r *rig) {
		r.expect("a", ":Sr05:34:31.94#:Sd+22:00:52.2#:CM#:GR#:GD#", "11Coordinates     matched.        #05:34:32#+22*00:52#")
		if ra := r.m.Snapshot().Equatorial.RA.Hours(); ra < dms(5, 36, 0) || ra > dms(5, 36, 15) {
			t.Errorf("the right ascension of date is %v h, about 5h36m06s by precession of 3.6 s a year", ra)
		}
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
	for _, w := range strings.Fields("AA AP AL U U0 Q Qn Qx QA+ Mn Ms Me Mw Mgn Mgx9 RG RC RM RS R5 Rg RgX RA RA9 RE1.5 TQ TS TL TM T+ T- TX T $Q $QA+ r+ r- hW I hN hS hF hC F+ F- FQ FF FS F1 F4 W0 H B+ BD1 $BA1 f+ g- LC1 Lx XSG XSGx XS XSM XSN XNab XHa XHL XH XI1 XI XX XZfoo CS Sq ED V $BDG GU GX90 Zz hP") {
		all += ":" + w + "#"
	}
	cfg := fixture()
	cfg.MaxCommands = 10000
	for _, park := range []bool{false, true} {
		bubble(t, cfg, func(r *rig) { r.m.s.Parked = park; r.expect("a", all, "") })
	}
}

func TestMegabyteWithoutHash(t *testing.T) {
	bubble(t, fixture(), func(r *rig) {
		r.expect("a", ":"+strings.Repeat("x", 1<<20)+"#:GR#", "05:34:32#")
	})
}

func TestHundredsOfConnections(t *testing.T) {
	cfg := fixture()
	cfg.MaxClients, cfg.MaxPerAddress, cfg.MaxNewPerS, cfg.MaxCommands = 300, 250, 10000, 100000
	s := New(cfg, Parts{Mount: newFakeMount(time.Now), Clock: clock.Real{}})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()
	var wg sync.WaitGroup
	var mu sync.Mutex
	answered, dropped := 0, 0
	hold := make(chan struct{})
	var asked sync.WaitGroup
	for range 300 {
		asked.Add(1)
		wg.Go(func() {
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Error(err)
				asked.Done()
				return
			}
			defer c.Close()
			c.Write([]byte("#:GR#:GD#"))
			buf := make([]byte, 19)
			_, err = io.ReadFull(c, buf)
			mu.Lock()
			if err == nil && string(buf) == "05:34:32#+22*00:52#" {
				answered++
			} else {
				dropped++
			}
			mu.Unlock()
			asked.Done()
			<-hold
		})
	}
	asked.Wait()
	if answered != 250 || dropped != 50 {
		t.Errorf("%d answered, %d dropped; want 250 and 50", answered, dropped)
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
	close(hold)
	wg.Wait()
	if n := s.Stats(); n.Open != 0 || n.Rejected != 50 {
		t.Errorf("%d open, %d rejected", n.Open, n.Rejected)
	}
}

// FuzzStream feeds a stream whole and in pieces: the frames must be the same.
func FuzzStream(f *testing.F) {
	for _, seed := range []string{":GR#:GD#", "\x06:Sr 12:34:56#", ":GR:GD#", ":SMa b#:XSNx y#", ":Sd-05\xDF23:07#"} {
		f.Add([]byte(seed), uint8(3))
	}
	cfg := fixture()
	cfg.MaxCommands = 100000
	f.Fuzz(func(t *testing.T, data []byte, piece uint8) {
		if len(data) > 4096 {
			return
		}
		now := time.Unix(0, 0)
		stream := func(size int) string {
			c := clock.NewManual(now)
			s := New(cfg, Parts{Mount: newFakeMount(c.Now), Focuser: &fakeFocuser{}, Clock: c})
			near, far := net.Pipe()
			near.Close()
			var sink collector
			conn := &conn{rw: &sink, sess: s.session("a", false)}
			far.Close()
			for len(data[sink.fed:]) > 0 {
				n := min(size, len(data)-sink.fed)
				s.answer(t.Context(), conn, data[sink.fed:sink.fed+n])
				sink.fed += n
			}
			return string(sink.out)
		}
		if a, b := stream(4096), stream(int(piece)%7+1); a != b {
			t.Errorf("whole: %q, in pieces: %q", a, b)
		}
	})
}

type collector struct {
	out []byte
	fed int
}

func (c *collector) Read([]byte) (int, error)    { return 0, io.EOF }
func (c *collector) Write(b []byte) (int, error) { c.out = append(c.out, b...); return len(b), nil }
func (c *collector) Close() error                { return nil }
