// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

// missingParameters is X1.
func (x *extra) missingParameters(ctx context.Context) error {
	return x.summing("X1", "requests that lack a parameter or the body are refused", func() error {
		for _, m := range membersOf(x.ref.Type) {
			if err := x.missingOf(ctx, http.MethodGet, m.name, m.readArg); err != nil {
				return err
			}
			if m.optionalArgs {
				continue
			}
			if err := x.missingOf(ctx, http.MethodPut, m.name, m.args); err != nil {
				return err
			}
		}
		return nil
	})
}

// missingOf leaves out each parameter in turn, then everything.
func (x *extra) missingOf(ctx context.Context, verb, member string, args []argument) error {
	if len(args) == 0 {
		return nil
	}
	for i := range args {
		params := append(goodIDs(), samples(slices.Delete(slices.Clone(args), i, i+1))...)
		if err := x.refused(ctx, verb, member, params); err != nil {
			return err
		}
	}
	return x.refused(ctx, verb, member, nil)
}

// badIdentifiers is X2.
func (x *extra) badIdentifiers(ctx context.Context) error {
	return x.summing("X2", "identifiers must be plain decimal numbers of 32 bits", func() error {
		for _, key := range []string{"ClientID", "ClientTransactionID"} {
			for _, value := range []string{"4294967296", "+5", " 5"} {
				d := x.badID()
				switch {
				case key == "ClientID":
					d.ctid = protocolID
				case value != "4294967296":
					d.ctid = 5
				}
				bad := func(param) param { return param{key, value} }
				get := request{verb: http.MethodGet, path: x.path("name"), params: with(goodIDs(), key, bad)}
				put := request{
					verb: http.MethodPut, path: x.path("connected"),
					params: append(with(goodIDs(), key, bad), boolean("Connected", true)),
				}
				for _, rq := range []request{get, put} {
					if _, err := x.send(ctx, rq, d); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
}

// repeatedKeys is X3: the first value counts, or the request is refused.
func (x *extra) repeatedKeys(ctx context.Context) error {
	d := demand{statuses: []int{http.StatusOK, http.StatusBadRequest}, ctid: protocolID}
	again := param{"ClientTransactionID", "1"}
	return x.summing("X3", "repeated parameters: the first counts, or status 400", func() error {
		for _, rq := range []request{
			{verb: http.MethodGet, path: x.path("name"), params: append(goodIDs(), again)},
			{verb: http.MethodPut, path: x.path("connected"), params: append(goodIDs(), boolean("Connected", true), again)},
			{verb: http.MethodPut, path: x.path("connected"), params: append(goodIDs(), boolean("Connected", true), boolean("Connected", false))},
		} {
			if _, err := x.send(ctx, rq, d); err != nil {
				return err
			}
		}
		on, err := x.getBool(ctx, "connected")
		if err == nil && !on {
			x.fileAs("X3", Issue, "of Connected=True&Connected=False the second counted")
			x.failed = true
			err = x.put(ctx, "connected", boolean("Connected", true))
		}
		return err
	})
}

// queryParameters is X4.
func (x *extra) queryParameters(ctx context.Context) error {
	return x.summing("X4", "what a PUT has in its query is no parameter", func() error {
		for _, m := range membersOf(x.ref.Type) {
			if !m.write || len(m.args) == 0 || m.optionalArgs {
				continue
			}
			rq := request{verb: http.MethodPut, path: x.path(m.name), query: samples(m.args), params: goodIDs()}
			if _, err := x.send(ctx, rq, x.badName()); err != nil {
				return err
			}
		}
		rq := request{
			verb: http.MethodPut, path: x.path("connected"),
			query: goodIDs(), params: []param{boolean("Connected", true)},
		}
		_, err := x.send(ctx, rq, accepted(0))
		return err
	})
}

// tryValues sends bad values for every PUT parameter of a kind.
func (x *extra) tryValues(ctx context.Context, kind argKind, values ...string) error {
	for _, m := range membersOf(x.ref.Type) {
		for _, a := range m.args {
			if a.kind != kind {
				continue
			}
			for _, value := range values {
				params := append(goodIDs(), with(samples(m.args), a.key, func(param) param { return param{a.key, value} })...)
				rq := request{verb: http.MethodPut, path: x.path(m.name), params: params}
				if _, err := x.send(ctx, rq, x.badValue()); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// oddNumbers is X5.
func (x *extra) oddNumbers(ctx context.Context) error {
	return x.summing("X5", "NaN, infinities and hexadecimal numbers are refused", func() error {
		if err := x.tryValues(ctx, floatArg, "NaN", "nan", "Inf", "-Infinity", "0x1p-2", "0x10", "1_0", "1e999"); err != nil {
			return err
		}
		return x.tryValues(ctx, intArg, "NaN", "Inf", "0x1", "1_0", "99999999999999999999")
	})
}

// forms is X17.
func (x *extra) forms(ctx context.Context) error {
	return x.summing("X17", "booleans in any case, integers without fraction", func() error {
		for _, value := range []string{"true", "TRUE", "tRuE"} {
			params := append(goodIDs(), param{"Connected", value})
			rq := request{verb: http.MethodPut, path: x.path("connected"), params: params}
			if _, err := x.send(ctx, rq, accepted(protocolID)); err != nil {
				return err
			}
		}
		if err := x.tryValues(ctx, boolArg, "1", "0", "t", "F", "yes", ""); err != nil {
			return err
		}
		if err := x.tryValues(ctx, intArg, "1.5", "1E0", ""); err != nil {
			return err
		}
		if err := x.tryValues(ctx, floatArg, "", "1,5"); err != nil {
			return err
		}
		return x.exponent(ctx)
	})
}

// exponent writes a number as .NET may.
func (x *extra) exponent(ctx context.Context) error {
	if x.ref.Type != "telescope" {
		return nil
	}
	params := append(goodIDs(), param{"TargetDeclination", "1E+01"})
	rq := request{verb: http.MethodPut, path: x.path("targetdeclination"), params: params}
	if _, err := x.send(ctx, rq, accepted(protocolID)); err != nil {
		return err
	}
	got, err := x.getFloat(ctx, "targetdeclination")
	if err == nil && got != 10 {
		x.fileAs("X17", Issue, "TargetDeclination is %v after 1E+01 was written", got)
		x.failed = true
	}
	return err
}

// clientErrors are the statuses 400 to 417.
func clientErrors() []int {
	var out []int
	for s := http.StatusBadRequest; s <= http.StatusExpectationFailed; s++ {
		out = append(out, s)
	}
	return out
}

// contentTypes is X6.
func (x *extra) contentTypes(ctx context.Context) error {
	return x.summing("X6", "bodies are forms, with or without charset, and nothing else", func() error {
		rq := request{verb: http.MethodPut, path: x.path("connected"), params: append(goodIDs(), boolean("Connected", true))}
		rq.kind = formType + "; charset=utf-8"
		if _, err := x.send(ctx, rq, accepted(protocolID)); err != nil {
			return err
		}
		for _, kind := range []string{"application/json", "text/plain", "multipart/form-data"} {
			rq.kind = kind
			if _, err := x.sendKind(ctx, rq); err != nil {
				return err
			}
		}
		return nil
	})
}

// sendKind sends a body of a wrong type and names the type in findings.
func (x *extra) sendKind(ctx context.Context, rq request) (*answer, error) {
	before := x.failed
	x.failed = false
	a, err := x.send(ctx, rq, demand{statuses: clientErrors(), refuse: true})
	if x.failed {
		x.fileAs("X6", Issue, "a body of type %s must be refused with a 4xx status", rq.kind)
	}
	x.failed = x.failed || before
	return a, err
}

// verbs is X18.
func (x *extra) verbs(ctx context.Context) error {
	return x.summing("X18", "verbs that a member does not have are refused", func() error {
		d := demand{statuses: clientErrors(), refuse: true}
		for _, m := range membersOf(x.ref.Type) {
			verbs := []string{http.MethodPost, http.MethodDelete, http.MethodPatch}
			if !m.read {
				verbs = append(verbs, http.MethodGet)
			}
			if !m.write {
				verbs = append(verbs, http.MethodPut)
			}
			for _, verb := range verbs {
				rq := request{verb: verb, path: x.path(m.name), params: goodIDs()}
				if _, err := x.send(ctx, rq, d); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// noIdentifiers is X19.
func (x *extra) noIdentifiers(ctx context.Context) error {
	return x.summing("X19", "identifiers are optional, 0 if missing, and have all 32 bits", func() error {
		connected := boolean("Connected", true)
		largest := param{"ClientTransactionID", "4294967295"}
		for _, c := range []struct {
			verb, member string
			params       []param
			echo         uint32
		}{
			{http.MethodGet, "name", nil, 0},
			{http.MethodPut, "connected", []param{connected}, 0},
			{http.MethodGet, "name", []param{largest}, 4294967295},
			{http.MethodPut, "connected", []param{largest, connected}, 4294967295},
			{http.MethodGet, "name", []param{{strings.ToUpper(largest.key), "7"}}, 7},
		} {
			rq := request{verb: c.verb, path: x.path(c.member), params: c.params}
			if _, err := x.send(ctx, rq, accepted(c.echo)); err != nil {
				return err
			}
		}
		return nil
	})
}
