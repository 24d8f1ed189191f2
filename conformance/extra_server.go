// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"
)

// setupPages is X12.
func (d *device) setupPages(ctx context.Context) error {
	paths := []string{"/setup"}
	for _, ref := range d.run.Devices {
		paths = append(paths, fmt.Sprintf("/setup/v1/%s/%d/setup", ref.Type, ref.Number))
	}
	for _, path := range paths {
		re, err := d.run.client.do(ctx, request{verb: http.MethodGet, path: path})
		if err != nil {
			return err
		}
		kind, _, _ := mime.ParseMediaType(re.kind) // no type is a wrong type
		d.must(re.status == http.StatusOK && kind == "text/html", "GET %s must be a page: status %d, type %q", path, re.status, re.kind)
	}
	return nil
}

// manage reads a member of the management interface.
func manage(ctx context.Context, c *client, path string, target any, params ...param) (*answer, error) {
	re, err := c.do(ctx, request{verb: http.MethodGet, path: path, params: params})
	if err != nil {
		return nil, err
	}
	if re.status != http.StatusOK {
		return nil, &refusal{call: "GET " + path, status: re.status, message: re.excerpt()}
	}
	a, err := parseAnswer(re)
	if err != nil {
		return nil, fmt.Errorf("GET %s: %w", path, err)
	}
	if a.value == nil || json.Unmarshal(a.value, target) != nil {
		return a, malformedf("GET %s: Value %s is of a wrong type", path, a.value)
	}
	return a, nil
}

// Paths of the management interface.
const (
	versionsPath    = "/management/apiversions"
	descriptionPath = "/management/v1/description"
	devicesPath     = "/management/v1/configureddevices"
)

// listing is one entry of the list of devices. Members are read through a map,
// since encoding/json would forgive wrong case in a struct.
type listing map[string]json.RawMessage

// text returns a member that is text, and false if it is not.
func (l listing) text(key string) (string, bool) {
	var s string
	raw, ok := l[key]
	err := json.Unmarshal(raw, &s)
	return s, ok && err == nil
}

// ref returns the entry's device.
func (l listing) ref() (DeviceRef, bool) {
	kind, ok := l.text("DeviceType")
	n := -1
	if json.Unmarshal(l["DeviceNumber"], &n) != nil || n < 0 || !ok || kind == "" {
		return DeviceRef{}, false
	}
	return DeviceRef{Type: strings.ToLower(kind), Number: n}, true
}

// configuredDevices returns the server's own list.
func configuredDevices(ctx context.Context, c *client) ([]DeviceRef, error) {
	var list []listing
	if _, err := manage(ctx, c, devicesPath, &list); err != nil {
		return nil, err
	}
	var out []DeviceRef
	for _, l := range list {
		ref, ok := l.ref()
		if !ok {
			return nil, fmt.Errorf("entry %v has no device type and number", l)
		}
		out = append(out, ref)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s lists no devices", devicesPath)
	}
	return out, nil
}

// management is X13: ConformU's discovery diagnostics, each request made
// without identifiers, and once with them.
func (d *device) management(ctx context.Context) error {
	c := d.run.client
	var versions []int
	for _, params := range [][]param{nil, goodIDs()} {
		a, err := manage(ctx, c, versionsPath, &versions, params...)
		if err != nil {
			return err
		}
		d.must(len(versions) == 1 && versions[0] == 1, "API versions %v must be [1]", versions)
		d.must(params == nil || a.ctid == protocolID, "%s must return the ClientTransactionID, returned %d", versionsPath, a.ctid)
		d.must(a.stid >= 1, "%s must return a ServerTransactionID, returned %d", versionsPath, a.stid)
		d.must(strings.HasPrefix(a.kind, "application/json"), "%s is of type %q, must be application/json", versionsPath, a.kind)
		d.prompt("GET "+versionsPath, a.span)
	}
	description := make(listing)
	if _, err := manage(ctx, c, descriptionPath, &description); err != nil {
		return err
	}
	for _, key := range []string{"Manufacturer", "ManufacturerVersion"} {
		text, ok := description.text(key)
		d.must(ok && text != "", "%s %q must be text", key, text)
	}
	for _, key := range []string{"ServerName", "Location"} {
		text, ok := description.text(key)
		d.must(ok, "%s must be present and text", key)
		d.should(text != "", "%s %q should not be blank", key, text)
	}
	return d.managedDevices(ctx)
}

// managedDevices looks at the list of devices.
func (d *device) managedDevices(ctx context.Context) error {
	var list []listing
	if _, err := manage(ctx, d.run.client, devicesPath, &list); err != nil {
		return err
	}
	d.must(len(list) > 0, "%d devices listed, must be at least one", len(list))
	seen := make(map[string]bool)
	for _, l := range list {
		ref, ok := l.ref()
		d.must(ok && knownType(ref.Type), "device %s must have a known DeviceType and a DeviceNumber", ref)
		id, ok := l.text("UniqueID")
		d.must(ok && strings.TrimSpace(id) != "" && !seen[id], "UniqueID %q of %s must be unique text", id, ref)
		seen[id] = true
		name, _ := l.text("DeviceName")
		d.should(strings.TrimSpace(name) != "", "DeviceName %q of %s should not be blank", name, ref)
	}
	return nil
}

// knownType reports whether ASCOM has such devices.
func knownType(kind string) bool {
	switch kind {
	case "camera", "covercalibrator", "dome", "filterwheel", "focuser", "observingconditions",
		"rotator", "safetymonitor", "switch", "telescope":
		return true
	}
	return false
}
