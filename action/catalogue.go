// SPDX-License-Identifier: GPL-3.0-or-later

package action

import (
	"context"
	"sync"

	"github.com/siderostep/siderostep/catalog"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/ephemeris"
	"github.com/siderostep/siderostep/model/sky"
	"github.com/siderostep/siderostep/mount"
)

// Catalogs returns the actions that find objects and go to them.
func Catalogs(m Mount, l *catalog.Library) []Action {
	c := &catalogs{mount: m, library: l, noted: map[spotName]spot{}}
	all := []Action{
		New("Catalog:List", "Lists the catalogues, and what was wrong in the user's.", c.list),
		New("Catalog:Browse", "Lists the objects of a catalogue, page by page.", c.browse),
		New("Catalog:Search", "Finds objects whose name, type, constellation or notes contain a text.", c.search),
		New("Catalog:Get", "Tells where an object stands now.", c.get),
		New("Catalog:Goto", "Slews to an object. One that moves among the stars is followed from then on: see MinorPlanet:Select.", c.goTo),
		New("Catalog:Closest", "Finds the object nearest to where the telescope points, and goes there if told to. It counts as visited then.", c.closest),
		New("MinorPlanet:Select", "Tells where a comet or an asteroid stands, from its elements or by its name in a catalogue, and follows it if told to: its place and rates, parallax included, are worked out anew every minute. "+
			"Guide pulses and direction keys shift the telescope against it and stay. A slew, tracking switched off, parking and a choice of drive rate or rate offsets end it.", c.selectMinor),
	}
	all = append(all, c.coordinates()...)
	return append(all, c.tours()...)
}

// catalogs are the objects to look for, and an observer's notebook beside
// them: what was visited and noted, and where the tour is. It is shared by
// everyone who acts through it, and forgotten at the end of the run.
type catalogs struct {
	mount   Mount
	library *catalog.Library

	mu      sync.Mutex
	visited catalog.Visited
	noted   map[spotName]spot
	tour    tour
}

// astrometry returns the sky's state at the snapshot's time.
func astrometry(s *mount.Snapshot) sky.Astrometry {
	scales := s.Config.Site.TimeScales()
	return sky.NewAstrometry(scales.TT(scales.UTC(s.UTC)))
}

func observer(s *mount.Snapshot) ephemeris.Observer {
	site := s.Config.Site
	return ephemeris.Observer{
		Site:   sky.Site{Latitude: site.Latitude(), Longitude: site.Longitude(), HeightM: site.ElevationM},
		Scales: site.TimeScales(),
	}
}

type listAnswer struct {
	Catalogs []catalogSummary `json:"catalogs" doc:"the built-in ones first"`
	Problems []string         `json:"problems" doc:"lines that could not be read"`
}

type catalogSummary struct {
	File    string `json:"file" doc:"its name"`
	Objects int    `json:"objects" doc:"how many it has"`
}

const mostProblems = 100

func (c *catalogs) list(context.Context, None) (listAnswer, error) {
	out := listAnswer{Catalogs: []catalogSummary{}, Problems: []string{}}
	for _, k := range c.library.Catalogs {
		out.Catalogs = append(out.Catalogs, catalogSummary{k.Name, len(k.Objects)})
	}
	for i, p := range c.library.Problems {
		if i == mostProblems {
			break
		}
		out.Problems = append(out.Problems, p.String())
	}
	return out, nil
}

// object is an object in the words of the answers.
type object struct {
	File          string   `json:"file" doc:"its catalogue"`
	Record        int      `json:"record" doc:"its place there, from 0"`
	Name          string   `json:"name" doc:"name"`
	Others        []string `json:"others,omitempty" doc:"further designations"`
	Type          string   `json:"type,omitempty" doc:"what it is"`
	Magnitude     *float64 `json:"magnitude,omitempty" doc:"if known"`
	SizeArcmin    float64  `json:"size_arcmin,omitempty" doc:"largest diameter"`
	Constellation string   `json:"constellation,omitempty" doc:"its constellation"`
	Notes         string   `json:"notes,omitempty" doc:"what else the catalogue says"`
	RA            float64  `json:"ra_h" doc:"right ascension of date as seen from here, hours"`
	Dec           float64  `json:"dec_deg" doc:"declination of date as seen from here"`
	AzDeg         float64  `json:"az_deg" doc:"azimuth now"`
	AltDeg        float64  `json:"alt_deg" doc:"altitude now"`
	RARate        float64  `json:"ra_rate_arcsec_per_s,omitempty" doc:"motion in right ascension"`
	DecRate       float64  `json:"dec_rate_arcsec_per_s,omitempty" doc:"motion in declination"`
}

// sighted is an object and how it stands and moves now.
type sighted struct {
	object
	place   model.Equatorial
	ra, dec model.Rate
	body    ephemeris.Body // of what moves among the stars
}

func look(s *mount.Snapshot, a *sky.Astrometry, k *catalog.Catalog, record int) (sighted, error) {
	o := &k.Objects[record]
	var out sighted
	var err error
	if body, moves := o.Body(a); moves {
		var motion ephemeris.Linear
		if motion, err = observer(s).Motion(body, s.UTC); err != nil {
			return out, err
		}
		out.place, out.ra, out.dec, out.body = motion.Place, motion.RA, motion.Dec, body
	} else if out.place, err = o.Place.Apparent(a); err != nil {
		return out, err
	}
	h := out.place.HourDec(s.LST).Horizontal(s.Config.Site.Latitude())
	out.object = object{
		File: k.Name, Record: record, Name: o.Name, Others: o.Others, Type: o.Type, SizeArcmin: o.SizeArcmin,
		Constellation: o.Constellation, Notes: o.Notes,
		RA: out.place.RA.Wrap().Hours(), Dec: out.place.Dec.Degrees(), AzDeg: h.Az.Wrap().Degrees(), AltDeg: h.Alt.Degrees(),
		RARate: out.ra.ArcsecPerSecond(), DecRate: out.dec.ArcsecPerSecond(),
	}
	switch {
	case o.HasMagnitude:
		out.Magnitude = &o.Magnitude
	case out.body != nil:
		if app, err := observer(s).At(out.body, s.UTC); err == nil && app.HasMagnitude {
			out.Magnitude = &app.Magnitude
		}
	}
	return out, nil
}

const pageLength = 24

type browseParams struct {
	File string `json:"file" doc:"a catalogue, with or without its extension"`
	Page *int   `json:"page" range:"0..1000000" doc:"from 0"`
}

type browseAnswer struct {
	Objects []object `json:"objects" doc:"24 to a page"`
	Pages   int      `json:"pages" doc:"how many there are"`
}

func (c *catalogs) browse(_ context.Context, p browseParams) (browseAnswer, error) {
	k, err := c.library.Catalog(p.File)
	if err != nil {
		return browseAnswer{}, err
	}
	s := c.mount.Snapshot()
	a := astrometry(s)
	out := browseAnswer{Objects: []object{}, Pages: (len(k.Objects) + pageLength - 1) / pageLength}
	first := orZero(p.Page) * pageLength
	for i := first; i < min(first+pageLength, len(k.Objects)); i++ {
		o, err := look(s, &a, k, i)
		if err != nil {
			return browseAnswer{}, err
		}
		out.Objects = append(out.Objects, o.object)
	}
	return out, nil
}

type searchParams struct {
	Text string  `json:"text" doc:"what to look for, in any case"`
	File *string `json:"file" doc:"which catalogues, such as *.dat; all without it"`
}

type searchAnswer struct {
	Objects []object `json:"objects" doc:"at most 100"`
	More    bool     `json:"more" doc:"whether there are more"`
}

const mostFound = 100

func (c *catalogs) search(_ context.Context, p searchParams) (out searchAnswer, err error) {
	s := c.mount.Snapshot()
	a := astrometry(s)
	out.Objects = []object{}
	searched := c.library.Search(orZero(p.File), p.Text, func(k *catalog.Catalog, o *catalog.Object) bool {
		if len(out.Objects) == mostFound {
			out.More = true
			return false
		}
		for i := range k.Objects {
			if &k.Objects[i] == o {
				var found sighted
				if found, err = look(s, &a, k, i); err == nil {
					out.Objects = append(out.Objects, found.object)
				}
				break
			}
		}
		return err == nil
	})
	if err == nil {
		err = searched
	}
	return out, err
}

type getParams struct {
	Name string `json:"name" doc:"name or designation, such as M 31, Vega, Jupiter"`
}

func (c *catalogs) named(name string) (*mount.Snapshot, sighted, error) {
	k, o, ok := c.library.Named(name)
	if !ok {
		return nil, sighted{}, fault.New(fault.Invalid, "Catalog", "there is no object named %.60q", name)
	}
	s := c.mount.Snapshot()
	a := astrometry(s)
	for i := range k.Objects {
		if &k.Objects[i] == o {
			found, err := look(s, &a, k, i)
			return s, found, err
		}
	}
	return nil, sighted{}, fault.New(fault.Invalid, "Catalog", "there is no object named %.60q", name)
}

func (c *catalogs) get(_ context.Context, p getParams) (object, error) {
	_, found, err := c.named(p.Name)
	return found.object, err
}

func (c *catalogs) goTo(ctx context.Context, p getParams) (object, error) {
	_, found, err := c.named(p.Name)
	if err != nil {
		return object{}, err
	}
	return found.object, c.go_(ctx, found)
}

// go_ slews to what was found, and follows it if it moves.
func (c *catalogs) go_(ctx context.Context, to sighted) error {
	if err := c.slew(ctx, to); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.visited.Add(to.place)
	c.noted[lastObject] = spot{name: to.Name, place: to.place, body: to.body}
	return nil
}

func (c *catalogs) slew(ctx context.Context, to sighted) error {
	if to.body != nil {
		return c.mount.Follow(ctx, to.body)
	}
	if err := c.mount.SlewEquatorial(ctx, to.place); err != nil {
		return err
	}
	if s := c.mount.Snapshot(); s.RARate == 0 && s.DecRate == 0 {
		return nil
	}
	var rest model.Rate // rates that were meant for another object
	return c.mount.SetRateOffsets(ctx, &rest, &rest)
}

type closestParams struct {
	File   string   `json:"file" doc:"a catalogue, with or without its extension"`
	Rule   *string  `json:"rule" oneof:"any,not_target,not_visited" doc:"which may not be found: none, what is the target already, or what has been visited"`
	Bright *float64 `json:"brightest" range:"-30..40" doc:"magnitude; what has none is not found"`
	Faint  *float64 `json:"faintest" range:"-30..40" doc:"magnitude; what has none is not found"`
	Type   *string  `json:"type" doc:"what it must be, such as globular cluster"`
	Move   bool     `json:"move" doc:"whether to slew there"`
}

type closestAnswer struct {
	Object object  `json:"object" doc:"what was found"`
	Away   float64 `json:"separation_deg" doc:"how far from where the telescope points"`
}

func (c *catalogs) closest(ctx context.Context, p closestParams) (closestAnswer, error) {
	k, err := c.library.Catalog(p.File)
	if err != nil {
		return closestAnswer{}, err
	}
	s := c.mount.Snapshot()
	a := astrometry(s)
	var filters []catalog.Filter
	c.mu.Lock()
	defer c.mu.Unlock()
	switch orZero(p.Rule) {
	case "not_target":
		if s.HasTarget {
			filters = append(filters, catalog.NotAt(s.Target))
		}
	case "not_visited":
		filters = append(filters, catalog.NotVisited(&c.visited))
	}
	if p.Bright != nil || p.Faint != nil {
		brightest, faintest := -30.0, 40.0
		if p.Bright != nil {
			brightest = *p.Bright
		}
		if p.Faint != nil {
			faintest = *p.Faint
		}
		filters = append(filters, catalog.Magnitudes(brightest, faintest))
	}
	if p.Type != nil {
		filters = append(filters, catalog.OfType(*p.Type))
	}
	found, ok := k.At(&a).Closest(s.Equatorial, filters...)
	if !ok {
		return closestAnswer{}, fault.New(fault.Refused, "Catalog:Closest", "nothing in %s fits", k.Name)
	}
	o, err := look(s, &a, k, found.Record)
	if err != nil {
		return closestAnswer{}, err
	}
	out := closestAnswer{o.object, found.Separation.Degrees()}
	if !p.Move {
		return out, nil
	}
	c.mu.Unlock()
	err = c.go_(ctx, o)
	c.mu.Lock()
	return out, err
}
