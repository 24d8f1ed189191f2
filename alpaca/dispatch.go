// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/siderostep/siderostep/fault"
)

var (
	jsonType = []string{"application/json"}
	textType = []string{"text/plain; charset=utf-8"}
)

// route builds the router. Gin sees a few subtrees; what they hold is looked
// up by whole path.
func (s *Server) route() {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.RedirectTrailingSlash = false // a path is right or wrong
	e.Use(s.survive)
	for _, tree := range []string{"/api/*rest", "/management/*rest"} {
		e.GET(tree, s.serve)
		e.PUT(tree, s.serve)
	}
	e.NoRoute(s.stray)
	s.routePages(e)
	for path, h := range s.parts.Extra {
		if path == "/" {
			continue // takes what is left, see stray
		}
		if strings.HasSuffix(path, "/") {
			path += "*rest"
		}
		e.Any(path, gin.WrapH(h))
	}
	s.engine = e
}

// stray answers a request that no route takes: a wrong verb or path of ours,
// or a page of whoever has the root.
func (s *Server) stray(g *gin.Context) {
	root := s.parts.Extra["/"]
	first, _, _ := strings.Cut(strings.TrimPrefix(g.Request.URL.Path, "/"), "/")
	if root == nil || first == "api" || first == "management" || first == "setup" {
		s.serve(g)
		return
	}
	g.Writer.WriteHeader(http.StatusOK) // for a handler that takes it for granted
	root.ServeHTTP(g.Writer, g.Request)
}

// survive answers a request whose handler panicked, and lets the others go on.
func (s *Server) survive(g *gin.Context) {
	defer func() {
		broken := recover()
		if broken == nil {
			return
		}
		if err, ok := broken.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(broken)
		}
		s.count.panics.Add(1)
		s.log.Error("internal failure", "path", g.Request.URL.Path, "panic", fmt.Sprint(broken), "stack", string(debug.Stack()))
		if !g.Writer.Written() {
			writeText(g.Writer, http.StatusInternalServerError, "internal failure; see the server's log")
		}
	}()
	g.Next()
}

// serve answers a request to a device or to management.
func (s *Server) serve(g *gin.Context) {
	r := g.Request
	found := s.resources[r.URL.Path]
	if found == nil {
		s.count.stray.Add(1)
		s.refuse(g, s.strayed(r.URL.Path))
		return
	}
	ep := found.get
	if r.Method == http.MethodPut {
		ep = found.put
	}
	if ep == nil || ep.verb != r.Method {
		s.count.stray.Add(1)
		g.Writer.Header().Set("Allow", found.methods())
		s.refuse(g, &refusal{http.StatusMethodNotAllowed, r.Method + " is not possible here, only " + found.methods()})
		return
	}
	began := s.parts.Clock.Now()
	c := s.calls.Get().(*call)
	c.prepare(r)
	if err := c.read(g.Writer, ep, s.cfg.MaxBodyBytes); err != nil {
		s.refuse(g, err)
		ep.tally.refused.Add(1)
	} else {
		s.answer(g, c, ep)
	}
	ep.tally.took(s.parts.Clock.Now().Sub(began))
	c.http, c.ctx = nil, nil
	s.calls.Put(c)
}

// answer performs an understood request and writes its JSON.
func (s *Server) answer(g *gin.Context, c *call, ep *endpoint) {
	if s.parts.Mount.Snapshot().Holder != "" {
		s.parts.Mount.Heard(c.clientKey())
	}
	c.begin(ep.reply)
	var err error
	if ep.verb == http.MethodPut {
		err = s.command(c, ep)
	} else {
		err = ep.do(c)
	}
	transaction := s.nextTransaction()
	c.finish(ep.reply, transaction, err)
	if err == nil {
		ep.tally.ok.Add(1)
	} else {
		ep.tally.failed.Add(1)
	}
	g.Writer.Header()["Content-Type"] = jsonType
	_, _ = g.Writer.Write(c.out) // a client that has gone needs no answer
	if s.log.Enabled(c.http.Context(), slog.LevelDebug) {
		s.log.Debug("request", "from", c.http.RemoteAddr, "method", ep.verb, "path", c.http.URL.Path, "fields", c.form,
			"transaction", transaction, "answer", string(c.out))
	}
}

// command performs a PUT. Its context is the server's and not the client's,
// so that a client that gives up leaves nothing half done.
func (s *Server) command(c *call, ep *endpoint) (err error) {
	ctx, cancel := context.WithTimeout(s.life, ep.limit)
	defer cancel()
	c.ctx = ctx
	if c.transaction == 0 {
		err = ep.do(c)
	} else {
		err = s.join.do(ctx, c, func() error { return ep.do(c) })
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fault.New(fault.Hardware, "", "the control loop gave no answer within %v", commandLimit)
	}
	return err
}

// nextTransaction returns the next ServerTransactionID, never 0.
func (s *Server) nextTransaction() uint32 {
	for {
		if n := s.transactions.Add(1); n != 0 {
			return n
		}
	}
}

// refuse answers a request that was not understood. err is a *refusal.
func (s *Server) refuse(g *gin.Context, err error) {
	re := &refusal{http.StatusBadRequest, err.Error()}
	errors.As(err, &re)
	s.count.refused.Add(1)
	s.log.Debug("refused", "from", g.Request.RemoteAddr, "method", g.Request.Method, "path", g.Request.URL.Path,
		"status", re.status, "reason", re.text)
	writeText(g.Writer, re.status, re.text)
}

func writeText(w http.ResponseWriter, status int, text string) {
	h := w.Header()
	h["Content-Type"] = textType
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n"))
}

// strayed says what is wrong with a path that leads nowhere.
func (s *Server) strayed(path string) *refusal {
	rest, inside := strings.CutPrefix(path, "/api")
	if !inside || rest != "" && rest[0] != '/' {
		return &refusal{http.StatusNotFound, "there is no page " + quoted(path)}
	}
	bad := func(format string, args ...any) *refusal {
		return &refusal{http.StatusBadRequest, fmt.Sprintf(format, args...)}
	}
	parts := strings.Split(rest, "/")
	if len(parts) != 5 {
		return bad("%s is not /api/v1/{device type}/{number}/{member}", quoted(path))
	}
	if parts[1] != "v1" {
		return bad("there is no interface version %s, only v1", quoted(parts[1]))
	}
	known := false
	for _, d := range s.devices {
		b := d.common()
		if b.kind == parts[2] && fmt.Sprint(b.number) == parts[3] {
			return bad("%s has no member %s (the case of its letters matters)", b.kind, quoted(parts[4]))
		}
		known = known || b.kind == parts[2]
	}
	if known {
		return bad("there is no %s %s", parts[2], quoted(parts[3]))
	}
	return bad("there is no device type %s here (the case of its letters matters)", quoted(parts[2]))
}
