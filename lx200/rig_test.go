// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver/serialline"
)

// rig is a server with its fakes, in a synctest bubble.
type rig struct {
	t       *testing.T
	s       *Server
	m       *fakeMount
	f       *fakeFocuser
	hall    *hall
	port    *fakePort
	clients map[string]*client
	cancel  context.CancelFunc
	served  chan error
}

// client is one end of a connection, and what it has received.
type client struct {
	conn io.ReadWriteCloser
	mu   sync.Mutex
	got  []byte
	over bool // the server has closed it
}

// fixture is what the exchanges are about (reference §7).
func fixture() Config {
	c := DefaultConfig()
	c.UTCOffsetH = -8
	for _, d := range []*Dialect{&c.TCP.Dialect, &c.Serial.Dialect} {
		d.Mode, d.Precision = "full", "long"
	}
	return c
}

// bubble runs a test on a mount with two alignment stars.
func bubble(t *testing.T, cfg Config, test func(*rig)) { bubbleWith(t, cfg, nil, test) }

func bubbleWith(t *testing.T, cfg Config, change func(*Parts), test func(*rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		if err := cfg.Validate(); err != nil {
			t.Fatal(err)
		}
		r := &rig{t: t, hall: newHall(), port: newFakePort(), clients: map[string]*client{}, served: make(chan error, 1)}
		r.m, r.f = newFakeMount(time.Now), newFakeFocuser(time.Now)
		parts := Parts{
			Mount: r.m, Focuser: r.f, Paddle: fakePaddle{r.m}, Clock: clock.Real{}, Version: "1.2",
			Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		}
		if change != nil {
			change(&parts)
		}
		r.s = New(cfg, parts)
		r.s.ground = r.m.ground
		var ctx context.Context
		ctx, r.cancel = context.WithCancel(t.Context())
		go func() { r.served <- r.s.Serve(ctx, r.hall, Line{Name: "/dev/fake", Open: r.port.open}) }()
		synctest.Wait()
		test(r)
		r.cancel()
		if err := <-r.served; err != nil {
			t.Error(err)
		}
		close(r.port.out)
		for _, c := range r.clients {
			c.conn.Close()
		}
	})
}

// hall is a listener whose connections are pipes.
type hall struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newHall() *hall { return &hall{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (h *hall) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

func (h *hall) Close() error   { h.once.Do(func() { close(h.closed) }); return nil }
func (h *hall) Addr() net.Addr { return place("hall") }

// place is an address.
type place string

func (p place) Network() string { return "fake" }
func (p place) String() string  { return string(p) }

// from is a connection from a place.
type from struct {
	net.Conn
	place
}

func (f from) RemoteAddr() net.Addr { return f.place }

// dial connects a client from the place that is the part of name before '/'.
// "serial" is the serial line.
func (r *rig) dial(name string) *client {
	c := &client{}
	r.clients[name] = c
	if name == "serial" {
		c.conn = r.port
	} else {
		near, far := net.Pipe()
		key, _, _ := strings.Cut(name, "/")
		c.conn = near
		r.hall.conns <- from{far, place(key)}
	}
	go func() {
		var buf [256]byte
		read := c.conn.Read
		if name == "serial" {
			read = r.port.receive
		}
		for {
			n, err := read(buf[:])
			c.mu.Lock()
			c.got = append(c.got, buf[:n]...)
			c.over = err != nil
			c.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	synctest.Wait()
	return c
}

// send writes bytes as a client and returns what came within 300 ms.
func (r *rig) send(name, text string) string {
	c := r.clients[name]
	if c == nil {
		c = r.dial(name)
	}
	if name == "serial" {
		r.port.in <- []byte(text)
	} else {
		c.conn.Write([]byte(text))
	}
	time.Sleep(300 * time.Millisecond)
	return c.take()
}

// take returns what has come.
func (c *client) take() string {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	got := string(c.got)
	c.got = nil
	return got
}

func (c *client) closed() bool {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.over
}

func (r *rig) expect(name, text, want string) {
	r.t.Helper()
	if got := r.send(name, text); got != want {
		r.t.Errorf("%q: got %q, want %q", text, got, want)
	}
}

// unknowns returns the counters U0 U1 U2, of unfinished and of overlong
// frames.
func (r *rig) unknowns() string {
	n := map[Result]uint64{}
	for k, v := range r.s.Stats().Commands {
		n[k.Result] += v
	}
	return fmt.Sprint(n[Unknown0], n[Unknown1], n[Unknown2], n[Unfinished], n[Overlong])
}

// fakePort is a serial port as tarm/serial has them on Linux: reads end in
// io.EOF after a while; once it is unplugged, they end in an error and then
// in io.EOF at once.
type fakePort struct {
	in  chan []byte
	out chan []byte

	mu     sync.Mutex
	gone   chan struct{} // closed when unplugged
	absent bool          // cannot be opened
	told   bool          // the error has been returned
	opens  []time.Time   // attempts
}

func newFakePort() *fakePort {
	return &fakePort{in: make(chan []byte), out: make(chan []byte, 999), gone: make(chan struct{})}
}

func (p *fakePort) open() (io.ReadWriteCloser, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opens = append(p.opens, time.Now())
	if p.absent {
		return nil, syscall.ENOENT
	}
	p.gone, p.told = make(chan struct{}), false
	return p, nil
}

// attempts returns when the port was asked to open.
func (p *fakePort) attempts() []time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.opens)
}

func (p *fakePort) unplug() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.absent = true
	p.hangUp()
}

func (p *fakePort) hangUp() {
	select {
	case <-p.gone:
	default:
		close(p.gone)
	}
}

func (p *fakePort) plug() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.absent = false
}

func (p *fakePort) Read(b []byte) (int, error) {
	p.mu.Lock()
	gone := p.gone
	p.mu.Unlock()
	select {
	case data := <-p.in:
		return copy(b, data), nil
	case <-time.After(serialline.Tick):
		return 0, io.EOF
	case <-gone:
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.told {
		p.told = true
		return 0, syscall.EIO
	}
	return 0, io.EOF
}

func (p *fakePort) Write(b []byte) (int, error) {
	p.out <- append([]byte(nil), b...)
	return len(b), nil
}

func (p *fakePort) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hangUp()
	return nil
}

// receive is the far end's reading.
func (p *fakePort) receive(b []byte) (int, error) {
	data, ok := <-p.out
	if !ok {
		return 0, errors.New("closed")
	}
	return copy(b, data), nil
}
