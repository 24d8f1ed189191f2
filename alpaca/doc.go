// SPDX-License-Identifier: GPL-3.0-or-later

// Package alpaca is the ASCOM Alpaca edge: ITelescopeV4, IRotatorV4 and
// IFocuserV4 over HTTP, the management pages, and setup pages for people.
//
// It translates and keeps no telescope state. Every member of every device is
// one row of a table (telescope.go, rotator.go, focuser.go, common.go): its
// verb, its parameters, what it needs, and what it does. The tables are bound
// once to a map from path to endpoint; a request is one look-up there, one
// pass over its query or body, and one answer appended to a pooled buffer.
//
// A request is judged in this order, and only in this order: path, verb, the
// two identifiers, required parameters (all HTTP 4xx with text), then
// connected, implemented, not parked, range and state (HTTP 200 with an ASCOM
// error number, see fault.go).
//
// Reads answer from the owners' snapshots and never wait. Writes are commands,
// answered when accepted or refused; only the blocking slews wait longer, on
// snapshots. Commands do not end with the client that gave them: a client that
// gives up half-way leaves nothing half done.
//
// Source: Alpaca API reference v12; interface documentation of Platform 7.
package alpaca
