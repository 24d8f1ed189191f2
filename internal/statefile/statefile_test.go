// SPDX-License-Identifier: GPL-3.0-or-later

package statefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

type state struct {
	Name  string    `json:"name"`
	Count int64     `json:"count"`
	Where []float64 `json:"where"`
}

func TestSaveThenOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mount.json")
	if _, found, err := Open[state](path); found || err != nil {
		t.Fatalf("no file yet: found %v, error %v", found, err)
	}
	for _, want := range []state{{"a", 1, []float64{0.1}}, {"<&>\u2028 \"", -1 << 62, nil}} {
		if err := Save(path, want); err != nil {
			t.Fatal(err)
		}
		got, found, err := Open[state](path)
		if err != nil || !found || got.Name != want.Name || got.Count != want.Count || len(got.Where) != len(want.Where) {
			t.Errorf("got %+v, %v, %v; want %+v", got, found, err, want)
		}
	}
}

func TestDamagedFileIsKeptAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mount.json")
	if err := Save(path, state{Name: "good", Count: 7}); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, text, want string }{
		{"empty", "", "unexpected end"},
		{"no JSON", "hello", "invalid character"},
		{"another format", strings.Replace(string(good), `"format": 1`, `"format": 2`, 1), "format is 2"},
		{"a bit flipped", strings.Replace(string(good), `7`, `6`, 1), "checksum"},
		{"no value", `{"format": 1, "crc32": "00000000"}`, "no value"},
		{"another type", `{"format":1,"crc32":"` + checksum([]byte(`5`)) + `","value":5}`, "cannot unmarshal"},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, _, err := Read[state](path); err == nil {
				t.Error("Read found nothing wrong")
			}
			got, found, err := Open[state](path)
			damage, ok := errors.AsType[*DamagedError](err)
			if !ok || found || got.Name != "" || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %+v, %v, %v; want a *DamagedError with %q", got, found, err, tt.want)
			}
			if want := path + ".damaged-" + string(rune('1'+i)); damage.Aside != want {
				t.Errorf("set aside as %s, want %s", damage.Aside, want)
			}
			if kept, err := os.ReadFile(damage.Aside); err != nil || string(kept) != tt.text {
				t.Errorf("kept %q, %v; want %q", kept, err, tt.text)
			}
			if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the damaged file still has its name: %v", err)
			}
		})
	}
}

// Every prefix of a file, which a crash of a careless program or disk may
// leave, is seen to be damaged; so is every file with a changed byte in its
// value.
func TestPartialWritesAreNoticed(t *testing.T) {
	text, err := encode(state{Name: "partial", Count: 42, Where: []float64{1.5, -2.25}})
	if err != nil {
		t.Fatal(err)
	}
	body := strings.TrimRight(string(text), "\n")
	for n := range body {
		if decode([]byte(body[:n]), new(state)) == nil {
			t.Errorf("the first %d of %d bytes pass for a value", n, len(body))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(strings.Index(body, "partial"), len(body)-1).Draw(t, "at")
		changed := []byte(body)
		changed[at] ^= rapid.Byte().Filter(func(b byte) bool { return b != 0 }).Draw(t, "bits")
		var got state
		if decode(changed, &got) == nil && (got.Name != "partial" || got.Count != 42) {
			t.Errorf("byte %d changed: %q passes as %+v", at, changed, got)
		}
	})
}

func TestLeftOversAreSwept(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "mount.json")
	if err := Save(path, state{}); err != nil {
		t.Fatal(err)
	}
	keep := []string{".mount.json", ".mount.json12x", "mount.json.damaged-1", ".focuser.json123"}
	for _, name := range append(keep, ".mount.json123", ".mount.json9") {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := Open[state](path); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1+len(keep) {
		t.Errorf("left are %v", entries)
	}
}
