// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver/serialline"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/align"
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
	SyncHorizontal(context.Context, model.Horizontal) error
	SetTracking(context.Context, bool) error
	SetDriveRate(context.Context, mount.DriveRate) error
	SetRateOffsets(ctx context.Context, ra, dec *model.Rate) error
	MoveAxis(ctx context.Context, client string, axis int, rate model.Rate) error
	Nudge(ctx context.Context, client string, ra, dec model.Rate) error
	MaxOffset() model.Rate
	ReplacePulse(context.Context, mount.Direction, time.Duration) error
	Abort(context.Context) error
	Park(context.Context) error
	Unpark(context.Context) error
	RotateMechanical(context.Context, model.Angle) error
	HaltRotator(context.Context) error
	Configure(context.Context, func(*mount.Config)) error
	SetUTC(context.Context, time.Time) error

	SwitchPEC(ctx context.Context, axis int, on bool) error
	TogglePEC(context.Context) error
	Initialise(ctx context.Context, init int, name string, place model.Equatorial) (int, error)
	BeginAlignment(context.Context, align.Start) error
	RunScrollLine(ctx context.Context, line string) error
}

// Focuser is what this edge asks of a focuser. See focuser.Focuser.
type Focuser interface {
	Snapshot() *focuser.Snapshot
	Move(ctx context.Context, position int) error
	Jog(context.Context, focuser.Hold) error
	Halt(context.Context) error
	Configure(context.Context, func(*focuser.Config)) error
}

// Paddle is what this edge asks of the hand paddle.
type Paddle interface {
	// SetModeNumber chooses what the mode keys do, by the numbers of the
	// manual or, if manual is false, of the source of scope.exe.
	SetModeNumber(ctx context.Context, n int, manual bool) error
	// PressMode presses a mode key: the right one if right is true, else the
	// left one.
	PressMode(ctx context.Context, right bool) error
}

var (
	_ Mount   = (*mount.Mount)(nil)
	_ Focuser = (*focuser.Focuser)(nil)
)

// Parts are what a server is built from.
type Parts struct {
	Mount   Mount
	Focuser Focuser     // the one that LX200 reaches; nil for none
	Paddle  Paddle      // nil for none
	Clock   clock.Clock // that of the clients: clients wait in real time, however fast a simulated night goes
	Log     *slog.Logger
	Version string    // of the program, as 1.2; "" for 0.1
	Built   time.Time // when the program was built; zero for unknown
}

// Server answers LX200 clients.
type Server struct {
	cfg    Config
	parts  Parts
	mount  Mount
	clock  clock.Clock
	log    *slog.Logger
	start  time.Time
	tcp    *manner
	serial *manner
	allow  []netip.Prefix
	ground func(*mount.Snapshot, model.Angle) model.Angle // mount.Snapshot.Ground
	counts *counters

	motion sync.Mutex // held while motion is begun, ended or watched
	drive  drive
	owned  atomic.Bool // false as long as drive has no owner

	mu       sync.Mutex // guards what follows
	ending   bool       // no new motion, no new connection
	sessions map[string]*Session
	conns    map[*conn]struct{}
	lines    []*serialline.Line
	names    [4]string // of the sites
	object   string
	place    clockSetting
	centre   float64 // arcseconds per second
	guide    float64 // the same of direction keys at the guide rate, where the mount's pulses cannot be as fast; see keyGuide
	hertz    float64 // rate of :TM#
	high     int     // limits stored for :Gh# and :Go#
	low      int
	quality  int
	epoch    epoch
}

// New returns a server for cfg, which Validate has accepted.
func New(cfg Config, p Parts) *Server {
	if p.Log == nil {
		p.Log = slog.New(slog.DiscardHandler)
	}
	if p.Version == "" {
		p.Version = "0.1"
	}
	allow, _ := cfg.TCP.networks() // Validate has seen them
	return &Server{
		cfg: cfg, parts: p, mount: p.Mount, clock: p.Clock, log: p.Log, start: p.Clock.Now(), allow: allow,
		tcp: cfg.TCP.manner(false), serial: cfg.Serial.manner(true), counts: newCounters(), ground: (*mount.Snapshot).Ground,
		sessions: map[string]*Session{}, conns: map[*conn]struct{}{},
		names: [4]string{"SCP", "SCP", "SCP", "SCP"}, centre: cfg.CentreRate, hertz: siderealHertz,
		place: clockSetting{west: -cfg.UTCOffsetH}, high: 90,
	}
}

// elapsed returns the time since the server was made.
func (s *Server) elapsed() time.Duration { return s.clock.Now().Sub(s.start) }

// Deadlines of the transport (reference §1 and §8).
const (
	watchEvery   = 50 * time.Millisecond
	writeLimit   = 2 * time.Second
	partialLimit = 2 * time.Second
	stopLimit    = 250 * time.Millisecond // for a partial :Q
	acceptPause  = 50 * time.Millisecond
)

// Serve answers the connections of l, where it is not nil, and the clients of
// serial lines, until ctx ends. Then it stops the motion of held keys, closes
// l, every connection and every line, and returns once its goroutines have
// ended. It returns an error when l is closed by others.
func (s *Server) Serve(ctx context.Context, l net.Listener, lines ...Line) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	defer all.Wait()
	for _, line := range lines {
		all.Go(func() { s.tend(ctx, line) })
	}
	if l != nil {
		if a, ok := l.Addr().(*net.TCPAddr); ok && a.IP.IsUnspecified() {
			s.log.Warn("LX200 has no password and is served on all addresses; never forward its port to the Internet", "listen", a.String())
		}
		all.Go(func() {
			if err := s.accept(ctx, l, &all); err != nil {
				cancel(err)
			}
		})
	}
	s.watch(ctx, &all)
	s.farewell(ctx)
	if l != nil {
		l.Close()
	}
	s.hangUp()
	if err := context.Cause(ctx); !errors.Is(err, ctx.Err()) {
		return err
	}
	return nil
}

// accept answers the connections of l until ctx ends or l is closed.
func (s *Server) accept(ctx context.Context, l net.Listener, all *sync.WaitGroup) error {
	rates := map[string]*arrivals{}
	for {
		nc, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			if errors.Is(err, net.ErrClosed) {
				return err
			}
			// The system has run out of something; it may have it again soon.
			if clock.Sleep(ctx, s.clock, acceptPause) != nil {
				return nil
			}
			continue
		}
		key := addressOf(nc.RemoteAddr())
		if why, ok := s.admit(key, nc.RemoteAddr(), rates); !ok {
			s.counts.rejected[why].Add(1)
			nc.Close()
			continue
		}
		c := s.open(nc, key, s.tcp)
		all.Go(func() { _ = s.converse(ctx, c) }) // how it ended is counted
	}
}

// addressOf returns the key of the session of a remote address.
func addressOf(a net.Addr) string {
	if a == nil {
		return "unknown"
	}
	if t, ok := a.(*net.TCPAddr); ok {
		return t.AddrPort().Addr().Unmap().String()
	}
	return a.String()
}

// arrivals counts the connections of one address within a second.
type arrivals struct {
	since time.Time
	n     int
}

// admit decides whether a new connection is served, or why not.
func (s *Server) admit(key string, a net.Addr, rates map[string]*arrivals) (why Rejection, ok bool) {
	if t, ok := a.(*net.TCPAddr); ok && len(s.allow) > 0 {
		ip := t.AddrPort().Addr().Unmap().WithZone("") // no network contains a zone
		if !slices.ContainsFunc(s.allow, func(p netip.Prefix) bool { return p.Contains(ip) }) {
			return OffNetwork, false
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
	if r.n++; r.n > s.cfg.TCP.MaxNewPerS {
		return TooFast, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	same, all := 0, 0
	for c := range s.conns {
		if c.sess.as.serial {
			continue
		}
		all++
		if c.sess.key == key {
			same++
		}
	}
	switch {
	case all >= s.cfg.TCP.MaxClients:
		return TooMany, false
	case same >= s.cfg.TCP.MaxPerAddress:
		return TooManyOfOne, false
	}
	return 0, true
}

// watch looks after deadlines until ctx ends. What it may have to wait for it
// leaves to others, of all.
func (s *Server) watch(ctx context.Context, all *sync.WaitGroup) {
	tick := s.clock.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C():
			s.guard(ctx)
			s.settleClock(ctx)
			s.sweep(ctx, all)
		}
	}
}

// sweep ends partial frames, closes connections that are idle or stuck, and
// forgets old sessions.
func (s *Server) sweep(ctx context.Context, all *sync.WaitGroup) {
	s.mu.Lock()
	conns := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	now := s.clock.Now()
	for key, sess := range s.sessions {
		if sess.conns == 0 && now.Sub(sess.seen) > memory {
			delete(s.sessions, key)
		}
	}
	s.mu.Unlock()
	for _, c := range conns {
		since := time.Duration(c.writing.Load())
		var count *atomic.Uint64
		switch {
		case since != 0 && s.elapsed()-since > writeLimit:
			count = &s.counts.stuck
		case s.unfinished(ctx, c):
			count = &s.counts.idle
		default:
			continue
		}
		if c.ended.CompareAndSwap(false, true) {
			count.Add(1)
			all.Go(func() { c.rw.Close() }) // a serial line that is stuck keeps one waiting
		}
	}
}

// farewell stops held motion at the end; the mount may be gone already, so
// it waits a second at most.
func (s *Server) farewell(ctx context.Context) {
	s.mu.Lock()
	s.ending = true
	s.mu.Unlock()
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := s.clock.NewTimer(time.Second)
	defer stop.Stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.motion.Lock()
		defer s.motion.Unlock()
		s.release(ctx)
		s.dropFocusKeys(ctx)
	}()
	select {
	case <-done:
	case <-stop.C():
	}
	cancel()
	<-done
}

// hangUp closes all connections; none is opened any more.
func (s *Server) hangUp() {
	s.mu.Lock()
	conns := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	s.mu.Unlock()
	for _, c := range conns {
		c.rw.Close()
	}
}
