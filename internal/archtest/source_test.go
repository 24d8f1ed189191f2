// SPDX-License-Identifier: GPL-3.0-or-later

package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const header = "// SPDX-License-Identifier: GPL-3.0-or-later\n"

func TestSourceFiles(t *testing.T) {
	pkgs, _ := list(t)
	for _, p := range pkgs {
		for _, name := range p.GoFiles {
			file := filepath.Join(p.Dir, name)
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			set := token.NewFileSet()
			parsed, err := parser.ParseFile(set, path.Join(p.name, name), text, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			_, excepted := exceptions[p.name]
			for _, found := range complaints(parsed, excepted) {
				t.Errorf("%s: %s", set.Position(found.at), found.text)
			}
		}
	}
}

// complaint is something that a source file must not contain.
type complaint struct {
	at   token.Pos
	text string
}

// complaints looks for init functions and, unless the file is excepted, for
// forbidden calls, mentioned or made, under whatever name the package was
// imported.
func complaints(file *ast.File, excepted bool) (found []complaint) {
	imported := map[string]string{} // name in the file → path
	for _, spec := range file.Imports {
		full, _ := strconv.Unquote(spec.Path.Value)
		name := path.Base(full)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		imported[name] = full
		if name == "." {
			found = append(found, complaint{spec.Pos(), "an import into the file's own names hides where they come from"})
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Recv == nil && n.Name.Name == "init" {
				found = append(found, complaint{n.Pos(), "no init functions: cmd builds every object and hands it over"})
			}
		case *ast.SelectorExpr:
			x, ok := n.X.(*ast.Ident)
			for _, f := range forbidden {
				if ok && !excepted && n.Sel.Name == f.name && imported[x.Name] == f.pkg {
					found = append(found, complaint{n.Pos(), f.pkg + "." + f.name + ": " + f.why})
				}
			}
		}
		return true
	})
	return found
}

func TestComplaints(t *testing.T) {
	const bad = `package p
import ("time"; later "time"; . "strings")
var now = time.Now
func init() {}
func f(t time.Time) { later.Sleep(1); _ = time.Second; t.Now() }
func (x T) init() {}
type time2 struct{}
`
	parsed, err := parser.ParseFile(token.NewFileSet(), "bad.go", bad, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range complaints(parsed, false) {
		got = append(got, strings.SplitAfter(c.text, ":")[0])
	}
	want := "an import into the file's own names hides where they come from, time.Now:, no init functions:, time.Sleep:"
	if strings.Join(got, ", ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if n := len(complaints(parsed, true)); n != 2 {
		t.Errorf("%d complaints about an excepted file, want 2", n)
	}
}

// Every Go file, tests too, begins with the licence's name.
func TestLicenceHeaders(t *testing.T) {
	err := filepath.WalkDir("../..", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(file) != ".go" {
			return err
		}
		text, err := os.ReadFile(file)
		if err == nil && !strings.HasPrefix(string(text), header) {
			t.Errorf("%s does not begin with %q", strings.TrimPrefix(file, "../../"), strings.TrimSpace(header))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
