// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
)

// ASCOM's error numbers.
const (
	notImplemented       = 0x400
	invalidValue         = 0x401
	valueNotSet          = 0x402
	notConnected         = 0x407
	parked               = 0x408
	invalidOperation     = 0x40B
	actionNotImplemented = 0x40C
)

// answer is the JSON object that every Alpaca request gets.
type answer struct {
	*reply
	value   json.RawMessage // nil if there is no member Value
	ctid    uint32
	stid    uint32
	number  int
	message string
	flaws   []string // departures from the common form that no client forgives
	lapses  []string // departures that only strict rules forbid
}

// malformed is the error of an answer that is not in Alpaca's form.
type malformed struct{ what string }

func (m *malformed) Error() string { return m.what }

func malformedf(format string, args ...any) error {
	return &malformed{fmt.Sprintf(format, args...)}
}

// errNotJSON marks an answer that cannot be read at all.
var errNotJSON = errors.New("answer is not a JSON object")

// parseAnswer reads the body of a 200 answer to r. It looks at the four common
// members only; Value is judged by whoever knows its type. Spelling is
// significant throughout, so the members are picked out of a map: a struct
// would be filled by misspelt ones too.
func parseAnswer(r *reply) (*answer, error) {
	a := &answer{reply: r}
	if kind, _, err := mime.ParseMediaType(r.kind); err != nil || kind != "application/json" {
		a.flaw("Content-Type is %q, must be application/json", r.kind)
	}
	members := make(map[string]json.RawMessage)
	if err := json.Unmarshal(r.body, &members); err != nil {
		return nil, fmt.Errorf("%w (%w): %s", errNotJSON, err, r.excerpt())
	}
	if v, ok := members["Value"]; ok {
		a.value = v
	}
	a.member(members, "ClientTransactionID", &a.ctid)
	a.member(members, "ServerTransactionID", &a.stid)
	a.member(members, "ErrorNumber", &a.number)
	a.member(members, "ErrorMessage", &a.message)
	a.misspelt(members)
	if a.stid == 0 && len(a.flaws) == 0 {
		a.lapses = append(a.lapses, "ServerTransactionID is 0, must be at least 1")
	}
	return a, nil
}

func (a *answer) flaw(format string, args ...any) {
	a.flaws = append(a.flaws, fmt.Sprintf(format, args...))
}

// member reads one common member into target and notes it missing, null or of
// a wrong type.
func (a *answer) member(members map[string]json.RawMessage, name string, target any) {
	raw, ok := members[name]
	switch {
	case !ok:
		a.flaw("%s is missing", name)
	case bytes.Equal(raw, []byte("null")):
		a.flaw("%s is null", name)
	default:
		if err := json.Unmarshal(raw, target); err != nil {
			a.flaw("%s is %s, which is of a wrong type", name, raw)
		}
	}
}

// misspelt notes members that differ from a common one in case only.
func (a *answer) misspelt(members map[string]json.RawMessage) {
	for got := range members {
		for _, want := range []string{"Value", "ClientTransactionID", "ServerTransactionID", "ErrorNumber", "ErrorMessage"} {
			if got != want && strings.EqualFold(got, want) {
				a.flaw("member %q must be spelt %q", got, want)
			}
		}
	}
}

// refusal is an answer other than success: an ASCOM error number, or an HTTP
// status other than 200.
type refusal struct {
	call    string // what was asked
	status  int
	number  int // ASCOM's, if status is 200
	message string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("%s was answered with %s (%s)", r.call, r.name(), strings.TrimSpace(r.message))
}

func (r *refusal) name() string {
	if r.status != http.StatusOK {
		return fmt.Sprintf("HTTP status %d", r.status)
	}
	return errorName(r.number)
}

// errorName names an ASCOM error number as the reference does: E401.
func errorName(n int) string {
	if n == 0 {
		return "success"
	}
	return fmt.Sprintf("E%X", n)
}

// errorNames joins the names of several numbers.
func errorNames(numbers []int) string {
	names := make([]string, len(numbers))
	for i, n := range numbers {
		names[i] = errorName(n)
	}
	return strings.Join(names, " or ")
}

// isRefusal reports whether err is a refusal with one of the error numbers.
func isRefusal(err error, numbers ...int) bool {
	var r *refusal
	if !errors.As(err, &r) || r.status != http.StatusOK {
		return false
	}
	for _, n := range numbers {
		if r.number == n {
			return true
		}
	}
	return false
}
