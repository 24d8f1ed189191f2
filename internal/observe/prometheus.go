// SPDX-License-Identifier: GPL-3.0-or-later

package observe

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/siderostep/siderostep/clock"
)

// Prometheus is a running one.
type Prometheus struct {
	*process
	URL string
}

// StartPrometheus starts the one that is installed, with a configuration
// from the folder deploy, in which words are replaced (pairs of old and new).
// Its data go to a folder of its own. It asks for native histograms or takes
// classic ones. It is ready for queries.
func StartPrometheus(ctx context.Context, log io.Writer, deploy, config, data string, native bool, replace ...string) (*Prometheus, error) {
	text, err := os.ReadFile(filepath.Join(deploy, config))
	if err != nil {
		return nil, err
	}
	if deploy, err = filepath.Abs(deploy); err != nil {
		return nil, err
	}
	replace = append([]string{"- rules/", "- " + deploy + "/rules/"}, replace...)
	changed := strings.NewReplacer(replace...).Replace(string(text))
	file := filepath.Join(data, config)
	if err := os.WriteFile(file, []byte(changed), 0o644); err != nil {
		return nil, err
	}
	args := []string{
		"--config.file=" + file, "--storage.tsdb.path=" + filepath.Join(data, "tsdb"),
		"--web.listen-address=127.0.0.1:0", "--log.level=info",
	}
	if native {
		args = append(args, "--enable-feature=native-histograms")
	}
	p, at, err := start(ctx, log, exec.Command("prometheus", args...), `msg="Listening on" address=`)
	if err != nil {
		return nil, err
	}
	prometheus := &Prometheus{p, "http://" + at[0]}
	err = Poll(ctx, func() (bool, error) {
		_, err := prometheus.Query(ctx, "vector(1)")
		return err == nil, err
	})
	if err != nil {
		p.Stop()
		return nil, err
	}
	return prometheus, nil
}

// Series is one line of a graph; an instant query gives one point.
type Series struct {
	Labels map[string]string
	Points []Point
}

// Point is a value at a time.
type Point struct {
	At    time.Time
	Value float64
}

// Query returns the values of an expression now.
func (p *Prometheus) Query(ctx context.Context, expr string) ([]Series, error) {
	return p.ask(ctx, "query", url.Values{"query": {expr}})
}

// Range returns the values of an expression over a time, at steps.
func (p *Prometheus) Range(ctx context.Context, expr string, from, to time.Time, step time.Duration) ([]Series, error) {
	seconds := func(t time.Time) string { return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 3, 64) }
	return p.ask(ctx, "query_range", url.Values{
		"query": {expr}, "start": {seconds(from)}, "end": {seconds(to)}, "step": {strconv.FormatFloat(step.Seconds(), 'f', -1, 64)},
	})
}

func (p *Prometheus) ask(ctx context.Context, what string, q url.Values) ([]Series, error) {
	var data struct {
		ResultType string
		Result     json.RawMessage
	}
	if err := p.API(ctx, what+"?"+q.Encode(), &data); err != nil {
		return nil, fmt.Errorf("%w, in %s", err, q.Get("query"))
	}
	if data.ResultType == "scalar" {
		var v sample
		err := json.Unmarshal(data.Result, &v)
		return []Series{{Points: []Point{Point(v)}}}, err
	}
	var result []struct {
		Metric map[string]string
		Value  *sample
		Values []sample
	}
	if err := json.Unmarshal(data.Result, &result); err != nil {
		return nil, err
	}
	all := make([]Series, 0, len(result))
	for _, r := range result {
		s := Series{Labels: r.Metric}
		if r.Value != nil {
			r.Values = append(r.Values, *r.Value)
		}
		for _, v := range r.Values {
			s.Points = append(s.Points, Point(v))
		}
		all = append(all, s)
	}
	return all, nil
}

// QueryError is Prometheus' answer to what it cannot do.
type QueryError struct{ Type, Text string }

func (e *QueryError) Error() string { return "prometheus: " + e.Type + ": " + e.Text }

// Lasting reports whether the same query would fail again: it is not
// understood, or not fit for the data. Else Prometheus is busy.
func (e *QueryError) Lasting() bool { return e.Type == "bad_data" || e.Type == "execution" }

// API asks Prometheus' HTTP API (a path after /api/v1/) for its data. What it
// refuses is a *QueryError.
func (p *Prometheus) API(ctx context.Context, path string, data any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+"/api/v1/"+path, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer := struct {
		Status, ErrorType, Error string
		Data                     any
	}{Data: data}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return fmt.Errorf("%s: %w", resp.Status, err)
	}
	if answer.Status != "success" {
		return &QueryError{answer.ErrorType, answer.Error}
	}
	return nil
}

// sample is a point in Prometheus' words: [seconds, "value"].
type sample Point

func (s *sample) UnmarshalJSON(text []byte) error {
	var seconds float64
	var word string
	if err := json.Unmarshal(text, &[2]any{&seconds, &word}); err != nil {
		return err
	}
	s.At = time.UnixMilli(int64(math.Round(seconds * 1000)))
	var err error
	s.Value, err = strconv.ParseFloat(word, 64)
	return err
}

const pollEvery = 100 * time.Millisecond

// Poll calls done until it says true, and returns its last error if ctx ends
// before that.
func Poll(ctx context.Context, done func() (bool, error)) error {
	for {
		ok, err := done()
		if ok && err == nil {
			return nil
		}
		if waited := clock.Sleep(ctx, clock.Real{}, pollEvery); waited != nil {
			if err == nil {
				err = waited
			}
			return err
		}
	}
}
