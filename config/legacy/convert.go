// SPDX-License-Identifier: GPL-3.0-or-later

package legacy

import (
	"strings"

	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model/pointing"
)

// Numberings of the hand paddle's modes.
const (
	Source = "source" // of the source, which is what the original really did
	Manual = "manual" // of the manual, which has one more mode, number 9
)

// Options say what no config.dat tells.
type Options struct {
	// Geometry is how the axes stand: altaz, fork, german, siderostat, altalt;
	// empty: what the file lets guess.
	Geometry string

	// Numbering of StartingHandpadMode; empty is Source.
	Numbering string
}

// Result is what a config.dat becomes.
type Result struct {
	TOML     string    // a configuration file without problems
	Settings []Setting // what is in it, in its order
	Notes    []Note    // what became of each line, and of what is missing
	State    State     // what belongs to the state folder
}

// Count returns how many notes are of a kind.
func (r Result) Count(k Kind) int {
	n := 0
	for _, note := range r.Notes {
		if note.Kind == k {
			n++
		}
	}
	return n
}

// Convert returns what d becomes. The error is fault.Invalid for options that
// there are not; whatever is wrong with d itself is told in the notes.
func Convert(d *Dat, o Options) (Result, error) {
	if o.Numbering == "" {
		o.Numbering = Source
	}
	if o.Numbering != Source && o.Numbering != Manual {
		return Result{}, fault.New(fault.Invalid, "import", "numbering %q; accepted are %s and %s", o.Numbering, Source, Manual)
	}
	c := &converter{dat: d, options: o, ledger: d.ledger.clone(), pins: map[int]string{}}
	if err := c.standing(); err != nil {
		return Result{}, err
	}
	for _, step := range []func(){
		c.site, c.mechanics, c.limits, c.meridian, c.gears, c.drive, c.windings, c.slewing,
		c.guiding, c.periodic, c.focuser, c.rotator, c.encoders, c.lx200, c.handpad,
		c.position, c.inits, c.drift, c.others,
	} {
		step()
	}
	c.settle()
	c.counts()
	return Result{TOML: c.render(), Settings: c.settings, Notes: c.ledger.notes(), State: c.state}, nil
}

// converter makes the settings. Each of its steps deals with some variables.
type converter struct {
	dat      *Dat
	options  Options
	ledger   ledger
	settings []Setting
	base     config.File // siderostep's defaults for the geometry
	geometry pointing.Geometry
	pins     map[int]string // of the parallel port, and who has them
	state    State
	final    config.File // as it will be read
}

// standing finds out how the axes stand, on which defaults depend.
func (c *converter) standing() error {
	from := ""
	switch {
	case c.options.Geometry != "":
		g, err := pointing.ParseGeometry(c.options.Geometry)
		if err != nil {
			return err
		}
		c.geometry = g
	case c.yes("Siderostat"):
		c.geometry, from = pointing.Siderostat, "Siderostat"
	case c.yes("GEMFlipPossible"), c.yes("AutoGEMFlip"):
		c.geometry, from = pointing.German, "GEMFlipPossible"
	case c.int("StartInitState") == 1:
		c.geometry, from = pointing.Fork, "StartInitState"
	}
	name := c.geometry.String()
	c.base = config.Default()
	c.base.Config = c.base.ForGeometry(name)
	c.put("mount.geometry", name, "Siderostat", "GEMFlipPossible", "AutoGEMFlip", "StartInitState")
	switch {
	case c.options.Geometry != "":
	case from != "":
		c.ledger.tell(0, Defaulted, "mount.geometry = %q follows from %s; --geometry says otherwise", name, from)
	default:
		c.ledger.tell(0, Operator, "mount.geometry = %q is a guess, for the file does not say how the axes stand; --geometry tells", name)
	}
	return nil
}

// has reports whether the file says what name is.
func (c *converter) has(name string) bool { _, ok := c.dat.values[name]; return ok }

func (c *converter) hasAny(names ...string) bool {
	for _, name := range names {
		if c.has(name) {
			return true
		}
	}
	return false
}

// line returns the line of a variable, 0 when it is not in the file.
func (c *converter) line(name string) int { return c.dat.values[name].line }

// num returns what the original took for a variable.
func (c *converter) num(name string) float64 {
	if v, ok := c.dat.values[name]; ok && len(v.num) > 0 {
		return v.num[0]
	}
	return known(name).def
}

func (c *converter) int(name string) int  { return int(c.num(name)) }
func (c *converter) yes(name string) bool { return c.num(name) != 0 }

// known returns a variable by its name.
func known(name string) variable {
	for _, v := range variables {
		if v.name == name {
			return v
		}
	}
	return variable{}
}

// tell says something of all the lines that some variables are on, or once of
// none when the file has none of them.
func (c *converter) tell(kind Kind, names []string, format string, args ...any) {
	told := false
	for _, name := range names {
		if c.has(name) {
			c.ledger.tell(c.line(name), kind, format, args...)
			told = true
		}
	}
	if !told && kind >= Doubtful {
		c.ledger.tell(0, kind, strings.Join(names, ", ")+": "+format, args...)
	}
}

// keep sets a key to a variable's own value.
func (c *converter) keep(key string, value any, name string) {
	c.put(key, value, name)
	c.tell(Kept, []string{name}, "%s = %s", key, format(value))
}

// change sets a key to a value that follows from variables, as how says.
func (c *converter) change(key string, value any, how string, names ...string) {
	c.put(key, value, names...)
	c.tell(Converted, names, "%s = %s (%s)", key, format(value), how)
}

// drop says of lines that are in the file what they do not become.
func (c *converter) drop(kind Kind, why string, names ...string) {
	for _, name := range names {
		if c.has(name) {
			c.ledger.tell(c.line(name), kind, "%s", why)
		}
	}
}
