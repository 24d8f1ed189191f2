// SPDX-License-Identifier: GPL-3.0-or-later

package discovery

import (
	"errors"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/fault"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// oddDatagrams are no queries.
var oddDatagrams = []string{
	"", "a", "alpacadiscovery", "alpacadiscovery0", "alpacadiscoverya", "alpacadiscovery ",
	"alpacadiscovery\x00", "alpacadiscovery[", "alpacadiscovery:", "alpacadiscovery@",
	"Alpacadiscovery1", "ALPACADISCOVERY1", " alpacadiscovery1", "alpacadiscover1",
	"xalpacadiscovery1", "alpacadiscovery\xff", `{"AlpacaPort":11111}`,
	"alpacadiscovery1" + strings.Repeat(" ", 49), "alpacadiscovery1" + strings.Repeat("x", 60000),
}

// goodDatagrams are queries.
var goodDatagrams = []string{
	"alpacadiscovery1", "alpacadiscovery9", "alpacadiscoveryA", "alpacadiscoveryZ",
	"alpacadiscovery1\x00\x00", "alpacadiscovery2 {}", "alpacadiscovery1" + strings.Repeat("\xff", 48),
}

func TestIsQuery(t *testing.T) {
	for _, s := range oddDatagrams {
		if isQuery([]byte(s)) {
			t.Errorf("%.30q… of %d bytes is taken for a query", s, len(s))
		}
	}
	for _, s := range goodDatagrams {
		if !isQuery([]byte(s)) {
			t.Errorf("%q is not taken for a query", s)
		}
	}
}

func TestParseReply(t *testing.T) {
	tests := []struct {
		in   string
		want uint16 // 0: refused
	}{
		{`{"AlpacaPort":11111}`, 11111},
		{`{"AlpacaPort": 65535}`, 65535},
		{"{\r\n  \"AlpacaPort\": 1\r\n}\r\n", 1},
		{"\uFEFF{\"AlpacaPort\":80}\x00\x00", 80},
		{`{"alpacaport":"32323","Extra":[1,{"a":null}]}`, 32323},
		{"", 0},
		{"{}", 0},
		{"null", 0},
		{"11111", 0},
		{`[{"AlpacaPort":11111}]`, 0},
		{`{"AlpacaPort":0}`, 0},
		{`{"AlpacaPort":-1}`, 0},
		{`{"AlpacaPort":65536}`, 0},
		{`{"AlpacaPort":1.5}`, 0},
		{`{"AlpacaPort":true}`, 0},
		{`{"AlpacaPort":11111`, 0},
		{`{"AlpacaPort":11111} x`, 0},
		{"alpacadiscovery1", 0},
	}
	for _, tt := range tests {
		if got, ok := parseReply([]byte(tt.in)); got != tt.want && ok || ok != (tt.want != 0) {
			t.Errorf("parseReply(%q) = %d, %v; want %d", tt.in, got, ok, tt.want)
		}
	}
}

func TestReplyFormat(t *testing.T) {
	if got, want := string(formatReply(11111)), `{"AlpacaPort":11111}`; got != want {
		t.Errorf("reply is %q, want %q", got, want)
	}
	rapid.Check(t, func(t *rapid.T) {
		port := rapid.Uint16Min(1).Draw(t, "port")
		if got, ok := parseReply(formatReply(port)); got != port || !ok {
			t.Errorf("parsed %d, %v; want %d", got, ok, port)
		}
	})
}

func TestConfig(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	// Validate must agree with each range tag at both of its ends.
	typ := reflect.TypeFor[Config]()
	for i := range typ.NumField() {
		f := typ.Field(i)
		if f.Tag.Get("toml") == "" || f.Tag.Get("doc") == "" {
			t.Errorf("%s lacks a tag", f.Name)
		}
		if f.Type.Kind() != reflect.Int {
			continue
		}
		lo, top, ok := strings.Cut(f.Tag.Get("range"), "..")
		if !ok {
			t.Fatalf("%s has no range", f.Name)
		}
		check := func(text string, step int) {
			limit, err := strconv.Atoi(text)
			if err != nil {
				t.Fatal(err)
			}
			cfg := DefaultConfig()
			v := reflect.ValueOf(&cfg).Elem().Field(i)
			v.SetInt(int64(limit))
			if err := cfg.Validate(); err != nil {
				t.Errorf("%s = %d: %v", f.Name, limit, err)
			}
			v.SetInt(int64(limit + step))
			if err := cfg.Validate(); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), f.Tag.Get("toml")) {
				t.Errorf("%s = %d: %v", f.Name, limit+step, err)
			}
		}
		check(lo, -1)
		check(top, +1)
	}
}

func FuzzDatagram(f *testing.F) {
	for _, s := range append(oddDatagrams, goodDatagrams...) {
		f.Add([]byte(s))
	}
	valid := regexp.MustCompile(`(?s)\Aalpacadiscovery[1-9A-Z]`)
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, want := isQuery(b), valid.Match(b) && len(b) <= 64; got != want {
			t.Errorf("isQuery(%q) = %v", b, got)
		}
		parseArrival(arrival{}.from, b) // control messages come from the kernel, yet must not panic
	})
}

func FuzzReply(f *testing.F) {
	for _, s := range []string{`{"AlpacaPort":11111}`, "{ \"alpacaport\" : \"1\" }\x00", `{"AlpacaPort":1e3}`, `{"AlpacaPort":{}}`, "\uFEFF{}", "null", ""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		port, ok := parseReply(b)
		if !ok {
			return
		}
		if again, ok := parseReply(formatReply(port)); port == 0 || again != port || !ok {
			t.Errorf("%q gives port %d, printed and parsed %d, %v", b, port, again, ok)
		}
	})
}

// unable skips a test that this machine cannot run, except in CI, where it
// must be able to.
func unable(t *testing.T, why string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf(why, args...)
	}
	t.Skipf(why, args...)
}
