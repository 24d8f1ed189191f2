// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Verdict is the judgement of one finding, in ConformU's words. Greater is
// worse.
type Verdict int

// The verdicts.
const (
	OK    Verdict = iota // as it must be
	Info                 // allowed, but worth knowing
	Issue                // a departure from the standard
	Error                // the check could not be made
)

var verdictNames = [...]string{OK: "OK", Info: "Info", Issue: "Issue", Error: "Error"}

// String returns the verdict's name.
func (v Verdict) String() string {
	if v < OK || v > Error {
		return fmt.Sprintf("Verdict(%d)", int(v))
	}
	return verdictNames[v]
}

// MarshalText writes the verdict's name.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads a verdict's name, as MarshalText wrote it.
func (v *Verdict) UnmarshalText(text []byte) error {
	i := slices.Index(verdictNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("conformance: unknown verdict %q", text)
	}
	*v = Verdict(i)
	return nil
}

// Result is one finding.
type Result struct {
	Device   DeviceRef
	Check    string // number of the check, such as "T19"
	Verdict  Verdict
	Message  string        // what was required, and what was met
	Duration time.Duration // real time since the check's previous result or start
}

// String returns the finding on one line.
func (r Result) String() string {
	return fmt.Sprintf("%-5s %s %s: %s", r.Verdict, r.Device, r.Check, r.Message)
}

// Report is the outcome of a run.
type Report struct {
	Server   string
	Strict   bool
	Speed    float64
	Started  time.Time
	Duration time.Duration
	Results  []Result
}

func newReport(o Options) *Report {
	return &Report{Server: o.BaseURL, Strict: o.Strict, Speed: o.Speed, Started: time.Now()}
}

// Count returns the number of results with verdict v.
func (r *Report) Count(v Verdict) int { return len(r.With(v)) }

// With returns the results that have one of the verdicts, in order.
func (r *Report) With(verdicts ...Verdict) []Result {
	var out []Result
	for _, x := range r.Results {
		if slices.Contains(verdicts, x.Verdict) {
			out = append(out, x)
		}
	}
	return out
}

// Failures returns the number of Issues and Errors: 0 for a server that
// conforms, and else ConformU's exit code.
func (r *Report) Failures() int { return len(r.With(Issue, Error)) }

// WriteText writes the report for people: every result in a table, then those
// that are not OK again, then the counts.
func (r *Report) WriteText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, x := range r.Results {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", x.Verdict, x.Device, x.Check, oneLine(x.Message))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	var b strings.Builder
	if notable := r.With(Info, Issue, Error); len(notable) > 0 {
		b.WriteString("\nNot OK:\n")
		for _, x := range notable {
			fmt.Fprintf(&b, "  %s\n", oneLine(x.String()))
		}
	}
	fmt.Fprintf(&b, "\n%s: %d OK, %d Info, %d Issue, %d Error in %s (%s rules, clock at %g times real time)\n",
		r.Server, r.Count(OK), r.Count(Info), r.Count(Issue), r.Count(Error),
		r.Duration.Round(time.Millisecond), strictness(r.Strict), r.Speed)
	_, err := io.WriteString(w, b.String())
	return err
}

// oneLine keeps a server's line breaks and tabs from breaking the table.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func strictness(strict bool) string {
	if strict {
		return "strict"
	}
	return "standard"
}

// jsonReport is the form of a report in JSON; durations are in seconds.
type jsonReport struct {
	Server          string
	Strict          bool
	Speed           float64
	Started         time.Time
	DurationSeconds float64
	Counts          map[string]int
	Results         []jsonResult
}

type jsonResult struct {
	Device          string // "telescope/0" or "server"
	Check           string
	Verdict         Verdict
	Message         string
	DurationSeconds float64
}

// WriteJSON writes the report for programs: one JSON object with the counts
// and all results.
func (r *Report) WriteJSON(w io.Writer) error {
	out := jsonReport{
		Server: r.Server, Strict: r.Strict, Speed: r.Speed, Started: r.Started,
		DurationSeconds: r.Duration.Seconds(),
		Counts:          make(map[string]int),
		Results:         make([]jsonResult, 0, len(r.Results)),
	}
	for _, v := range []Verdict{OK, Info, Issue, Error} {
		out.Counts[v.String()] = r.Count(v)
	}
	for _, x := range r.Results {
		out.Results = append(out.Results, jsonResult{
			Device: x.Device.String(), Check: x.Check, Verdict: x.Verdict,
			Message: x.Message, DurationSeconds: x.Duration.Seconds(),
		})
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(out)
}
