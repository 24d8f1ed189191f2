// SPDX-License-Identifier: GPL-3.0-or-later

package discovery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/siderostep/siderostep/clock"
)

const (
	lookEvery  = 10 * time.Second // between looks at the network interfaces
	afterError = 100 * time.Millisecond
)

// Responder answers discovery queries: each that it accepts once, and all
// else not at all.
type Responder struct {
	config Config
	alpaca netip.AddrPort // where Alpaca listens
	reply  []byte
	clock  clock.Clock
	log    *slog.Logger
	limit  limiter
	conns  []*net.UDPConn
	conn6  *net.UDPConn           // the one of conns that is IPv6, or nil
	joined map[int]string         // names of the links joined, by index; owned by Listen, then watch
	up     atomic.Pointer[[]link] // the links when last looked at
	counts struct{ answered, ignored, limited atomic.Uint64 }
}

// Counts are what has become of the datagrams received.
type Counts struct {
	Answered uint64
	Ignored  uint64 // not queries, or not from whom or where we answer
	Limited  uint64 // queries beyond the rate limits
}

// Listen opens the discovery port for a server whose Alpaca API listens at
// alpaca, as told by net.Listener.Addr. It answers only where a client would
// then find that API: everywhere if the address is [::], on IPv4 if it is
// 0.0.0.0, else only from that very address, so that a server on a loopback
// address is discovered by programs on its own machine only. Config.Enabled
// is the caller's affair.
//
// The clock should be a real one: rate limits are about real time.
//
// A family that cannot be had is logged and the other serves alone. The error
// says that neither can; discovery then does not work and nothing is left
// open, but Alpaca itself need not suffer.
func Listen(cfg Config, alpaca netip.AddrPort, c clock.Clock, log *slog.Logger) (*Responder, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	r := &Responder{
		config: cfg,
		alpaca: netip.AddrPortFrom(alpaca.Addr().Unmap().WithZone(""), alpaca.Port()),
		reply:  formatReply(alpaca.Port()),
		clock:  c,
		log:    log,
		limit:  limiter{perSource: cfg.PerSourcePerSecond, total: cfg.TotalPerSecond, counts: map[netip.Addr]int{}},
		joined: map[int]string{},
	}
	port := uint16(cfg.Port)
	conn4, err4 := bind("udp4", port)
	if err4 == nil {
		r.conns = append(r.conns, conn4)
		port = r.Addrs()[0].Port()
	}
	var err6 error
	if cfg.IPv6 {
		r.conn6, err6 = r.bind6(port)
	}
	if r.conn6 != nil {
		r.conns = append(r.conns, r.conn6)
	}
	if len(r.conns) == 0 {
		return nil, fmt.Errorf("discovery: %w", errors.Join(err4, err6))
	}
	for _, err := range []error{err4, err6} {
		if err != nil {
			log.Warn("discovery is limited to one IP version", "error", err)
		}
	}
	r.look()
	return r, nil
}

// bind6 opens the IPv6 socket. Where the system chose the port, the one that
// IPv4 got is best, but any will do.
func (r *Responder) bind6(port uint16) (*net.UDPConn, error) {
	conn, err := bind("udp6", port)
	if err != nil && r.config.Port == 0 {
		return bind("udp6", 0)
	}
	return conn, err
}

// Addrs returns the addresses on which queries are awaited, IPv4 first.
func (r *Responder) Addrs() []netip.AddrPort {
	var addrs []netip.AddrPort
	for _, conn := range r.conns {
		addrs = append(addrs, conn.LocalAddr().(*net.UDPAddr).AddrPort())
	}
	return addrs
}

// Counts returns the numbers of datagrams so far.
func (r *Responder) Counts() Counts {
	return Counts{r.counts.answered.Load(), r.counts.ignored.Load(), r.counts.limited.Load()}
}

// Run answers queries until ctx ends or Close is called; then it closes the
// port and returns nil. No datagram and no failing network ends it earlier.
func (r *Responder) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, r.Close)()
	var servers, watcher sync.WaitGroup
	watcher.Go(func() { r.watch(ctx) })
	for _, conn := range r.conns {
		servers.Go(func() { r.serve(ctx, conn) })
	}
	servers.Wait()
	cancel()
	watcher.Wait()
	return nil
}

// Close frees the port and ends Run, if it runs. It is idempotent.
func (r *Responder) Close() {
	for _, conn := range r.conns {
		conn.Close()
	}
}

func (r *Responder) serve(ctx context.Context, conn *net.UDPConn) {
	buf, oob := make([]byte, maxQuery+1), make([]byte, 256) // one byte more shows that a datagram is too long
	for {
		n, oobn, _, from, err := conn.ReadMsgUDPAddrPort(buf, oob)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			r.log.Debug("discovery receive", "error", err)
			_ = clock.Sleep(ctx, r.clock, afterError) // an end of ctx shows in the next read
			continue
		}
		a, ok := parseArrival(from, oob[:oobn])
		if !ok || !r.accept(&a, buf[:n]) {
			r.counts.ignored.Add(1)
			continue
		}
		if !r.limit.allow(from.Addr(), r.clock.Now()) {
			r.counts.limited.Add(1)
			continue
		}
		if _, _, err := conn.WriteMsgUDPAddrPort(r.reply, a.control(), from); err != nil {
			r.log.Debug("discovery reply", "to", from, "error", err)
			continue
		}
		r.counts.answered.Add(1)
		r.log.Debug("discovery answered", "to", from, "asked_at", a.to)
	}
}

// accept reports whether a datagram is a query that may be answered, rate
// limits aside. It settles a.local where the kernel left the choice.
func (r *Responder) accept(a *arrival, datagram []byte) bool {
	if !isQuery(datagram) || a.from.Port() == 0 {
		return false
	}
	up := *r.up.Load()
	if r.config.LocalOnly && !contains(up, a.from.Addr()) {
		return false
	}
	own := r.alpaca.Addr()
	switch {
	case own == netip.IPv6Unspecified():
		return true
	case own == netip.IPv4Unspecified():
		return a.local.Is4()
	case a.local == netip.IPv6Unspecified() && holds(up, a.ifIndex, own):
		a.local = own
	}
	return a.local == own
}

// watch keeps up with interfaces that come and go.
func (r *Responder) watch(ctx context.Context) {
	ticker := r.clock.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C():
			r.look()
		}
	}
}

// look notes the present subnets and joins the IPv6 group on each link that
// can carry it. It tries links already joined again, for some lose their
// memberships unseen, and leaves those that went, lest the socket fill up
// with them.
func (r *Responder) look() {
	up, err := links()
	if err != nil {
		r.log.Debug("discovery interfaces", "error", err)
	}
	if err == nil || r.up.Load() == nil {
		r.up.Store(&up)
	}
	if err != nil || r.conn6 == nil {
		return
	}
	present := map[int]bool{}
	for _, l := range up {
		if !l.multicast {
			continue
		}
		switch err := joinGroup(r.conn6, l.index); {
		case err == nil:
			r.joined[l.index] = l.name
			r.log.Info("discovery joined", "interface", l.name, "group", group)
		case !errors.Is(err, unix.EADDRINUSE): // a link without IPv6
			r.log.Debug("discovery join", "interface", l.name, "error", err)
			continue
		}
		present[l.index] = true
	}
	for index, name := range r.joined {
		if !present[index] {
			_ = leaveGroup(r.conn6, index) // the kernel may have been faster
			delete(r.joined, index)
			r.log.Info("discovery left", "interface", name)
		}
	}
}

// limiter counts the answers of one second. It remembers a source only while
// it grants it answers, so total bounds its memory too, and a source beyond
// its own limit takes nothing from the others. Who forges many sources can
// use up total; that is the price of never being a useful reflector.
type limiter struct {
	perSource, total int // answers per second

	mu     sync.Mutex
	start  time.Time // of the present second
	n      int
	counts map[netip.Addr]int
}

// allow reports whether source may be answered now, and counts it if so.
func (l *limiter) allow(source netip.Addr, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.start) >= time.Second {
		l.start, l.n = now, 0
		clear(l.counts)
	}
	if l.n >= l.total || l.counts[source] >= l.perSource {
		return false
	}
	l.n++
	l.counts[source]++
	return true
}
