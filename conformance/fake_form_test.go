// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// form reads the parameters and ClientTransactionID. Keys of a GET are made
// lower-case, and it says so.
func (f *fake) form(r *http.Request, verb, body string) (form url.Values, lower bool, ctid uint32, err error) {
	raw, id, client := r.URL.RawQuery, "clienttransactionid", "clientid"
	if verb == http.MethodPut {
		id, client = "ClientTransactionID", "ClientID"
		if f.has("query-merged") {
			body += "&" + raw
		}
		raw = body
		kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
		if kind != "application/x-www-form-urlencoded" && !f.has("any-content-type") {
			return nil, false, 0, fmt.Errorf("body of type %q", kind)
		}
	}
	form, err = url.ParseQuery(raw)
	if err != nil {
		return nil, false, 0, err
	}
	lower = (verb != http.MethodPut && !f.has("get-exact-case")) || (verb == http.MethodPut && f.has("put-any-case"))
	if lower {
		low := make(url.Values)
		for k, v := range form {
			low[strings.ToLower(k)] = append(low[strings.ToLower(k)], v...)
		}
		form, id, client = low, strings.ToLower(id), strings.ToLower(client)
	} else if verb != http.MethodPut {
		id, client = "ClientTransactionID", "ClientID"
	}
	if f.has("extra-refused") && (form.Has("extraparameter") || form.Has("ExtraParameter")) {
		return nil, false, 0, fmt.Errorf("unknown parameter")
	}
	if f.has("repeats-crash") {
		for _, v := range form {
			if len(v) > 1 {
				panic(http.ErrAbortHandler)
			}
		}
	}
	ctid, err = f.ids(form, id, client)
	if f.has("miscased-id-echoed") && form.Has("clienttransactionid") {
		n, _ := strconv.ParseUint(form.Get("clienttransactionid"), 10, 32)
		ctid = uint32(n)
	}
	return form, lower, ctid, err
}

// ids checks both identifiers and returns the transaction's.
func (f *fake) ids(form url.Values, id, client string) (uint32, error) {
	var ctid uint64
	for _, key := range []string{client, id} {
		if !form.Has(key) {
			if f.has("ids-required") {
				return 0, fmt.Errorf("%s missing", key)
			}
			continue
		}
		text := form.Get(key)
		if f.has("id-trimmed") {
			text = strings.TrimSpace(text)
		}
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil && !f.has("bad-id-passed") {
			return 0, fmt.Errorf("%s is no number", key)
		}
		if key == id {
			ctid = n
		}
	}
	return uint32(ctid), nil
}

// parse reads a member's parameters, whose names may have been made lower-case.
func (f *fake) parse(form url.Values, lower bool, args [][2]string) (values, error) {
	v := make(values)
	for _, a := range args {
		key, kind, optional := a[0], strings.TrimSuffix(a[1], "?"), strings.HasSuffix(a[1], "?")
		name := key
		if lower {
			name = strings.ToLower(key)
		}
		if !form.Has(name) {
			if !optional && !f.has("missing-is-zero") {
				return nil, fmt.Errorf("%s is missing", key)
			}
			v[key] = map[string]any{"text": "", "bool": false, "int": 0, "float": 0.0}[kind]
			continue
		}
		x, err := f.parseOne(kind, form.Get(name))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		v[key] = x
	}
	return v, nil
}

func (f *fake) parseOne(kind, text string) (any, error) {
	switch kind {
	case "text":
		return text, nil
	case "bool":
		if f.has("number-is-true") {
			if _, err := strconv.Atoi(text); err == nil {
				return true, nil
			}
		}
		switch strings.ToLower(text) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
		return nil, fmt.Errorf("no boolean: %q", text)
	case "int":
		if f.has("fraction-cut") {
			text, _, _ = strings.Cut(text, ".")
		}
		return strconv.Atoi(text)
	}
	x, err := strconv.ParseFloat(text, 64)
	odd := math.IsNaN(x) || math.IsInf(x, 0) || strings.ContainsAny(text, "xX_")
	if err == nil && odd && !f.has("nan-accepted") {
		err = fmt.Errorf("no number: %q", text)
	}
	return x, err
}

// reply writes an answer.
func (f *fake) reply(w http.ResponseWriter, verb string, ctid uint32, value any, failure *ascom) {
	if !f.has("same-stid") || f.stid == 0 {
		f.stid++
	}
	m := map[string]any{
		"ClientTransactionID": ctid, "ServerTransactionID": f.stid, "ErrorNumber": 0, "ErrorMessage": "",
	}
	if verb == http.MethodGet || value != nil {
		m["Value"] = value
	}
	if failure != nil {
		m["ErrorNumber"], m["ErrorMessage"] = failure.number, failure.message
	}
	f.spoil(m, ctid)
	kind := "application/json"
	if f.has("text-answers") {
		kind = "text/plain"
	}
	w.Header().Set("Content-Type", kind)
	json.NewEncoder(w).Encode(m)
}

// spoil plants the defects of the answer's form.
func (f *fake) spoil(m map[string]any, ctid uint32) {
	rename := func(from, to string) {
		if v, ok := m[from]; ok {
			delete(m, from)
			m[to] = v
		}
	}
	switch f.bug {
	case "wrong-ctid":
		m["ClientTransactionID"] = ctid + 1
	case "ctid-is-text":
		m["ClientTransactionID"] = strconv.Itoa(int(ctid))
	case "null-message":
		m["ErrorMessage"] = nil
	case "no-message":
		delete(m, "ErrorMessage")
	case "stid-zero":
		m["ServerTransactionID"] = 0
	case "lower-value":
		rename("Value", "value")
	case "error-number-case":
		rename("ErrorNumber", "errorNumber")
	case "no-value-on-error":
		if m["ErrorNumber"] != 0 {
			delete(m, "Value")
		}
	}
}
