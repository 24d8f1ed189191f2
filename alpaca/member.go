// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"fmt"
	"net/http"
	"time"

	"github.com/siderostep/siderostep/fault"
)

// need is what a member demands of its device before it does anything.
type need uint8

const (
	link    need = 1 << iota // a client must have connected the device
	hand                     // its hardware must answer
	unpark                   // the mount must not be parked
	nothing need = 0
	reach        = link | hand
)

// How long the commands of a PUT may take.
const (
	commandLimit = 5 * time.Second  // to be accepted or refused
	slewLimit    = 95 * time.Second // for a blocking slew; clients give up at 100 s
)

// member is one row of a device's table: a member of its ASCOM interface with
// one verb.
type member[D device] struct {
	name   string
	verb   string
	params []param
	reply  kind // of the Value; none for most PUTs
	need   need
	has    func(D, *call) error // whether this device has the member; nil for always
	do     func(D, *call) error
	limit  time.Duration
}

// device is what every device can say about itself.
type device interface {
	common() *base
	parked() bool
	offline() error // why the hardware does not answer; nil while it does
}

// The constructors of rows that read a property.

func getTruth[D device](name string, n need, read func(D) (bool, error)) member[D] {
	return get(name, truth, n, func(d D, c *call) error { return c.putTruth(read(d)) })
}

func getWhole[D device](name string, n need, read func(D) (int, error)) member[D] {
	return get(name, whole, n, func(d D, c *call) error { return c.putWhole(read(d)) })
}

func getNumber[D device](name string, n need, read func(D) (float64, error)) member[D] {
	return get(name, decimal, n, func(d D, c *call) error { return c.putNumber(read(d)) })
}

func getText[D device](name string, n need, read func(D) (string, error)) member[D] {
	return get(name, words, n, func(d D, c *call) error { return c.putText(read(d)) })
}

func get[D device](name string, reply kind, n need, do func(D, *call) error, params ...param) member[D] {
	return member[D]{name: name, verb: http.MethodGet, params: params, reply: reply, need: n, do: do}
}

// The constructors of rows that change something.

func put[D device](name string, n need, do func(D, *call) error, params ...param) member[D] {
	return member[D]{name: name, verb: http.MethodPut, params: params, need: n, do: do, limit: commandLimit}
}

// set is a put of one parameter.
func setTruth[D device](name string, n need, set func(D, *call, bool) error, parameter string) member[D] {
	return put(name, n, func(d D, c *call) error { return set(d, c, c.args[0].truth) }, param{name: parameter, kind: truth})
}

func setWhole[D device](name string, n need, set func(D, *call, int) error, parameter string) member[D] {
	return put(name, n, func(d D, c *call) error { return set(d, c, c.args[0].whole) }, param{name: parameter, kind: whole})
}

func setNumber[D device](name string, n need, set func(D, *call, float64) error, parameter string) member[D] {
	return put(name, n, func(d D, c *call) error { return set(d, c, c.args[0].number) }, param{name: parameter, kind: decimal})
}

// onlyIf makes m's member not implemented where has says so.
func (m member[D]) onlyIf(has func(D, *call) error) member[D] {
	m.has = has
	return m
}

// within makes m wait longer than for a command's acceptance.
func (m member[D]) within(limit time.Duration) member[D] {
	m.limit = limit
	return m
}

// missing is the error of a member that this device does not have.
func missing(why string) error { return fault.New(fault.Unsupported, "", "%s", why) }

// endpoint is a member bound to its device: what a path and a verb lead to.
type endpoint struct {
	verb   string
	params []param
	reply  kind
	limit  time.Duration
	do     func(*call) error
	tally  *tally
}

// resource is what a path leads to.
type resource struct{ get, put *endpoint }

// methods lists the verbs of a resource as in an Allow header.
func (r *resource) methods() string {
	switch {
	case r.put == nil:
		return http.MethodGet
	case r.get == nil:
		return http.MethodPut
	}
	return http.MethodGet + ", " + http.MethodPut
}

// bind adds the members of a device to the server's endpoints.
func bind[D device](s *Server, d D, members []member[D]) {
	b := d.common()
	for _, m := range members {
		path := fmt.Sprintf("/api/v1/%s/%d/%s", b.kind, b.number, m.name)
		ep := &endpoint{verb: m.verb, params: m.params, reply: m.reply, limit: m.limit,
			do: func(c *call) error { return m.perform(d, b, c) }}
		s.tally(b.kind, m.name, ep)
		add(s.resources, path, ep)
	}
}

// add makes path lead to ep. Two endpoints in one place are a mistake in the
// tables.
func add(resources map[string]*resource, path string, ep *endpoint) {
	r := resources[path]
	if r == nil {
		r = &resource{}
		resources[path] = r
	}
	place := &r.get
	if ep.verb == http.MethodPut {
		place = &r.put
	}
	if *place != nil {
		panic("alpaca: two rows for " + ep.verb + " " + path)
	}
	*place = ep
}

// perform judges a request that was understood: connected, implemented, not
// parked; range and state are the handler's.
func (m *member[D]) perform(d D, b *base, c *call) error {
	if m.need&link != 0 && !b.connected.Load() {
		return fault.New(fault.Disconnected, "", "the %s is not connected", b.kind)
	}
	if m.need&hand != 0 {
		if err := d.offline(); err != nil {
			return b.unreachable(fault.Disconnected, err)
		}
	}
	if m.has != nil {
		if err := m.has(d, c); err != nil {
			return err
		}
	}
	if m.need&unpark != 0 && d.parked() {
		return fault.New(fault.Parked, "", "%s is not possible while the mount is parked", m.name)
	}
	return m.do(d, c)
}
