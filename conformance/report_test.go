// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func sampleReport() *Report {
	scope := DeviceRef{"telescope", 0}
	return &Report{
		Server: "http://127.0.0.1:11111", Strict: true, Speed: 1, Duration: 1500 * time.Millisecond,
		Results: []Result{
			{Device: scope, Check: "T1", Verdict: OK, Message: "fine", Duration: time.Second},
			{Device: scope, Check: "T2", Verdict: Issue, Message: "broken\n\tin two lines"},
			{Check: "X12", Verdict: Error, Message: "no answer"},
			{Device: scope, Check: "T4", Verdict: Info, Message: "odd"},
		},
	}
}

func TestReportCounts(t *testing.T) {
	t.Parallel()
	r := sampleReport()
	if got := r.Failures(); got != 2 {
		t.Errorf("Failures is %d, want 2", got)
	}
	if r.Count(OK) != 1 || r.Count(Info) != 1 || len(r.With(Issue, Error)) != 2 {
		t.Error("results are miscounted")
	}
}

func TestWriteText(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := sampleReport().WriteText(&b); err != nil {
		t.Fatal(err)
	}
	want := `OK     telescope/0  T1   fine
Issue  telescope/0  T2   broken in two lines
Error  server       X12  no answer
Info   telescope/0  T4   odd

Not OK:
  Issue telescope/0 T2: broken in two lines
  Error server X12: no answer
  Info telescope/0 T4: odd

http://127.0.0.1:11111: 1 OK, 1 Info, 1 Issue, 1 Error in 1.5s (strict rules, clock at 1 times real time)
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestWriteJSON(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := sampleReport().WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var got jsonReport
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"OK": 1, "Info": 1, "Issue": 1, "Error": 1}, got.Counts); diff != "" {
		t.Error(diff)
	}
	want := jsonResult{Device: "server", Check: "X12", Verdict: Error, Message: "no answer"}
	if diff := cmp.Diff(want, got.Results[2]); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(b.String(), "null") {
		t.Error("the report holds a null")
	}
}

func TestChecksAreListedOnce(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	families := make(map[string]int)
	for _, c := range Checks() {
		if seen[c.ID] {
			t.Errorf("%s is listed twice", c.ID)
		}
		seen[c.ID] = true
		families[c.ID[:1]]++
		if c.Title == "" {
			t.Errorf("%s has no title", c.ID)
		}
	}
	want := map[string]int{"P": 5, "G": 3, "U": 3, "B": 1, "C": 8, "T": 32, "F": 5, "R": 10, "X": 20}
	if diff := cmp.Diff(want, families); diff != "" {
		t.Error(diff)
	}
}
