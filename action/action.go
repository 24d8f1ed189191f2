// SPDX-License-Identifier: GPL-3.0-or-later

// Package action is what the telescope can be told and asked beyond the
// commands of its protocols: alignment, pointing model, catalogues and more.
//
// Each Action has a name, a JSON object of parameters and a JSON object for
// an answer, all declared in one place. Alpaca offers them as Actions; the
// documentation is printed from the same declarations.
package action

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/siderostep/siderostep/fault"
)

// Action is one command or question. Build it with New.
type Action struct {
	Name   string // such as "Align:Init"
	Doc    string // what it does
	Params []Field
	Answer []Field

	do func(ctx context.Context, parameters []byte) (any, error)
}

// None is for actions without parameters, or without an answer.
type None struct{}

// New declares an action. P and R are structs whose fields carry the tags
//
//	json   the name
//	doc    the meaning
//	range  the numbers that P accepts, "lo..hi"
//	oneof  the texts that P accepts, with commas between
//
// A pointer or a slice may be left out; so may a truth value, which is then
// false. It panics if the declaration is wrong.
func New[P, R any](name, doc string, do func(context.Context, P) (R, error)) Action {
	a := Action{Name: name, Doc: doc, Params: fieldsOf(reflect.TypeFor[P]()), Answer: fieldsOf(reflect.TypeFor[R]())}
	a.do = func(ctx context.Context, parameters []byte) (any, error) {
		var p P
		if err := a.decode(parameters, reflect.ValueOf(&p).Elem()); err != nil {
			return nil, err
		}
		return do(ctx, p)
	}
	return a
}

// Do performs the action with parameters, a JSON object or nothing, and
// returns the answer, a JSON object. The error is fault.Invalid for
// parameters that are wrong, in words that name the parameter and say what is
// accepted; else it is the action's own.
func (a Action) Do(ctx context.Context, parameters string) (string, error) {
	answer, err := a.do(ctx, []byte(parameters))
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(answer)
	if err != nil {
		return "", fault.Wrap(fault.Hardware, a.Name, err) // only a number that is none
	}
	return string(text), nil
}

// decode reads the parameters into the struct p.
func (a Action) decode(text []byte, p reflect.Value) error {
	given := map[string]json.RawMessage{}
	if len(bytes.TrimSpace(text)) > 0 {
		if err := json.Unmarshal(text, &given); err != nil {
			return fault.New(fault.Invalid, a.Name, "the parameters are not one JSON object: %v; it takes %s", err, a.usage())
		}
	}
	for i, f := range a.Params {
		raw, ok := given[f.Name]
		delete(given, f.Name)
		if !ok || string(raw) == "null" {
			if f.Required {
				return fault.New(fault.Invalid, a.Name, "%s is missing: %s", f.Name, f.accepts())
			}
			continue
		}
		v := p.Field(i)
		if err := json.Unmarshal(raw, v.Addr().Interface()); err != nil {
			return fault.New(fault.Invalid, a.Name, "%s is %s: %s", f.Name, shortened(raw), f.accepts())
		}
		if !f.holds(v) {
			return fault.New(fault.Invalid, a.Name, "%s is %s: %s", f.Name, shortened(raw), f.accepts())
		}
	}
	for name := range given {
		return fault.New(fault.Invalid, a.Name, "there is no parameter %.40q; it takes %s", name, a.usage())
	}
	return nil
}

// usage lists the parameters.
func (a Action) usage() string {
	if len(a.Params) == 0 {
		return "none"
	}
	names := make([]string, len(a.Params))
	for i, f := range a.Params {
		names[i] = f.Name
	}
	return strings.Join(names, ", ")
}

func shortened(raw []byte) string {
	if len(raw) > 60 {
		return string(raw[:57]) + "..."
	}
	return string(raw)
}

// Markdown returns the documentation of actions, a section for each.
func Markdown(actions []Action) string {
	var b strings.Builder
	for _, a := range slices.SortedFunc(slices.Values(actions), func(x, y Action) int { return strings.Compare(x.Name, y.Name) }) {
		fmt.Fprintf(&b, "\n### %s\n\n%s\n", a.Name, a.Doc)
		table(&b, "parameter", a.Params)
		table(&b, "answer", a.Answer)
	}
	return b.String()
}

func table(b *strings.Builder, what string, fields []Field) {
	if len(fields) == 0 {
		return
	}
	fmt.Fprintf(b, "\n| %s | type | |\n|---|---|---|\n", what)
	for _, f := range fields {
		kind := f.Type
		if f.limits != "" {
			kind += " " + strings.ReplaceAll(f.limits, "|", "\\|")
		}
		if what == "parameter" && !f.Required {
			kind += ", may be left out"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", f.Name, kind, f.Doc)
	}
}
