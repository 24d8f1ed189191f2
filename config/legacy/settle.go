// SPDX-License-Identifier: GPL-3.0-or-later

package legacy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/siderostep/siderostep/config"
)

// settle takes out, one after the other, what the configuration refuses,
// until nothing is wrong with what is left.
func (c *converter) settle() {
	for {
		f, err := config.Parse("config.dat", c.render())
		if err == nil {
			c.final = f
			return
		}
		problems, _ := errors.AsType[config.Problems](err)
		if !c.takeOut(problems) && !c.takeAll("", err.Error()) {
			// Not even an empty file is in order.
			c.ledger.tell(0, Error, "%v", err)
			return
		}
	}
}

// takeOut takes out the settings that problems are about. Where they are
// about none, it takes out those of the whole section.
func (c *converter) takeOut(problems config.Problems) (some bool) {
	for _, p := range problems {
		some = isUnknown(p.Text) && c.takeKey(p.Key, p.Text) || some
	}
	if some { // the others may follow from these
		return true
	}
	for _, p := range problems {
		some = c.takeKey(p.Key, p.Text) || some
	}
	for _, p := range problems {
		section, _, _ := strings.Cut(p.Key, ".")
		if !some && section != "" {
			some = c.takeAll(section+".", p.Text)
		}
	}
	return some
}

func isUnknown(problem string) bool { return strings.Contains(problem, "is no known key") }

// takeKey takes out one setting, or those of a section that is unknown.
func (c *converter) takeKey(key, why string) (found bool) {
	unknown := isUnknown(why)
	for i := range c.settings {
		s := &c.settings[i]
		if s.Out != "" || s.Key != key && !(unknown && strings.HasPrefix(s.Key, key+".")) {
			continue
		}
		found = true
		kind := Error
		if unknown {
			kind, why = Doubtful, "this program has no such key"
		}
		s.Out = why
		if c.hasAny(s.From...) || !unknown {
			c.tell(kind, append(slices.Clone(s.From), key)[:max(1, len(s.From))], "%s is not set: %s", s.Key, why)
		}
	}
	return found
}

// takeAll takes out all settings of a section.
func (c *converter) takeAll(section, why string) (some bool) {
	for _, s := range c.settings {
		if s.Out == "" && strings.HasPrefix(s.Key, section) {
			some = c.takeKey(s.Key, why) || some
		}
	}
	return some
}

// sections are those of the configuration file, in its order.
var sections = [...]string{
	"site", "mount", "mount.z", "mount.a", "mount.encoders", "rotator", "alignment", "motors.z", "motors.a",
	"hardware", "hardware.z", "hardware.a", "hardware.rotator", "hardware.focuser", "hardware.parport",
	"hardware.keep_alive", "hardware.over_voltage", "hardware.aux", "hardware.inputs",
	"encoders", "focuser", "catalog", "lx200", "lx200.serial", "handpad",
}

// render returns the configuration file, and puts the settings in its order.
func (c *converter) render() string {
	rank := func(s Setting) int { return slices.Index(sections[:], s.Key[:strings.LastIndexByte(s.Key, '.')]) }
	slices.SortStableFunc(c.settings, func(a, b Setting) int { return rank(a) - rank(b) })
	var b strings.Builder
	b.WriteString("# Made from a config.dat of Scope II by siderostep import-config. What is not here has its\n" +
		"# default, which siderostep check --print-default shows.\n")
	last := ""
	for _, s := range c.settings {
		i := strings.LastIndexByte(s.Key, '.')
		section, name := s.Key[:i], s.Key[i+1:]
		if section != last {
			b.WriteByte('\n')
			if !c.inForce(section) {
				b.WriteString("# ")
			}
			fmt.Fprintf(&b, "[%s]\n", section)
			last = section
		}
		fmt.Fprintf(&b, "# %s\n", c.origin(s))
		switch {
		case s.Value == nil:
			fmt.Fprintf(&b, "# %s =\n", name)
		case s.Out != "":
			fmt.Fprintf(&b, "# %s = %s\n", name, format(s.Value))
		default:
			fmt.Fprintf(&b, "%s = %s\n", name, format(s.Value))
		}
	}
	return b.String()
}

// inForce reports whether anything of a section is.
func (c *converter) inForce(section string) bool {
	return slices.ContainsFunc(c.settings, func(s Setting) bool {
		name, ok := strings.CutPrefix(s.Key, section+".")
		return ok && s.Out == "" && !strings.Contains(name, ".")
	})
}

// origin says where a setting comes from, and why it is not in force.
func (c *converter) origin(s Setting) string {
	var from []string
	for _, name := range s.From {
		if c.has(name) {
			from = append(from, fmt.Sprintf("%s, line %d", name, c.line(name)))
		}
	}
	text := strings.Join(from[:min(len(from), 4)], "; ")
	switch {
	case len(from) > 4:
		text += "; and others"
	case text == "" && len(s.From) > 0:
		text = "the original's default"
	case text == "":
		text = "set by the import"
	}
	if s.Out != "" {
		text += "; NOT SET: " + s.Out
	}
	return printable(text, 400)
}
