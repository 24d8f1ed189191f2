// SPDX-License-Identifier: GPL-3.0-or-later

package discovery

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// forget is how many rounds a server may be silent before it leaves the list:
// one lost datagram must not end its curves.
const forget = 3

// entry is a server on the list, at the address that was chosen for it.
type entry struct {
	candidate
	named  bool // by a person, who wants to see it when it is down
	misses int  // rounds in a row in which its address did not answer
}

// targetList remembers servers from round to round, by identity. It holds on
// to an address while that answers, for a new one begins new curves, but goes
// to a better one at once.
type targetList map[string]entry

// update takes in what a round found. If the round could not ask everywhere,
// silence is not held against anyone.
func (l targetList) update(found []candidate, everywhere bool) {
	groups, owners := map[string][]candidate{}, map[string]string{}
	for _, c := range found {
		id := c.identity()
		groups[id] = append(groups[id], c)
		owners[c.authority()] = id
	}
	for id, old := range l {
		at := slices.IndexFunc(groups[id], func(c candidate) bool { return c.authority() == old.authority() })
		switch owner, answered := owners[old.authority()]; {
		case at >= 0:
			old.candidate, old.misses = groups[id][at], 0
			old.named = old.named || old.given
			l[id] = old
			continue
		case answered && owner != id: // the address is another's now, or its server another
		case everywhere:
			old.misses++
			l[id] = old
			if old.misses < forget || old.named && len(groups[id]) == 0 {
				continue
			}
		default:
			continue
		}
		delete(l, id) // and then perhaps at another address
	}
	for id, group := range groups {
		best := slices.MinFunc(group, byRank)
		if old, known := l[id]; !known || best.rank() < old.rank() {
			l[id] = entry{candidate: best, named: best.given || old.named}
		}
	}
}

// targets returns the list in order of name, then address; never nil.
func (l targetList) targets() []Target {
	list := make([]Target, 0, len(l))
	for _, e := range slices.Collect(maps.Values(l)) {
		list = append(list, Target{Addresses: [1]string{e.authority()}, Labels: labelsOf(e.Server)})
	}
	slices.SortFunc(list, func(a, b Target) int {
		return cmp.Or(strings.Compare(a.Labels.Name, b.Labels.Name), strings.Compare(a.Addresses[0], b.Addresses[0]))
	})
	return list
}
