// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"strings"
)

// reduce makes smaller devices, which are correct too. "async-only" is an
// alt-az mount by the letter of Alpaca, without blocking slews. "minimal" can
// do nothing that is optional.
func (f *fake) reduce(kind string, m map[string]handler) {
	switch {
	case f.has("async-only") && kind == "telescope":
		refuse(m, "canslew", "slewtocoordinates", "slewtotarget")
		refuse(m, "canslewaltaz", "slewtoaltaz")
		refuse(m, "cansetpierside")
		barred(m, "sideofpier", "destinationsideofpier")
		readOnly(m, "utcdate")
		m["alignmentmode"] = constant(0)
	case f.has("minimal") && kind == "telescope":
		f.minimalTelescope(m)
	case f.has("minimal") && kind == "focuser":
		m["absolute"], m["tempcompavailable"], m["tempcomp"] = constant(false), constant(false), constant(false)
		m["tempcomp"] = m["tempcomp"].writes("TempComp", "bool", func(values) *ascom { return fault(notImplemented) })
		barred(m, "position", "temperature", "halt")
		m["move"] = does(func(values) *ascom { return nil }, [2]string{"Position", "int"})
	case f.has("minimal") && kind == "rotator":
		barred(m, "stepsize", "halt")
	}
}

func (f *fake) minimalTelescope(m map[string]handler) {
	for name := range f.scope.flags() {
		m[name] = constant(false)
	}
	m["canmoveaxis"] = withGet(m["canmoveaxis"], false)
	m["axisrates"] = withGet(m["axisrates"], []axisRate{})
	barred(m, "alignmentmode", "altitude", "azimuth", "aperturediameter", "focallength", "sideofpier",
		"destinationsideofpier", "doesrefraction", "guideratedeclination", "guideraterightascension",
		"ispulseguiding", "slewsettletime", "abortslew", "findhome", "moveaxis", "park", "unpark", "setpark",
		"pulseguide", "slewtocoordinates", "slewtocoordinatesasync", "slewtotarget", "slewtotargetasync",
		"slewtoaltaz", "slewtoaltazasync", "synctoaltaz", "synctocoordinates", "synctotarget")
	readOnly(m, "rightascensionrate", "declinationrate", "tracking", "trackingrate", "utcdate",
		"siteelevation", "sitelatitude", "sitelongitude")
}

// refuse makes a flag false and bars its methods.
func refuse(m map[string]handler, flag string, methods ...string) {
	m[flag] = constant(false)
	barred(m, methods...)
}

// barred makes members answer NotImplemented.
func barred(m map[string]handler, names ...string) {
	for _, name := range names {
		h := m[name]
		if h.get != nil {
			h.get = func(values) (any, *ascom) { return nil, fault(notImplemented) }
		}
		m[name] = h
		readOnly(m, name)
	}
}

// readOnly makes writing members answer NotImplemented.
func readOnly(m map[string]handler, names ...string) {
	for _, name := range names {
		h := m[name]
		if h.put != nil {
			h.put = func(values) (any, *ascom) { return nil, fault(notImplemented) }
		}
		if name == "utcdate" {
			h.put = func(v values) (any, *ascom) {
				if !strings.HasPrefix(v["UTCDate"].(string), "20") || strings.Contains(v["UTCDate"].(string), "T99") {
					return nil, fault(invalidValue)
				}
				return nil, fault(notImplemented)
			}
		}
		m[name] = h
	}
}

// withGet replaces the value of a member that has parameters, for axes that
// exist.
func withGet(h handler, value any) handler {
	old := h.get
	h.get = func(v values) (any, *ascom) {
		if _, err := old(v); err != nil {
			return nil, err
		}
		return value, nil
	}
	return h
}
