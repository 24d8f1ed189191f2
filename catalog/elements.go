// SPDX-License-Identifier: GPL-3.0-or-later

package catalog

import (
	"io"
	"strings"

	"github.com/siderostep/siderostep/model/ephemeris"
)

// ReadElements reads a file of orbital elements: the Minor Planet Center's
// of comets or asteroids, or an .edf file of the original. A heading that
// ends in a line of dashes, as MPCORB has it, is passed over. Lines that do
// not fit are problems. The error is that of reading.
func ReadElements(name string, r io.Reader) (*Catalog, []Problem, error) {
	c := &Catalog{Name: name}
	p := problems{file: name}
	full := false
	err := eachLine(r, &p, func(n int, text string) {
		switch {
		case strings.HasPrefix(text, "----------"):
			c.Objects, p.list, p.more = nil, nil, 0
			return
		case len(c.Objects) >= maxObjects:
			if !full {
				p.add(n, "there are more than %d objects; the rest is not read", maxObjects)
			}
			full = true
			return
		}
		m, err := ephemeris.ParseElements(text)
		if err != nil {
			p.add(n, "%v", err)
			return
		}
		o := Object{Name: m.Name, Place: Moving{m}, Type: TypeAsteroid, Line: n}
		if m.Law == ephemeris.CometLaw {
			o.Type = TypeComet
		}
		c.Objects = append(c.Objects, o)
	})
	return c, p.all(), err
}
