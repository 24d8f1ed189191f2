// SPDX-License-Identifier: GPL-3.0-or-later

package catalog

import "strings"

// Search returns the objects whose name, designations, type, constellation
// or notes contain the text, whatever its case, in the order of the file.
// Blanks around the text do not count; an empty text finds nothing.
func (c *Catalog) Search(text string) []*Object {
	text = strings.ToLower(strings.TrimSpace(text))
	if text == "" {
		return nil
	}
	var found []*Object
	for i := range c.Objects {
		if strings.Contains(strings.ToLower(c.Objects[i].text()), text) {
			found = append(found, &c.Objects[i])
		}
	}
	return found
}

// Named returns the first object with the name or designation, in which case
// and blanks do not count: "m31" is "M 31".
func (c *Catalog) Named(name string) (o *Object, ok bool) {
	name = squeezed(name)
	if name == "" {
		return nil, false
	}
	for i := range c.Objects {
		o := &c.Objects[i]
		if squeezed(o.Name) == name {
			return o, true
		}
		for _, other := range o.Others {
			if squeezed(other) == name {
				return o, true
			}
		}
	}
	return nil, false
}

// squeezed returns a designation without case and blanks.
func squeezed(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), "")) }
