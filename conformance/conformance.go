// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Suite is a group of checks that can be chosen together.
type Suite string

// The suites, in the order in which they run.
const (
	Protocol    Suite = "protocol"    // P, G, U and B: form of requests and answers
	Conformance Suite = "conformance" // C, T, F and R: behaviour of the devices
	Extra       Suite = "extra"       // X: beyond ConformU
)

// DeviceRef names a device of the server. The zero DeviceRef is the server
// itself.
type DeviceRef struct {
	Type   string // as in URLs, in lower case: "telescope"
	Number int    // from 0, per type
}

// String returns "telescope/0", or "server" for the zero DeviceRef.
func (d DeviceRef) String() string {
	if d.Type == "" {
		return "server"
	}
	return fmt.Sprintf("%s/%d", d.Type, d.Number)
}

// Options say what to check and how.
type Options struct {
	// BaseURL is the server's address, such as http://127.0.0.1:11111.
	BaseURL string

	// Devices are the devices to check; none means all that the server lists
	// at /management/v1/configureddevices.
	Devices []DeviceRef

	// Suites are the suites to run; none means all.
	Suites []Suite

	// Only, if not empty, are the numbers of the checks to run ("T19"). What
	// they need beforehand is still done, and reported only when it goes wrong
	// in a way that prevents checking (verdict Error).
	Only []string

	// Strict applies ConformU's strict protocol verdicts. The zero Options are
	// lenient; DefaultOptions are strict.
	Strict bool

	// Speed is the number of seconds that pass on the server's simulated clock
	// in one second; 0 means 1. With any value but 1 the checker's clock starts
	// at the telescope's UTCDate instead of at the computer's time.
	Speed float64

	// Progress, if not nil, is called with each result as it is found, in
	// order and from the goroutine that called Run.
	Progress func(Result)
}

// DefaultOptions returns strict options for all devices and suites of the
// server at baseURL.
func DefaultOptions(baseURL string) Options {
	return Options{BaseURL: baseURL, Strict: true, Speed: 1}
}

// Run checks a server. It returns an error if the options make no sense, if
// the server's list of devices was needed and could not be read, or if ctx
// ended; in the last case the report holds what was found until then. What
// is wrong with the server is not an error of Run but a result in the report.
//
// Run uses only requests that a client may send, one at a time but for the
// two checks of concurrency (X11 and X15, at most 50 at once).
func Run(ctx context.Context, o Options) (*Report, error) {
	if err := o.normalise(); err != nil {
		return nil, err
	}
	c := newClient(o.BaseURL)
	defer c.close()
	if len(o.Devices) == 0 {
		devices, err := configuredDevices(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("conformance: list of devices: %w", err)
		}
		o.Devices = devices
	}
	r := &run{Options: o, client: c, report: newReport(o)}
	err := r.all(ctx)
	r.report.Duration = time.Since(r.report.Started)
	return r.report, err
}

// normalise fills in defaults and refuses what cannot be meant.
func (o *Options) normalise() error {
	u, err := url.Parse(o.BaseURL)
	if err != nil {
		return fmt.Errorf("conformance: server address: %w", err)
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fmt.Errorf("conformance: server address %q: want http://host:port", o.BaseURL)
	}
	o.BaseURL = strings.TrimRight(o.BaseURL, "/")
	if o.Speed == 0 {
		o.Speed = 1
	}
	if o.Speed < 0 || math.IsNaN(o.Speed) || math.IsInf(o.Speed, 0) {
		return fmt.Errorf("conformance: speed %v: want a positive number", o.Speed)
	}
	for _, s := range o.Suites {
		if s != Protocol && s != Conformance && s != Extra {
			return fmt.Errorf("conformance: unknown suite %q", s)
		}
	}
	o.Devices = slices.Clone(o.Devices) // the caller's stays as it is
	for i, d := range o.Devices {
		if d.Type == "" || d.Number < 0 {
			return fmt.Errorf("conformance: device %q, number %d: want a type and a number from 0", d.Type, d.Number)
		}
		o.Devices[i].Type = strings.ToLower(d.Type)
	}
	return o.checkOnly()
}

// checkOnly refuses the number of a check that does not exist.
func (o *Options) checkOnly() error {
	known := Checks()
	for _, id := range o.Only {
		if !slices.ContainsFunc(known, func(c CheckInfo) bool { return c.ID == id }) {
			return fmt.Errorf("conformance: unknown check %q", id)
		}
	}
	return nil
}

// wants reports whether the check named id is to be reported.
func (o *Options) wants(id string) bool {
	return len(o.Only) == 0 || slices.Contains(o.Only, id)
}

// wantsSuite reports whether suite s is to run.
func (o *Options) wantsSuite(s Suite) bool {
	return len(o.Suites) == 0 || slices.Contains(o.Suites, s)
}

// run is one call of Run.
type run struct {
	Options
	client *client
	report *Report
}

// all runs the chosen suites: for each device the protocol, the conformance
// and the extra checks, then the extra checks of the server as a whole.
func (r *run) all(ctx context.Context) error {
	for _, ref := range r.Devices {
		if err := r.device(ctx, ref); err != nil {
			return err
		}
	}
	if !r.wantsSuite(Extra) {
		return nil
	}
	server := newDevice(r, DeviceRef{})
	return finished(runTable(ctx, server, server.recorder, serverChecks()))
}

// device runs the chosen suites on one device and leaves it connected or not,
// as it was found.
func (r *run) device(ctx context.Context, ref DeviceRef) error {
	d := newDevice(r, ref)
	if found, err := d.getBool(ctx, "connected"); err == nil {
		defer d.restore(ctx, func(ctx context.Context) error {
			return d.put(ctx, "connected", boolean("Connected", found))
		})
	}
	defer d.haltLate(ctx)
	suites := []struct {
		name Suite
		run  func(context.Context, *device) error
	}{
		{Protocol, runProtocol},
		{Conformance, runConformance},
		{Extra, runExtra},
	}
	for _, s := range suites {
		if !r.wantsSuite(s.name) {
			continue
		}
		if err := s.run(ctx, d); finished(err) != nil {
			return err
		}
	}
	return nil
}

// finished turns the deliberate end of one device's checks into nil. What
// remains is the end of the whole run.
func finished(err error) error {
	if errors.Is(err, errStop) {
		return nil
	}
	return err
}
