// SPDX-License-Identifier: GPL-3.0-or-later

package action

import (
	"context"

	"github.com/siderostep/siderostep/catalog"
	"github.com/siderostep/siderostep/fault"
)

func (c *catalogs) tours() []Action {
	return []Action{
		New("Tour:Load", "Begins a tour through a catalogue at one of its objects, and goes there if told to.", c.loadTour),
		New("Tour:Next", "Goes to the next object of the tour. One that is out of reach is refused by its name, and the tour goes on from it.", c.nextOfTour),
		New("Tour:Previous", "Goes to the object before in the tour.", c.previousOfTour),
		New("Tour:Closest", "Goes to the object of the tour that is nearest to where the telescope points. The tour goes on from there.", c.closestOfTour),
	}
}

// tour is a way through a catalogue.
type tour struct {
	catalog *catalog.Catalog // nil for none
	record  int
}

type tourParams struct {
	File   string `json:"file" doc:"a catalogue, with or without its extension"`
	Record *int   `json:"record" range:"0..1000000" doc:"where to begin, from 0; at the first without it"`
	Move   bool   `json:"move" doc:"whether to slew there"`
}

type tourAnswer struct {
	Object object `json:"object" doc:"where the tour is"`
	Of     int    `json:"of" doc:"how many objects the tour has"`
}

func (c *catalogs) loadTour(ctx context.Context, p tourParams) (tourAnswer, error) {
	k, err := c.library.Catalog(p.File)
	if err != nil {
		return tourAnswer{}, err
	}
	if n := orZero(p.Record); n >= len(k.Objects) {
		return tourAnswer{}, fault.New(fault.Invalid, "Tour:Load", "%s has %d objects; there is no record %d", k.Name, len(k.Objects), n)
	}
	return c.visit(ctx, "Tour:Load", tour{k, orZero(p.Record)}, p.Move)
}

func (c *catalogs) nextOfTour(ctx context.Context, _ None) (tourAnswer, error) {
	return c.onTour(ctx, "Tour:Next", 1)
}

func (c *catalogs) previousOfTour(ctx context.Context, _ None) (tourAnswer, error) {
	return c.onTour(ctx, "Tour:Previous", -1)
}

// underway returns the tour.
func (c *catalogs) underway(op string) (tour, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tour.catalog == nil {
		return tour{}, fault.New(fault.Refused, op, "no tour is loaded: begin with Tour:Load")
	}
	return c.tour, nil
}

func (c *catalogs) onTour(ctx context.Context, op string, by int) (tourAnswer, error) {
	t, err := c.underway(op)
	if err != nil {
		return tourAnswer{}, err
	}
	switch t.record += by; {
	case t.record < 0:
		return tourAnswer{}, fault.New(fault.Refused, op, "this is the first object of %s", t.catalog.Name)
	case t.record >= len(t.catalog.Objects):
		return tourAnswer{}, fault.New(fault.Refused, op, "this is the last object of %s", t.catalog.Name)
	}
	return c.visit(ctx, op, t, true)
}

func (c *catalogs) closestOfTour(ctx context.Context, _ None) (tourAnswer, error) {
	t, err := c.underway("Tour:Closest")
	if err != nil {
		return tourAnswer{}, err
	}
	s := c.mount.Snapshot()
	a := astrometry(s)
	found, ok := t.catalog.At(&a).Closest(s.Equatorial)
	if !ok {
		return tourAnswer{}, fault.New(fault.Refused, "Tour:Closest", "%s has no object", t.catalog.Name)
	}
	t.record = found.Record
	return c.visit(ctx, "Tour:Closest", t, true)
}

// visit puts the tour at one of its objects, and goes there if told to.
func (c *catalogs) visit(ctx context.Context, op string, t tour, move bool) (tourAnswer, error) {
	s := c.mount.Snapshot()
	a := astrometry(s)
	o, err := look(s, &a, t.catalog, t.record)
	if err != nil {
		return tourAnswer{}, err
	}
	c.mu.Lock()
	c.tour = t
	c.mu.Unlock()
	if move {
		if err := c.go_(ctx, o); err != nil {
			return tourAnswer{}, fault.New(fault.KindOf(err), op, "%s: %v", o.Name, err)
		}
	}
	return tourAnswer{o.object, len(t.catalog.Objects)}, nil
}
