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
	"net/netip"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/siderostep/siderostep/action"
	"github.com/siderostep/siderostep/alpaca"
	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/discovery"
	"github.com/siderostep/siderostep/driver/process"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/handpad"
	"github.com/siderostep/siderostep/internal/rig"
	"github.com/siderostep/siderostep/internal/statefile"
	"github.com/siderostep/siderostep/lx200"
	"github.com/siderostep/siderostep/measure"
	"github.com/siderostep/siderostep/metrics"
	"github.com/siderostep/siderostep/mount"
)

// Main is the whole program, built and wired but not running. Make one with
// newMain, let it Run once, and Close it in any case.
type Main struct {
	options options
	log     *slog.Logger
	clock   clock.Clock
	state   *stateDir
	cfg     config.File

	rig      *rig.Rig
	mount    *mount.Mount
	focusers [2]*focuser.Focuser // by section; nil for none

	paddle   *handpad.Paddle
	aux      *auxLines // nil for none
	measures *measure.Owner
	readings measure.Latch // the encoders' latest

	listener      net.Listener
	lx200         *lx200.Server // nil for none
	lx200Listener net.Listener
	alpaca        *alpaca.Server
	metrics       *metrics.Metrics
	saves         saveCounters
	responder     *discovery.Responder // nil for none

	closing sync.Once
	closed  error
}

// newMain builds the program and binds its ports. On an error nothing stays
// open.
func newMain(o options) (_ *Main, err error) {
	m := &Main{options: o}
	defer func() {
		if err != nil {
			_ = m.Close()
		}
	}()
	if err := o.validate(); err != nil {
		return nil, err
	}
	if m.cfg, err = o.load(); err != nil {
		return nil, err
	}
	m.log = logger(m.cfg.Server, o.log)
	if m.listener, err = listen("Alpaca", m.cfg.Server.Listen); err != nil {
		return nil, err
	}
	if m.state, err = openState(o.state, m.log); err != nil {
		return nil, err
	}
	m.clock = clock.Real{}
	if o.speed != 1 {
		m.clock = clock.NewScaled(o.speed)
	}
	if err := m.buildTelescope(); err != nil {
		return nil, err
	}
	if err := m.buildServer(); err != nil {
		return nil, err
	}
	return m, nil
}

// buildTelescope builds the owners of motion upon the bench, as the last run
// left them.
func (m *Main) buildTelescope() error {
	parts := rig.Parts{Clock: m.clock, Log: m.log, Seed: m.options.seed, Memory: process.MemoryPath(m.state.path), Reading: m.readings.Put}
	var err error
	if parts.Skyline, err = readSkyline(m.cfg, m.options.settingsFile()); err != nil {
		return err
	}
	if parts.Mount, err = m.state.openMount(m.cfg); err != nil {
		return err
	}
	for i, name := range focuserNames {
		if parts.Focusers[i], err = m.state.openFocuser(name); err != nil {
			return err
		}
	}
	if m.rig, err = rig.New(m.cfg, parts); err != nil {
		return err
	}
	m.mount, m.focusers = m.rig.Mount, m.rig.Focusers
	m.aux = m.newAuxLines()
	return m.buildMeasures()
}

// buildServer builds the edges.
func (m *Main) buildServer() error {
	id, err := m.state.openIdentity("telescope/0", "rotator/0", "focuser/0", "focuser/1")
	if err != nil {
		return err
	}
	parts := alpaca.Parts{
		Mount:    m.mount,
		Version:  version(),
		Log:      m.log,
		UniqueID: func(kind string, n int) string { return id.Devices[fmt.Sprintf("%s/%d", kind, n)] },
		Extra:    map[string]http.Handler{"/healthz": http.HandlerFunc(m.answerHealth)},
	}
	library, err := openCatalogs(m.cfg.Catalog, m.log)
	if err != nil {
		return err
	}
	catalogs := action.Catalogs(m.mount, library)
	if err := m.buildPaddle(catalogs); err != nil {
		return err
	}
	parts.Actions = map[string][]alpaca.Action{
		"telescope": forAlpaca(slices.Concat(action.Telescope(m.mount), catalogs, m.tools())),
	}
	parts.Focusers = make([]alpaca.Focuser, len(m.focusers))
	for i, f := range m.focusers {
		if f == nil {
			continue
		}
		parts.Focusers[i] = f
		parts.Actions[fmt.Sprintf("focuser/%d", i)] = forAlpaca(action.Focuser(f))
	}
	if err := m.buildLX200(); err != nil {
		return err
	}
	if m.lx200 != nil {
		parts.Extra["/lx200"] = http.HandlerFunc(m.showLX200)
	}
	m.buildMetrics()
	parts.Extra["/metrics"] = m.metrics.Handler()
	if err := m.listenDiscovery(); err != nil {
		return err
	}
	if m.responder != nil {
		parts.DiscoveryPort = int(m.responder.Addrs()[0].Port())
	}
	m.alpaca, err = alpaca.New(m.cfg.Alpaca, parts)
	return err
}

// built returns the time of the revision that the program was built from, or
// else that of its file; the zero time if neither can be told.
func built() time.Time {
	if info, ok := debug.ReadBuildInfo(); ok {
		if t, err := time.Parse(time.RFC3339, setting(info, "vcs.time")); err == nil {
			return t
		}
	}
	path, err := os.Executable()
	if err != nil {
		return time.Time{}
	}
	file, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return file.ModTime()
}

// buildLX200 builds the edge for legacy clients, where it is asked for. The
// telescope works without: a port that is taken is an error only when the
// command line asks for it.
func (m *Main) buildLX200() error {
	cfg := m.cfg.LX200
	if cfg.TCP.Enabled {
		var err error
		if m.lx200Listener, err = listen("LX200", cfg.TCP.Listen); err != nil {
			if m.options.lx200 != "" {
				return err
			}
			m.log.Error("LX200 clients cannot connect over the network", "error", err)
		}
	}
	if m.lx200Listener == nil && len(cfg.Lines()) == 0 {
		return nil
	}
	parts := lx200.Parts{Mount: m.mount, Paddle: m.paddle, Clock: clock.Real{}, Log: m.log, Version: version(), Built: built()}
	if f := m.firstFocuser(); f != nil {
		parts.Focuser = f
	}
	m.lx200 = lx200.New(cfg, parts)
	return nil
}

// listenDiscovery opens the discovery port. Alpaca works without, so that
// failure is only logged.
func (m *Main) listenDiscovery() error {
	if !m.cfg.Discovery.Enabled {
		return nil
	}
	addr, err := netip.ParseAddrPort(m.listener.Addr().String())
	if err != nil {
		return err
	}
	m.responder, err = discovery.Listen(m.cfg.Discovery, addr, clock.Real{}, m.log)
	if err != nil {
		m.responder = nil
		m.log.Warn("clients cannot discover this server, and need its address", "error", err)
	}
	return nil
}

// Run serves until ctx ends, then stops in good order: new motion is refused,
// the axes ramp down, the state is saved. It returns early when something
// fails that it cannot do without.
func (m *Main) Run(ctx context.Context) error {
	m.announce()
	workers, working := errgroup.WithContext(ctx)
	workers.Go(func() error { return m.rig.Run(working) })
	workers.Go(func() error { return m.metrics.Run(working) })
	workers.Go(func() error { return m.alpaca.Serve(working, m.listener) })
	workers.Go(func() error { return m.paddle.Run(working) })
	workers.Go(func() error { return m.measures.Run(working) })
	workers.Go(func() error { return m.balance(working) })
	if m.lx200 != nil {
		workers.Go(func() error { return m.lx200.Serve(working, m.lx200Listener, m.cfg.LX200.Lines()...) })
	}
	if m.responder != nil {
		workers.Go(func() error { return m.responder.Run(working) })
	}

	keeping, stopKeeping := context.WithCancel(context.WithoutCancel(ctx))
	defer stopKeeping()
	var keepers errgroup.Group
	keepers.Go(func() error { return keep(keeping, m, mountName, &m.saves.mount, m.savedMount) })
	keepers.Go(func() error { return keep(keeping, m, alignmentName, &m.saves.alignment, m.savedAlignment) })
	for i, f := range m.focusers {
		if f != nil {
			keepers.Go(func() error { return keep(keeping, m, focuserNames[i], &m.saves.focusers[i], f.Saved) })
		}
	}
	keepers.Go(func() error { return keep(keeping, m, measuresName, &m.saves.measures, m.measures.Saved) })
	keepers.Go(func() error { return m.keepSettings(keeping) })

	err := workers.Wait()
	m.log.Info("at rest")
	stopKeeping()
	return errors.Join(err, keepers.Wait())
}

// keep keeps a file of the state folder up to date until ctx ends.
func keep[T any](ctx context.Context, m *Main, name string, count *statefile.Counter, value func() T) error {
	s := statefile.Saver[T]{Path: m.state.file(name), Value: value, Clock: clock.Real{}, Log: m.log, Count: count}
	return s.Run(ctx)
}

// savedMount returns the mount's state.
func (m *Main) savedMount() savedMount {
	s := m.mount.Snapshot()
	saved := s.Saved()
	saved.Alignment = nil // has a file of its own
	return savedMount{Drive: m.drive(s), Mount: saved}
}

// savedAlignment returns the mount's alignment.
func (m *Main) savedAlignment() savedAlignment {
	s := m.mount.Snapshot()
	return savedAlignment{Drive: m.drive(s), Alignment: s.Alignment}
}

// drive returns what gives the counts of s their meaning.
func (m *Main) drive(s *mount.Snapshot) drive {
	f := m.cfg
	f.Config = *s.Config
	return driveOf(f)
}

// keepSettings writes settings that clients change into the configuration
// file.
func (m *Main) keepSettings(ctx context.Context) error {
	begin := settings{m.cfg.Config, [2]focuser.Config{m.cfg.Focuser, m.cfg.Focuser2}}
	file := settingsFile{path: m.options.settingsFile(), kept: begin, tried: begin, log: m.log, count: &m.saves.settings}
	tick := clock.Real{}.NewTicker(statefile.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			file.keep(m.settings())
			return nil
		case <-tick.C():
			file.keep(m.settings())
		}
	}
}

func (m *Main) settings() settings {
	now := settings{*m.mount.Snapshot().Config, [2]focuser.Config{m.cfg.Focuser, m.cfg.Focuser2}}
	for i, f := range m.focusers {
		if f != nil {
			now.focusers[i] = *f.Snapshot().Config
		}
	}
	return now
}

// firstFocuser returns the focuser of faces that know one only, nil for none.
func (m *Main) firstFocuser() *focuser.Focuser {
	if m.focusers[0] != nil {
		return m.focusers[0]
	}
	return m.focusers[1]
}

// Close frees the ports and the state folder. It is idempotent.
func (m *Main) Close() error {
	m.closing.Do(func() {
		var errs []error
		if m.responder != nil {
			m.responder.Close()
		}
		for _, l := range []net.Listener{m.listener, m.lx200Listener} {
			if l == nil {
				continue
			}
			if err := l.Close(); !errors.Is(err, net.ErrClosed) {
				errs = append(errs, err)
			}
		}
		if m.state != nil {
			errs = append(errs, m.state.Close())
		}
		m.closed = errors.Join(errs...)
	})
	return m.closed
}

// logger returns the program's log as configured.
func logger(cfg config.Server, w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.LogLevel)) // one of the configuration's choices
	o := &slog.HandlerOptions{Level: level}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// listen binds the port of the Alpaca API.
func listen(what, addr string) (net.Listener, error) {
	ln, err := new(net.ListenConfig).Listen(context.Background(), "tcp", addr)
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err // without the address, which is in the words around it
	}
	if err != nil {
		return nil, fmt.Errorf("cannot serve %s on %s: %w", what, addr, err)
	}
	return ln, nil
}

// silence is how long the mount's loop may not have run, of the computer's
// time, before the program counts as ill.
const silence = 2 * time.Second

// answerHealth answers 200 while the mount's loop runs.
func (m *Main) answerHealth(w http.ResponseWriter, _ *http.Request) {
	late := m.mount.Instant().Sub(m.mount.Snapshot().At)
	if late > time.Duration(float64(silence)*max(m.clock.Speed(), 1)) {
		http.Error(w, fmt.Sprintf("the mount's loop has not run for %v", late), http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}

// showLX200 shows what LX200 clients have sent last, and how often.
func (m *Main) showLX200(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if err := m.lx200.WritePage(w); err != nil {
		m.log.Debug("the page of LX200 was not read to its end", "error", err)
	}
}

// announce prints the addresses in use, one a line, for people and programs.
func (m *Main) announce() {
	addr, err := netip.ParseAddrPort(m.listener.Addr().String())
	if err == nil && addr.Addr().IsUnspecified() { // reachable at each address of this machine
		addr = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), addr.Port())
	}
	fmt.Fprintf(m.options.out, "listening alpaca http://%s\n", addr)
	if m.lx200Listener != nil {
		fmt.Fprintf(m.options.out, "listening lx200 %s\n", m.lx200Listener.Addr())
	}
	if m.responder == nil {
		return
	}
	for _, a := range m.responder.Addrs() {
		network := "udp6"
		if a.Addr().Is4() {
			network = "udp4"
		}
		fmt.Fprintf(m.options.out, "listening discovery %s %s\n", network, a)
	}
}
