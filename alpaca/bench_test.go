// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
)

// benchServer returns a server as in service: logging at Info.
func benchServer(b *testing.B) *Server {
	o := open(b, "altaz")
	o.server.log = slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelInfo}))
	return o.server
}

const benchIDs = "?ClientID=1&ClientTransactionID=7"

// nowhere is a ResponseWriter that keeps nothing.
type nowhere struct{ header http.Header }

func (w nowhere) Header() http.Header         { return w.header }
func (w nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (w nowhere) WriteHeader(int)             {}

// BenchmarkHandler is one request without a network.
func BenchmarkHandler(b *testing.B) {
	for _, member := range []string{"rightascension", "tracking", "siderealtime", "ispulseguiding", "devicestate"} {
		b.Run(member, func(b *testing.B) {
			h := benchServer(b).Handler()
			r := httptest.NewRequest("GET", "/api/v1/telescope/0/"+member+benchIDs, nil)
			w := nowhere{http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(w, r)
			}
		})
	}
	b.Run("bare gin", func(b *testing.B) {
		h := bareGin([]byte(`{"Value":5.1}`))
		r := httptest.NewRequest("GET", "/bare", nil)
		w := nowhere{http.Header{}}
		b.ReportAllocs()
		for b.Loop() {
			h.ServeHTTP(w, r)
		}
	})
}

// A read of the state allocates nothing of its own.
func TestReadsDoNotAllocate(t *testing.T) {
	o := open(t, "german")
	w := nowhere{http.Header{}}
	for _, member := range []string{"rightascension", "siderealtime", "tracking", "devicestate", "sideofpier", "slewing"} {
		r := httptest.NewRequest("GET", "/api/v1/telescope/0/"+member+benchIDs, nil)
		if n := testing.AllocsPerRun(200, func() { o.server.Handler().ServeHTTP(w, r) }); n > 0 && !raceEnabled { // under which a sync.Pool forgets at random
			t.Errorf("%s: %v allocations", member, n)
		}
	}
}

// bareGin is the yardstick: a gin handler with a constant answer.
func bareGin(answer []byte) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.GET("/bare", func(g *gin.Context) { g.Data(http.StatusOK, "application/json", answer) })
	return e
}

// BenchmarkLoopback compares requests over kept-alive connections with those
// to a bare gin handler that answers with as many bytes. Servers and paths
// take turns, some milliseconds each, so that a busy computer troubles both
// alike. It reports requests per second, their ratio, and the p99 of both.
func BenchmarkLoopback(b *testing.B) {
	for _, member := range []string{"rightascension", "devicestate"} {
		for _, connections := range []int{1, 8} {
			b.Run(fmt.Sprintf("%s/c=%d", member, connections), func(b *testing.B) {
				s := benchServer(b)
				path := "/api/v1/telescope/0/" + member + benchIDs
				w := httptest.NewRecorder()
				s.Handler().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
				ours := newLoad(b, s.Handler(), path, connections)
				bare := newLoad(b, bareGin(slices.Clone(w.Body.Bytes())), "/bare"+benchIDs, connections)
				single := newLoad(b, s.Handler(), "/api/v1/telescope/0/rightascension"+benchIDs, connections)
				turn := []*load{ours, bare, single}
				for b.Loop() {
					for _, l := range turn {
						l.run(10 * time.Millisecond)
					}
					turn = append(turn[1:], turn[0])
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(ours.perSecond(), "req/s")
				b.ReportMetric(bare.perSecond(), "bare-req/s")
				b.ReportMetric(ours.perSecond()/bare.perSecond(), "of-bare")
				b.ReportMetric(ours.p99(), "p99-µs")
				b.ReportMetric(bare.p99(), "bare-p99-µs")
				b.ReportMetric(single.perSecond()/ours.perSecond(), "singles")
			})
		}
	}
}

// load is a number of clients that ask for one path, each on a connection of
// its own, one request after the other.
type load struct {
	b       *testing.B
	conns   []net.Conn
	readers []*bufio.Reader
	request []byte
	took    time.Duration
	mu      sync.Mutex
	each    []time.Duration
}

func newLoad(b *testing.B, h http.Handler, path string, connections int) *load {
	server := httptest.NewServer(h)
	l := &load{b: b, request: []byte("GET " + path + " HTTP/1.1\r\nHost: mount\r\n\r\n")}
	for range connections {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		l.conns, l.readers = append(l.conns, conn), append(l.readers, bufio.NewReader(conn))
	}
	b.Cleanup(func() {
		for _, c := range l.conns {
			c.Close()
		}
		server.Close()
	})
	l.run(20 * time.Millisecond)
	l.took, l.each = 0, nil
	return l
}

// run lets the clients ask for d.
func (l *load) run(d time.Duration) {
	var clients sync.WaitGroup
	var stop atomic.Bool
	begun := time.Now()
	timer := time.AfterFunc(d, func() { stop.Store(true) })
	defer timer.Stop()
	for i, conn := range l.conns {
		clients.Go(func() {
			var each []time.Duration
			for before := time.Now(); !stop.Load(); {
				if !l.ask(conn, l.readers[i]) {
					return
				}
				now := time.Now()
				each = append(each, now.Sub(before))
				before = now
			}
			l.mu.Lock()
			l.each = append(l.each, each...)
			l.mu.Unlock()
		})
	}
	clients.Wait()
	l.took += time.Since(begun)
}

// ask makes one request, with as little work for the client as can be: the
// answer is read line by line up to the empty one, then by its length.
func (l *load) ask(conn net.Conn, r *bufio.Reader) bool {
	if _, err := conn.Write(l.request); err != nil {
		l.b.Error(err)
		return false
	}
	length := 0
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			l.b.Error(err)
			return false
		}
		if len(line) == 2 {
			break
		}
		const name = "Content-Length: "
		if len(line) > len(name) && string(line[:len(name)]) == name {
			length = 0
			for _, digit := range line[len(name) : len(line)-2] {
				length = length*10 + int(digit-'0')
			}
		}
	}
	if _, err := r.Discard(length); err != nil || length == 0 {
		l.b.Error("no length", err)
		return false
	}
	return true
}

func (l *load) perSecond() float64 { return float64(len(l.each)) / l.took.Seconds() }

func (l *load) p99() float64 {
	slices.Sort(l.each)
	return float64(l.each[len(l.each)*99/100].Nanoseconds()) / 1000
}
