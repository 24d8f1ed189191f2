// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/discovery"
)

// serviceDiscovery is Prometheus' HTTP service discovery as the command line
// wants it.
type serviceDiscovery struct {
	serve  bool
	listen string
	every  time.Duration // from look to look

	out io.Writer // the list, or the address in use
	log io.Writer
}

// defaultServiceDiscovery is reached from this machine only: whoever asks it
// learns the addresses of all instruments.
func defaultServiceDiscovery() serviceDiscovery {
	return serviceDiscovery{listen: "127.0.0.1:11112", every: 30 * time.Second}
}

// validate returns what cannot be meant.
func (s serviceDiscovery) validate() error {
	if s.every < time.Second || s.every > time.Hour {
		return fmt.Errorf("every %v: accepted are 1s to 1h", s.every)
	}
	if err := config.ValidListen(s.listen); err != nil {
		return fmt.Errorf("listen address %q: %w", s.listen, err)
	}
	return nil
}

// run prints the list once, or serves it until ctx ends.
func (s serviceDiscovery) run(ctx context.Context, o discovery.WatchOptions) error {
	if err := s.validate(); err != nil {
		return err
	}
	o.Every, o.Clock, o.Log = s.every, clock.Real{}, slog.New(slog.NewTextHandler(s.log, nil))
	w := discovery.NewWatcher(o)
	if s.serve {
		return s.serveList(ctx, w, o.Log)
	}
	err := w.Look(ctx)
	page, ok := w.Page()
	if !ok {
		return err
	}
	if err != nil {
		o.Log.Warn("discovery", "error", err)
	}
	_, err = s.out.Write(page)
	return err
}

// serveList serves the list while the watcher keeps it up to date.
func (s serviceDiscovery) serveList(ctx context.Context, w *discovery.Watcher, log *slog.Logger) error {
	ln, err := listen("service discovery", s.listen)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "listening prometheus-sd http://%s/sd\n", ln.Addr())
	workers, working := errgroup.WithContext(ctx)
	workers.Go(func() error { return w.Run(working) })
	workers.Go(func() error { return serveUntil(working, ln, listPages(w), log) })
	return workers.Wait()
}

// listPages serves the list at /sd, and at / for those who look by hand.
func listPages(list http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /sd", list)
	mux.Handle("GET /{$}", list)
	return mux
}

// serveUntil answers requests until ctx ends. They are short, and so is its
// patience with them.
func serveUntil(ctx context.Context, ln net.Listener, h http.Handler, log *slog.Logger) error {
	const patience = 10 * time.Second
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: patience,
		ReadTimeout:       patience,
		WriteTimeout:      patience,
		IdleTimeout:       2 * time.Minute, // Prometheus asks every minute
		MaxHeaderBytes:    1 << 14,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	stopped := make(chan struct{})
	unwatch := context.AfterFunc(ctx, func() {
		defer close(stopped)
		soon, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if server.Shutdown(soon) != nil {
			_ = server.Close()
		}
	})
	err := server.Serve(ln)
	if unwatch() { // ln failed by itself
		_ = server.Close()
		return err
	}
	<-stopped
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
