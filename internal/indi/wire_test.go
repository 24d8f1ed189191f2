// SPDX-License-Identifier: GPL-3.0-or-later

package indi

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

// wire remembers what was sent, for those who look for the reason of a
// failure.
type wire struct {
	mu   sync.Mutex
	said []exchange
}

type exchange struct {
	at     time.Time
	driver bool // sent by the driver
	bytes  string
}

const remembered = 2000

func (w *wire) note(driver bool, b []byte) {
	if len(b) == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.said) >= remembered {
		w.said = w.said[1:]
	}
	w.said = append(w.said, exchange{time.Now(), driver, string(b)})
}

// sent returns how often the driver has lately sent a command.
func (w *wire) sent(command string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	var b strings.Builder
	for _, x := range w.said {
		if x.driver {
			b.WriteString(x.bytes)
		}
	}
	return strings.Count(b.String(), command)
}

func (w *wire) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var b strings.Builder
	for _, x := range w.said {
		arrow := '<'
		if x.driver {
			arrow = '>'
		}
		fmt.Fprintf(&b, "%s %c %q\n", x.at.Format("05.000"), arrow, x.bytes)
	}
	return b.String()
}

// tapped is a listener whose connections are written down.
type tapped struct {
	net.Listener
	wire *wire
}

func (l tapped) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return tappedConn{c, l.wire}, nil
}

type tappedConn struct {
	net.Conn
	wire *wire
}

func (c tappedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.wire.note(true, b[:n])
	return n, err
}

func (c tappedConn) Write(b []byte) (int, error) {
	c.wire.note(false, b)
	return c.Conn.Write(b)
}
