// SPDX-License-Identifier: GPL-3.0-or-later

package metrics

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/encoding/protodelim"
)

// document returns docs/metrics.md.
func document() string {
	var b strings.Builder
	b.WriteString(`# Metrics

What ` + "`/metrics`" + ` shows, in the Prometheus text format or in OpenMetrics as the client asks for. A test of package metrics writes
this page from the descriptions of the families (` + "`make golden`" + `). Beside them stand those of the Go runtime (` + "`go_…`" + `) and of the
process (` + "`process_…`" + `).

Angles are in radians on every series: dashboards multiply by 206264.8 for arcseconds. Families without a unit are numbers, or 1
for yes and 0 for no. The values of all labels come from closed lists, so that the number of series is bounded whatever clients
do. A histogram is a native one for a Prometheus that asks for that, and has a few classic buckets, a factor of four apart, for
one that does not.

| name | type | labels | unit | meaning |
|---|---|---|---|---|
`)
	sorted := slices.SortedFunc(slices.Values(families), func(a, b *family) int { return strings.Compare(a.name, b.name) })
	for _, f := range sorted {
		fmt.Fprintf(&b, "| `%s%s` | %v | %s | %s | %s |\n", prefix, f.name, f.kind, strings.Join(f.labels, ", "), f.unit(), f.help)
	}
	return b.String()
}

func TestDocument(t *testing.T) {
	file := filepath.Join("..", "docs", "metrics.md")
	if *update {
		if err := os.WriteFile(file, []byte(document()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), document()); diff != "" {
		t.Errorf("-want +got (-update accepts):\n%s", diff)
	}
}

// Every family is of the unit that its name ends in, and says nothing of
// another one.
func TestUnits(t *testing.T) {
	for _, f := range families {
		for _, word := range []string{"arcsec", "_degrees", "_deg_", "_ms_", "millis", "minutes"} {
			if strings.Contains(f.name+"_", word) {
				t.Errorf("%s is not in base units", f.name)
			}
		}
		if (f.kind == isCounter) != strings.HasSuffix(f.name, "_total") {
			t.Errorf("%s is a %v", f.name, f.kind)
		}
		if f.kind == isHistogram && f.unit() != "s" {
			t.Errorf("%s is a histogram of %q", f.name, f.unit())
		}
		if len(f.labels) > maxLabels {
			t.Errorf("%s has %d labels", f.name, len(f.labels))
		}
	}
}

// A Prometheus with native histograms asks for the protocol buffer form.
func TestPageAsProtocolBuffers(t *testing.T) {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody)
	r.Header.Set("Accept", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited")
	w := httptest.NewRecorder()
	lived().Handler().ServeHTTP(w, r)
	n := 0
	for w.Body.Len() > 0 {
		var f dto.MetricFamily
		if err := protodelim.UnmarshalFrom(w.Body, &f); err != nil {
			t.Fatal(err)
		}
		n++
		if f.GetType() != dto.MetricType_HISTOGRAM {
			continue
		}
		for _, m := range f.GetMetric() {
			if h := m.GetHistogram(); h.Schema == nil || len(h.GetPositiveSpan()) == 0 || len(h.GetBucket()) == 0 {
				t.Errorf("%s is not in both forms", f.GetName())
			}
		}
	}
	if n != len(families) {
		t.Errorf("%d families, want %d", n, len(families))
	}
}
