// SPDX-License-Identifier: GPL-3.0-or-later

package discovery

import (
	"fmt"
	"testing"
)

// after returns the addresses on a list after each of its rounds.
func after(l targetList, everywhere bool, rounds ...[]candidate) (got []string) {
	for _, found := range rounds {
		l.update(found, everywhere)
		var addresses []string
		for _, t := range l.targets() {
			addresses = append(addresses, t.Addresses[0])
		}
		got = append(got, fmt.Sprint(addresses))
	}
	return got
}

func TestTargetList(t *testing.T) {
	one, other := at("192.0.2.5:1", "A", "x"), at("192.0.2.6:1", "B", "y")
	one6, oneElsewhere := at("[2001:db8::5]:1", "A", "x"), at("192.0.2.9:1", "A", "x")
	oneLower := at("192.0.2.4:1", "A", "x")
	oneLocal, one6Local := at("127.0.0.1:1", "A", "x"), at("[::1]:1", "A", "x")
	otherAtOnes := at("192.0.2.5:1", "B", "y")
	renamed := at("192.0.2.5:1", "A2", "x")
	named := candidate{Server: one.Server, given: true}
	type round = []candidate
	tests := []struct {
		name       string
		everywhere bool
		rounds     []round
		want       string
	}{
		{"one server at several addresses", true, []round{{one6Local, one, oneLocal, one6, other}}, "[[192.0.2.5:1 192.0.2.6:1]]"},
		{"on loopback only", true, []round{{one6Local, oneLocal}}, "[[127.0.0.1:1]]"},
		{"silent for two rounds", true, []round{{one, other}, {other}, {other}, {one, other}, {other}, {other}}, "[[192.0.2.5:1 192.0.2.6:1] [192.0.2.5:1 192.0.2.6:1] [192.0.2.5:1 192.0.2.6:1] [192.0.2.5:1 192.0.2.6:1] [192.0.2.5:1 192.0.2.6:1] [192.0.2.5:1 192.0.2.6:1]]"},
		{"silent for three", true, []round{{one, other}, {other}, {other}, {other}}, "[[192.0.2.5:1 192.0.2.6:1] [192.0.2.5:1 192.0.2.6:1] [192.0.2.5:1 192.0.2.6:1] [192.0.2.6:1]]"},
		{"all silent", true, []round{{one}, {}, {}, {}}, "[[192.0.2.5:1] [192.0.2.5:1] [192.0.2.5:1] []]"},
		{"silent while discovery fails", false, []round{{one}, {}, {}, {}, {}}, "[[192.0.2.5:1] [192.0.2.5:1] [192.0.2.5:1] [192.0.2.5:1] [192.0.2.5:1]]"},
		{"silent, but named", true, []round{{named}, {}, {}, {}, {}}, "[[192.0.2.5:1] [192.0.2.5:1] [192.0.2.5:1] [192.0.2.5:1] [192.0.2.5:1]]"},
		{"found before it was named", true, []round{{one}, {one, named}, {}, {}, {}, {}}, "[[192.0.2.5:1] [192.0.2.5:1] [192.0.2.5:1] [192.0.2.5:1] [192.0.2.5:1] [192.0.2.5:1]]"},
		{"as good an address more", true, []round{{one}, {oneLower, one}}, "[[192.0.2.5:1] [192.0.2.5:1]]"},
		{"a better address", true, []round{{oneLocal}, {oneLocal, one}}, "[[127.0.0.1:1] [192.0.2.5:1]]"},
		{"a worse address for a while", true, []round{{one, one6}, {one6}, {one6}, {one}}, "[[192.0.2.5:1] [192.0.2.5:1] [192.0.2.5:1] [192.0.2.5:1]]"},
		{"moved", true, []round{{one}, {oneElsewhere}, {oneElsewhere}, {oneElsewhere}}, "[[192.0.2.5:1] [192.0.2.5:1] [192.0.2.5:1] [192.0.2.9:1]]"},
		{"moved, and another came to its address", true, []round{{one}, {oneElsewhere, otherAtOnes}}, "[[192.0.2.5:1] [192.0.2.9:1 192.0.2.5:1]]"},
		{"renamed", true, []round{{one}, {renamed}}, "[[192.0.2.5:1] [192.0.2.5:1]]"},
	}
	for _, tt := range tests {
		if got := fmt.Sprint(after(targetList{}, tt.everywhere, tt.rounds...)); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, got, tt.want)
		}
	}

	l := targetList{}
	after(l, true, round{one}, round{renamed})
	if got := l.targets()[0].Labels.Name; got != "A2" {
		t.Errorf("renamed to A2, the name is %q", got)
	}
}
