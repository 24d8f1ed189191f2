// SPDX-License-Identifier: GPL-3.0-or-later

package discovery

import (
	"bufio"
	"context"
	"errors"
	"io"
	"regexp"
	"sync"
	"time"
)

const (
	scrapeTime = 5 * time.Second // for a look at one server's metrics
	maxScrape  = 1 << 16         // bytes looked at; what makes metrics metrics is at their begin
)

// metricsPath is where Prometheus looks unless told otherwise.
const metricsPath = "/metrics"

// typeLine is the line that begins a metric in the text formats of
// Prometheus and OpenMetrics.
var typeLine = regexp.MustCompile(`\A# TYPE [a-zA-Z_:][a-zA-Z0-9_:]* (counter|gauge|histogram|gaugehistogram|summary|info|stateset|unknown|untyped)\r?\n?\z`)

var errNoMetrics = errors.New("these are no metrics for Prometheus")

// hasMetrics returns nil if a server has metrics for Prometheus, else why
// not. It takes at most 5 s of real time.
func hasMetrics(ctx context.Context, s Server) error {
	ctx, cancel := context.WithTimeout(ctx, scrapeTime)
	defer cancel()
	// Prometheus goes by the content type too, and since version 3 refuses
	// others.
	return newClient().get(ctx, s, metricsPath, findMetrics, "text/plain", "application/openmetrics-text")
}

// findMetrics looks for the first line that declares a metric.
func findMetrics(r io.Reader) error {
	for lines := bufio.NewReader(io.LimitReader(r, maxScrape)); ; {
		line, err := lines.ReadString('\n')
		if typeLine.MatchString(line) {
			return nil
		}
		if errors.Is(err, io.EOF) {
			return errNoMetrics
		}
		if err != nil {
			return err
		}
	}
}

// askAll asks servers, all at the same time, who they are and whether they
// have metrics, and returns for each why it is no target, or nil.
func askAll(ctx context.Context, servers []Server) []error {
	DescribeAll(ctx, servers)
	reasons := make([]error, len(servers))
	var all sync.WaitGroup
	for i, s := range servers {
		if s.Problem != "" {
			reasons[i] = errors.New(s.Problem)
			continue
		}
		all.Go(func() { reasons[i] = hasMetrics(ctx, s) })
	}
	all.Wait()
	return reasons
}
