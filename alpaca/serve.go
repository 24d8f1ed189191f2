// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"
)

// How patient the server is with connections. There is no limit on writing:
// a blocking slew takes up to 95 s, and a page of another package may stream.
const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 150 * time.Second // clients keep connections open between polls
	stopTimeout   = 3 * time.Second   // for requests under way when the server stops
	maxHeader     = 32 << 10          // bytes of request line and headers
)

// Serve answers requests from ln until ctx ends; then it refuses new ones,
// lets those under way end (blocking slews are told that they were cancelled,
// the motion goes on), and returns nil. It returns an error when ln fails.
// Serve may be called for several listeners at once; a server that has
// stopped serves no more.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	address := ln.Addr().String()
	s.listening(address, true)
	defer s.listening(address, false)
	hs := &http.Server{
		Handler:           s.engine,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		ConnState:         s.connection,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	stopped := make(chan struct{})
	unwatch := context.AfterFunc(ctx, func() {
		defer close(stopped)
		s.stop()
		patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		if hs.Shutdown(patience) != nil {
			_ = hs.Close()
		}
	})
	err := hs.Serve(ln)
	if unwatch() { // ln failed by itself
		_ = hs.Close()
		return err
	}
	<-stopped
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// listening notes an address for the setup page.
func (s *Server) listening(address string, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if on {
		s.addresses = append(s.addresses, address)
	} else if i := slices.Index(s.addresses, address); i >= 0 {
		s.addresses = slices.Delete(s.addresses, i, i+1)
	}
}
