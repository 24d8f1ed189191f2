// SPDX-License-Identifier: GPL-3.0-or-later

package archtest

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// pkg is what go list tells of a package.
type pkg struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
	Module     *struct {
		Path string
		Main bool
	}

	name string // path within the module
}

// list returns our packages and the module's path.
func list(t *testing.T) (pkgs []pkg, module string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-deps", "-json=ImportPath,Dir,GoFiles,Imports,Module", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		if p.Module != nil && p.Module.Main {
			module = p.Module.Path
			p.name = strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
			pkgs = append(pkgs, p)
		}
	}
	if len(pkgs) < 10 {
		t.Fatalf("go list knows only %d packages of ours", len(pkgs))
	}
	return pkgs, module
}

// matches reports whether a path is pattern, or below it if that is x/....
func matches(pattern, path string) bool {
	if pattern == "..." {
		return true
	}
	if parent, ok := strings.CutSuffix(pattern, "/..."); ok {
		return within(parent, path)
	}
	return pattern == path
}

func within(parent, path string) bool { return path == parent || strings.HasPrefix(path, parent+"/") }

func anyMatches(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, path) })
}

func TestArrowsPointDown(t *testing.T) {
	pkgs, module := list(t)
	for _, p := range pkgs {
		i := slices.IndexFunc(rules, func(r rule) bool { return matches(r.of, p.name) })
		if i < 0 {
			t.Errorf("package %s has no rule: say in rules_test.go what it may import, and why", p.name)
			continue
		}
		for _, imported := range p.Imports {
			name, ours := strings.CutPrefix(imported, module+"/")
			if ours && !anyMatches(rules[i].may, name) {
				t.Errorf("package %s must not import %s: %s", p.name, name, rules[i].why)
			}
		}
	}
}

func TestReservedImports(t *testing.T) {
	pkgs, module := list(t)
	for _, p := range pkgs {
		for _, r := range reserved {
			path := strings.Replace(r.path, "MODULE", module, 1)
			for _, imported := range p.Imports {
				if within(path, imported) && !anyMatches(r.to, p.name) && !within(path, p.ImportPath) {
					t.Errorf("package %s must not import %s: %s", p.name, imported, r.why)
				}
			}
		}
	}
}

func TestModelIsPure(t *testing.T) {
	pkgs, module := list(t)
	for _, p := range pkgs {
		if !within("model", p.name) {
			continue
		}
		for _, imported := range p.Imports {
			for _, not := range pure {
				if within(strings.Replace(not.path, "MODULE", module, 1), imported) {
					t.Errorf("package %s must not import %s: mathematics knows nothing of %s", p.name, imported, not.why)
				}
			}
		}
	}
}

func TestRulesAreSound(t *testing.T) {
	for _, r := range rules {
		if r.why == "" || r.none != (len(r.may) == 0) {
			t.Errorf("the rule of %s needs a reason, and imports or none", r.of)
		}
	}
	for _, tt := range []struct {
		pattern, path string
		want          bool
	}{
		{"driver", "driver", true},
		{"driver", "driver/gpio", false},
		{"driver/...", "driver", true},
		{"driver/...", "driver/gpio", true},
		{"driver/...", "drivers", false},
		{"...", "anything/at/all", true},
	} {
		if got := matches(tt.pattern, tt.path); got != tt.want {
			t.Errorf("matches(%q, %q) is %v", tt.pattern, tt.path, got)
		}
	}
}
