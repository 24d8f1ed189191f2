// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// fake is a correct Alpaca server of an ideal telescope, focuser and rotator
// on a fast clock, unless bug names a defect. It shares nothing with the
// checker but ASCOM's numbers.
type fake struct {
	bug     string
	speed   float64
	started time.Time

	mu     sync.Mutex
	stid   uint32
	scope  *fakeScope
	focus  *fakeFocuser
	guide  *fakeFocuser // number 1, of servers whose bug begins with pair
	rotate *fakeRotator
	online map[string]bool // by type of device
}

// newFake starts a server that lasts as long as the test.
func newFake(t *testing.T, bug string, speed float64) (*fake, string) {
	t.Helper()
	f := &fake{bug: bug, speed: speed, started: time.Now(), online: make(map[string]bool)}
	f.scope = newFakeScope(f)
	f.focus = &fakeFocuser{fake: f, position: 20000, from: 20000}
	f.guide = &fakeFocuser{fake: f, position: 10000, from: 10000}
	f.rotate = &fakeRotator{fake: f, mechanical: 10, offset: 25, target: 35}
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return f, s.URL
}

// has reports whether the server has a defect.
func (f *fake) has(bug string) bool { return f.bug == bug }

// elapsed returns simulated seconds since the start.
func (f *fake) elapsed() float64 { return time.Since(f.started).Seconds() * f.speed }

// sleepUntil waits for a simulated instant. The caller holds f.mu, which is
// given up meanwhile.
func (f *fake) sleepUntil(seconds float64) {
	f.mu.Unlock()
	defer f.mu.Lock()
	time.Sleep(time.Duration((seconds - f.elapsed()) / f.speed * float64(time.Second)))
}

// ascom is an error with its number.
type ascom struct {
	number  int
	message string
}

func fault(number int) *ascom {
	if number == 0 {
		return nil
	}
	return &ascom{number, fmt.Sprintf("refused with %X", number)}
}

// values are the parameters of a request, parsed.
type values map[string]any

func (v values) float(key string) float64 { return v[key].(float64) }
func (v values) integer(key string) int   { return v[key].(int) }
func (v values) boolean(key string) bool  { return v[key].(bool) }

// handler is one member of a fake device. getArgs and putArgs give name and
// type ("bool", "int", "float", "text", or "text?" and "bool?" if optional).
type handler struct {
	get     func(values) (any, *ascom)
	put     func(values) (any, *ascom)
	getArgs [][2]string
	putArgs [][2]string
	zero    any
	offline bool
}

// read makes a property.
func read(zero any, get func() (any, *ascom)) handler {
	return handler{zero: zero, get: func(values) (any, *ascom) { return get() }}
}

// constant makes a property that never changes.
func constant(v any) handler {
	return handler{zero: v, get: func(values) (any, *ascom) { return v, nil }}
}

// writes adds a PUT with one parameter to a property.
func (h handler) writes(key, kind string, put func(values) *ascom) handler {
	h.putArgs = [][2]string{{key, kind}}
	h.put = func(v values) (any, *ascom) { return nil, put(v) }
	return h
}

// does makes a method.
func does(put func(values) *ascom, args ...[2]string) handler {
	return handler{putArgs: args, put: func(v values) (any, *ascom) { return nil, put(v) }}
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.has("slow-reads") && strings.HasSuffix(r.URL.Path, "devicestate") {
		f.sleepUntil(f.elapsed() + 0.15*f.speed)
	}
	path := r.URL.Path
	if f.has("path-any-case") {
		path = strings.ToLower(path)
	}
	switch {
	case strings.HasPrefix(path, "/setup"):
		f.setup(w, path)
	case strings.HasPrefix(path, "/management/"):
		f.manage(w, r, path)
	default:
		f.device(w, r, path, string(body))
	}
}

func (f *fake) setup(w http.ResponseWriter, path string) {
	if f.has("no-setup") && path != "/setup" {
		http.Error(w, "no such page", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	io.WriteString(w, "<!doctype html><title>setup</title>")
}

func (f *fake) manage(w http.ResponseWriter, r *http.Request, path string) {
	ctid, err := strconv.ParseUint(r.URL.Query().Get("ClientTransactionID"), 10, 32)
	if err != nil {
		ctid = 0
	}
	ids := []string{"a5c0-telescope", "a5c0-focuser", "a5c0-rotator"}
	if f.has("same-unique-id") {
		ids[1] = ids[0]
	}
	versions := []int{1}
	if f.has("api-versions") {
		versions = []int{1, 2}
	}
	var value any
	switch path {
	case versionsPath:
		value = versions
	case descriptionPath:
		value = map[string]string{"ServerName": "fake", "Manufacturer": "test", "ManufacturerVersion": "1", "Location": "here"}
	case devicesPath:
		var list []map[string]any
		for i, kind := range []string{"Telescope", "Focuser", "Rotator"} {
			list = append(list, map[string]any{"DeviceName": kind, "DeviceType": kind, "DeviceNumber": 0, "UniqueID": ids[i]})
		}
		value = list
	default:
		http.Error(w, "no such path", http.StatusNotFound)
		return
	}
	f.reply(w, http.MethodGet, uint32(ctid), value, nil)
}

// device answers a request to a device, in the order path, verb, identifiers,
// parameters, connection, action.
func (f *fake) device(w http.ResponseWriter, r *http.Request, path, body string) {
	parts := strings.Split(strings.TrimPrefix(path, "/api/v1/"), "/")
	var members map[string]handler
	kind := parts[0]
	pair := strings.HasPrefix(f.bug, "pair") && strings.HasPrefix(path, "/api/v1/focuser/1/")
	if pair && !f.has("pair-shared") {
		kind = "guide focuser"
	}
	if strings.HasPrefix(path, "/api/v1/") && len(parts) == 3 && (parts[1] == "0" || pair || f.has("any-number")) {
		members = f.members(kind)
	}
	h, ok := members[parts[len(parts)-1]]
	if !ok {
		http.Error(w, "no such device or method", http.StatusBadRequest)
		return
	}
	verb := r.Method
	if f.has("any-verb") && verb == http.MethodPost {
		verb = http.MethodGet
	}
	act, args := h.get, h.getArgs
	if verb == http.MethodPut {
		act, args = h.put, h.putArgs
	}
	if act == nil || (verb != http.MethodGet && verb != http.MethodPut) {
		http.Error(w, "no such verb here", http.StatusMethodNotAllowed)
		return
	}
	form, lower, ctid, err := f.form(r, verb, body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	v, err := f.parse(form, lower, args)
	if err != nil {
		status := http.StatusBadRequest
		if f.has("junk-is-500") {
			status = http.StatusInternalServerError
		}
		http.Error(w, err.Error(), status)
		return
	}
	if !h.offline && !f.online[kind] && !f.has("works-disconnected") {
		f.reply(w, verb, ctid, h.zero, fault(notConnected))
		return
	}
	value, failure := act(v)
	if failure != nil {
		value = h.zero
	}
	f.reply(w, verb, ctid, value, failure)
}

// members returns a device's members; nil if there is no such type.
func (f *fake) members(kind string) map[string]handler {
	var own map[string]handler
	var state func() []map[string]any
	switch kind {
	case "telescope":
		own, state = f.scope.members(), f.scope.state
	case "focuser":
		own, state = f.focus.members(), f.focus.state
	case "guide focuser":
		own, state = f.guide.members(), f.guide.state
	case "rotator":
		own, state = f.rotate.members(), f.rotate.state
	default:
		return nil
	}
	maps.Copy(own, f.common(kind, state))
	f.reduce(kind, own)
	return own
}

// common returns the members that all devices have.
func (f *fake) common(kind string, state func() []map[string]any) map[string]handler {
	online := func(h handler) handler {
		h.offline = true
		return h
	}
	refuse := func(values) *ascom { return fault(notImplemented) }
	command := [][2]string{{"Command", "text"}, {"Raw", "bool?"}}
	version := 4
	if f.has("version-zero") {
		version = 0
	}
	actions := []string{"Refocus"}
	if f.has("empty-action") {
		actions = append(actions, "")
	}
	unknown := fault(actionNotImplemented)
	if f.has("action-number") {
		unknown = fault(invalidValue)
	}
	return map[string]handler{
		"action": does(func(values) *ascom { return unknown },
			[2]string{"Action", "text"}, [2]string{"Parameters", "text?"}),
		"commandblind":  does(refuse, command...),
		"commandbool":   does(refuse, command...),
		"commandstring": does(refuse, command...),
		"connect":       online(does(func(values) *ascom { f.connect(kind, true); return nil })),
		"disconnect":    online(does(func(values) *ascom { f.connect(kind, false); return nil })),
		"connecting":    online(constant(f.has("connecting-for-ever"))),
		"connected": online(read(false, func() (any, *ascom) { return f.online[kind], nil }).
			writes("Connected", "bool", func(v values) *ascom { f.connect(kind, v.boolean("Connected")); return nil })),
		"description": online(constant("fake")),
		"driverinfo": online(read("", func() (any, *ascom) {
			if f.has("driverinfo-missing") {
				return nil, fault(notImplemented)
			}
			return "made for tests", nil
		})),
		"driverversion":    online(constant("1.0")),
		"interfaceversion": online(constant(version)),
		"name":             online(constant("fake " + kind)),
		"supportedactions": online(constant(actions)),
		"devicestate": read([]int{}, func() (any, *ascom) {
			if f.has("state-object") {
				return map[string]int{"Name": 1}, nil
			}
			return state(), nil
		}),
	}
}

// connect switches a device on or off.
func (f *fake) connect(kind string, on bool) {
	if !on && f.has("never-off") {
		return
	}
	f.online[kind] = on
	if kind == "telescope" && !on {
		f.scope.forget()
	}
}

// stateOf makes DeviceState from the members named.
func stateOf(members map[string]handler, names ...string) []map[string]any {
	out := []map[string]any{}
	for _, name := range names {
		if v, err := members[strings.ToLower(name)].get(nil); err == nil {
			out = append(out, map[string]any{"Name": name, "Value": v})
		}
	}
	return out
}

// outside reports whether x is not in a closed range.
func outside(x, low, high float64) bool { return !(x >= low && x <= high) }
