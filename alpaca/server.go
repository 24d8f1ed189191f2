// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gin-gonic/gin"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/fault"
)

// Parts are what a server is built from.
type Parts struct {
	Mount    Mount
	Focusers []Focuser // numbered as they come; nil leaves a number out
	Version  string    // of the program: "1.2.3"
	Log      *slog.Logger
	Clock    clock.Clock // by which answers are timed: the computer's

	// UniqueID returns the identity of a device ("telescope", 0), which must
	// never change: clients store it.
	UniqueID func(deviceType string, number int) string

	// DiscoveryPort is shown on the setup page; 0 means that discovery is off.
	DiscoveryPort int

	// Actions are further actions by device type ("telescope"), for a focuser
	// also by type and number ("focuser/1"), beside those
	// that the devices bring along.
	Actions map[string][]Action

	// Extra are further pages by path, such as /metrics. A path that ends in
	// a slash takes everything beneath it; / takes what nobody else does. More
	// can be had through Engine.
	Extra map[string]http.Handler
}

// Server answers Alpaca requests. Make one with New.
type Server struct {
	cfg       Config
	parts     Parts
	log       *slog.Logger
	engine    *gin.Engine
	resources map[string]*resource // by path
	devices   []describer
	calls     sync.Pool
	join      joiner
	pages     pages

	transactions atomic.Uint32
	life         context.Context // ends with the server: commands outlive their clients, not it
	stop         context.CancelFunc
	count        counters
	tallies      []*tally // of all endpoints
	classes      []*class

	mu        sync.Mutex
	addresses []string // being listened on
}

// New returns a server for the given devices: the telescope, its rotator if
// the mount has one, and the focusers. It returns fault.Invalid when the
// configuration or the parts cannot serve.
func New(cfg Config, p Parts) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if p.Mount == nil || p.UniqueID == nil {
		return nil, fault.New(fault.Invalid, "alpaca", "a server needs a mount and a source of unique IDs")
	}
	if p.Log == nil {
		p.Log = slog.New(slog.DiscardHandler)
	}
	if p.Clock == nil {
		p.Clock = clock.Real{}
	}
	s := &Server{cfg: cfg, parts: p, log: p.Log, resources: map[string]*resource{}}
	s.life, s.stop = context.WithCancel(context.Background())
	s.calls.New = func() any { return new(call) }
	s.join.running = map[putKey]*flight{}
	if err := s.build(); err != nil {
		return nil, err
	}
	s.route()
	return s, nil
}

// build makes the devices and binds their members.
func (s *Server) build() error {
	p := s.parts
	t := newTelescope(s.base("telescope", "Telescope", 0), p.Mount, s.cfg.BlockingSlews)
	t.actions = append(t.ownActions(), p.Actions[t.kind]...)
	attach(s, t, telescopeMembers())
	if p.Mount.Snapshot().Config.Rotator.Enabled {
		r := &rotator{base: s.base("rotator", "Rotator", 0), mount: p.Mount}
		r.actions = append(r.ownActions(), p.Actions[r.kind]...)
		attach(s, r, rotatorMembers())
	}
	for n, owner := range p.Focusers {
		if owner == nil {
			continue
		}
		f := &focus{base: s.base("focuser", "Focuser", n), owner: owner, utc: p.Mount.UTC}
		f.actions = slices.Concat(p.Actions[f.kind], p.Actions[fmt.Sprintf("%s/%d", f.kind, n)])
		attach(s, f, focuserMembers())
	}
	for path, do := range s.managementPages() {
		ep := &endpoint{verb: http.MethodGet, reply: object, do: do}
		s.tally("management", path[strings.LastIndexByte(path, '/')+1:], ep)
		add(s.resources, path, ep)
	}
	owners := map[string]*base{}
	for _, d := range s.devices {
		b := d.common()
		if err := b.check(); err != nil {
			return err
		}
		if other := owners[b.uniqueID]; other != nil {
			return fault.New(fault.Invalid, "alpaca", "%s %d and %s %d have the same unique ID", other.kind, other.number, b.kind, b.number)
		}
		owners[b.uniqueID] = b
	}
	var err error
	s.pages, err = newPages()
	return err
}

func (s *Server) base(kind, title string, number int) *base {
	return &base{
		kind: kind, title: title, number: number, uniqueID: s.parts.UniqueID(kind, number),
		version: majorMinor(s.parts.Version), log: s.log,
	}
}

// attach lists a device and binds its members.
func attach[D describer](s *Server, d D, members []member[D]) {
	s.devices = append(s.devices, d)
	bind(s, d, append(commonMembers[D](), members...))
}

// check returns fault.Invalid for a device that clients would not accept.
func (b *base) check() error {
	if strings.TrimSpace(b.uniqueID) == "" {
		return fault.New(fault.Invalid, "alpaca", "%s %d has no unique ID", b.kind, b.number)
	}
	seen := map[string]bool{}
	for _, a := range b.actions {
		name := strings.ToLower(a.Name)
		switch {
		case strings.TrimSpace(a.Name) == "" || a.Do == nil:
			return fault.New(fault.Invalid, "alpaca", "%s has an action without a name or a body", b.kind)
		case seen[name]:
			return fault.New(fault.Invalid, "alpaca", "%s has two actions %q", b.kind, a.Name)
		case name == "safetyevents" || name == "setexternalevents" || name == "clearexternalevents":
			return fault.New(fault.Invalid, "alpaca", "ConformU takes the action %q for a safety monitor's", a.Name)
		}
		seen[name] = true
	}
	return nil
}

// Handler returns the server as a handler of all its paths.
func (s *Server) Handler() http.Handler { return s.engine }

// Engine returns the router, for pages of other packages. Add them before the
// server serves.
func (s *Server) Engine() *gin.Engine { return s.engine }

// majorMinor returns the first two numbers of a version, "0.0" if it has none.
func majorMinor(version string) string {
	var major, minor int
	if _, err := fmt.Sscanf(strings.TrimPrefix(version, "v"), "%d.%d", &major, &minor); err != nil {
		return "0.0"
	}
	return fmt.Sprintf("%d.%d", major, minor)
}
