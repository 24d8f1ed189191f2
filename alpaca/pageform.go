// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/mount"
)

// form is a device's settings on their way to or from a person.
type form struct {
	Groups  []fieldGroup
	Problem string // what is wrong with the form as a whole
	Saved   bool
}

type fieldGroup struct {
	Title  string
	Fields []field
}

// field is a setting with what a person typed, and what was wrong with it.
type field struct {
	setting
	Typed   string
	Problem string
	Label   string
	Unit    string
}

func newForm(settings []setting) *form {
	f := &form{}
	for _, s := range settings {
		if len(f.Groups) == 0 || f.Groups[len(f.Groups)-1].Title != s.Group {
			f.Groups = append(f.Groups, fieldGroup{Title: s.Group})
		}
		g := &f.Groups[len(f.Groups)-1]
		label, unit := labelOf(s.Key)
		g.Fields = append(g.Fields, field{setting: s, Typed: s.Text(), Label: label, Unit: unit})
	}
	return f
}

// fields yields every field of the form.
func (f *form) fields(yield func(*field) bool) {
	for g := range f.Groups {
		for i := range f.Groups[g].Fields {
			if !yield(&f.Groups[g].Fields[i]) {
				return
			}
		}
	}
}

// fill puts what was sent into the form and returns what it changes, by key.
// ok is false when something sent cannot be.
func (f *form) fill(sent url.Values) (changes map[string]string, ok bool) {
	changes, ok = map[string]string{}, true
	for fd := range f.fields {
		texts := sent[fd.Key]
		if len(texts) == 0 {
			continue
		}
		delete(sent, fd.Key)
		before := fd.Text()
		fd.Typed = texts[len(texts)-1] // a ticked box follows its unticked self
		if fd.Typed == before {
			continue
		}
		if fd.Restart {
			fd.Problem = "needs a restart; edit the configuration file"
		} else if err := fd.set(fd.Typed); err != nil {
			fd.Problem = err.Error()
		}
		ok = ok && fd.Problem == ""
		changes[fd.Key] = fd.Typed
	}
	for key := range sent {
		f.Problem, ok = "there is no setting "+quoted(key), false
	}
	return changes, ok
}

// blame puts a verdict on the settings as a whole beside the fields that it
// names, or above the form.
func (f *form) blame(err error) {
	text := err.Error()
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,;:()", r) })
	named := false
	for fd := range f.fields {
		if slices.Contains(words, fd.Key) {
			fd.Problem, named = text, true
		}
	}
	if !named {
		f.Problem = text
	}
}

// show renders a device's page.
func (s *Server) show(g *gin.Context, d configurable, f *form, status int) {
	b := d.common()
	f.Saved = f.Saved || g.Query("saved") != "" && g.Request.Method == http.MethodGet
	s.render(g, status, "device", struct {
		frame
		Name, Description, UniqueID, Remark string
		Actions                             []Action
		Form                                *form
	}{s.frame(g, fmt.Sprintf("%s %d", b.title, b.number)), d.name(), d.description(), b.uniqueID, remarkOn(d), b.actions, f})
}

// save puts a sent form in force and leads back to the page, or shows the
// form again with what was wrong.
func (s *Server) save(g *gin.Context, d configurable) {
	_, body, err := readBody(g.Writer, g.Request, nil, s.cfg.MaxBodyBytes)
	if err != nil {
		s.refuse(g, err)
		return
	}
	sent := url.Values{}
	if err := eachField(body, func(key, value string) { sent.Add(key, value) }); err != nil {
		s.refuse(g, err)
		return
	}
	f := newForm(d.settings())
	changes, ok := f.fill(sent)
	if ok && len(changes) > 0 {
		if err := s.configure(d, changes); err != nil {
			f.blame(err)
			ok = false
		}
	}
	if !ok {
		s.show(g, d, f, http.StatusUnprocessableEntity)
		return
	}
	if len(changes) > 0 {
		s.log.Info("settings changed", "device", d.common().kind, "number", d.common().number, "settings", changes, "from", g.Request.RemoteAddr)
	}
	http.Redirect(g.Writer, g.Request, g.Request.URL.Path+"?saved=1", http.StatusSeeOther)
}

// configure changes the settings named, all or none.
func (s *Server) configure(d configurable, changes map[string]string) error {
	ctx, cancel := context.WithTimeout(s.life, commandLimit)
	defer cancel()
	return d.configure(ctx, func(live []setting) {
		for _, s := range live {
			if text, changed := changes[s.Key]; changed {
				_ = s.set(text) // was checked, and is checked again as a whole
			}
		}
	})
}

// units are the ends of keys that name a unit, the longer ones first.
var units = []struct{ suffix, unit string }{
	{"_steps_per_celsius", "steps/°C"}, {"_steps_per_s2", "steps/s²"}, {"_steps_per_s", "steps/s"},
	{"_arcsec_per_s", "″/s"}, {"_deg_per_s2", "°/s²"}, {"_deg_per_s", "°/s"},
	{"_arcmin", "′"}, {"_arcsec", "″"}, {"_steps", "steps"}, {"_hpa", "hPa"}, {"_deg", "°"},
	{"_mm", "mm"}, {"_um", "µm"}, {"_m", "m"}, {"_c", "°C"}, {"_s", "s"},
}

// labelOf returns the last part of a key in words, and its unit.
func labelOf(key string) (label, unit string) {
	label = key[strings.LastIndexByte(key, '.')+1:]
	for _, u := range units {
		if rest, ok := strings.CutSuffix(label, u.suffix); ok {
			label, unit = rest, u.unit
			break
		}
	}
	return strings.ReplaceAll(label, "_", " "), unit
}

// What each device lets people set.

func within(prefixes []string, settings []setting) []setting {
	return slices.DeleteFunc(settings, func(s setting) bool {
		return !slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s.Key, p) })
	})
}

func telescopeSettings(c *mount.Config) []setting {
	return within([]string{"site.", "mount."}, settingsOf("", "", c))
}

func (t *telescope) settings() []setting {
	c := *t.mount.Snapshot().Config
	return telescopeSettings(&c)
}

func (t *telescope) configure(ctx context.Context, change func([]setting)) error {
	return t.mount.Configure(ctx, func(c *mount.Config) { change(telescopeSettings(c)) })
}

func rotatorSettings(c *mount.Config) []setting {
	return within([]string{"rotator."}, settingsOf("", "", c))
}

func (r *rotator) settings() []setting {
	c := *r.mount.Snapshot().Config
	return rotatorSettings(&c)
}

func (r *rotator) configure(ctx context.Context, change func([]setting)) error {
	return r.mount.Configure(ctx, func(c *mount.Config) { change(rotatorSettings(c)) })
}

// section is the focuser's part of the configuration file: focuser, focuser2.
func (f *focus) section() string {
	if f.number == 0 {
		return f.kind
	}
	return f.kind + strconv.Itoa(f.number+1)
}

func (f *focus) settings() []setting {
	c := *f.owner.Snapshot().Config
	return settingsOf(f.section()+".", f.section(), &c)
}

func (f *focus) configure(ctx context.Context, change func([]setting)) error {
	section := f.section()
	err := f.owner.Configure(ctx, func(c *focuser.Config) { change(settingsOf(section+".", section, c)) })
	if err != nil && f.number > 0 { // a focuser does not know which one it is
		return errors.New(strings.ReplaceAll(err.Error(), "focuser.", section+"."))
	}
	return err
}
