// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// errStop ends the checks of one device; the reason has been recorded.
var errStop = errors.New("checks of this device end here")

// check is one row of the list of checks. An error from run ends the check
// and is judged by recorder.end.
type check[D any] struct {
	id, title string
	always    bool                           // others depend on what it does: run it even if not asked for
	run       func(D, context.Context) error // a method of D
}

// runTable runs the checks of a table that are wanted, in order. It returns
// errStop or ctx's error, if either ended it.
func runTable[D any](ctx context.Context, d D, rec *recorder, table []check[D]) error {
	for _, c := range table {
		if !c.always && !rec.run.wants(c.id) {
			continue
		}
		rec.begin(c.id)
		if err := rec.end(ctx, c.title, c.run(d, ctx)); err != nil {
			return err
		}
	}
	return nil
}

// recorder files what the checks of one device find.
type recorder struct {
	run   *run
	ref   DeviceRef
	id    string // check under way
	filed int    // its results so far
	last  time.Time
}

func newRecorder(r *run, ref DeviceRef) *recorder {
	return &recorder{run: r, ref: ref, last: time.Now()}
}

func (r *recorder) begin(id string) {
	r.id, r.filed, r.last = id, 0, time.Now()
}

// end closes a check. Its error becomes a result: an Issue if the device
// refused or answered badly, an Error if there was no usable answer. A check
// that filed nothing is OK. end returns what must end the run.
func (r *recorder) end(ctx context.Context, title string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		if r.filed == 0 {
			r.ok("%s", title)
		}
		return nil
	}
	if errors.Is(err, errStop) {
		return errStop
	}
	r.file(verdictOf(err), "%s: %v", title, err)
	return nil
}

// verdictOf judges an error that a check did not expect.
func verdictOf(err error) Verdict {
	var (
		no    *refusal
		bad   *malformed
		still *stillTrue
	)
	if errors.As(err, &no) || errors.As(err, &bad) || errors.As(err, &still) {
		return Issue
	}
	return Error
}

// stop records why the device's checks cannot go on.
func (r *recorder) stop(format string, args ...any) error {
	r.file(Error, "the run of this device ends: "+format, args...)
	return errStop
}

func (r *recorder) file(v Verdict, format string, args ...any) { r.fileAs(r.id, v, format, args...) }

// fileAs files a result under another number than the check's under way.
func (r *recorder) fileAs(id string, v Verdict, format string, args ...any) {
	r.filed++
	now := time.Now()
	x := Result{
		Device: r.ref, Check: id, Verdict: v,
		Message: fmt.Sprintf(format, args...), Duration: now.Sub(r.last),
	}
	r.last = now
	if !r.run.wants(id) && v != Error {
		return
	}
	r.run.report.Results = append(r.run.report.Results, x)
	if r.run.Progress != nil {
		r.run.Progress(x)
	}
}

func (r *recorder) ok(format string, args ...any)    { r.file(OK, format, args...) }
func (r *recorder) info(format string, args ...any)  { r.file(Info, format, args...) }
func (r *recorder) issue(format string, args ...any) { r.file(Issue, format, args...) }

// must records a requirement, met or not.
func (r *recorder) must(met bool, format string, args ...any) bool {
	v := OK
	if !met {
		v = Issue
	}
	r.file(v, format, args...)
	return met
}

// should records a requirement whose neglect is only worth knowing.
func (r *recorder) should(met bool, format string, args ...any) bool {
	v := OK
	if !met {
		v = Info
	}
	r.file(v, format, args...)
	return met
}

// mustSucceed records that a call succeeded, or what it was refused with.
func (r *recorder) mustSucceed(what string, err error) bool {
	return r.mustAnswer(what, err, 0)
}

// mustAnswer records whether err is one of the wanted ASCOM error numbers, 0
// being success.
func (r *recorder) mustAnswer(what string, err error, want ...int) bool {
	var no *refusal
	switch {
	case err == nil && slices.Contains(want, 0):
		r.ok("%s succeeds", what)
	case err == nil:
		r.issue("%s must be refused with %s, but succeeds", what, errorNames(want))
		return false
	case !errors.As(err, &no):
		r.file(verdictOf(err), "%s: %v", what, err)
		return false
	case no.status == http.StatusOK && slices.Contains(want, no.number):
		r.ok("%s is refused with %s", what, no.name())
	case slices.Equal(want, []int{0}):
		r.issue("%s must succeed, but is refused with %s: %s", what, no.name(), no.message)
		return false
	default:
		r.issue("%s must answer %s, but is refused with %s: %s", what, errorNames(want), no.name(), no.message)
		return false
	}
	return true
}
