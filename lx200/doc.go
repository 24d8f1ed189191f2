// SPDX-License-Identifier: GPL-3.0-or-later

// Package lx200 speaks the LX200 protocol: the serial and TCP language in
// which planetarium programs have steered telescopes since 1992.
//
//	line   → conn     a serial line (driver/serialline), opened again when it was lost
//	bytes  → framer   frames of at most 128 bytes, the ACK byte, noise dropped
//	frame  → command  one table from letters to a method
//	method → Mount    a command of the mount, or a look at its snapshot
//	fault  → reply    one table from a kind of failure to what is said of it
//
// A command that has no reply in the protocol never emits a byte, whatever
// becomes of it: a client would read that byte as its next answer. What was
// refused, ignored or unknown is counted (Server.Stats).
//
// The protocol has no sessions. Here a Session belongs to a remote address or
// a serial line, not to a connection, since SkySafari opens a connection for
// every command. One session at a time owns motion; everyone may stop it. The
// motion of a held key ends when its owner falls silent, and at once when its
// serial line is lost. Two goroutines of Serve see to that: one for each
// connection or line, which reads and executes, and one that watches all
// deadlines, twenty times a second.
//
// Each listener has its Dialect: clients disagree about formats, epochs and
// replies. The profile bartels answers as scope.exe did.
//
// Where this package leaves the reference, it is on purpose. The network
// listener is on from the start, for this computer only, since a planetarium
// is the first thing that most people try. Mode goto also lets clients park,
// set guide and focus rates (:XS) and switch tracking on by :AA and :AP,
// without which INDI's drivers cannot unpark; alignments still need mode full.
// The guide rate is that of the mount, 7.5″/s at first where scope.exe had 5;
// above the 60″/s of the mount's pulses it is one of the direction keys alone.
// :Sw is refused unless it names the slew speed configured: motors that are
// driven faster lose steps. Commands are limited by connection, not by
// session, so that a client that floods one hinders no other. The focus keys
// have the focuser's own speeds, which :XSF and :XSf set, and reach the first
// focuser only.
//
// Longitude is west-positive on the wire and east-positive inside.
//
// Source: reference/lx200.md, whose section numbers the comments cite.
package lx200
