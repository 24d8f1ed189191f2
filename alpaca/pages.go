// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"context"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/siderostep/siderostep/mount"
)

//go:embed pages/*.html
var pageFiles embed.FS

// pages are the setup pages for people.
type pages struct {
	templates *template.Template
	origin    *http.CrossOriginProtection
}

func newPages() (pages, error) {
	t, err := template.ParseFS(pageFiles, "pages/*.html")
	if err != nil {
		return pages{}, fmt.Errorf("alpaca: setup pages: %w", err)
	}
	return pages{templates: t, origin: http.NewCrossOriginProtection()}, nil
}

// frame is what every setup page shows around its own content.
type frame struct {
	Title   string
	Night   bool
	Path    string
	Server  string
	Devices []deviceLink
}

type deviceLink struct{ Title, Path string }

// configurable is a device with settings that can be changed at run time.
type configurable interface {
	describer
	settings() []setting
	// configure calls change with the settings of a copy and puts that in
	// force as a whole, or not at all.
	configure(ctx context.Context, change func([]setting)) error
}

func setupPath(b *base) string { return fmt.Sprintf("/setup/v1/%s/%d/setup", b.kind, b.number) }

// routePages adds the setup pages to the router.
func (s *Server) routePages(e *gin.Engine) {
	e.GET("/setup", s.themed(s.serverPage))
	e.POST("/setup/halt", s.own(s.haltMount))
	e.POST("/setup/resume", s.own(s.resumeMount))
	for _, d := range s.devices {
		d := d.(configurable)
		path := setupPath(d.common())
		e.GET(path, s.themed(func(g *gin.Context) { s.show(g, d, newForm(d.settings()), http.StatusOK) }))
		e.POST(path, s.own(func(g *gin.Context) { s.save(g, d) }))
	}
}

// themed lets a page be shown in another theme: ?theme=night, ?theme=dark.
func (s *Server) themed(page gin.HandlerFunc) gin.HandlerFunc {
	return func(g *gin.Context) {
		theme := g.Query("theme")
		if theme != "night" && theme != "dark" {
			page(g)
			return
		}
		http.SetCookie(g.Writer, &http.Cookie{
			Name: themeCookie, Value: theme, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		})
		http.Redirect(g.Writer, g.Request, g.Request.URL.Path, http.StatusSeeOther)
	}
}

const themeCookie = "siderostep_theme"

// own refuses a change that a page of another site asks for.
func (s *Server) own(change gin.HandlerFunc) gin.HandlerFunc {
	return func(g *gin.Context) {
		if err := s.pages.origin.Check(g.Request); err != nil {
			s.refuse(g, &refusal{http.StatusForbidden, "settings can only be changed from these pages"})
			return
		}
		change(g)
	}
}

func (s *Server) frame(g *gin.Context, title string) frame {
	f := frame{Title: title, Path: g.Request.URL.Path, Server: s.cfg.ServerName}
	if c, err := g.Request.Cookie(themeCookie); err == nil {
		f.Night = c.Value == "night"
	}
	for _, d := range s.devices {
		b := d.common()
		f.Devices = append(f.Devices, deviceLink{Title: fmt.Sprintf("%s %d", b.title, b.number), Path: setupPath(b)})
	}
	return f
}

// render writes a page, or the reason why it could not be made.
func (s *Server) render(g *gin.Context, status int, name string, data any) {
	var text strings.Builder
	if err := s.pages.templates.ExecuteTemplate(&text, name, data); err != nil {
		s.log.Error("setup page", "page", name, "err", err)
		writeText(g.Writer, http.StatusInternalServerError, "the page could not be made; see the server's log")
		return
	}
	h := g.Writer.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	g.Writer.WriteHeader(status)
	_, _ = g.Writer.WriteString(text.String())
}

// serverPage tells about the server as a whole.
func (s *Server) serverPage(g *gin.Context) {
	s.mu.Lock()
	addresses := strings.Join(s.addresses, ", ")
	s.mu.Unlock()
	s.render(g, http.StatusOK, "server", struct {
		frame
		Manufacturer, Version, Location, Addresses, Host string
		Discovery                                        int
		List                                             []deviceRow
		Activity, Stopped                                string
	}{
		frame: s.frame(g, "Server"), Manufacturer: Manufacturer, Version: s.version(), Location: s.cfg.Location,
		Addresses: addresses, Host: g.Request.Host, Discovery: s.parts.DiscoveryPort, List: s.deviceRows(),
		Activity: activity(s.parts.Mount.Snapshot()), Stopped: errorText(s.parts.Mount.Snapshot().Stopped),
	})
}

// activity tells in words what the mount is about.
func activity(s *mount.Snapshot) string {
	switch {
	case s.Parked:
		return "parked"
	case s.Activity == mount.Idle && s.Tracking:
		return "tracking"
	}
	return s.Activity.String()
}

type deviceRow struct {
	deviceLink
	Name, UniqueID, Remark string
	Connected              bool
}

// remarkOn tells people what is the matter with a device, "" for nothing.
func remarkOn(d describer) string {
	if d, ok := d.(interface{ remark() string }); ok {
		return d.remark()
	}
	return ""
}

func (s *Server) deviceRows() []deviceRow {
	var rows []deviceRow
	for _, d := range s.devices {
		b := d.common()
		rows = append(rows, deviceRow{
			deviceLink: deviceLink{Title: fmt.Sprintf("%s %d", b.title, b.number), Path: setupPath(b)},
			Name:       d.name(), UniqueID: b.uniqueID, Connected: isConnected(d), Remark: remarkOn(d),
		})
	}
	return rows
}

// haltMount is the button that stops everything.
func (s *Server) haltMount(g *gin.Context) {
	s.parts.Mount.Halt()
	s.log.Warn("halted from the setup pages", "from", g.Request.RemoteAddr)
	http.Redirect(g.Writer, g.Request, "/setup", http.StatusSeeOther)
}

// resumeMount ends a halt.
func (s *Server) resumeMount(g *gin.Context) {
	ctx, cancel := context.WithTimeout(s.life, commandLimit)
	defer cancel()
	if err := s.parts.Mount.Resume(ctx); err != nil {
		s.refuse(g, &refusal{http.StatusConflict, err.Error()})
		return
	}
	http.Redirect(g.Writer, g.Request, "/setup", http.StatusSeeOther)
}
