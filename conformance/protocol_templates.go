// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// junk is a value that parses as nothing, ConformU's.
const junk = "asduio6fghZZ"

// badIDs are the eight bad identifiers of template B.
func badIDs() []param {
	return []param{
		{"ClientID", ""}, {"ClientID", "     "}, {"ClientID", "-12345"}, {"ClientID", "NASDAQ"},
		{"ClientTransactionID", ""}, {"ClientTransactionID", "     "},
		{"ClientTransactionID", "-67890"}, {"ClientTransactionID", "qweqwe"},
	}
}

// protocol sends requests to one device that are right, or wrong in one
// place, and judges the form of the answers. After a failed request the run
// goes on; only an ended context ends it.
type protocol struct {
	*device
	template string // number under which findings are filed
	failed   bool   // something was found since the last summary
}

// demand is what one request must get.
type demand struct {
	statuses []int  // allowed HTTP statuses
	numbers  []int  // with status 200, these error numbers are as good as a status listed
	refuse   bool   // status 200 without such a number is wrong
	ctid     uint32 // to be echoed with status 200
	orZero   bool   // or 0 echoed instead
	lenient  bool   // a wrong echo is an Info under standard rules
}

// accepted demands success with ctid echoed.
func accepted(ctid uint32) demand { return demand{statuses: []int{http.StatusOK}, ctid: ctid} }

// badValue demands the refusal of a value that does not parse.
func (p *protocol) badValue() demand {
	d := demand{statuses: []int{http.StatusBadRequest}, numbers: []int{invalidValue}, refuse: true}
	if !p.run.Strict {
		d.numbers = append(d.numbers, notImplemented)
	}
	return d
}

// badName demands the refusal of a request that lacks a parameter.
func (p *protocol) badName() demand {
	d := demand{statuses: []int{http.StatusBadRequest}, refuse: true}
	if !p.run.Strict {
		d.numbers = []int{notImplemented}
	}
	return d
}

// badID demands the refusal of a bad identifier; standard rules also let it
// pass.
func (p *protocol) badID() demand {
	d := demand{statuses: []int{http.StatusBadRequest}, numbers: []int{invalidValue}, refuse: true}
	if !p.run.Strict {
		d.statuses, d.refuse, d.orZero = append(d.statuses, http.StatusOK), false, true
	}
	return d
}

// note files a finding under the template's number.
func (p *protocol) note(v Verdict, rq request, format string, args ...any) {
	p.failed = p.failed || v != OK
	p.fileAs(p.template, v, "%s: "+format, append([]any{rq}, args...)...)
}

// send makes one request and judges the answer. The answer is nil unless the
// status is 200 and the body readable.
func (p *protocol) send(ctx context.Context, rq request, d demand) (*answer, error) {
	re, err := p.run.client.do(ctx, rq)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		p.note(Error, rq, "no answer: %v", err)
		return nil, nil
	}
	if re.status != http.StatusOK {
		if !slices.Contains(d.statuses, re.status) {
			p.note(Issue, rq, "HTTP status is %d (%s), must be %s", re.status, re.excerpt(), d)
		}
		return nil, nil
	}
	a, err := parseAnswer(re)
	if err != nil {
		p.note(Error, rq, "%v", err)
		return nil, nil
	}
	p.judge(rq, d, a)
	return a, nil
}

// judge looks at a 200 answer.
func (p *protocol) judge(rq request, d demand, a *answer) {
	excused := a.number != 0 && slices.Contains(d.numbers, a.number)
	if d.refuse && !excused {
		p.note(Issue, rq, "answered with status 200 and %s, must be refused: %s", errorName(a.number), d)
	}
	for _, f := range a.flaws {
		p.note(Issue, rq, "%s", f)
	}
	for _, l := range a.lapses {
		if p.run.Strict || p.template == "P2" {
			p.note(Issue, rq, "%s", l)
		}
	}
	if rq.verb == http.MethodGet && a.value == nil && (p.run.Strict || a.number == 0) {
		p.note(Issue, rq, "member Value is missing")
	}
	p.judgeEcho(rq, d, a)
	if d.refuse || excused || a.number == notImplemented {
		return
	}
	if a.number != 0 || a.message != "" {
		p.note(Info, rq, "succeeds as a request, but reports %s %q", errorName(a.number), a.message)
	}
}

// judgeEcho looks at the returned ClientTransactionID.
func (p *protocol) judgeEcho(rq request, d demand, a *answer) {
	if a.ctid == d.ctid || (d.orZero && a.ctid == 0) || d.refuse {
		return
	}
	v := Issue
	if d.lenient && !p.run.Strict {
		v = Info
	}
	p.note(v, rq, "ClientTransactionID returned is %d, must be %d", a.ctid, d.ctid)
}

// String words the demand.
func (d demand) String() string {
	parts := make([]string, 0, 3)
	for _, s := range d.statuses {
		parts = append(parts, strconv.Itoa(s))
	}
	if len(d.numbers) > 0 {
		parts = append(parts, "200 with "+errorNames(d.numbers))
	}
	return strings.Join(parts, " or ")
}

// goodIDs are the identifiers of a right request.
func goodIDs() []param {
	return []param{
		{"ClientID", strconv.Itoa(clientID)},
		{"ClientTransactionID", strconv.Itoa(protocolID)},
	}
}

// with returns params with the spelling of one name or its value changed.
func with(params []param, key string, change func(param) param) []param {
	out := slices.Clone(params)
	for i, x := range out {
		if x.key == key {
			out[i] = change(x)
		}
	}
	return out
}

func lowered(x param) param { return param{strings.ToLower(x.key), x.value} }

// inverted swaps the case of each letter of the name.
func inverted(x param) param {
	key := strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, x.key)
	return param{key, x.value}
}

// get runs templates G0, G1 and G2 on a member.
func (p *protocol) get(ctx context.Context, name string, args ...param) error {
	template := [...]string{"G0", "G1", "G2"}[len(args)]
	return p.templates(ctx, template, http.MethodGet, name, args)
}

// set runs templates U0, U1 and U2 on a member.
func (p *protocol) set(ctx context.Context, name string, args ...param) error {
	template := [...]string{"U0", "U1", "U2"}[len(args)]
	return p.templates(ctx, template, http.MethodPut, name, args)
}

// templates sends all requests of one template and then template B.
func (p *protocol) templates(ctx context.Context, template, verb, name string, args []param) error {
	p.template, p.failed = template, false
	rq := request{verb: verb, path: p.path(name)}
	good := append(goodIDs(), args...)
	send := func(d demand, params []param) {
		rq.params = params
		if ctx.Err() == nil {
			// The error is ctx's, which is looked at below.
			_, _ = p.send(ctx, rq, d)
		}
	}
	send(accepted(protocolID), good)
	send(accepted(protocolID), append(slices.Clone(good), param{"ExtraParameter", "ExtraValue"}))
	for _, a := range args {
		send(p.badValue(), with(good, a.key, func(x param) param { return param{x.key, junk} }))
	}
	for _, a := range args {
		if verb == http.MethodGet {
			send(accepted(protocolID), with(good, a.key, inverted))
		} else {
			send(p.badName(), with(good, a.key, inverted))
		}
	}
	send(accepted(protocolID), with(good, "ClientID", lowered))
	echo := accepted(protocolID)
	if verb != http.MethodGet {
		echo.ctid, echo.lenient = 0, true
	}
	send(echo, with(good, "ClientTransactionID", lowered))
	p.summary(template, "%s %s: right requests accepted, wrong ones refused", verb, name)
	p.template = "B"
	for _, bad := range badIDs() {
		d := p.badID()
		if bad.key == "ClientID" {
			d.ctid = protocolID
		} else if n, err := strconv.ParseUint(bad.value, 10, 32); err == nil {
			d.ctid = uint32(n)
		}
		send(d, with(good, bad.key, func(param) param { return bad }))
	}
	p.summary("B", "%s %s: bad identifiers refused", verb, name)
	return ctx.Err()
}

// summary files one OK for a template in which nothing was found.
func (p *protocol) summary(template, format string, args ...any) {
	if !p.failed {
		p.fileAs(template, OK, format, args...)
	}
	p.failed = false
}
