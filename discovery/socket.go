// SPDX-License-Identifier: GPL-3.0-or-later

package discovery

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// bind opens a UDP socket on every address of a family ("udp4" or "udp6",
// never both in one) that learns to which address each datagram was sent and
// shares its port. Port 0 is a port that nobody uses yet: a socket that
// shares from the start could be given another sharer's.
func bind(network string, port uint16) (*net.UDPConn, error) {
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		return control(c, func(fd int) error { return share(fd, port != 0) })
	}}
	unspecified := netip.IPv4Unspecified()
	level, pktinfo := unix.IPPROTO_IP, unix.IP_PKTINFO
	if network == "udp6" {
		unspecified = netip.IPv6Unspecified()
		level, pktinfo = unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO
	}
	pc, err := lc.ListenPacket(context.Background(), network, netip.AddrPortFrom(unspecified, port).String())
	if err != nil {
		return nil, err
	}
	conn := pc.(*net.UDPConn)
	err = onSocket(conn, func(fd int) error {
		return errors.Join(unix.SetsockoptInt(fd, level, pktinfo, 1), share(fd, true))
	})
	if err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// share lets others bind the port too, whichever of the two options they use.
func share(fd int, on bool) error {
	if !on {
		return nil
	}
	return errors.Join(
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1),
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
}

// joinGroup makes an IPv6 socket receive the group's datagrams from an
// interface; unix.EADDRINUSE says that it does already.
func joinGroup(conn *net.UDPConn, ifIndex int) error {
	return setMembership(conn, unix.IPV6_JOIN_GROUP, ifIndex)
}

// leaveGroup undoes joinGroup, also when the interface is gone.
func leaveGroup(conn *net.UDPConn, ifIndex int) error {
	return setMembership(conn, unix.IPV6_LEAVE_GROUP, ifIndex)
}

func setMembership(conn *net.UDPConn, option, ifIndex int) error {
	return onSocket(conn, func(fd int) error {
		mreq := unix.IPv6Mreq{Multiaddr: group.As16(), Interface: uint32(ifIndex)}
		return unix.SetsockoptIPv6Mreq(fd, unix.IPPROTO_IPV6, option, &mreq)
	})
}

func onSocket(conn *net.UDPConn, f func(fd int) error) error {
	c, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	return control(c, f)
}

func control(c syscall.RawConn, f func(fd int) error) error {
	var failed error
	err := c.Control(func(fd uintptr) { failed = f(int(fd)) })
	return errors.Join(err, failed)
}

// arrival is what the kernel tells about a datagram besides its bytes.
type arrival struct {
	from    netip.AddrPort
	to      netip.Addr // destination: an address of ours, broadcast or multicast
	local   netip.Addr // our address to answer from; unspecified: the kernel chooses by ifIndex
	ifIndex int        // the interface it came in by
}

// parseArrival reads the packet information from a datagram's control
// message. It reports false if there is none.
func parseArrival(from netip.AddrPort, oob []byte) (arrival, bool) {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return arrival{}, false
	}
	for _, m := range messages {
		a, d := arrival{from: from}, m.Data
		switch {
		case m.Header.Level == unix.IPPROTO_IP && m.Header.Type == unix.IP_PKTINFO && len(d) >= unix.SizeofInet4Pktinfo:
			// struct in_pktinfo: index, our address, destination. For a
			// broadcast the kernel has chosen ours to suit the sender.
			a.ifIndex = int(binary.NativeEndian.Uint32(d))
			a.local, a.to = netip.AddrFrom4([4]byte(d[4:8])), netip.AddrFrom4([4]byte(d[8:12]))
			return a, true
		case m.Header.Level == unix.IPPROTO_IPV6 && m.Header.Type == unix.IPV6_PKTINFO && len(d) >= unix.SizeofInet6Pktinfo:
			// struct in6_pktinfo: destination, index.
			a.to, a.ifIndex = netip.AddrFrom16([16]byte(d[:16])), int(binary.NativeEndian.Uint32(d[16:20]))
			if a.local = a.to; a.to.IsMulticast() {
				a.local = netip.IPv6Unspecified()
			}
			return a, true
		}
	}
	return arrival{}, false
}

// control returns the control message that sends the answer from a.local,
// and, when that is not just the address asked, out of the same interface.
func (a arrival) control() []byte {
	ifIndex := 0
	if a.to != a.local || a.to.IsLinkLocalUnicast() {
		ifIndex = a.ifIndex
	}
	return sendFrom(a.local, ifIndex)
}

// sendFrom returns the control message that sends a datagram from an address
// of ours (unspecified: the kernel chooses) out of an interface (0: the
// routing table chooses).
func sendFrom(local netip.Addr, ifIndex int) []byte {
	if local.Is4() {
		return unix.PktInfo4(&unix.Inet4Pktinfo{Ifindex: int32(ifIndex), Spec_dst: local.As4()})
	}
	return unix.PktInfo6(&unix.Inet6Pktinfo{Ifindex: uint32(ifIndex), Addr: local.As16()})
}

// link is a network interface that is up.
type link struct {
	name      string
	index     int
	broadcast bool           // can send IPv4 broadcasts
	multicast bool           // can carry the IPv6 group
	prefixes  []netip.Prefix // its addresses, each with its subnet's length
}

// links lists the interfaces that are up. One that vanishes meanwhile counts
// as having no addresses.
func links() ([]link, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var up []link
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 {
			continue
		}
		l := link{
			name: i.Name, index: i.Index,
			broadcast: i.Flags&net.FlagBroadcast != 0,
			// The loopback interface carries multicast without saying so,
			// given a route; joining there costs nothing.
			multicast: i.Flags&(net.FlagMulticast|net.FlagLoopback) != 0,
		}
		addrs, _ := i.Addrs()
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				l.prefixes = append(l.prefixes, p)
			}
		}
		up = append(up, l)
	}
	return up, nil
}

// contains reports whether a is in a subnet of one of the links.
func contains(up []link, a netip.Addr) bool {
	for _, l := range up {
		for _, p := range l.prefixes {
			if p.Contains(a.WithZone("")) {
				return true
			}
		}
	}
	return false
}

// holds reports whether the link of that index has the very address a.
func holds(up []link, ifIndex int, a netip.Addr) bool {
	for _, l := range up {
		for _, p := range l.prefixes {
			if l.index == ifIndex && p.Addr() == a {
				return true
			}
		}
	}
	return false
}
