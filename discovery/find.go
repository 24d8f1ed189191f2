// SPDX-License-Identifier: GPL-3.0-or-later

package discovery

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/fault"
)

const (
	maxReply   = 1024 // bytes; a reply has 20
	maxServers = 1024 // so that a flood of replies ends somewhere
)

// FindOptions say where and how long to look. The zero value asks both IP
// versions on every link, twice within 2 s.
type FindOptions struct {
	Port    int           // UDP port asked, 0..65535; 0 is DefaultPort
	Timeout time.Duration // from the first query to the end; 0 is 2 s
	Rounds  int           // times that each query is sent, over the first half of Timeout; 0 is 2
	Hosts   []string      // names and addresses beyond the local links, asked by unicast
	IPv4    bool          // IP versions to use; neither means both
	IPv6    bool
	Clock   clock.Clock // nil is clock.Real
}

// question is a destination for the query.
type question struct {
	to      netip.AddrPort
	control []byte // which address and interface to send from, or nil
}

// Find asks for Alpaca servers and returns those that answered, each address
// and port once, in order of address. A server that is reached over several
// of its addresses appears as often; Describe shows by the devices' unique ids
// which are one.
//
// Queries go by broadcast and multicast to every link and by unicast to this
// machine and to o.Hosts. Of several servers that share the port of one
// machine, unicast reaches only one.
//
// An error tells what could not be asked, or that ctx ended early; the
// servers found are returned all the same. A link that refuses to send is no
// error. A port out of range is fault.Invalid.
func Find(ctx context.Context, o FindOptions) ([]Server, error) {
	if o.Port < 0 || o.Port > 65535 {
		return nil, fault.New(fault.Invalid, "discovery", "port is %d, accepted are 0 to 65535", o.Port)
	}
	o = o.withDefaults()
	questions, problem := o.questions(ctx)

	found := collection{servers: map[netip.AddrPort]bool{}}
	var readers sync.WaitGroup
	conns := map[bool]*net.UDPConn{} // by Addr.Is4
	var failed []error
	for _, network := range o.networks() {
		conn, err := net.ListenUDP(network, nil)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		conns[network == "udp4"] = conn
		readers.Go(func() { found.read(conn) })
	}
	if len(conns) == 0 {
		return nil, fmt.Errorf("discovery: %w", errors.Join(failed...))
	}

	pause := o.Timeout / 2 / time.Duration(o.Rounds)
	for range o.Rounds {
		for _, q := range questions {
			if conn := conns[q.to.Addr().Is4()]; conn != nil {
				_, _, _ = conn.WriteMsgUDPAddrPort([]byte(query), q.control, q.to) // a link may be unable
			}
		}
		if clock.Sleep(ctx, o.Clock, pause) != nil {
			break
		}
	}
	_ = clock.Sleep(ctx, o.Clock, o.Timeout-pause*time.Duration(o.Rounds))
	for _, conn := range conns {
		conn.Close()
	}
	readers.Wait()
	return found.sorted(), errors.Join(problem, ctx.Err())
}

func (o FindOptions) withDefaults() FindOptions {
	if o.Port == 0 {
		o.Port = DefaultPort
	}
	if o.Timeout <= 0 {
		o.Timeout = 2 * time.Second
	}
	if o.Rounds <= 0 {
		o.Rounds = 2
	}
	if !o.IPv4 && !o.IPv6 {
		o.IPv4, o.IPv6 = true, true
	}
	if o.Clock == nil {
		o.Clock = clock.Real{}
	}
	return o
}

func (o FindOptions) networks() (networks []string) {
	if o.IPv4 {
		networks = append(networks, "udp4")
	}
	if o.IPv6 {
		networks = append(networks, "udp6")
	}
	return networks
}

// questions lists the destinations. Its error is about o.Hosts and the list
// of links; what could be had is listed all the same.
func (o FindOptions) questions(ctx context.Context) ([]question, error) {
	var list []question
	add := func(to netip.Addr, control []byte) {
		list = append(list, question{netip.AddrPortFrom(to, uint16(o.Port)), control})
	}
	limited := netip.AddrFrom4([4]byte{255, 255, 255, 255})
	up, err := links()
	for _, l := range up {
		for _, p := range l.prefixes {
			// The index makes the query leave by this very link, where two
			// are in one subnet or the routing table knows no other way.
			if directed, ok := directedBroadcast(p); ok {
				add(directed, sendFrom(p.Addr(), l.index))
				if l.broadcast {
					add(limited, sendFrom(p.Addr(), l.index))
				}
			}
		}
		if l.multicast {
			add(group.WithZone(l.name), nil)
		}
	}
	add(netip.AddrFrom4([4]byte{127, 0, 0, 1}), nil)
	add(netip.IPv6Loopback(), nil)

	problems := []error{err}
	ctx, cancel := context.WithTimeout(ctx, o.Timeout) // real time: name servers live in it
	defer cancel()
	for _, host := range o.Hosts {
		addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		for _, a := range addrs {
			add(a.Unmap(), nil)
		}
		problems = append(problems, err)
	}
	return list, errors.Join(problems...)
}

// directedBroadcast returns the last address of an IPv4 subnet that has more
// than two.
func directedBroadcast(p netip.Prefix) (netip.Addr, bool) {
	if !p.Addr().Is4() || p.Bits() > 30 {
		return netip.Addr{}, false
	}
	a := p.Addr().As4()
	for bit := p.Bits(); bit < 32; bit++ {
		a[bit/8] |= 0x80 >> (bit % 8)
	}
	return netip.AddrFrom4(a), true
}

// collection gathers replies from several sockets.
type collection struct {
	mu      sync.Mutex
	servers map[netip.AddrPort]bool
}

// read takes replies until the socket is closed.
func (c *collection) read(conn *net.UDPConn) {
	buf := make([]byte, maxReply+1)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		if port, ok := parseReply(buf[:n]); ok && n <= maxReply {
			c.add(netip.AddrPortFrom(from.Addr(), port))
		}
	}
}

func (c *collection) add(server netip.AddrPort) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.servers) < maxServers {
		c.servers[server] = true
	}
}

func (c *collection) sorted() []Server {
	c.mu.Lock()
	defer c.mu.Unlock()
	var servers []Server
	for addr := range c.servers {
		servers = append(servers, Server{Addr: addr})
	}
	slices.SortFunc(servers, func(a, b Server) int { return a.Addr.Compare(b.Addr) })
	return servers
}
