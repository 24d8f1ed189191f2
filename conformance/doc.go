// SPDX-License-Identifier: GPL-3.0-or-later

// Package conformance is a black-box checker of ASCOM Alpaca servers.
//
// Run is given the address of a server and nothing else. It speaks HTTP and
// UTF-8 JSON, shares no type with any server, and reports what it finds in
// ConformU's four verdicts: OK, Info, Issue, Error. It is meant to be at least
// as strict as ConformU: a server on which Run finds neither Issue nor Error
// should pass ConformU's protocol and conformance runs.
//
// Three suites make up a run.
//
//   - Protocol: P1 to P5, and the request templates G0, G1, G2 (GET with 0, 1,
//     2 parameters), U0, U1, U2 (PUT likewise) and B (bad identifiers), sent to
//     every member.
//   - Conformance: C1 to C8 for any device, T1 to T32 for telescopes, F1 to F5
//     for focusers, R1 to R10 for rotators.
//   - Extra: X1 to X20, what ConformU leaves out.
//
// Checks returns the whole list. The numbers are those of the project's Alpaca
// reference, section 7; T32, for instance, is its last telescope check. X20, of
// servers with two devices of a type, is an addition of this package. The
// reference's checks of discovery replies and of values that outlive a restart
// are not here: they cannot be made through a URL. They are tests of the
// packages concerned.
//
// # Verdicts
//
// A mandatory member that answers with any error is an Issue. An optional one
// may answer NotImplemented (0x400). A value out of range must be refused with
// InvalidValue (0x401), an operation at the wrong time with InvalidOperation
// (0x40B) or, while parked, InvalidWhileParked (0x408). Any other number, and
// any HTTP status but 200, is an Issue. Error means that the check itself could
// not be made: no answer, no JSON, no way on.
//
// # Time
//
// A simulated mount may live on a fast clock. Options.Speed says how fast; then
// every wait that concerns motion is that much shorter, and the checker keeps
// its own clock, set once from the server's UTCDate, for sidereal time and
// hour angles. On a fast clock the duration of an HTTP request is no longer
// negligible, so checks reason with spans (type span): a request took effect
// at some instant between being sent and being answered, and only what is wrong
// for each of those instants is held against the server.
//
// # The mount moves
//
// The telescope checks slew the mount over the sky, down to hour angles of ±9
// hours, park it, move its axes at full speed and change site and clock. What
// they change they restore, also when the context is cancelled, as far as the
// server lets them. Position, sync and Target* cannot all be restored.
package conformance
