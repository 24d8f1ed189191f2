// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// listen serves o on a port of its own until the returned stop is called,
// which returns Serve's verdict.
func (o *observatory) listen() (address string, stop func() error) {
	o.t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		o.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- o.server.Serve(ctx, ln) }()
	return ln.Addr().String(), func() error { cancel(); return <-done }
}

// exchange sends raw bytes on a connection and returns what comes back on it.
func exchange(t *testing.T, conn net.Conn, raw, method string) (int, string) {
	t.Helper()
	if _, err := io.WriteString(conn, raw); err != nil {
		t.Fatal(err)
	}
	re, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	defer re.Body.Close()
	body, err := io.ReadAll(re.Body)
	if err != nil {
		t.Fatal(err)
	}
	return re.StatusCode, string(body)
}

func TestServe(t *testing.T) {
	defer goleak.VerifyNone(t)
	o := open(t, "altaz")
	address, stop := o.listen()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const get = "GET /api/v1/telescope/0/tracking?ClientTransactionID=3 HTTP/1.1\r\nHost: x\r\n\r\n"
	const put = "PUT /api/v1/telescope/0/tracking HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 14\r\n\r\nTracking=false"
	// One connection carries them all, and a PUT without a body or a type.
	for _, tt := range []struct {
		raw  string
		want int
		text string
	}{
		{get, 200, `"Value":true,"ClientTransactionID":3`},
		{put, 200, `"ErrorNumber":0`},
		{get, 200, `"Value":false`},
		{"PUT /api/v1/telescope/0/connect HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 200, `"ErrorNumber":0`},
		{"PUT /api/v1/telescope/0/tracking?Tracking=true HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 400, "Tracking"},
		{"GET /setup HTTP/1.1\r\nHost: x\r\n\r\n", 200, address},
		{get, 200, `"Value":false`},
	} {
		if status, body := exchange(t, conn, tt.raw, "GET"); status != tt.want || !strings.Contains(body, tt.text) {
			t.Errorf("%q: %d %s", tt.raw, status, body)
		}
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", address); err == nil {
		t.Error("still listening")
	}
}

// Stopping tells a blocking slew that it was cancelled, without waiting for
// the mount.
func TestStopDuringSlew(t *testing.T) {
	defer goleak.VerifyNone(t)
	o := open(t, "altaz")
	o.mount.slow = true
	address, stop := o.listen()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answer := make(chan string, 1)
	go func() {
		const form = "RightAscension=1&Declination=1"
		_, body := exchange(t, conn, fmt.Sprintf("PUT /api/v1/telescope/0/slewtocoordinates HTTP/1.1\r\nHost: x\r\n"+
			"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", len(form), form), "PUT")
		answer <- body
	}()
	<-o.mount.entered
	if err := stop(); err != nil {
		t.Error(err)
	}
	if body := <-answer; !strings.Contains(body, `"ErrorNumber":1038`) {
		t.Error(body)
	}
	if !o.mount.Snapshot().Slewing {
		t.Error("the slew was stopped")
	}
}

func TestListenerFails(t *testing.T) {
	defer goleak.VerifyNone(t)
	o := open(t, "altaz")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	if err := o.server.Serve(context.Background(), ln); err == nil {
		t.Error("no error")
	}
}

func TestTimeouts(t *testing.T) {
	if idleTimeout < 2*time.Minute || headerTimeout == 0 || slewLimit >= 100*time.Second {
		t.Error("clients keep connections open between polls, and wait 100 s for slews")
	}
}

// At debug level the log holds the traffic; at info level only what an
// observer would write down.
func TestLog(t *testing.T) {
	for level, want := range map[slog.Level][]string{
		slog.LevelInfo:  {"connection"},
		slog.LevelDebug: {"connection", "request", "refused"},
	} {
		var text bytes.Buffer
		o := open(t, "altaz")
		o.server.log = slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: level}))
		for _, d := range o.server.devices {
			d.common().log = o.server.log
		}
		o.must("telescope/0/disconnect")
		o.must("telescope/0/disconnect")
		o.do("GET", "/api/v1/telescope/9/name", "")
		var got []string
		for line := range strings.Lines(text.String()) {
			_, rest, _ := strings.Cut(line, "msg=")
			word := strings.Fields(rest)[0]
			if len(got) == 0 || got[len(got)-1] != word {
				got = append(got, word)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v: %q, want %q", level, got, want)
		}
	}
}
