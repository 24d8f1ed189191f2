// SPDX-License-Identifier: GPL-3.0-or-later

package catalog

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/siderostep/siderostep/fault"
)

// Library is a set of catalogues: the built-in ones and those of the user's
// folders.
type Library struct {
	Catalogs []*Catalog
	Problems []Problem
}

// NewLibrary returns the built-in catalogues.
func NewLibrary() *Library { return &Library{Catalogs: BuiltIn()} }

// maxFiles are the files read of one folder.
const maxFiles = 2000

// hidden are files of the original with an extension of catalogues that are
// none. Source: reference/operator-features.md §5.
var hidden = map[string]bool{
	"altazec.dat": true, "altaltec.dat": true, "azazec.dat": true, "analysis.dat": true, "config.dat": true,
	"guidealt.dat": true, "guideaz.dat": true, "inithist.dat": true, "outguide.dat": true, "pec.dat": true,
	"pmc.dat": true, "record.dat": true, "slew.dat": true, "slew_out.dat": true,
}

// Add reads every catalogue in the folder and the folders below it: data
// files (.dat), comets (.cdf), orbital elements (.edf, and the Minor Planet
// Center's CometEls.txt and MPCORB.DAT by name) and tables (.csv). Other
// files are passed over, those that the program itself writes too, but for
// input.dat, whose places are of date. Places refer to e.
//
// What cannot be read becomes a Problem; the rest is added. A catalogue
// replaces one of the same name, a built-in one too. It fails with
// fault.Invalid, and adds nothing, if e is no equinox.
func (l *Library) Add(folder fs.FS, e Equinox) error {
	if err := e.Check(); err != nil {
		return err
	}
	files := 0
	err := fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			l.Problems = append(l.Problems, Problem{File: name, Text: plain(err)})
			if entry != nil && entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir():
			return nil
		}
		read := reader(name, e)
		if read == nil {
			return nil
		}
		if files++; files > maxFiles {
			l.Problems = append(l.Problems, Problem{File: name, Text: fmt.Sprintf("the folder has more than %d catalogues; this and the rest are not read", maxFiles)})
			return fs.SkipAll
		}
		l.read(folder, name, read)
		return nil
	})
	if err != nil {
		l.Problems = append(l.Problems, Problem{File: ".", Text: plain(err)})
	}
	return nil
}

// read adds one file.
func (l *Library) read(folder fs.FS, name string, read func(io.Reader) (*Catalog, []Problem, error)) {
	f, err := folder.Open(name)
	if err != nil {
		l.Problems = append(l.Problems, Problem{File: name, Text: plain(err)})
		return
	}
	defer f.Close()
	c, problems, err := read(f)
	l.Problems = append(l.Problems, problems...)
	if err != nil {
		l.Problems = append(l.Problems, Problem{File: name, Text: plain(err)})
	}
	if len(c.Objects) == 0 {
		if len(problems) == 0 && err == nil {
			l.Problems = append(l.Problems, Problem{File: name, Text: "there is no object in the file"})
		}
		return
	}
	for i, old := range l.Catalogs {
		if strings.EqualFold(old.Name, c.Name) {
			l.Catalogs[i] = c
			return
		}
	}
	l.Catalogs = append(l.Catalogs, c)
}

// reader returns what reads the file of the given name, nil if it is none of
// ours.
func reader(name string, e Equinox) func(io.Reader) (*Catalog, []Problem, error) {
	base := strings.ToLower(path.Base(name))
	elements := func(r io.Reader) (*Catalog, []Problem, error) { return ReadElements(name, r) }
	switch {
	case hidden[base]:
		return nil
	case base == "cometels.txt" || base == "mpcorb.dat" || path.Ext(base) == ".edf":
		return elements
	case base == "input.dat":
		return func(r io.Reader) (*Catalog, []Problem, error) { return ReadDat(name, r, Date) }
	case path.Ext(base) == ".dat":
		return func(r io.Reader) (*Catalog, []Problem, error) { return ReadDat(name, r, e) }
	case path.Ext(base) == ".cdf":
		return func(r io.Reader) (*Catalog, []Problem, error) { return ReadComets(name, r, e) }
	case path.Ext(base) == ".csv":
		return func(r io.Reader) (*Catalog, []Problem, error) { return ReadTable(name, r, e) }
	}
	return nil
}

// plain returns the cause of a failure of a file, without the path that the
// Problem has anyway.
func plain(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return "the file cannot be read: " + err.Error()
}

// Catalog returns the catalogue of a name, whatever its case, with or
// without its extension. It fails with fault.Invalid if there is none.
func (l *Library) Catalog(name string) (*Catalog, error) {
	name = strings.TrimSpace(name)
	for _, c := range l.Catalogs {
		if strings.EqualFold(c.Name, name) {
			return c, nil
		}
	}
	for _, c := range l.Catalogs {
		if strings.EqualFold(strings.TrimSuffix(c.Name, path.Ext(c.Name)), name) {
			return c, nil
		}
	}
	return nil, fault.New(fault.Invalid, "catalogue", "there is no catalogue %q", clip(name))
}

// Named returns the first object of the name or designation, as Catalog.Named
// does, and its catalogue; built-in ones come first.
func (l *Library) Named(name string) (c *Catalog, o *Object, ok bool) {
	for _, c := range l.Catalogs {
		if o, ok := c.Named(name); ok {
			return c, o, true
		}
	}
	return nil, nil, false
}

// Search calls yield with every object in the catalogues whose name matches
// the mask ("*.dat"; empty: all) that contains the text, as Catalog.Search
// does, until yield returns false. It fails with fault.Invalid if the mask is
// none.
func (l *Library) Search(mask, text string, yield func(*Catalog, *Object) bool) error {
	mask = strings.ToLower(strings.TrimSpace(mask))
	if _, err := path.Match(mask, ""); err != nil {
		return fault.New(fault.Invalid, "search", "%q is no mask of file names; accepted: letters with * and ?", clip(mask))
	}
	for _, c := range l.Catalogs {
		name := strings.ToLower(c.Name)
		whole, _ := path.Match(mask, name)
		base, _ := path.Match(mask, path.Base(name))
		if mask != "" && !whole && !base {
			continue
		}
		for _, o := range c.Search(text) {
			if !yield(c, o) {
				return nil
			}
		}
	}
	return nil
}
