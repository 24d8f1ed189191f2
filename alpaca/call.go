// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"context"
	"fmt"
	"math"
	"net"
	"net/http"
	"strconv"

	"github.com/siderostep/siderostep/fault"
)

// call is one request being answered. Calls are pooled.
type call struct {
	ctx  context.Context // bounds the commands of a PUT; not set for a GET
	http *http.Request
	args [2]arg // the values of the member's parameters, in their order

	motion uint64 // the mount's count of motions when this call had begun one

	client      uint32
	transaction uint32
	ids         [2]arg // ClientID and ClientTransactionID as sent

	in    []byte // the body
	form  string // the query, or the body, undecoded
	out   []byte // the answer
	value int    // where the Value begins in out
}

const maxPooled = 1 << 16 // bytes of a buffer worth keeping

// prepare makes a used call ready for a request.
func (c *call) prepare(r *http.Request) {
	in, out := c.in, c.out
	if cap(in) > maxPooled {
		in = nil
	}
	if cap(out) > maxPooled {
		out = nil
	}
	*c = call{http: r, in: in, out: out[:0]}
}

// read takes the identifiers and the endpoint's parameters from the query of
// a GET or the body of a PUT. Its error is a *refusal.
func (c *call) read(w http.ResponseWriter, ep *endpoint, maxBody int) (err error) {
	c.form = c.http.URL.RawQuery
	if ep.verb == http.MethodPut {
		if c.in, c.form, err = readBody(w, c.http, c.in, maxBody); err != nil {
			return err
		}
	}
	if err := eachField(c.form, func(key, value string) { c.take(ep, key, value) }); err != nil {
		return &refusal{http.StatusBadRequest, err.Error()}
	}
	if c.client, err = idOf("ClientID", c.ids[0]); err != nil {
		return err
	}
	if c.transaction, err = idOf("ClientTransactionID", c.ids[1]); err != nil {
		return err
	}
	return c.parse(ep)
}

// take keeps a field if it is known and the first of its name. Names are
// case-insensitive in a query and case-sensitive in a body.
func (c *call) take(ep *endpoint, key, value string) {
	same := equalFold
	if ep.verb == http.MethodPut {
		same = func(s, t string) bool { return s == t }
	}
	var a *arg
	switch {
	case same(key, "ClientID"):
		a = &c.ids[0]
	case same(key, "ClientTransactionID"):
		a = &c.ids[1]
	default:
		for i := range ep.params {
			if same(key, ep.params[i].name) {
				a = &c.args[i]
			}
		}
	}
	if a != nil && !a.given {
		a.given, a.text = true, value
	}
}

func idOf(name string, a arg) (uint32, error) {
	if !a.given {
		return 0, nil
	}
	id, err := parseID(a.text)
	if err != nil {
		return 0, &refusal{http.StatusBadRequest, name + ": " + err.Error()}
	}
	return id, nil
}

func (c *call) parse(ep *endpoint) error {
	for i := range ep.params {
		p, a := &ep.params[i], &c.args[i]
		switch {
		case a.given:
			if err := a.parse(p.kind); err != nil {
				return &refusal{http.StatusBadRequest, p.name + ": " + err.Error()}
			}
		case !p.optional && ep.verb == http.MethodPut:
			return &refusal{http.StatusBadRequest, fmt.Sprintf("the parameter %s is missing from the body (the case of its letters matters)", p.name)}
		case !p.optional:
			return &refusal{http.StatusBadRequest, fmt.Sprintf("the parameter %s is missing from the query", p.name)}
		}
	}
	return nil
}

// clientKey names the client in MoveAxis, which is held by its client.
func (c *call) clientKey() string {
	return remoteHost(c.http) + "#" + strconv.FormatUint(uint64(c.client), 10)
}

// remoteHost returns the address of the client without its port.
func remoteHost(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// begin starts the answer. What a handler appends to out from here on is the
// Value.
func (c *call) begin(reply kind) {
	c.out = append(c.out[:0], '{')
	if reply != none {
		c.out = append(c.out, `"Value":`...)
	}
	c.value = len(c.out)
}

// finish completes the answer. An error takes the place of whatever Value
// there was.
func (c *call) finish(reply kind, serverTransaction uint32, err error) {
	if err != nil {
		c.out = append(c.out[:c.value], reply.zero()...)
	}
	b := c.out
	if reply != none {
		b = append(b, ',')
	}
	b = append(b, `"ClientTransactionID":`...)
	b = strconv.AppendUint(b, uint64(c.transaction), 10)
	b = append(b, `,"ServerTransactionID":`...)
	b = strconv.AppendUint(b, uint64(serverTransaction), 10)
	if err == nil {
		c.out = append(b, `,"ErrorNumber":0,"ErrorMessage":""}`...)
		return
	}
	b = append(b, `,"ErrorNumber":`...)
	b = strconv.AppendInt(b, int64(errorNumber(err)), 10)
	b = append(b, `,"ErrorMessage":`...)
	c.out = append(appendText(b, err.Error()), '}')
}

// The put… methods set the Value.

func (c *call) putTruth(v bool, err error) error {
	c.out = strconv.AppendBool(c.out, v)
	return err
}

func (c *call) putWhole(v int, err error) error {
	c.out = strconv.AppendInt(c.out, int64(v), 10)
	return err
}

func (c *call) putText(v string, err error) error {
	c.out = appendText(c.out, v)
	return err
}

// putNumber refuses a value that JSON cannot hold.
func (c *call) putNumber(v float64, err error) error {
	if err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
		return fault.New(fault.Refused, "", "the value is not available at present")
	}
	c.out = appendNumber(c.out, v)
	return err
}
