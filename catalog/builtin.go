// SPDX-License-Identifier: GPL-3.0-or-later

package catalog

import (
	"bytes"
	_ "embed" // for the tables
	"fmt"

	"github.com/siderostep/siderostep/model/ephemeris"
)

// The built-in tables; each names the sources of its figures.
var (
	//go:embed tables/bstars.csv
	brightStars []byte
	//go:embed tables/messier.csv
	messier []byte
)

// Names of the built-in catalogues, which scripts of the original use.
const (
	BrightStars = "bstars.dat"
	Messier     = "messier.dat"
	PlanetList  = "planet.dat"
)

// BuiltIn returns the catalogues that need no file: bright named stars of
// the whole sky, the Messier objects, and Sun, Moon and planets.
func BuiltIn() []*Catalog {
	stars := builtIn(BrightStars, brightStars)
	for i := range stars.Objects {
		stars.Objects[i].Type = TypeStar
	}
	planets := &Catalog{Name: PlanetList}
	for i, p := range ephemeris.Planets() {
		planets.Objects = append(planets.Objects, Object{Name: p.String(), Place: Moving{p}, Type: TypePlanet, Line: i + 1})
	}
	return []*Catalog{stars, builtIn(Messier, messier), planets}
}

// builtIn reads a table that has no problem.
func builtIn(name string, table []byte) *Catalog {
	c, problems, err := ReadTable(name, bytes.NewReader(table), 2000)
	if err != nil || len(problems) > 0 {
		panic(fmt.Sprintf("catalog: the built-in table is damaged: %v %v", problems, err))
	}
	return c
}
