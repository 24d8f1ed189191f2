// SPDX-License-Identifier: GPL-3.0-or-later

// Package box is the bench's end of every serial line: encoder boxes and the
// Celestron focus motor, which behave as their documents say and know nothing
// of the drivers that talk to them.
//
// A Box is a machine that is handed bytes and answers with bytes. A Line
// connects it to the computer, in the process (Port), over any io.ReadWriter
// (Run) or as a pseudo-terminal with a stable path (Serve), and does to it
// what Faults says: spoiled bytes, silence, unplugging, slowness.
//
// Chips and ports are in sim/box/chip; what hangs behind their lines (motors,
// focusers, the hand paddle) is in sim/box/plant.
//
// Everything is deterministic: time comes from a clock that is handed in and
// chance from a seed. Where the documents are silent, the comment of the box
// says what is assumed.
//
// Source: stepper-core reference 6.1 to 6.5 and 7.2; Scope II manual,
// "EncoderString".
package box
