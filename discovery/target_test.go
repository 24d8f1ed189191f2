// SPDX-License-Identifier: GPL-3.0-or-later

package discovery

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// at returns a candidate with one device.
func at(addr, name, id string) candidate {
	return candidate{Server: Server{
		Addr: netip.MustParseAddrPort(addr), Name: name, Location: "Dome", Devices: []Device{{Type: "Telescope", UniqueID: id}},
	}}
}

func TestRank(t *testing.T) {
	named := candidate{Server: Server{Host: "mount1:11111"}, given: true}
	order := []candidate{
		named, at("10.0.0.5:11111", "", "a"), at("192.0.2.5:11111", "", "a"), at("[2001:db8::1]:11111", "", "a"),
		at("169.254.1.1:11111", "", "a"), at("127.0.0.1:11111", "", "a"), at("[::1]:11111", "", "a"), at("[fe80::1%eth0]:11111", "", "a"),
	}
	got := slices.Clone(order)
	slices.Reverse(got)
	slices.SortFunc(got, byRank)
	for i := range order {
		if got[i].authority() != order[i].authority() {
			t.Errorf("place %d has %s, want %s", i, got[i].authority(), order[i].authority())
		}
	}
}

func TestIdentity(t *testing.T) {
	one := at("192.0.2.5:11111", "A", "x")
	two := one
	two.Devices = []Device{{UniqueID: "y"}, {UniqueID: "x"}}
	turned := one
	turned.Devices = []Device{{UniqueID: "x"}, {UniqueID: "y"}, {}}
	joined := one
	joined.Devices = []Device{{UniqueID: `x" "y`}}
	for _, tt := range []struct {
		name string
		a, b candidate
		same bool
	}{
		{"another address", one, at("[::1]:11111", "A", "x"), true},
		{"order of devices", two, turned, true},
		{"an id that looks like two", turned, joined, false},
		{"another port", one, at("192.0.2.5:11112", "A", "x"), false},
		{"another name", one, at("192.0.2.6:11111", "B", "x"), false},
		{"another device", one, at("192.0.2.5:11111", "A", "y"), false},
		{"no ids", at("192.0.2.5:11111", "A", ""), at("192.0.2.6:11111", "A", ""), false},
	} {
		if got := tt.a.identity() == tt.b.identity(); got != tt.same {
			t.Errorf("%s: same is %v", tt.name, got)
		}
	}
}

// The form is that of the documentation's example.
func TestTargetForm(t *testing.T) {
	list := targetList{}
	list.update([]candidate{at("192.0.2.5:11111", " Ridge\x1b[31m ", "a")}, true)
	got, err := json.Marshal(list.targets())
	if err != nil {
		t.Fatal(err)
	}
	if want := `[{"targets":["192.0.2.5:11111"],"labels":{"name":"Ridge?[31m","location":"Dome","__meta_alpaca_manufacturer":"","__meta_alpaca_version":""}}]`; string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, err := json.Marshal(targetList{}.targets()); string(got) != "[]" {
		t.Errorf("an empty list is %s, %v", got, err)
	}
	if got := label(strings.Repeat("é", 1000)); got != strings.Repeat("é", 200) {
		t.Errorf("a long name makes a label of %d bytes", len(got))
	}
}

// Whatever a server answers to management requests, the list is fit for
// Prometheus.
func FuzzManagement(f *testing.F) {
	f.Add(`{"Value":{"ServerName":"Ridge","Manufacturer":"m","ManufacturerVersion":"1","Location":"Dome"}}`,
		`{"Value":[{"DeviceName":"Mount","DeviceType":"Telescope","DeviceNumber":0,"UniqueID":"abc"}],"ErrorNumber":0}`)
	f.Add(`{"Value":null}`, `{"Value":{}}`)
	f.Add(`{"value":{"servername":"\ud800\u0000\u202e"}}`, `{"Value":[null,{"UniqueID":"\""}]}`)
	f.Add(`{"ErrorNumber":1024,"ErrorMessage":"no"}`, `[`)
	f.Fuzz(func(t *testing.T, description, devices string) {
		s := Server{Addr: netip.MustParseAddrPort("192.0.2.5:11111")}
		if s.readDescription(strings.NewReader(description)) != nil || s.readDevices(strings.NewReader(devices)) != nil {
			return
		}
		list := targetList{}
		list.update([]candidate{{Server: s}, {Server: s, given: true}}, true)
		targets := list.targets()
		if len(targets) != 1 {
			t.Fatalf("one server makes %d targets", len(targets))
		}
		page, err := json.Marshal(targets)
		if err != nil {
			t.Fatal(err)
		}
		var groups []struct {
			Targets []string
			Labels  map[string]string
		}
		if err := json.Unmarshal(page, &groups); err != nil || len(groups) != 1 || len(groups[0].Targets) != 1 {
			t.Fatalf("%s: %v", page, err)
		}
		for name, value := range groups[0].Labels {
			odd := func(r rune) bool { return !unicode.IsPrint(r) }
			if !utf8.ValidString(value) || utf8.RuneCountInString(value) > maxLabel || strings.ContainsFunc(value, odd) {
				t.Errorf("label %s is %q", name, value)
			}
		}
	})
}
