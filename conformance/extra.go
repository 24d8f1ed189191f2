// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
)

// The extra checks are section 7.7 of the reference and those hard rules of
// its section 1 that ConformU does not test (X17 to X19). Missing for good:
// discovery replies, and what must survive a restart, which no URL can show.

// extraTable lists the extra checks of any device.
func extraTable() []check[*extra] {
	type x = extra
	return []check[*x]{
		{id: "X1", title: "a missing parameter or body is refused", run: (*x).missingParameters},
		{id: "X2", title: "identifiers beyond uint32 or with sign or blank are refused", run: (*x).badIdentifiers},
		{id: "X3", title: "repeated parameters are survived", run: (*x).repeatedKeys},
		{id: "X4", title: "PUT parameters in the query are ignored", run: (*x).queryParameters},
		{id: "X5", title: "NaN, infinities and hexadecimal numbers are refused", run: (*x).oddNumbers},
		{id: "X6", title: "a body of another type is refused", run: (*x).contentTypes},
		{id: "X17", title: "booleans and numbers have their forms and no others", run: (*x).forms},
		{id: "X18", title: "wrong verbs are refused", run: (*x).verbs},
		{id: "X19", title: "missing identifiers mean 0", run: (*x).noIdentifiers},
		{id: "X8", title: "Action and Command… answer as documented", run: (*x).actionPaths},
		{id: "X10", title: "DeviceState equals single reads", run: (*x).stateEqualsReads},
		{id: "X7", title: "without connection only some members work", run: (*x).disconnected},
	}
}

// extraTelescopeTable lists the extra checks of telescopes.
func extraTelescopeTable() []check[*telescope] {
	type t = telescope
	return []check[*t]{
		{id: "X9", title: "rates between two ranges of AxisRates are refused", run: (*t).rateGaps},
		{id: "X14", title: "UTCDate can be written in all forms", run: (*t).dateForms},
		{id: "X16", title: "a telescope reconnected during a slew is sane", run: (*t).reconnectSlewing},
	}
}

// serverChecks lists the extra checks of the server as a whole.
func serverChecks() []check[*device] {
	type d = device
	return []check[*d]{
		{id: "X11", title: "50 clients at once get unique transaction numbers", run: (*d).manyClients},
		{id: "X12", title: "setup pages exist", run: (*d).setupPages},
		{id: "X13", title: "the management interface works without identifiers", run: (*d).management},
		{id: "X15", title: "reads stay fast while three clients poll at 10 Hz", run: (*d).polling},
		{id: "X20", title: "devices of one type are connected each by itself", run: (*d).siblings},
	}
}

// extra is a device under the extra checks of requests.
type extra struct{ protocol }

// runExtra runs the extra suite on one device.
func runExtra(ctx context.Context, d *device) error {
	d.begin("X1")
	if err := d.put(ctx, "connected", boolean("Connected", true)); err != nil {
		return d.end(ctx, "Connected", err)
	}
	x := &extra{protocol{device: d}}
	if err := runTable(ctx, x, d.recorder, extraTable()); err != nil {
		return err
	}
	if d.ref.Type == "telescope" {
		if err := runExtraTelescope(ctx, d); finished(err) != nil {
			return err
		}
	}
	return d.put(ctx, "connected", boolean("Connected", false))
}

// runExtraTelescope runs the extra checks of telescopes, which need to know
// the site.
func runExtraTelescope(ctx context.Context, d *device) error {
	t := &telescope{device: d}
	d.begin("X9")
	if err := t.prepare(ctx); err != nil {
		return d.end(ctx, "site and flags", err)
	}
	if t.can["canunpark"] {
		if err := t.command(ctx, "unpark"); err != nil {
			return d.end(ctx, "Unpark", err)
		}
	}
	defer t.restore(ctx, func(ctx context.Context) error { return t.track(ctx, false) })
	return runTable(ctx, t, d.recorder, extraTelescopeTable())
}

// summing runs fn and files one OK if it found nothing, with findings under
// the number of the check under way.
func (x *extra) summing(id, message string, fn func() error) error {
	x.template, x.failed = id, false
	if err := fn(); err != nil {
		return err
	}
	x.summary(id, "%s", message)
	return nil
}

// refused sends a request that must be refused with HTTP status 400.
func (x *extra) refused(ctx context.Context, verb, member string, params []param) error {
	_, err := x.send(ctx, request{verb: verb, path: x.path(member), params: params}, x.badName())
	return err
}
