// SPDX-License-Identifier: GPL-3.0-or-later

package observe

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
)

// Daemon is a running siderostep.
type Daemon struct {
	*process
	URL   string // of Alpaca and metrics
	LX200 string // address and port
}

// StartDaemon starts the program at a path, on ports that the system chooses.
// Its state goes to a folder; more arguments are handed on.
func StartDaemon(ctx context.Context, log io.Writer, program, state string, more ...string) (*Daemon, error) {
	args := append([]string{
		"run", "--state", state, "--listen", "127.0.0.1:0", "--lx200-listen", "127.0.0.1:0", "--discovery-port", "0",
	}, more...)
	p, at, err := start(ctx, log, exec.Command(program, args...), "listening alpaca ", "listening lx200 ")
	if err != nil {
		return nil, err
	}
	return &Daemon{p, at[0], at[1]}, nil
}

// ServiceDiscovery is a running siderostep discover.
type ServiceDiscovery struct {
	*process
	URL string // of the list
}

// StartServiceDiscovery starts siderostep's service discovery, which looks
// for mounts every second, with more arguments.
func StartServiceDiscovery(ctx context.Context, log io.Writer, program string, more ...string) (*ServiceDiscovery, error) {
	args := append([]string{"discover", "--prometheus-sd", "--serve", "--listen", "127.0.0.1:0", "--every", "1s"}, more...)
	p, at, err := start(ctx, log, exec.Command(program, args...), "listening prometheus-sd ")
	if err != nil {
		return nil, err
	}
	return &ServiceDiscovery{p, at[0]}, nil
}

// client is patient with a busy machine.
var client = http.Client{Timeout: patience}

// Put sends a command to the telescope (member "tracking") or another device
// ("rotator/0/halt"), with pairs of names and values.
func (d *Daemon) Put(ctx context.Context, member string, pairs ...any) error {
	form := url.Values{"ClientID": {"7"}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i].(string), fmt.Sprint(pairs[i+1]))
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, d.member(member), strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return do(r, nil)
}

// Get reads a member into a value.
func (d *Daemon) Get(ctx context.Context, member string, value any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.member(member), http.NoBody)
	if err != nil {
		return err
	}
	return do(r, value)
}

func (d *Daemon) member(name string) string {
	if !strings.Contains(name, "/") {
		name = "telescope/0/" + name
	}
	return d.URL + "/api/v1/" + name
}

func do(r *http.Request, value any) error {
	resp, err := client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer := struct {
		Value        any
		ErrorNumber  int
		ErrorMessage string
	}{Value: value}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s", r.Method, r.URL, resp.Status)
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return err
	}
	if answer.ErrorNumber != 0 {
		return fmt.Errorf("%s %s: %#x %s", r.Method, r.URL, answer.ErrorNumber, answer.ErrorMessage)
	}
	return nil
}

// Arrive waits until the telescope no longer slews.
func (d *Daemon) Arrive(ctx context.Context) error {
	return Poll(ctx, func() (bool, error) {
		slewing := true
		err := d.Get(ctx, "slewing", &slewing)
		return !slewing, err
	})
}

// Metrics returns the values of the metrics page by their names with labels.
func (d *Daemon) Metrics(ctx context.Context) (map[string]float64, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.URL+"/metrics", http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	page := map[string]float64{}
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		at := strings.LastIndexByte(lines.Text(), ' ')
		if v, err := strconv.ParseFloat(lines.Text()[at+1:], 64); err == nil && at > 0 {
			page[lines.Text()[:at]] = v
		}
	}
	return page, lines.Err()
}
