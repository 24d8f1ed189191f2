// SPDX-License-Identifier: GPL-3.0-or-later

package discovery

import (
	"errors"
	"net/url"
	"testing"

	"github.com/siderostep/siderostep/fault"
)

// serverTexts are texts of servers, and where they are; "" for nowhere.
var serverTexts = map[string]string{
	"http://mount1:11111":           "mount1:11111",
	"HTTP://mount1:11111/":          "mount1:11111",
	"mount1.dome.example:80":        "mount1.dome.example:80",
	"http://192.0.2.7:11111":        "192.0.2.7:11111",
	"192.0.2.7:1":                   "192.0.2.7:1",
	"[::1]:11111":                   "[::1]:11111",
	"http://[fe80::1%25eth0]:11111": "[fe80::1%eth0]:11111",
	"[::ffff:192.0.2.7]:11111":      "192.0.2.7:11111",
	"":                              "",
	"mount1":                        "",
	"http://mount1":                 "",
	"http://mount1:0":               "",
	"http://mount1:65536":           "",
	"http://mount1:11111/api":       "",
	"http://mount1:11111?x=1":       "",
	"http://mount1:11111#x":         "",
	"http://me:secret@mount1:11111": "",
	"https://mount1:11111":          "",
	"file://mount1:11111":           "",
	"http://:11111":                 "",
	":11111":                        "",
	"mount 1:11111":                 "",
	"mount\n1:11111":                "",
}

func TestParseServer(t *testing.T) {
	for text, want := range serverTexts {
		s, err := ParseServer(text)
		if want == "" {
			if !errors.Is(err, fault.Invalid) {
				t.Errorf("%q: %+v, %v; want fault.Invalid", text, s, err)
			}
			continue
		}
		if err != nil || s.authority() != want {
			t.Errorf("%q is %q, %v; want %s", text, s.authority(), err, want)
		}
	}
}

// A server that is accepted makes a URL that others read in the same way.
func FuzzServer(f *testing.F) {
	for text := range serverTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseServer(text)
		if err != nil {
			return
		}
		u := url.URL{Scheme: "http", Host: s.authority()}
		again, err := ParseServer(u.String())
		if err != nil || again.authority() != s.authority() {
			t.Errorf("%q is %q, and %s is %q, %v", text, s.authority(), &u, again.authority(), err)
		}
	})
}
