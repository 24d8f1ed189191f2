// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"bufio"
	"math"
	"net/url"
	"os"
	"strings"
	"testing"
)

// specMember is a line of testdata/members.txt.
type specMember struct {
	device, verb, name, value string
	params                    []specParam
	always                    bool
}

type specParam struct {
	name, kind string
	optional   bool
}

func (m specMember) path() string { return "/api/v1/" + m.device + "/0/" + m.name }

// readSpec returns the members that the three devices must have.
func readSpec(t testing.TB) []specMember {
	t.Helper()
	file, err := os.Open("testdata/members.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var members []specMember
	for lines := bufio.NewScanner(file); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		m := specMember{device: words[0], verb: words[1], name: words[2], value: words[3]}
		for _, w := range words[4:] {
			if w == "*" {
				m.always = true
				continue
			}
			name, kind, _ := strings.Cut(w, "=")
			m.params = append(m.params, specParam{strings.TrimSuffix(name, "?"), kind, strings.HasSuffix(name, "?")})
		}
		if m.device != "common" {
			members = append(members, m)
			continue
		}
		for _, d := range []string{"telescope", "focuser", "rotator"} {
			m.device = d
			members = append(members, m)
		}
	}
	return members
}

// good returns a value that the member accepts, or at least understands.
func (m specMember) good(p specParam) string {
	switch {
	case p.name == "Action":
		return "FollowSky"
	case p.kind == "words":
		return ""
	case p.kind == "bool":
		return "true"
	case p.kind == "date":
		return "2026-03-20T04:05:06.7890000Z"
	case strings.HasPrefix(p.name, "GuideRate"):
		return "0.001"
	case p.name == "Altitude" || p.name == "Azimuth":
		return "45.5"
	}
	return "1"
}

// query makes the fields of a good request; change replaces or (with nil)
// drops the one called name.
func (m specMember) query(change func(p specParam) (key, value string, keep bool)) string {
	fields := []string{"ClientID=123456", "ClientTransactionID=67890"}
	for _, p := range m.params {
		key, value, keep := p.name, m.good(p), true
		if change != nil {
			key, value, keep = change(p)
		}
		if keep {
			fields = append(fields, key+"="+url.QueryEscape(value))
		}
	}
	return strings.Join(fields, "&")
}

func TestTablesMatchTheInterfaces(t *testing.T) {
	o := open(t, "german")
	want := map[string]bool{}
	for _, m := range readSpec(t) {
		want[m.verb+" "+m.path()] = true
		found := o.server.resources[m.path()]
		if found == nil || found.get == nil && m.verb == "GET" || found.put == nil && m.verb == "PUT" {
			t.Errorf("%s %s is missing", m.verb, m.path())
			continue
		}
		ep := found.get
		if m.verb == "PUT" {
			ep = found.put
		}
		if len(ep.params) != len(m.params) {
			t.Errorf("%s has %d parameters, want %d", m.path(), len(ep.params), len(m.params))
			continue
		}
		kinds := map[string]kind{"bool": truth, "int": whole, "double": decimal, "words": words, "date": date}
		for i, p := range m.params {
			if got, want := ep.params[i], (param{p.name, kinds[p.kind], p.optional}); got != want {
				t.Errorf("%s: parameter %+v, want %+v", m.path(), got, want)
			}
		}
	}
	for path, r := range o.server.resources {
		for verb, ep := range map[string]*endpoint{"GET": r.get, "PUT": r.put} {
			if ep != nil && strings.HasPrefix(path, "/api/") && !want[verb+" "+path] {
				t.Errorf("%s %s is in no interface", verb, path)
			}
		}
	}
}

// eachMember runs check on a fresh server for every member.
func eachMember(t *testing.T, check func(t *testing.T, o *observatory, m specMember)) {
	for _, m := range readSpec(t) {
		t.Run(m.device+"/"+m.verb+" "+m.name, func(t *testing.T) {
			o := open(t, "german")
			if m.name == "slewtoaltaz" || m.name == "slewtoaltazasync" || m.name == "synctoaltaz" {
				o.mount.edit(func(s *mountSnapshot) { s.Tracking = false })
			}
			o.must("telescope/0/targetrightascension", "TargetRightAscension", "7")
			o.must("telescope/0/targetdeclination", "TargetDeclination", "7")
			check(t, o, m)
		})
	}
}

// checkValue sees that Value is there when it should be, and of its type.
func checkValue(t *testing.T, m specMember, re reply) {
	t.Helper()
	raw, there := re.Members["Value"]
	if there != (m.value != "-") {
		t.Errorf("Value present: %v, in %s", there, re.Text)
		return
	}
	ok := true
	switch v := re.Value.(type) {
	case bool:
		ok = m.value == "bool"
	case string:
		ok = m.value == "string"
	case float64:
		ok = m.value == "double" || m.value == "int" && v == math.Trunc(v) && !strings.Contains(string(raw), ".")
	case []any:
		ok = m.value == "list"
	case nil:
		ok = m.value == "-"
	}
	if !ok {
		t.Errorf("Value is %s, want a %s", raw, m.value)
	}
}
