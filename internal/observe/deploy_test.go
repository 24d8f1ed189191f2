// SPDX-License-Identifier: GPL-3.0-or-later

package observe

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const deploy = "../../deploy"

func dashboards(t *testing.T) map[string]*Dashboard {
	t.Helper()
	all, err := Dashboards(filepath.Join(deploy, "dashboards"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"guiding", "pec", "pointing", "health"} {
		if all[name] == nil {
			t.Fatalf("there is no dashboard %s", name)
		}
	}
	return all
}

// units are the ids of Grafana's units (packages/grafana-data, valueFormats)
// that fit a telescope. A suffix is a unit of one's own.
var units = []string{"none", "short", "degree", "arcmin", "arcsec", "s", "percent", "percentunit", "celsius", "bytes", "reqps", "ops", "hertz"}

var panelTypes = []string{"stat", "timeseries", "state-timeline", "barchart", "row"}

func TestDashboardsAreWhatGrafanaImports(t *testing.T) {
	uids := map[string]string{}
	for name, d := range dashboards(t) {
		if d.SchemaVersion < 36 {
			t.Errorf("%s: schema version %d is older than Grafana 9's", name, d.SchemaVersion)
		}
		if other, twice := uids[d.UID]; twice || d.UID == "" || len(d.UID) > 40 {
			t.Errorf("%s: uid %q is empty, too long or that of %q too", name, d.UID, other)
		}
		uids[d.UID] = name
		if d.Title == "" || d.Description == "" || !slices.Contains(d.Tags, "siderostep") {
			t.Errorf("%s: a title, a description and the tag siderostep are wanted", name)
		}
		if len(d.Links) == 0 || d.Links[0].Type != "dashboards" || !slices.Contains(d.Links[0].Tags, "siderostep") || !d.Links[0].IncludeVars {
			t.Errorf("%s: does not lead to the other dashboards, with the mount chosen", name)
		}
		var variables []string
		for _, v := range d.Templating.List {
			variables = append(variables, v.Name+" "+v.Type)
			if v.Type == "query" && (v.Datasource == nil || v.Datasource.UID != "${datasource}" || v.QueryText() == "") {
				t.Errorf("%s: the variable %s has no query, or not that of the chosen data source", name, v.Name)
			}
		}
		if want := []string{"datasource datasource", "location query", "mount query"}; !slices.Equal(variables, want) {
			t.Errorf("%s: variables are %q, want %q", name, variables, want)
		}
		if len(d.Annotations.List) == 0 {
			t.Errorf("%s: nothing marks slews and halts", name)
		}
		for _, a := range d.Annotations.List {
			if a.Datasource.UID != "${datasource}" || a.Expr == "" {
				t.Errorf("%s: annotation %s lacks its query or the data source", name, a.Name)
			}
		}
		judgePanels(t, name, d.Panels)
	}
}

func judgePanels(t *testing.T, board string, panels []Panel) {
	t.Helper()
	ids := map[int]bool{}
	for i, p := range panels {
		complain := func(format string, args ...any) {
			t.Helper()
			t.Errorf("%s, panel %q: "+format, append([]any{board, p.Title}, args...)...)
		}
		if p.ID <= 0 || ids[p.ID] {
			complain("id %d is used twice, or is none", p.ID)
		}
		ids[p.ID] = true
		if p.Title == "" || !slices.Contains(panelTypes, p.Type) {
			complain("no title, or a type that Grafana has not: %q", p.Type)
		}
		if g := p.GridPos; g.W <= 0 || g.H <= 0 || g.X < 0 || g.Y < 0 || g.X+g.W > 24 {
			complain("leaves the grid: %+v", g)
		}
		for _, q := range panels[:i] {
			if overlap(p.GridPos, q.GridPos) {
				complain("lies upon %q", q.Title)
			}
		}
		if p.Type == "row" {
			continue
		}
		if len(p.Description) < 40 {
			complain("does not say what good looks like: %q", p.Description)
		}
		judgeValues(complain, p)
	}
}

func overlap(a, b Box) bool {
	return a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H
}

func judgeValues(complain func(string, ...any), p Panel) {
	chosen := func(s *Source) bool { return s != nil && s.Type == "prometheus" && s.UID == "${datasource}" }
	if !chosen(p.Datasource) || len(p.Targets) == 0 {
		complain("no query, or not the chosen data source")
	}
	refs := map[string]bool{}
	for _, q := range p.Targets {
		if q.RefID == "" || refs[q.RefID] {
			complain("refId %q is used twice, or is none", q.RefID)
		}
		refs[q.RefID] = true
		if q.Expr == "" || q.LegendFormat == "" || !chosen(q.Datasource) {
			complain("query %s lacks an expression, a legend or the data source", q.RefID)
		}
		if !strings.Contains(q.Expr, `instance=~"$mount"`) && !strings.Contains(q.Expr, "ALERTS{") {
			complain("query %s does not ask for the chosen mount", q.RefID)
		}
		if p.Type == "stat" != (q.Instant && q.Format == "") {
			complain("query %s: a stat asks for one instant, nobody else does without a table", q.RefID)
		}
	}
	asked := []string{p.FieldConfig.Defaults.Unit}
	for _, o := range p.FieldConfig.Overrides {
		for _, v := range o.Properties {
			if text, ok := v.Value.(string); ok && v.ID == "unit" {
				asked = append(asked, text)
			}
		}
	}
	for _, unit := range asked {
		if !slices.Contains(units, unit) && !strings.HasPrefix(unit, "suffix:") {
			complain("unit %q", unit)
		}
	}
	steps := p.FieldConfig.Defaults.Thresholds.Steps
	if len(steps) == 0 || steps[0].Value != nil {
		complain("thresholds begin at minus infinity, which is null")
	}
	for i := 2; i < len(steps); i++ {
		if *steps[i].Value <= *steps[i-1].Value {
			complain("thresholds do not grow")
		}
	}
}

// Each alert leads to a part of the runbook, which has its name.
func TestEveryAlertIsInTheRunbook(t *testing.T) {
	rules := read(t, "rules/alerts.yml")
	book := read(t, "runbook.md")
	names := regexp.MustCompile(`(?m)- alert: (\w+)$`).FindAllStringSubmatch(rules, -1)
	if len(names) < 10 {
		t.Fatalf("found %d alerts", len(names))
	}
	blocks := strings.Split(rules, "- alert: ")[1:]
	for i, m := range names {
		if !strings.Contains(book, "\n### "+m[1]+"\n") {
			t.Errorf("%s is not in the runbook", m[1])
		}
		for _, want := range []string{"severity: ", "summary: ", "description: ", "runbook: ", "runbook.md#" + strings.ToLower(m[1]) + "\n"} {
			if !strings.Contains(blocks[i], want) {
				t.Errorf("%s lacks %q", m[1], want)
			}
		}
	}
	if n := strings.Count(book, "\n### "); n != len(names) {
		t.Errorf("the runbook has %d parts for %d alerts", n, len(names))
	}
}

// Each rule has a test that sees it work, and each alert one that sees it
// keep quiet.
func TestEveryRuleHasItsTest(t *testing.T) {
	for _, kind := range []struct{ file, word string }{{"alerts.yml", "alert"}, {"recording.yml", "record"}} {
		tests := read(t, "rules/tests/"+kind.file)
		for _, m := range regexp.MustCompile(`(?m)- `+kind.word+`: (\S+)$`).FindAllStringSubmatch(read(t, "rules/"+kind.file), -1) {
			if !strings.Contains(tests, `"`+m[1]+`"`) && !strings.Contains(tests, m[1]+"{") && !strings.Contains(tests, m[1]+" ") &&
				!strings.Contains(tests, m[1]+",") && !strings.Contains(tests, m[1]+")") {
				t.Errorf("no test asks for %s", m[1])
			}
		}
	}
}

func TestPromtool(t *testing.T) {
	need(t, "promtool")
	rules := matching(t, "rules/*.yml")
	for _, args := range [][]string{
		{"check", "config", "prometheus.yml"},
		{"check", "config", "prometheus-site.yml"},
		append([]string{"check", "rules"}, rules...),
		append([]string{"test", "rules"}, matching(t, "rules/tests/*.yml")...),
	} {
		cmd := exec.CommandContext(t.Context(), "promtool", args...)
		cmd.Dir = deploy
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args[:2], " "), err, out)
		}
	}
}

func matching(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(deploy, pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v, %v", pattern, files, err)
	}
	for i, f := range files {
		files[i], _ = filepath.Rel(deploy, f)
	}
	return files
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(deploy, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// need skips a test without a program of Debian's package prometheus; where
// nothing may be left out, it fails it.
func need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err == nil {
		return
	}
	why := program + " is not installed: make tools brings it"
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}
