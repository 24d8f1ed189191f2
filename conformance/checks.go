// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

// CheckInfo describes one check.
type CheckInfo struct {
	ID    string // such as "T19"
	Title string
	Suite Suite
	Kind  string // type of device; empty for any device or the server itself
}

// Checks returns all checks, in the order in which they run. It is the index
// from the reference's numbers to this package: each row comes from the table
// that also holds the function.
func Checks() []CheckInfo {
	var out []CheckInfo
	out = appendInfo(out, Protocol, "", protocolTable())
	for _, t := range templateTable() {
		t.Suite = Protocol
		out = append(out, t)
	}
	out = appendInfo(out, Conformance, "", openingTable())
	out = appendInfo(out, Conformance, "telescope", telescopeTable())
	out = appendInfo(out, Conformance, "focuser", focuserTable())
	out = appendInfo(out, Conformance, "rotator", rotatorTable())
	out = appendInfo(out, Conformance, "", closingTable())
	out = appendInfo(out, Extra, "", extraTable())
	out = appendInfo(out, Extra, "telescope", extraTelescopeTable())
	return appendInfo(out, Extra, "", serverChecks())
}

func appendInfo[D any](out []CheckInfo, s Suite, kind string, table []check[D]) []CheckInfo {
	for _, c := range table {
		out = append(out, CheckInfo{ID: c.id, Title: c.title, Suite: s, Kind: kind})
	}
	return out
}
