// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// protocolTable lists the protocol run's first checks. The templates' numbers
// (templateTable) belong to the run through all members that follows.
func protocolTable() []check[*protocol] {
	return []check[*protocol]{
		{id: "P1", title: "Connected can be set, with parameters in any order", always: true, run: (*protocol).connectedOrder},
		{id: "P2", title: "InterfaceVersion is answered with valid identifiers", run: (*protocol).interfaceVersion},
		{id: "P3", title: "bad server addresses and verbs are survived", run: (*protocol).badAddresses},
		{id: "P4", title: "bad device addresses are refused", run: (*protocol).badDevices},
		{id: "P5", title: "Connected refuses what is not a boolean", run: (*protocol).badConnected},
	}
}

// templateTable explains the numbers of the request templates.
func templateTable() []CheckInfo {
	return []CheckInfo{
		{ID: "G0", Title: "GET without parameters"},
		{ID: "G1", Title: "GET with one parameter"},
		{ID: "G2", Title: "GET with two parameters"},
		{ID: "U0", Title: "PUT without parameters"},
		{ID: "U1", Title: "PUT with one parameter"},
		{ID: "U2", Title: "PUT with two parameters"},
		{ID: "B", Title: "bad ClientID and ClientTransactionID"},
	}
}

// runProtocol runs the protocol suite on one device.
func runProtocol(ctx context.Context, d *device) error {
	p := &protocol{device: d}
	if err := runTable(ctx, p, d.recorder, protocolTable()); err != nil {
		return err
	}
	if !p.wantsTemplates() {
		return nil
	}
	d.begin("G0")
	return d.end(ctx, "every member answers right requests and refuses wrong ones", p.members(ctx))
}

// wantsTemplates reports whether any template's number is to be reported.
func (p *protocol) wantsTemplates() bool {
	for _, t := range templateTable() {
		if p.run.wants(t.ID) {
			return true
		}
	}
	return false
}

// members sends every template to every member: the common ones, then those
// of the device's type. An error ends it: an ended ctx, or a motion that did
// not end.
func (p *protocol) members(ctx context.Context) error {
	if err := p.common(ctx); err != nil {
		return err
	}
	var err error
	switch p.ref.Type {
	case "telescope":
		err = p.telescope(ctx)
	case "focuser":
		err = p.focuser(ctx)
	case "rotator":
		err = p.rotator(ctx)
	}
	if err != nil {
		return err
	}
	return p.put(ctx, "connected", boolean("Connected", false))
}

// connectedOrder is P1.
func (p *protocol) connectedOrder(ctx context.Context) error {
	p.template, p.failed = "P1", false
	ids := goodIDs()
	for _, params := range [][]param{
		{ids[0], ids[1], boolean("Connected", true)},
		{ids[0], ids[1], boolean("Connected", false)},
		{ids[1], boolean("Connected", true), ids[0]},
	} {
		rq := request{verb: http.MethodPut, path: p.path("connected"), params: params}
		if _, err := p.send(ctx, rq, accepted(protocolID)); err != nil {
			return err
		}
	}
	p.summary("P1", "Connected accepts True and False, whatever the order of parameters")
	return nil
}

// interfaceVersion is P2.
func (p *protocol) interfaceVersion(ctx context.Context) error {
	p.template, p.failed = "P2", false
	rq := request{verb: http.MethodGet, path: p.path("interfaceversion"), params: goodIDs()}
	_, err := p.send(ctx, rq, accepted(protocolID))
	p.summary("P2", "InterfaceVersion is answered with valid identifiers")
	return err
}

// badAddresses is P3. Any status will do, as in ConformU, where each of these
// is an Info; here only silence is wrong. X18 judges the statuses of wrong
// verbs.
func (p *protocol) badAddresses(ctx context.Context) error {
	p.template, p.failed = "P3", false
	rest := fmt.Sprintf("/%s/%d/connected", p.ref.Type, p.ref.Number)
	var requests []request
	for _, root := range []string{"/apx/v1", "/api/1", "/api/v", "/api/V1", "/api/v2"} {
		requests = append(requests, request{verb: http.MethodGet, path: root + rest, params: goodIDs()})
	}
	for _, verb := range []string{http.MethodPost, http.MethodDelete} {
		for _, value := range []string{"True", "", "123456"} {
			params := append(goodIDs(), param{"Connected", value})
			requests = append(requests, request{verb: verb, path: p.path("connected"), params: params})
		}
	}
	for _, rq := range requests {
		re, err := p.run.client.do(ctx, rq)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			p.note(Error, rq, "no answer: %v", err)
		default:
			p.note(OK, rq, "answered with status %d (any will do)", re.status)
		}
	}
	return nil
}

// badDevices is P4.
func (p *protocol) badDevices(ctx context.Context) error {
	p.template, p.failed = "P4", false
	d := demand{refuse: true, statuses: []int{400, 401, 402, 403, 404, 405, 406, 407, 409, 410}}
	kind, n := p.ref.Type, p.ref.Number
	for _, path := range []string{
		fmt.Sprintf("/api/v1/%s/%d/description", strings.ToUpper(kind), n),
		"/api/v1/baddevicetype/0/description",
		fmt.Sprintf("/api/v1/%s/-1/description", kind),
		fmt.Sprintf("/api/v1/%s/99999/description", kind),
		fmt.Sprintf("/api/v1/%s/A/description", kind),
		p.path("descrip"),
	} {
		rq := request{verb: http.MethodGet, path: path, params: goodIDs()}
		if _, err := p.send(ctx, rq, d); err != nil {
			return err
		}
	}
	p.summary("P4", "bad types, numbers and methods are refused")
	return nil
}

// badConnected is P5.
func (p *protocol) badConnected(ctx context.Context) error {
	p.template, p.failed = "P5", false
	d := demand{refuse: true, statuses: []int{http.StatusBadRequest}, numbers: []int{invalidValue}}
	for _, value := range []string{"", "123456", "asdqwe"} {
		rq := request{
			verb: http.MethodPut, path: p.path("connected"),
			params: append(goodIDs(), param{"Connected", value}),
		}
		if _, err := p.send(ctx, rq, d); err != nil {
			return err
		}
	}
	p.summary("P5", "Connected refuses what is not a boolean")
	return nil
}

// common sends the templates to the members that all devices have.
func (p *protocol) common(ctx context.Context) error {
	for _, name := range []string{
		"connected", "description", "driverinfo", "driverversion",
		"interfaceversion", "name", "supportedactions", "devicestate",
	} {
		if err := p.get(ctx, name); err != nil {
			return err
		}
	}
	if err := p.stateItems(ctx); err != nil {
		return err
	}
	if err := p.put(ctx, "connected", boolean("Connected", true)); err != nil {
		return err
	}
	for _, name := range []string{"disconnect", "connect"} {
		if err := p.set(ctx, name); err != nil {
			return err
		}
		if _, err := p.waitFalse(ctx, "connecting", connectTimeout); err != nil {
			return err
		}
	}
	return p.get(ctx, "connecting")
}

// stateItems looks at the shape of DeviceState: an array of objects with Name
// and Value.
func (p *protocol) stateItems(ctx context.Context) error {
	p.template = "G0"
	rq := request{verb: http.MethodGet, path: p.path("devicestate"), params: goodIDs()}
	a, err := p.send(ctx, rq, accepted(protocolID))
	if a == nil {
		return err
	}
	var items []map[string]json.RawMessage
	if err := json.Unmarshal(a.value, &items); err != nil || items == nil {
		p.note(Issue, rq, "Value is not an array of objects: %s", a.value)
		return nil
	}
	for _, item := range items {
		for _, key := range []string{"Name", "Value"} {
			if _, ok := item[key]; !ok {
				p.note(Issue, rq, "an item has no member %s", key)
			}
		}
	}
	return nil
}

// connectTimeout is how long Connecting may be true. Connecting is no motion
// and takes real time, whatever the server's clock does.
const connectTimeout = 5 * time.Second
