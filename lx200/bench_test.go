// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"bufio"
	"context"
	"net"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/siderostep/siderostep/mount"
)

// frozen is a mount whose snapshot costs as little as the real one's.
type frozen struct {
	*fakeMount
	s *mount.Snapshot
}

func (f frozen) Snapshot() *mount.Snapshot { return f.s }

// quick serves frozen, without a limit on commands.
func quick(b *testing.B) (s *Server, addr string, stop func()) {
	b.Helper()
	cfg := crowd()
	cfg.MaxCommands = 1e9 // more than Validate allows
	m := newFakeMount(time.Now)
	return serveMount(b, cfg, frozen{m, m.Snapshot()})
}

// echo is the least that a server of lines can do in Go: it sends back what
// it reads up to '#'.
func echo(b *testing.B) string {
	b.Helper()
	l, err := new(net.ListenConfig).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer c.Close()
				for r := bufio.NewReader(c); ; {
					line, err := r.ReadSlice('#')
					if err != nil {
						return
					}
					if _, err := c.Write(line); err != nil {
						return
					}
				}
			})
		}
	})
	b.Cleanup(func() { l.Close(); all.Wait() })
	return l.Addr().String()
}

// ask sends text n times, each time awaiting the reply, and returns how long
// each took, shortest first.
func ask(b *testing.B, addr, text string, reply, n int) []time.Duration {
	b.Helper()
	c, err := new(net.Dialer).DialContext(b.Context(), "tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	took, buf, request := make([]time.Duration, n), make([]byte, reply), []byte(text)
	for i := range took {
		begun := time.Now()
		if _, err := c.Write(request); err != nil {
			b.Fatal(err)
		}
		for got := 0; got < reply; {
			k, err := c.Read(buf[got:])
			if err != nil {
				b.Fatal(err)
			}
			got += k
		}
		took[i] = time.Since(begun)
	}
	slices.Sort(took)
	return took
}

// BenchmarkCommands asks for the right ascension over and over, on one
// connection after the other's reply, and a server that echoes lines of the
// same length in turn with it.
func BenchmarkCommands(b *testing.B) {
	_, addr, _ := quick(b)
	bare := echo(b)
	const batch = 2000
	var ours, theirs []time.Duration
	for b.Loop() {
		ours = append(ours, ask(b, addr, ":GR#", 9, batch)...)
		theirs = append(theirs, ask(b, bare, ":GR12345#", 9, batch)...)
	}
	report := func(name string, took []time.Duration) float64 {
		slices.Sort(took)
		sum := time.Duration(0)
		for _, d := range took {
			sum += d
		}
		rate := float64(len(took)) / sum.Seconds()
		b.ReportMetric(rate, name+"/s")
		b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1e3, name+"-p50-µs")
		b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1e3, name+"-p99-µs")
		return rate
	}
	rate := report("lx200", ours)
	b.ReportMetric(rate/report("echo", theirs), "lx200/echo")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkCrowd is BenchmarkCommands with 16 clients at once, each its own
// connection, as commands per second of all.
func BenchmarkCrowd(b *testing.B) {
	_, addr, _ := quick(b)
	bare := echo(b)
	const clients, batch = 16, 500
	var spent [2]time.Duration
	n := 0
	for b.Loop() {
		for i, a := range []struct{ addr, text string }{{addr, ":GR#"}, {bare, ":GR12345#"}} {
			begun := time.Now()
			var all sync.WaitGroup
			for range clients {
				all.Go(func() { ask(b, a.addr, a.text, 9, batch) })
			}
			all.Wait()
			spent[i] += time.Since(begun)
		}
		n += clients * batch
	}
	ours, theirs := float64(n)/spent[0].Seconds(), float64(n)/spent[1].Seconds()
	b.ReportMetric(ours, "lx200/s")
	b.ReportMetric(theirs, "echo/s")
	b.ReportMetric(ours/theirs, "lx200/echo")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkExecute is a command without the network.
func BenchmarkExecute(b *testing.B) {
	for _, text := range []string{"GR", "Sr12:34:56", "GA", "D", "ED"} {
		b.Run(text, func(b *testing.B) {
			s, _, _ := quick(b)
			s.mu.Lock()
			sess := s.session("a", s.tcp)
			s.mu.Unlock()
			out := make([]byte, 0, 64)
			b.ReportAllocs()
			for b.Loop() {
				s.execute(context.Background(), sess, []byte(text), out)
			}
		})
	}
}

// BenchmarkIdleConnections weighs connections that have asked something and
// are idle now: heap and stacks, the clients' ends included.
func BenchmarkIdleConnections(b *testing.B) {
	const n = 500
	for b.Loop() {
		b.StopTimer()
		_, addr, stop := quick(b)
		weight := func() uint64 {
			runtime.GC()
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return m.HeapInuse + m.StackInuse
		}
		before := weight()
		conns := make([]net.Conn, n)
		b.StartTimer()
		for i := range conns {
			c, err := new(net.Dialer).DialContext(b.Context(), "tcp", addr)
			if err != nil {
				b.Fatal(err)
			}
			c.Write([]byte(":GVN#"))
			if _, err := c.Read(make([]byte, 9)); err != nil {
				b.Fatal(err)
			}
			conns[i] = c
		}
		b.StopTimer()
		b.ReportMetric(float64(weight()-before)/n, "B/connection")
		for _, c := range conns {
			c.Close()
		}
		stop()
		b.StartTimer()
	}
}
