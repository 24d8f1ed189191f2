// SPDX-License-Identifier: GPL-3.0-or-later

package discovery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/siderostep/siderostep/clock"
)

// metricsText is the example of the exposition format's documentation.
const metricsText = `# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
`

// instrument answers as an Alpaca server of that name and device does, and at
// /metrics by the handler.
func instrument(name, id string, metrics http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/management/v1/description":
			fmt.Fprintf(w, `{"Value":{"ServerName":%q,"Manufacturer":"maker","ManufacturerVersion":"1.0","Location":"Dome"}}`, name)
		case "/management/v1/configureddevices":
			fmt.Fprintf(w, `{"Value":[{"DeviceName":"Mount","DeviceType":"Telescope","DeviceNumber":0,"UniqueID":%q}]}`, id)
		case "/metrics":
			metrics(w, r)
		default:
			http.NotFound(w, r)
		}
	}
}

func goodMetrics(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	fmt.Fprint(w, metricsText)
}

// lines is a log that goroutines may write.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// newWatcher returns a Watcher for which discovery finds what find says.
func newWatcher(find func() ([]Server, error), given ...Server) (*Watcher, *lines, *clock.Manual) {
	var log lines
	c := clock.NewManual(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	w := NewWatcher(WatchOptions{Given: given, Every: 30 * time.Second, Clock: c, Log: slog.New(slog.NewTextHandler(&log, nil))})
	w.find = func(context.Context, FindOptions) ([]Server, error) { return find() }
	return w, &log, c
}

// page returns what the Watcher serves, taken apart.
func page(t *testing.T, w *Watcher) (targets map[string]string, status int) {
	t.Helper()
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/sd", nil))
	if rec.Code != http.StatusOK {
		return nil, rec.Code
	}
	if got := rec.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("content type %q", got)
	}
	var groups []struct {
		Targets []string
		Labels  map[string]string
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &groups); err != nil || groups == nil {
		t.Fatalf("%s: %v", rec.Body, err)
	}
	targets = map[string]string{}
	for _, g := range groups {
		targets[fmt.Sprint(g.Targets)] = g.Labels["name"] + " in " + g.Labels["location"]
	}
	return targets, rec.Code
}

// Of all that answers, only what has metrics is a target.
func TestWatcherLeavesOut(t *testing.T) {
	good := alpacaServer(t, instrument("Ridge", "id-1", goodMetrics))
	var visits atomic.Int32
	elsewhere := alpacaServer(t, func(w http.ResponseWriter, r *http.Request) {
		visits.Add(1)
		goodMetrics(w, r)
	})
	plain := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			fmt.Fprint(w, text)
		}
	}
	left := []struct {
		handler http.HandlerFunc
		reason  string
	}{
		{instrument("camera", "id-2", http.NotFound), "404"},
		{instrument("web page", "id-3", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<!DOCTYPE html><html>"+metricsText) }), "text/html"},
		{instrument("words", "id-4", plain("hello\n")), "no metrics"},
		{instrument("untyped", "id-5", func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = nil
			fmt.Fprint(w, metricsText)
		}), "content type"},
		{instrument("late metrics", "id-6", plain(strings.Repeat("\n", maxScrape)+metricsText)), "no metrics"},
		{instrument("endless", "id-7", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			for {
				if _, err := fmt.Fprint(w, strings.Repeat("x", 1<<12)); err != nil {
					return
				}
			}
		}), "no metrics"},
		{instrument("elsewhere", "id-8", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://"+elsewhere.authority()+"/metrics", http.StatusFound)
		}), "302"},
		{http.NotFound, "404"},
		{func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "\x1b[31mgarbage") }, "invalid character"},
		{func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"Value":{"ServerName":"`)
			for {
				if _, err := fmt.Fprint(w, strings.Repeat("x", 1<<12)); err != nil {
					return
				}
			}
		}, "unexpected EOF"},
		{func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://"+elsewhere.authority()+r.URL.Path, http.StatusMovedPermanently)
		}, "301"},
	}
	servers := []Server{good}
	for _, l := range left {
		servers = append(servers, alpacaServer(t, l.handler))
	}
	w, log, _ := newWatcher(func() ([]Server, error) { return servers, nil })
	if err := w.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	targets, _ := page(t, w)
	if want := map[string]string{"[" + good.authority() + "]": "Ridge in Dome"}; fmt.Sprint(targets) != fmt.Sprint(want) {
		t.Errorf("targets %v, want %v", targets, want)
	}
	for i, l := range left {
		if got := w.reasons[servers[i+1].authority()]; !strings.Contains(got, l.reason) {
			t.Errorf("%d was left out because of %q, want %q", i, got, l.reason)
		}
	}
	if n := visits.Load(); n != 0 {
		t.Errorf("%d redirections were followed", n)
	}
	said := log.String()
	if err := w.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if log.String() != said {
		t.Errorf("the same is said again:\n%s", strings.TrimPrefix(log.String(), said))
	}
}

// A server that never answers costs its own time only, which ends.
func TestWatcherSilentServer(t *testing.T) {
	silent := alpacaServer(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := hasMetrics(ctx, silent); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	w, _, _ := newWatcher(func() ([]Server, error) { return []Server{silent}, nil })
	if err := w.Look(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if _, status := page(t, w); status != http.StatusServiceUnavailable {
		t.Errorf("status %d after a round cut short", status)
	}
}

// One server that answers at two addresses is one target, at the address by
// which it was named; a failing discovery changes nothing.
func TestWatcherNamedServer(t *testing.T) {
	ts := httptest.NewServer(instrument("Ridge", "id-1", goodMetrics))
	defer ts.Close()
	found, err := ParseServer(ts.URL)
	if err != nil {
		t.Fatal(err)
	}
	named, err := ParseServer(strings.Replace(ts.URL, "127.0.0.1", "localhost", 1))
	if err != nil || named.Host == "" {
		t.Fatalf("%+v, %v", named, err)
	}
	w, _, _ := newWatcher(func() ([]Server, error) { return []Server{found}, nil }, named)
	if err := w.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"[" + named.Host + "]": "Ridge in Dome"}
	if got, _ := page(t, w); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("targets %v, want %v", got, want)
	}
}

// The list is served after the first good round, grows in later ones, and
// survives rounds that fail.
func TestWatcherRun(t *testing.T) {
	one := alpacaServer(t, instrument("One", "id-1", goodMetrics))
	two := alpacaServer(t, instrument("Two", "id-2", goodMetrics))
	type answer struct {
		servers []Server
		err     error
	}
	answers := make(chan answer)
	w, log, c := newWatcher(func() ([]Server, error) { a := <-answers; return a.servers, a.err })
	if _, status := page(t, w); status != http.StatusServiceUnavailable {
		t.Errorf("status %d before the first round", status)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- w.Run(ctx) }()

	// next begins one round; the one before it is then over.
	down := errors.New("network down")
	next := func(a answer) {
		for end := time.After(10 * time.Second); ; {
			c.Advance(30 * time.Second)
			select {
			case answers <- a:
				return
			case <-end:
				t.Fatal("no further round")
			case <-time.After(time.Millisecond):
			}
		}
	}
	next(answer{nil, down})
	next(answer{nil, down}) // the first is over
	if _, status := page(t, w); status != http.StatusServiceUnavailable {
		t.Errorf("status %d after a round that failed", status)
	}
	next(answer{[]Server{one}, nil})
	next(answer{[]Server{one}, nil})
	if got, _ := page(t, w); len(got) != 1 {
		t.Errorf("after one server: %v", got)
	}
	next(answer{[]Server{one, two}, nil})
	for range 5 {
		next(answer{nil, down})
	}
	if got, _ := page(t, w); len(got) != 2 {
		t.Errorf("after five failures: %v", got)
	}
	for range 4 {
		next(answer{[]Server{two}, nil})
	}
	if got, _ := page(t, w); len(got) != 1 || got["["+two.authority()+"]"] != "Two in Dome" {
		t.Errorf("after three rounds without the first: %v", got)
	}
	for range 4 {
		next(answer{nil, nil})
	}
	if got, status := page(t, w); len(got) != 0 || status != http.StatusOK {
		t.Errorf("after three empty rounds: %v, status %d", got, status)
	}
	cancel()
	close(answers) // for a round that is under way
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if n := strings.Count(log.String(), "network down"); n != 2 { // each time that it began
		t.Errorf("the failure was logged %d times, want 2:\n%s", n, log)
	}
}

func TestFindMetrics(t *testing.T) {
	for text, want := range map[string]bool{
		metricsText:                           true,
		"# TYPE a:b_c gauge":                  true,
		"# TYPE a gauge\r\n":                  true,
		"a 1\nb 2\n# TYPE c unknown\n# EOF\n": true,
		"":                                    false,
		"# TYPE 5 gauge\n":                    false,
		"# TYPE a number\n":                   false,
		" # TYPE a gauge\n":                   false,
		"a 1\n":                               false,
	} {
		if got := findMetrics(strings.NewReader(text)) == nil; got != want {
			t.Errorf("%q has metrics: %v", text, got)
		}
	}
	broken := errors.New("broken")
	if err := findMetrics(io.MultiReader(strings.NewReader("x"), failing{broken})); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

// failing is a reader that only fails.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func FuzzMetricsPage(f *testing.F) {
	f.Add("", metricsText)
	f.Add("a 1\r\n", "# TYPE a gauge\n")
	f.Fuzz(func(t *testing.T, before, text string) {
		err := findMetrics(strings.NewReader(before + "\n" + metricsText + text))
		if len(before) < maxScrape-len(metricsText) && err != nil {
			t.Errorf("metrics after %q are not seen: %v", before, err)
		}
	})
}

// Two servers that answer at every address of their machine, of either IP
// version, are two targets, at the address that others can reach.
func TestWatcherManyAddresses(t *testing.T) {
	if !isolated(t) {
		return
	}
	ip(t, `
		link set lo up
		link add a0 type veth peer name a1
		addr add 198.51.100.2/24 dev a0
		addr add fd00:7::2/64 dev a0 nodad
		addr add fe80::a/64 dev a0 nodad
		link set a0 addrgenmode none up
		link set a1 addrgenmode none up`)
	ready(t, "a0")
	var want []string
	for _, name := range []string{"One", "Two"} {
		ln, err := net.Listen("tcp", "[::]:0")
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewUnstartedServer(instrument(name, "id of "+name, goodMetrics))
		server.Listener.Close()
		server.Listener = ln
		server.Start()
		t.Cleanup(server.Close)
		alpaca := netip.AddrPortFrom(netip.IPv6Unspecified(), ln.Addr().(*net.TCPAddr).AddrPort().Port())
		listen(t, DefaultConfig(), alpaca)
		want = append(want, fmt.Sprintf("[198.51.100.2:%d] %s", alpaca.Port(), name))
	}
	w := NewWatcher(WatchOptions{Find: FindOptions{Timeout: 500 * time.Millisecond}, Log: slog.New(slog.DiscardHandler)})
	if err := w.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, target := range w.list.targets() {
		got = append(got, fmt.Sprintf("%v %s", target.Addresses, target.Labels.Name))
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("targets %v, want %v", got, want)
	}
}
