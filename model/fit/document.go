// SPDX-License-Identifier: GPL-3.0-or-later

package fit

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// Record is a model that was accepted, and when and why.
type Record struct {
	Revision int       `json:"revision"` // 1, 2, …; never used twice
	Accepted time.Time `json:"accepted"`
	Note     string    `json:"note,omitempty"`
	Parts    Parts     `json:"parts"`

	// How it came about, for the record; 0 where it was not fitted.
	Stars    int         `json:"stars,omitempty"`
	RMS      model.Angle `json:"rms_rad,omitempty"`
	LeaveOut model.Angle `json:"leave_one_out_rad,omitempty"`

	// Sigmas are the standard deviations of the terms that were fitted.
	Sigmas []Coefficient `json:"sigmas,omitempty"`
}

// RecordOf returns the record of a fit, without revision.
func RecordOf(r Result, accepted time.Time, note string) Record {
	rec := Record{Accepted: accepted, Note: note, Parts: r.Parts, Stars: r.Used, RMS: r.RMS}
	if !math.IsInf(float64(r.LeaveOut), 0) {
		rec.LeaveOut = r.LeaveOut
	}
	for _, e := range r.Terms {
		if e.Free {
			rec.Sigmas = append(rec.Sigmas, Coefficient{e.Term, e.Sigma})
		}
	}
	return rec
}

// Priors returns what the record knows about the faults of the mount, for
// Options.Priors of another night; see Result.Priors.
func (r Record) Priors(change, zeroChange model.Angle) map[Term]Prior {
	res := Result{}
	for _, s := range r.Sigmas {
		res.Terms = append(res.Terms, Estimate{Term: s.Term, Value: r.Parts.Value(s.Term), Sigma: s.Value, Free: true})
	}
	return res.Priors(change, zeroChange)
}

// Document is the model in force and those before it. It is a value: Accept
// and Restore return another one.
type Document struct {
	Current  Record   `json:"current"`
	Previous []Record `json:"previous,omitempty"` // the latest first
}

// mostPrevious is how many models before the one in force are kept.
const mostPrevious = 10

// Accept returns d with r in force, its revision the next; the model so far
// becomes the first of Previous. Its error is that of Parts.Check: d then
// remains as it was.
func (d Document) Accept(r Record) (Document, error) {
	if err := r.check(); err != nil {
		return d, err
	}
	r.Revision = d.latest() + 1
	next := Document{Current: r}
	if d.Current.Revision > 0 {
		next.Previous = append([]Record{d.Current}, d.Previous...)
	}
	next.Previous = next.Previous[:min(len(next.Previous), mostPrevious)]
	return next, nil
}

// Restore returns d with the model of an earlier revision in force again,
// under a revision of its own; 0 stands for the one before. Its error is
// fault.Refused.
func (d Document) Restore(revision int, accepted time.Time) (Document, error) {
	if len(d.Previous) == 0 {
		return d, fault.New(fault.Refused, opModel, "there is no model before the one in force")
	}
	i := 0
	if revision != 0 {
		i = slices.IndexFunc(d.Previous, func(r Record) bool { return r.Revision == revision })
	}
	if i < 0 {
		return d, fault.New(fault.Refused, opModel, "revision %d is not kept", revision)
	}
	r := d.Previous[i]
	r.Note = fmt.Sprintf("revision %d again", r.Revision)
	r.Accepted = accepted
	return d.Accept(r)
}

// latest returns the highest revision in d.
func (d Document) latest() int {
	most := d.Current.Revision
	for _, r := range d.Previous {
		most = max(most, r.Revision)
	}
	return most
}

func (r Record) check() error {
	for _, v := range []model.Angle{r.RMS, r.LeaveOut} {
		if !v.IsFinite() || v < 0 {
			return fault.New(fault.Invalid, opModel, "revision %d has an rms of %v", r.Revision, float64(v))
		}
	}
	for _, s := range r.Sigmas {
		if !s.Term.Known() || !s.Value.IsFinite() || s.Value < 0 {
			return fault.New(fault.Invalid, opModel, "revision %d knows %q to %v", r.Revision, s.Term, float64(s.Value))
		}
	}
	if r.Stars < 0 || len(r.Note) > 1000 {
		return fault.New(fault.Invalid, opModel, "revision %d has %d stars and a note of %d bytes", r.Revision, r.Stars, len(r.Note))
	}
	if y := r.Accepted.Year(); y < 0 || y > 9999 {
		return fault.New(fault.Invalid, opModel, "revision %d was accepted in the year %d", r.Revision, y)
	}
	return r.Parts.Check()
}

// Check reports, as fault.Invalid, a document that Accept and Restore do not
// lead to, as one from a file.
func (d Document) Check() error {
	seen := map[int]bool{}
	for i, r := range append([]Record{d.Current}, d.Previous...) {
		if r.Revision < 1 || seen[r.Revision] {
			return fault.New(fault.Invalid, opModel, "model %d has revision %d: revisions are 1 and more, each once", i+1, r.Revision)
		}
		seen[r.Revision] = true
		if err := r.check(); err != nil {
			return fault.New(fault.Invalid, opModel, "revision %d: %s", r.Revision, message(err))
		}
	}
	if len(d.Previous) > mostPrevious {
		return fault.New(fault.Invalid, opModel, "%d earlier models: at most %d are kept", len(d.Previous), mostPrevious)
	}
	return nil
}
