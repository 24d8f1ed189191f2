// SPDX-License-Identifier: GPL-3.0-or-later

package action

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/siderostep/siderostep/fault"
)

type shot struct {
	RA   *float64 `json:"ra_h" range:"0..24" doc:"right ascension in hours"`
	N    int      `json:"n" range:"1..3" doc:"which"`
	Mode string   `json:"mode" oneof:"fast,slow" doc:"how"`
	Keep bool     `json:"keep" doc:"whether to keep it"`
	Tags []string `json:"tags" doc:"words"`
}

type result struct {
	Sum float64 `json:"sum" doc:"of what was given"`
}

func example() Action {
	return New("Test:Shot", "tries the tags", func(_ context.Context, p shot) (result, error) {
		if p.Mode == "slow" && p.RA == nil {
			return result{}, fault.New(fault.Refused, "shot", "not now")
		}
		sum := float64(p.N) + float64(len(p.Tags))
		if p.RA != nil {
			sum += *p.RA
		}
		if p.Keep {
			sum += 100
		}
		return result{sum}, nil
	})
}

func TestDo(t *testing.T) {
	for _, tt := range []struct {
		in, want string
		kind     error
		says     string
	}{
		{in: `{"n":2,"mode":"fast"}`, want: `{"sum":2}`},
		{in: ` { "n":3, "mode":"slow", "ra_h":1.5, "keep":true, "tags":["a","b"] } `, want: `{"sum":106.5}`},
		{in: `{"n":2,"mode":"fast","ra_h":null}`, want: `{"sum":2}`},
		{in: `{"n":2,"mode":"slow"}`, kind: fault.Refused, says: "not now"},
		{in: ``, kind: fault.Invalid, says: "n is missing: it is a whole number in 1..3 (which)"},
		{in: `{"n":2}`, kind: fault.Invalid, says: "mode is missing: it is a text, one of fast, slow (how)"},
		{in: `{"n":4,"mode":"fast"}`, kind: fault.Invalid, says: "n is 4: it is a whole number in 1..3"},
		{in: `{"n":1.5,"mode":"fast"}`, kind: fault.Invalid, says: "n is 1.5"},
		{in: `{"n":"2","mode":"fast"}`, kind: fault.Invalid, says: `n is "2"`},
		{in: `{"n":1,"mode":"fast","ra_h":24.1}`, kind: fault.Invalid, says: "ra_h is 24.1: it is a number in 0..24"},
		{in: `{"n":1,"mode":"FAST"}`, kind: fault.Invalid, says: "one of fast, slow"},
		{in: `{"n":1,"mode":"fast","keep":1}`, kind: fault.Invalid, says: "keep is 1: it is a truth value"},
		{in: `{"n":1,"mode":"fast","speed":1}`, kind: fault.Invalid, says: `there is no parameter "speed"; it takes ra_h, n, mode, keep, tags`},
		{in: `[1]`, kind: fault.Invalid, says: "not one JSON object"},
		{in: `{"n":1,"mode":"fast"} {}`, kind: fault.Invalid, says: "not one JSON object"},
		{in: `{"n":1,"mode":"` + strings.Repeat("x", 500) + `"}`, kind: fault.Invalid, says: `xxx...: it is`},
	} {
		got, err := example().Do(t.Context(), tt.in)
		if tt.says == "" {
			if err != nil || got != tt.want {
				t.Errorf("%s: %q, %v; want %q", tt.in, got, err, tt.want)
			}
			continue
		}
		if !errors.Is(err, tt.kind) || err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: error %v; want %v with %q", tt.in, err, tt.kind, tt.says)
		}
	}
}

func TestAnswerThatIsNoNumber(t *testing.T) {
	a := New("Test:NaN", "fails", func(context.Context, None) (result, error) { return result{math.NaN()}, nil })
	if _, err := a.Do(t.Context(), ""); err == nil {
		t.Error("no error")
	}
}

func TestMarkdown(t *testing.T) {
	got := Markdown([]Action{example(), New("Test:All", "does all", func(context.Context, None) (None, error) { return None{}, nil })})
	want := "\n### Test:All\n\ndoes all\n" +
		"\n### Test:Shot\n\ntries the tags\n" +
		"\n| parameter | type | |\n|---|---|---|\n" +
		"| `ra_h` | number 0..24, may be left out | right ascension in hours |\n" +
		"| `n` | whole number 1..3 | which |\n" +
		"| `mode` | text fast\\|slow | how |\n" +
		"| `keep` | truth value, may be left out | whether to keep it |\n" +
		"| `tags` | list, may be left out | words |\n" +
		"\n| answer | type | |\n|---|---|---|\n| `sum` | number | of what was given |\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Nothing that a client sends makes an action panic, or pass a value that
// the declaration does not accept.
func FuzzDo(f *testing.F) {
	for _, s := range []string{``, `{}`, `{"n":2,"mode":"fast"}`, `{"n":1e99,"mode":"fast","ra_h":-0}`, `null`, `{"tags":[1]}`, `{"n":{}}`} {
		f.Add(s)
	}
	a := New("Test:Shot", "tries the tags", func(_ context.Context, p shot) (result, error) {
		if p.N < 1 || p.N > 3 || p.Mode != "fast" && p.Mode != "slow" || p.RA != nil && !(*p.RA >= 0 && *p.RA <= 24) {
			f.Errorf("accepted %+v", p)
		}
		return result{}, nil
	})
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := a.Do(t.Context(), s); err != nil && !errors.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", s, err)
		}
	})
}
