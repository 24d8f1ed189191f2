// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// conn is one connection or serial port.
type conn struct {
	rw   io.ReadWriteCloser
	sess *Session

	mu     sync.Mutex // held while bytes are taken in
	frames framer
	budget budget
	last   time.Duration // when the last byte came, by Server.elapsed

	writing atomic.Int64 // Server.elapsed since which a write is under way; 0 for none
	out     []byte       // replies are made here
	ended   atomic.Bool  // the watch has closed it
}

// open makes a connection known. In a server that is about to end it is
// closed at once.
func (s *Server) open(rw io.ReadWriteCloser, key string, as *manner) *conn {
	c := &conn{rw: rw, last: s.elapsed(), frames: framer{checksums: as.Checksums}}
	s.mu.Lock()
	c.sess = s.session(key, as)
	c.sess.conns++ // at once, or the session might be forgotten
	s.conns[c] = struct{}{}
	ending := s.ending
	s.mu.Unlock()
	if !as.serial {
		s.counts.accepted.Add(1)
		s.counts.connections.Add(1)
	}
	if ending {
		rw.Close()
	}
	s.returned(key)
	return c
}

// close forgets a connection and closes it. Closing comes last: a serial line
// that is stuck takes its time, and motion must not go on meanwhile.
func (s *Server) close(ctx context.Context, c *conn) {
	defer c.rw.Close()
	s.mu.Lock()
	delete(s.conns, c)
	c.sess.conns--
	c.sess.seen = s.clock.Now()
	last := c.sess.conns == 0
	s.mu.Unlock()
	if !c.sess.as.serial {
		s.counts.connections.Add(-1)
	}
	if last {
		s.left(ctx, c.sess)
	}
}

// converse answers one connection until it ends or ctx does, and closes it.
// Another goroutine, watch, closes it when its client is idle or takes no
// reply.
func (s *Server) converse(ctx context.Context, c *conn) error {
	defer s.close(ctx, c)
	var buf [512]byte
	for {
		n, err := c.rw.Read(buf[:])
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if n > 0 {
			if err := s.answer(ctx, c, buf[:n]); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
	}
}

// answer executes what arrived, in order. Its error is that of writing.
func (s *Server) answer(ctx context.Context, c *conn, data []byte) error {
	s.counts.received(data)
	if s.log.Enabled(ctx, slog.LevelDebug) {
		s.log.Debug("lx200 received", "client", c.sess.key, "bytes", fmt.Sprintf("%q", data))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, b := range data {
		out := c.out[:0]
		what := c.frames.feed(b)
		s.pace(ctx, c, what)
		switch what {
		case complete:
			out = s.execute(ctx, c.sess, c.frames.frame(), out)
		case summed:
			out = s.executeSummed(ctx, c.sess, c.frames.frame(), out)
		case asked:
			out = s.acknowledge(c.sess, out)
		case cut:
			if f := c.frames.frame(); len(f) > 0 && (f[0] == 'G' || f[0] == 'Q') {
				out = s.execute(ctx, c.sess, f, out)
			}
		case overflow:
			s.counts.framing(Overlong)
		case broken:
			s.counts.broken.Add(1)
		case noise:
			s.counts.noise.Add(1)
		}
		if len(out) > 0 {
			c.out = out
			if err := s.write(c, out); err != nil {
				return err
			}
		}
	}
	c.last = s.elapsed()
	return nil
}

// write sends one reply. The watch closes a connection that does not take it.
func (s *Server) write(c *conn, out []byte) error {
	c.writing.Store(int64(max(1, s.elapsed())))
	n, err := c.rw.Write(out)
	c.writing.Store(0)
	s.counts.out.Add(uint64(n))
	return err
}

// unfinished drops a partial frame that nothing was added to for long, but
// obeys one that means to stop. It reports whether the connection has been
// idle for so long that it is to be closed.
func (s *Server) unfinished(ctx context.Context, c *conn) (idle bool) {
	if !c.mu.TryLock() {
		return false // bytes are being taken in
	}
	defer c.mu.Unlock()
	quiet := s.elapsed() - c.last
	begun, inside := c.frames.partial()
	stop := len(begun) > 0 && begun[0] == 'Q'
	if inside && (quiet >= partialLimit || stop && quiet >= stopLimit) {
		c.frames.reset()
		s.counts.framing(Unfinished)
		if stop {
			s.execute(ctx, c.sess, []byte("Q"), nil)
		}
	}
	return !c.sess.as.serial && quiet >= seconds(s.cfg.TCP.IdleS)
}
