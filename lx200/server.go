// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

// Mount is what this edge asks of the mount. See mount.Mount for what each
// method does and which errors it returns.
type Mount interface {
	Snapshot() *mount.Snapshot
	UTC() time.Time
	Heard(client string)
	SlewEquatorial(context.Context, model.Equatorial) error
	SlewHorizontal(context.Context, model.Horizontal) error
	SyncEquatorial(context.Context, model.Equatorial) error
	SetTracking(context.Context, bool) error
	SetDriveRate(context.Context, mount.DriveRate) error
	SetRateOffsets(ctx context.Context, ra, dec *model.Rate) error
	MoveAxis(ctx context.Context, client string, axis int, rate model.Rate) error
	PulseGuide(context.Context, mount.Direction, time.Duration) error
	Abort(context.Context) error
	Park(context.Context) error
	Unpark(context.Context) error
	HaltRotator(context.Context) error
	Configure(context.Context, func(*mount.Config)) error
	SetUTC(context.Context, time.Time) error
}

// Focuser is what this edge asks of a focuser. See focuser.Focuser.
type Focuser interface {
	Snapshot() *focuser.Snapshot
	Move(ctx context.Context, position int) error
	Halt(context.Context) error
	Configure(context.Context, func(*focuser.Config)) error
}

var (
	_ Mount   = (*mount.Mount)(nil)
	_ Focuser = (*focuser.Focuser)(nil)
)

// Parts are what a server is built from.
type Parts struct {
	Mount   Mount
	Focuser Focuser // nil for none
	Clock   clock.Clock
	Log     *slog.Logger
	Version string     // of the program, as 1.2; "" for 0.1
	Built   time.Time  // when the program was built; zero for unknown
	Inits   func() int // alignment stars in force, 0 to 3; nil if unknown
}

// Server answers LX200 clients.
type Server struct {
	cfg    Config
	parts  Parts
	mount  Mount
	clock  clock.Clock
	log    *slog.Logger
	allow  []netip.Prefix
	counts counters

	motion sync.Mutex // held while motion is begun, ended or watched
	drive  drive
	jog    jog

	mu       sync.Mutex // guards what follows
	sessions map[string]*Session
	conns    map[*conn]struct{}
	names    [4]string // of the sites
	place    clockSetting
	centre   float64 // arcseconds per second
	slow     float64 // focus steps per second
	high     int     // limits stored for :Gh# and :Go#
	low      int
	quality  int
}

// New returns a server for cfg, which Validate has accepted.
func New(cfg Config, p Parts) *Server {
	if p.Log == nil {
		p.Log = slog.New(slog.DiscardHandler)
	}
	if p.Version == "" {
		p.Version = "0.1"
	}
	allow, _ := cfg.networks() // Validate has seen them
	return &Server{
		cfg: cfg, parts: p, mount: p.Mount, clock: p.Clock, log: p.Log, allow: allow,
		sessions: map[string]*Session{}, conns: map[*conn]struct{}{},
		names: [4]string{"SCP", "SCP", "SCP", "SCP"}, centre: cfg.CentreRate, slow: cfg.SlowFocus,
		place: clockSetting{west: -cfg.UTCOffsetH}, high: 90,
	}
}

// Stats returns the counters since the start.
func (s *Server) Stats() Stats { return s.counts.copy() }

// Deadlines of the transport (reference §1 and §8).
const (
	watchEvery   = 100 * time.Millisecond
	writeLimit   = 2 * time.Second
	partialLimit = 2 * time.Second
	stopLimit    = 250 * time.Millisecond // for a partial :Q
	serialWait   = 100 * time.Millisecond // an end of file sooner than this is no idle timeout
	acceptPause  = 50 * time.Millisecond
)

// Serve answers the connections of l until ctx ends or l fails. Then it stops
// the motion of held keys, closes l and every connection, and returns once
// all its goroutines have ended: nil, or l's error.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	if a, ok := l.Addr().(*net.TCPAddr); ok && a.IP.IsUnspecified() {
		s.log.Warn("LX200 has no password and is served on all addresses; never forward its port to the Internet", "listen", a.String())
	}
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	all.Go(func() { s.watch(ctx) })
	all.Go(func() {
		<-ctx.Done()
		l.Close()
	})
	rates := map[string]*arrivals{}
	for {
		nc, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ECONNABORTED) {
				if clock.Sleep(ctx, s.clock, acceptPause) == nil {
					continue
				}
				return nil
			}
			return err
		}
		key := addressOf(nc.RemoteAddr())
		if !s.admit(key, nc.RemoteAddr(), rates) {
			s.counts.connection(false)
			nc.Close()
			continue
		}
		c := s.open(nc, key, false)
		all.Go(func() { _ = s.converse(ctx, c) }) // how it ended is counted
	}
}

// ServeStream answers the one client at the other end of a stream, such as a
// serial port, until ctx ends or the stream does. A read that ends in io.EOF
// after some waiting is taken for a read timeout. The stream is closed on
// return. name tells it apart from other streams.
func (s *Server) ServeStream(ctx context.Context, rw io.ReadWriteCloser, name string) error {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	all.Go(func() { s.watch(ctx) })
	err := s.converse(ctx, s.open(rw, name, true))
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// addressOf returns the key of the session of a remote address.
func addressOf(a net.Addr) string {
	if a == nil {
		return "unknown"
	}
	if host, _, err := net.SplitHostPort(a.String()); err == nil {
		return host
	}
	return a.String()
}

// arrivals counts the connections of one address within a second.
type arrivals struct {
	since time.Time
	n     int
}

// admit decides whether a new connection is served.
func (s *Server) admit(key string, a net.Addr, rates map[string]*arrivals) bool {
	if t, ok := a.(*net.TCPAddr); ok && len(s.allow) > 0 {
		ip := t.AddrPort().Addr().Unmap()
		if !slices.ContainsFunc(s.allow, func(p netip.Prefix) bool { return p.Contains(ip) }) {
			return false
		}
	}
	now := s.clock.Now()
	if len(rates) > 1024 {
		clear(rates)
	}
	r := rates[key]
	if r == nil || now.Sub(r.since) >= time.Second {
		r = &arrivals{since: now}
		rates[key] = r
	}
	if r.n++; r.n > s.cfg.MaxNewPerS {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	same, tcp := 0, 0
	for c := range s.conns {
		if !c.serial {
			tcp++
			if c.sess.key == key {
				same++
			}
		}
	}
	return tcp < s.cfg.MaxClients && same < s.cfg.MaxPerAddress
}

// conn is one connection or serial port.
type conn struct {
	rw     io.ReadWriteCloser
	sess   *Session
	serial bool
	frames framer

	mu      sync.Mutex
	writing time.Time // since when a write has been under way; zero for none
}

func (s *Server) open(rw io.ReadWriteCloser, key string, serial bool) *conn {
	s.counts.connection(true)
	sess := s.session(key, serial)
	c := &conn{rw: rw, sess: sess, serial: serial}
	s.mu.Lock()
	s.conns[c] = struct{}{}
	sess.conns++
	s.mu.Unlock()
	s.returned(key)
	return c
}

func (s *Server) close(c *conn) {
	c.rw.Close()
	s.mu.Lock()
	delete(s.conns, c)
	c.sess.conns--
	c.sess.seen = s.clock.Now()
	last := c.sess.conns == 0
	s.mu.Unlock()
	s.counts.closed()
	if last {
		s.left(c.sess.key, c.serial)
	}
}

// chunk is what one read brought.
type chunk struct {
	data []byte
	err  error
}

// converse answers one connection until it ends. Reading has a goroutine of
// its own, which ends before converse returns.
func (s *Server) converse(ctx context.Context, c *conn) error {
	chunks, taken := make(chan chunk), make(chan struct{})
	ended := make(chan struct{})
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer close(ended)
		s.read(ctx, c, chunks, taken)
	}()
	defer func() {
		cancel()
		s.close(c)
		for {
			select {
			case <-chunks:
			case taken <- struct{}{}:
			case <-ended:
				return
			}
		}
	}()
	idle := seconds(s.cfg.IdleS)
	for {
		wait, partial := idle, false
		if begun, inside := c.frames.partial(); inside {
			wait, partial = partialLimit, true
			if len(begun) > 0 && begun[0] == 'Q' {
				wait = stopLimit
			}
		}
		timer := s.clock.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C():
			switch {
			case partial:
				s.unfinished(ctx, c)
			case !c.serial:
				return nil
			}
		case got := <-chunks:
			timer.Stop()
			if got.err != nil {
				return got.err
			}
			if err := s.answer(ctx, c, got.data); err != nil {
				return err
			}
			select {
			case taken <- struct{}{}:
			case <-ended:
			}
		}
	}
}

// read hands on what arrives, one read at a time.
func (s *Server) read(ctx context.Context, c *conn, chunks chan<- chunk, taken <-chan struct{}) {
	var buf [512]byte
	for soon := 0; ctx.Err() == nil; {
		begun := s.clock.Now()
		n, err := c.rw.Read(buf[:])
		switch {
		case n > 0:
			soon = 0
			select {
			case chunks <- chunk{data: buf[:n]}:
				select {
				case <-taken:
				case <-ctx.Done():
					return
				}
			case <-ctx.Done():
				return
			}
		case c.serial && (err == nil || err == io.EOF):
			// A serial port's read timeout; a port lost returns at once.
			if s.clock.Now().Sub(begun) >= serialWait {
				soon = 0
			} else if soon++; soon >= 5 {
				err = io.ErrUnexpectedEOF
			}
			if err == io.EOF {
				err = nil
			}
		}
		if err != nil {
			select {
			case chunks <- chunk{err: err}:
			case <-ctx.Done():
			}
			return
		}
	}
}

// answer executes what arrived, in order. Its error is that of writing.
func (s *Server) answer(ctx context.Context, c *conn, data []byte) error {
	s.counts.received(data)
	s.log.Debug("lx200 received", "client", c.sess.key, "bytes", slog.AnyValue(data))
	for _, b := range data {
		var out []byte
		switch c.frames.feed(b) {
		case complete:
			out = s.execute(ctx, c.sess, c.frames.frame())
		case asked:
			out = s.acknowledge(c.sess)
		case cut:
			if f := c.frames.frame(); len(f) > 0 && (f[0] == 'G' || f[0] == 'Q') {
				out = s.execute(ctx, c.sess, f)
			}
		case overflow:
			s.counts.command("?", Overlong, "overlong")
		}
		if len(out) > 0 {
			if err := s.write(c, out); err != nil {
				return err
			}
		}
	}
	return nil
}

// write sends one reply. The watch closes a connection that does not take it.
func (s *Server) write(c *conn, out []byte) error {
	c.mu.Lock()
	c.writing = s.clock.Now()
	c.mu.Unlock()
	_, err := c.rw.Write(out)
	c.mu.Lock()
	c.writing = time.Time{}
	c.mu.Unlock()
	return err
}

// unfinished drops a partial frame, but obeys one that means to stop.
func (s *Server) unfinished(ctx context.Context, c *conn) {
	begun, _ := c.frames.partial()
	stop := len(begun) > 0 && begun[0] == 'Q'
	c.frames.reset()
	s.counts.command("?", Unfinished, "Un")
	if stop {
		s.execute(ctx, c.sess, []byte("Q"))
	}
}

// watch looks after deadlines until ctx ends, then stops held motion.
func (s *Server) watch(ctx context.Context) {
	tick := s.clock.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			s.farewell(ctx)
			return
		case <-tick.C():
			s.guard(ctx)
			s.stepFocus(ctx)
			s.settleClock(ctx)
			s.sweep()
		}
	}
}

// farewell stops held motion at the end; the mount may be gone already, so
// it waits a second at most.
func (s *Server) farewell(ctx context.Context) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := s.clock.NewTimer(time.Second)
	defer stop.Stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.motion.Lock()
		defer s.motion.Unlock()
		s.release(ctx)
		s.haltJog(ctx)
	}()
	select {
	case <-done:
	case <-stop.C():
	}
	cancel()
	<-done
}

// sweep closes connections stuck in writing and forgets old sessions.
func (s *Server) sweep() {
	now := s.clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.mu.Lock()
		stuck := !c.writing.IsZero() && now.Sub(c.writing) > writeLimit
		c.mu.Unlock()
		if stuck {
			c.rw.Close()
		}
	}
	for key, sess := range s.sessions {
		if sess.conns == 0 && now.Sub(sess.seen) > memory {
			delete(s.sessions, key)
		}
	}
}
