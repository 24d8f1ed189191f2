// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// initiatorLimit is the real time within which a request that starts
// something must be answered.
const initiatorLimit = time.Second

// openingTable lists the checks before those of the device's own type.
func openingTable() []check[*device] {
	return []check[*device]{
		{id: "C1", title: "InterfaceVersion is known", run: (*device).version},
		{id: "C2", title: "Connected can be switched", run: (*device).connectedSwitch},
		{id: "C3", title: "Connect connects, without blocking", always: true, run: (*device).connectMethod},
		{id: "C4", title: "Name, Description, DriverInfo and DriverVersion tell something", run: (*device).texts},
		{id: "C5", title: "SupportedActions lists names", run: (*device).actions},
		{id: "C6", title: "DeviceState has the standard names and types", run: (*device).stateNamed},
	}
}

// closingTable lists the checks after those of the device's own type.
func closingTable() []check[*device] {
	return []check[*device]{
		{id: "C8", title: "reads are fast", run: (*device).performance},
		{id: "C7", title: "Disconnect disconnects", always: true, run: (*device).disconnectMethod},
	}
}

// runConformance runs the conformance suite on one device.
func runConformance(ctx context.Context, d *device) error {
	if err := runTable(ctx, d, d.recorder, openingTable()); err != nil {
		return err
	}
	var err error
	switch d.ref.Type {
	case "telescope":
		t := &telescope{device: d}
		err = runTable(ctx, t, d.recorder, telescopeTable())
	case "focuser":
		f := &focuser{device: d}
		err = runTable(ctx, f, d.recorder, focuserTable())
	case "rotator":
		r := &rotator{device: d}
		err = runTable(ctx, r, d.recorder, rotatorTable())
		if ctx.Err() != nil {
			r.putBackLate(ctx)
		}
	}
	if finished(err) != nil {
		return err
	}
	return runTable(ctx, d, d.recorder, closingTable())
}

// newestInterface is the newest interface version of each type of device.
func newestInterface(kind string) int {
	switch kind {
	case "telescope", "focuser", "rotator":
		return 4
	}
	return 10 // other types are not known here
}

// version is C1.
func (d *device) version(ctx context.Context) error {
	if err := d.clock.sleep(ctx, time.Second); err != nil {
		return err
	}
	v, err := d.getInt(ctx, "interfaceversion")
	if err != nil {
		return err
	}
	newest := newestInterface(d.ref.Type)
	d.must(v >= 1 && v <= newest, "InterfaceVersion %d must be 1 to %d", v, newest)
	return nil
}

// connectedSwitch is C2: the old, synchronous way to connect.
func (d *device) connectedSwitch(ctx context.Context) error {
	if _, err := d.getBool(ctx, "connecting"); err != nil {
		return err
	}
	for _, on := range []bool{true, false} {
		if err := d.put(ctx, "connected", boolean("Connected", on)); err != nil {
			return err
		}
		got, err := d.getBool(ctx, "connected")
		if err != nil {
			return err
		}
		d.must(got == on, "after PUT Connected %t, Connected is %t", on, got)
		if err := d.clock.sleep(ctx, 500*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// connectMethod is C3. What follows needs the connection.
func (d *device) connectMethod(ctx context.Context) error {
	if err := d.switchConnection(ctx, "connect", true); err != nil {
		d.file(verdictOf(err), "Connect: %v", err)
		return d.stop("it cannot be connected")
	}
	return nil
}

// disconnectMethod is C7.
func (d *device) disconnectMethod(ctx context.Context) error {
	return d.switchConnection(ctx, "disconnect", false)
}

// switchConnection calls Connect or Disconnect, waits and looks.
func (d *device) switchConnection(ctx context.Context, method string, on bool) error {
	s, err := d.putTimed(ctx, method)
	if err != nil {
		return err
	}
	d.must(s.duration() <= initiatorLimit, "%s must return within %s, took %s", method, initiatorLimit, round(s.duration()))
	deadline := time.Now().Add(connectTimeout)
	for {
		busy, err := d.getBool(ctx, "connecting")
		if err != nil {
			return err
		}
		if !busy {
			break
		}
		if time.Now().After(deadline) {
			return &stillTrue{"connecting", connectTimeout}
		}
		if err := sleepReal(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
	got, err := d.getBool(ctx, "connected")
	if err != nil {
		return err
	}
	d.must(got == on, "after %s, Connected is %t", method, got)
	return nil
}

// round shortens a duration for messages.
func round(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }

// texts is C4.
func (d *device) texts(ctx context.Context) error {
	for _, name := range []string{"name", "description", "driverinfo", "driverversion"} {
		text, err := d.getString(ctx, name)
		if err != nil {
			d.mustSucceed("GET "+name, err)
			continue
		}
		d.should(strings.TrimSpace(text) != "", "%s must not be empty: %q", name, text)
	}
	return nil
}

// actions is C5.
func (d *device) actions(ctx context.Context) error {
	var actions []string
	if _, err := d.get(ctx, "supportedactions", &actions); err != nil {
		return err
	}
	d.must(!slices.ContainsFunc(actions, func(a string) bool { return strings.TrimSpace(a) == "" }),
		"SupportedActions %q must hold no empty name", actions)
	return nil
}

// stateItem is one entry of DeviceState.
type stateItem struct {
	Name  string
	Value json.RawMessage
}

// stateNames returns the standard names of DeviceState and the type of each.
func stateNames(kind string) map[string]func(json.RawMessage) bool {
	switch kind {
	case "telescope":
		return map[string]func(json.RawMessage) bool{
			"Altitude": fits[float64], "AtHome": fits[bool], "AtPark": fits[bool], "Azimuth": fits[float64],
			"Declination": fits[float64], "IsPulseGuiding": fits[bool], "RightAscension": fits[float64],
			"SideOfPier": fits[int], "SiderealTime": fits[float64], "Slewing": fits[bool],
			"Tracking": fits[bool], "UTCDate": fits[string],
		}
	case "focuser":
		return map[string]func(json.RawMessage) bool{
			"IsMoving": fits[bool], "Position": fits[int], "Temperature": fits[float64],
		}
	case "rotator":
		return map[string]func(json.RawMessage) bool{
			"IsMoving": fits[bool], "MechanicalPosition": fits[float64], "Position": fits[float64],
		}
	}
	return nil
}

// sortedKeys returns a map's keys in order, so that reports are the same from
// run to run.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// fits reports whether a JSON value is one of T's.
func fits[T any](raw json.RawMessage) bool {
	var v T
	return string(raw) != "null" && json.Unmarshal(raw, &v) == nil
}

// deviceState reads DeviceState. Names are compared with their case, which is
// why the items' own members are checked by the protocol run.
func (d *device) deviceState(ctx context.Context) (map[string]json.RawMessage, error) {
	var items []stateItem
	if _, err := d.get(ctx, "devicestate", &items); err != nil {
		return nil, err
	}
	out := make(map[string]json.RawMessage, len(items))
	for _, item := range items {
		if _, twice := out[item.Name]; twice {
			return nil, malformedf("DeviceState has two items named %q", item.Name)
		}
		out[item.Name] = item.Value
	}
	return out, nil
}

// stateNamed is C6.
func (d *device) stateNamed(ctx context.Context) error {
	names := stateNames(d.ref.Type)
	if names == nil {
		return nil
	}
	state, err := d.deviceState(ctx)
	if err != nil {
		return err
	}
	for _, name := range sortedKeys(state) {
		raw := state[name]
		fit, known := names[name]
		switch {
		case name == "TimeStamp":
			d.must(fits[string](raw), "DeviceState's TimeStamp %s must be text", raw)
		case !known:
			d.issue("DeviceState has an item %q, which is no standard name", name)
		case !fit(raw):
			d.issue("DeviceState's %s is %s, which is of a wrong type", name, raw)
		}
	}
	for _, name := range sortedKeys(names) {
		if _, ok := state[name]; !ok {
			d.missingState(ctx, name)
		}
	}
	return nil
}

// missingState judges a standard name that DeviceState leaves out: it must, if
// the member is not implemented.
func (d *device) missingState(ctx context.Context, name string) {
	var raw json.RawMessage
	_, err := d.get(ctx, strings.ToLower(name), &raw)
	d.should(isRefusal(err, notImplemented), "DeviceState may leave out %s only if it is not implemented", name)
}

// performance is C8: how often each status member can be read. It states
// the rate and finds no fault; X15 sets a limit.
func (d *device) performance(ctx context.Context) error {
	const (
		period = 5 * time.Second // simulated, to be done with when the device is
		most   = 1000            // requests per member, out of politeness
	)
	for _, name := range sortedKeys(stateNames(d.ref.Type)) {
		member := strings.ToLower(name)
		start, n := time.Now(), 0
		end := start.Add(d.clock.real(period))
		for n == 0 || (n < most && time.Now().Before(end)) {
			var raw json.RawMessage
			if _, err := d.get(ctx, member, &raw); err != nil {
				if isRefusal(err, notImplemented) {
					break
				}
				return err
			}
			n++
		}
		if n > 0 {
			mean := time.Since(start) / time.Duration(n)
			d.ok("%s read %d times, %s each", name, n, mean.Round(time.Microsecond))
		}
	}
	return nil
}

// arcsecText words an angle.
func arcsecText(x float64) string { return fmt.Sprintf("%.2f″", x) }
