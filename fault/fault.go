// SPDX-License-Identifier: GPL-3.0-or-later

// Package fault is the closed list of ways in which siderostep fails.
//
// The kinds know no protocol: each edge (alpaca, lx200, …) holds one table
// that turns a kind into its own numbers. Wrap a kind with New or Wrap and
// ask with errors.Is(err, fault.Parked).
package fault

import (
	"errors"
	"fmt"
)

// The kinds of failure. The list is closed: a test in every edge sees that
// its table has a row for each of Kinds.
var (
	Unsupported   = errors.New("not supported")
	Invalid       = errors.New("value out of range")
	Unset         = errors.New("value not set")
	Disconnected  = errors.New("not connected")
	UnknownAction = errors.New("unknown action")
	Parked        = errors.New("parked")
	Refused       = errors.New("refused in the present state")
	BelowLimit    = errors.New("below a limit")
	AboveLimit    = errors.New("beyond a limit")
	Cancelled     = errors.New("cancelled")
	Hardware      = errors.New("hardware failure")
	Late          = errors.New("too late")
	Full          = errors.New("queue full")
)

// Kinds returns every kind, in the order of their declaration.
func Kinds() []error {
	return []error{Unsupported, Invalid, Unset, Disconnected, UnknownAction, Parked, Refused,
		BelowLimit, AboveLimit, Cancelled, Hardware, Late, Full}
}

// Error is a failure of one operation.
type Error struct {
	Kind error  // one of the kinds above
	Op   string // the operation, in the program's words: "slew", "pulse guide"
	Msg  string // what was wrong and what is accepted, for a person
	Err  error  // the cause, if another error is behind it
}

// New returns an Error of the kind, its message made as by fmt.Sprintf.
func New(kind error, op, format string, args ...any) *Error {
	return &Error{Kind: kind, Op: op, Msg: fmt.Sprintf(format, args...)}
}

// Wrap returns an Error of the kind caused by err.
func Wrap(kind error, op string, err error) *Error {
	return &Error{Kind: kind, Op: op, Err: err}
}

// Error gives the operation, the message (or the kind's own words) and the
// cause.
func (e *Error) Error() string {
	text := e.Msg
	if text == "" {
		text = e.Kind.Error()
	}
	if e.Op != "" {
		text = e.Op + ": " + text
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap lets errors.Is find both the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// KindOf returns the kind of err, or nil when err is nil or of none.
func KindOf(err error) error {
	for _, kind := range Kinds() {
		if errors.Is(err, kind) {
			return kind
		}
	}
	return nil
}
