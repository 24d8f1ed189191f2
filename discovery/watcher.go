// SPDX-License-Identifier: GPL-3.0-or-later

package discovery

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/siderostep/siderostep/clock"
)

// WatchOptions say where a Watcher looks, and how often.
type WatchOptions struct {
	Find  FindOptions
	Given []Server      // asked without having been found
	Every time.Duration // from round to round
	Clock clock.Clock
	Log   *slog.Logger // told of targets that come and go, and of servers left out
}

// Watcher keeps the list of servers that have metrics, and serves it over
// HTTP to Prometheus.
type Watcher struct {
	options WatchOptions
	find    func(context.Context, FindOptions) ([]Server, error)
	page    atomic.Pointer[[]byte] // the list as JSON; nil before the first round

	// The rest is Look's.
	list    targetList
	known   []Target          // after the last round
	reasons map[string]string // why servers were left out, by address
}

// NewWatcher returns a Watcher that has not looked yet.
func NewWatcher(o WatchOptions) *Watcher {
	return &Watcher{options: o, find: Find, list: targetList{}, reasons: map[string]string{}}
}

// Look makes one round: it finds servers, asks each who it is and whether it
// has metrics, and brings the list up to date. One goroutine at a time may
// call it, or Run.
//
// An error tells that discovery, or a part of it, failed. The list then loses
// nobody; with nobody found either, it stays as it was.
func (w *Watcher) Look(ctx context.Context) error {
	servers, problem := w.find(ctx, w.options.Find)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	given := len(w.options.Given)
	// A server that is found where it was given too is asked but once.
	servers = slices.DeleteFunc(servers, func(s Server) bool {
		return slices.ContainsFunc(w.options.Given, func(g Server) bool { return g.authority() == s.authority() })
	})
	if problem != nil && given+len(servers) == 0 {
		return problem
	}
	servers = append(slices.Clone(w.options.Given), servers...)
	reasons := askAll(ctx, servers)
	if ctx.Err() != nil { // and everybody seemed silent
		return ctx.Err()
	}
	var found []candidate
	for i, s := range servers {
		if w.explain(s, reasons[i]); reasons[i] == nil {
			found = append(found, candidate{s, i < given})
		}
	}
	w.list.update(found, problem == nil)
	w.publish()
	return problem
}

// explain logs why a server is left out, when that is news.
func (w *Watcher) explain(s Server, reason error) {
	if reason == nil {
		delete(w.reasons, s.authority())
		return
	}
	if text := printable(reason.Error()); w.reasons[s.authority()] != text {
		if len(w.reasons) >= maxServers {
			clear(w.reasons)
		}
		w.reasons[s.authority()] = text
		w.options.Log.Info("left out", "server", s.authority(), "reason", text)
	}
}

// publish puts the list before the readers.
func (w *Watcher) publish() {
	targets := w.list.targets()
	for _, t := range targets {
		if !slices.Contains(w.known, t) {
			w.options.Log.Info("target", "address", t.Addresses[0], "name", t.Labels.Name, "location", t.Labels.Location)
		}
	}
	for _, t := range w.known {
		if !slices.Contains(targets, t) {
			w.options.Log.Info("target gone", "address", t.Addresses[0], "name", t.Labels.Name, "location", t.Labels.Location)
		}
	}
	w.known = targets
	var page bytes.Buffer
	enc := json.NewEncoder(&page)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(targets); err != nil {
		w.options.Log.Error("list of targets", "error", err)
		return
	}
	b := page.Bytes()
	w.page.Store(&b)
}

// Page returns the list as Prometheus wants it; false before the first round
// that succeeded.
func (w *Watcher) Page() ([]byte, bool) {
	page := w.page.Load()
	if page == nil {
		return nil, false
	}
	return *page, true
}

// Run looks until ctx ends, and then returns nil. Rounds that fail are
// logged.
func (w *Watcher) Run(ctx context.Context) error {
	ticker := w.options.Clock.NewTicker(w.options.Every)
	defer ticker.Stop()
	said := ""
	for {
		problem := ""
		if err := w.Look(ctx); err != nil && ctx.Err() == nil {
			problem = err.Error()
		}
		if problem != said && problem != "" {
			w.options.Log.Warn("discovery", "error", problem)
		}
		said = problem
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C():
		}
	}
}

// ServeHTTP answers with the list. Before the first round is over it answers
// 503: at an empty list Prometheus would drop all its targets, at an error it
// keeps them.
func (w *Watcher) ServeHTTP(rw http.ResponseWriter, _ *http.Request) {
	page, ok := w.Page()
	if !ok {
		rw.Header().Set("Retry-After", "5")
		http.Error(rw, "still looking for servers", http.StatusServiceUnavailable)
		return
	}
	rw.Header().Set("Content-Type", "application/json")
	rw.Header().Set("Cache-Control", "no-store")
	_, _ = rw.Write(page) // a client that left needs no answer
}
