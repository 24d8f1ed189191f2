// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Identifiers of this client, as ConformU's.
const (
	clientID   = 123456
	protocolID = 67890 // ClientTransactionID of every protocol request
)

// device is one device of the server, as a well-behaved client sees it.
type device struct {
	*recorder
	clock *simClock
}

func newDevice(r *run, ref DeviceRef) *device {
	return &device{recorder: newRecorder(r, ref), clock: newSimClock(r.Speed)}
}

// path returns the URL path of a member.
func (d *device) path(member string) string {
	return fmt.Sprintf("/api/v1/%s/%d/%s", d.ref.Type, d.ref.Number, member)
}

// ids returns the identifiers of the next request.
func (d *device) ids() []param {
	return []param{
		{"ClientID", strconv.Itoa(clientID)},
		{"ClientTransactionID", strconv.FormatUint(uint64(d.run.client.ctid.Add(1)), 10)},
	}
}

// call makes one request as a client library would. A *refusal tells that the
// device said no, a *malformed that the answer is not Alpaca's; any other
// error that there was none.
func (d *device) call(ctx context.Context, verb, member string, params []param) (*answer, error) {
	rq := request{verb: verb, path: d.path(member), params: append(d.ids(), params...)}
	re, err := d.run.client.do(ctx, rq)
	if err != nil {
		return nil, err
	}
	name := verb + " " + member
	if len(params) > 0 {
		name += " " + encode(params)
	}
	if re.status != http.StatusOK {
		return nil, &refusal{call: name, status: re.status, message: re.excerpt()}
	}
	a, err := parseAnswer(re)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	case len(a.flaws) > 0:
		return a, malformedf("%s: %s", name, a.flaws[0])
	case a.number != 0:
		return a, &refusal{call: name, status: re.status, number: a.number, message: a.message}
	}
	return a, nil
}

// put changes something or gives a command.
func (d *device) put(ctx context.Context, member string, params ...param) error {
	_, err := d.putTimed(ctx, member, params...)
	return err
}

// putTimed is put, and tells when. The span is valid also after a refusal by
// error number.
func (d *device) putTimed(ctx context.Context, member string, params ...param) (span, error) {
	a, err := d.call(ctx, http.MethodPut, member, params)
	if a == nil {
		return span{}, err
	}
	return a.span, err
}

// get reads a member into target, which is a pointer to a type that the JSON
// value must fit exactly.
func (d *device) get(ctx context.Context, member string, target any, params ...param) (span, error) {
	a, err := d.call(ctx, http.MethodGet, member, params)
	if a == nil {
		return span{}, err
	}
	if err != nil {
		return a.span, err
	}
	if a.value == nil || bytes.Equal(a.value, []byte("null")) {
		return a.span, malformedf("GET %s: Value is missing or null", member)
	}
	if err := json.Unmarshal(a.value, target); err != nil {
		return a.span, malformedf("GET %s: Value %s is of a wrong type", member, a.value)
	}
	return a.span, nil
}

func (d *device) getBool(ctx context.Context, member string, params ...param) (bool, error) {
	var v bool
	_, err := d.get(ctx, member, &v, params...)
	return v, err
}

func (d *device) getFloat(ctx context.Context, member string, params ...param) (float64, error) {
	var v float64
	_, err := d.get(ctx, member, &v, params...)
	return v, err
}

func (d *device) getInt(ctx context.Context, member string, params ...param) (int, error) {
	var v int
	_, err := d.get(ctx, member, &v, params...)
	return v, err
}

func (d *device) getString(ctx context.Context, member string) (string, error) {
	var v string
	_, err := d.get(ctx, member, &v)
	return v, err
}

// Values in parameters, written as ASCOM's client does.

func number(key string, v float64) param {
	return param{key, strconv.FormatFloat(v, 'G', -1, 64)}
}

func integer(key string, v int) param { return param{key, strconv.Itoa(v)} }

func boolean(key string, v bool) param {
	if v {
		return param{key, "True"}
	}
	return param{key, "False"}
}

// stillTrue is the error of a wait that was given up.
type stillTrue struct {
	member string
	limit  time.Duration
}

func (s *stillTrue) Error() string {
	return fmt.Sprintf("%s is still true after %s", s.member, s.limit)
}

// waitFalse polls a member until it is false and returns the last span in
// which it was known to be true (zero if never). After limit, simulated, it
// gives up with *stillTrue.
func (d *device) waitFalse(ctx context.Context, member string, limit time.Duration) (span, error) {
	var last span
	deadline := time.Now().Add(d.clock.patience(limit))
	for {
		var v bool
		s, err := d.get(ctx, member, &v)
		if err != nil || !v {
			return last, err
		}
		last = s
		if s.sent.After(deadline) {
			return last, &stillTrue{member, limit}
		}
		if err := sleepReal(ctx, d.clock.pollPause()); err != nil {
			return last, err
		}
	}
}

// restore runs fn, which undoes a change, even if ctx has ended, and gives it
// time for the whole travel of a focuser or rotator. What goes wrong is an
// Info: the check itself has been judged already.
func (d *device) restore(ctx context.Context, fn func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second+d.clock.patience(moveTimeout))
	defer cancel()
	if err := fn(ctx); err != nil {
		d.info("could not be left as found: %v", err)
	}
}

// haltLate stops what still moves if ctx has ended. A device that cannot stop
// says so, which is no finding.
func (d *device) haltLate(ctx context.Context) {
	if ctx.Err() == nil {
		return
	}
	method := "halt"
	if d.ref.Type == "telescope" {
		method = "abortslew"
	}
	d.restore(ctx, func(ctx context.Context) error {
		err := d.put(ctx, method)
		if isRefusal(err, notImplemented, notConnected, parked) {
			return nil
		}
		return err
	})
}
