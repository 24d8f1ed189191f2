// SPDX-License-Identifier: GPL-3.0-or-later

package boxes

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/siderostep/siderostep/model"
)

// client speaks Alpaca to a telescope, without a network.
type client struct {
	*testing.T
	http http.Handler
}

// answer is the part of a reply that matters here.
type answer struct {
	Value        any
	ErrorNumber  int
	ErrorMessage string
}

func (c *client) send(r *http.Request) answer {
	c.Helper()
	w := httptest.NewRecorder()
	c.http.ServeHTTP(w, r)
	var a answer
	if w.Code != http.StatusOK {
		c.Fatalf("%s %s: %d %s", r.Method, r.URL, w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		c.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	return a
}

// asks returns the answer to a question, whatever it is.
func (c *client) asks(member string) answer {
	c.Helper()
	return c.send(httptest.NewRequest(http.MethodGet, "/api/v1/"+member, nil))
}

func (c *client) get(member string) any {
	c.Helper()
	a := c.asks(member)
	if a.ErrorNumber != 0 {
		c.Fatalf("get %s: %#x %s", member, a.ErrorNumber, a.ErrorMessage)
	}
	return a.Value
}

func (c *client) number(member string) float64 { c.Helper(); return c.get(member).(float64) }

func (c *client) is(member string) bool { c.Helper(); return c.get(member).(bool) }

// tries sends a command, and returns its answer, whatever it is: pairs of
// names and values follow the member.
func (c *client) tries(member string, pairs ...any) answer {
	c.Helper()
	form := url.Values{"ClientID": {"7"}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i].(string), fmt.Sprint(pairs[i+1]))
	}
	r := httptest.NewRequest(http.MethodPut, "/api/v1/"+member, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.send(r)
}

// put sends a command that must be obeyed.
func (c *client) put(member string, pairs ...any) {
	c.Helper()
	if a := c.tries(member, pairs...); a.ErrorNumber != 0 {
		c.Fatalf("put %s %v: %#x %s", member, pairs, a.ErrorNumber, a.ErrorMessage)
	}
}

// terminal speaks LX200 to a telescope over TCP.
type terminal struct {
	*testing.T
	conn net.Conn
	in   *bufio.Reader
}

func dial(t *testing.T, address string) *terminal {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &terminal{t, c, bufio.NewReader(c)}
}

// say sends a command that has no answer.
func (l *terminal) say(command string) {
	l.Helper()
	if _, err := l.conn.Write([]byte(command)); err != nil {
		l.Fatalf("%s: %v", command, err)
	}
}

// ask returns the answer to a command, up to its #.
func (l *terminal) ask(command string) string {
	l.Helper()
	l.say(command)
	l.conn.SetReadDeadline(time.Now().Add(patience))
	text, err := l.in.ReadString('#')
	if err != nil {
		l.Fatalf("%s: %q, %v", command, text, err)
	}
	return strings.TrimSuffix(text, "#")
}

// angle returns an answer in degrees, minutes and seconds: sDD*MM'SS.
func (l *terminal) angle(command string) model.Angle {
	l.Helper()
	text := l.ask(command)
	parts := strings.FieldsFunc(text, func(r rune) bool { return !strings.ContainsRune("+-0123456789", r) })
	var value float64
	for i := len(parts) - 1; i >= 0; i-- {
		n, err := strconv.Atoi(strings.TrimLeft(parts[i], "+-"))
		if err != nil {
			l.Fatalf("%s: %q", command, text)
		}
		value = value/60 + float64(n)
	}
	if strings.HasPrefix(text, "-") {
		value = -value
	}
	return model.Degrees(value)
}
