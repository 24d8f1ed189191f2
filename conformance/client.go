// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// Limits of one request.
const (
	requestTimeout = 100 * time.Second // longest that ConformU waits for a blocking slew
	maxBody        = 4 << 20           // bytes of an answer that are read
)

const formType = "application/x-www-form-urlencoded"

// param is one name and value, in the spelling to be sent.
type param struct{ key, value string }

// request is an HTTP request in pieces, so that a check can misspell any one
// of them.
type request struct {
	verb   string  // GET, PUT or something that should be refused
	path   string  // from the root: /api/v1/telescope/0/tracking
	params []param // query of a GET, body of any other verb, in this order
	query  []param // query of a PUT, which servers must not take as parameters
	kind   string  // Content-Type of the body; empty means the usual one
}

// String returns the request as a person would write it.
func (r request) String() string {
	s := r.verb + " " + r.path
	if len(r.query) > 0 {
		s += "?" + encode(r.query)
	}
	if len(r.params) == 0 {
		return s
	}
	if r.verb == http.MethodGet {
		return s + "?" + encode(r.params)
	}
	return s + " (" + encode(r.params) + ")"
}

// encode writes parameters in order as a query or form, spaces as "+".
func encode(params []param) string {
	parts := make([]string, len(params))
	for i, p := range params {
		parts[i] = url.QueryEscape(p.key) + "=" + url.QueryEscape(p.value)
	}
	return strings.Join(parts, "&")
}

// span is the real time that one request took. The server acted at some
// instant between the two.
type span struct{ sent, answered time.Time }

// duration returns how long the answer took.
func (s span) duration() time.Duration { return s.answered.Sub(s.sent) }

// reply is an HTTP answer as it came.
type reply struct {
	span
	status int
	kind   string // Content-Type
	body   []byte
}

// excerpt returns the beginning of the body for messages.
func (r *reply) excerpt() string {
	const most = 120
	s := strings.TrimSpace(string(r.body))
	if len(s) > most {
		s = s[:most] + "…"
	}
	return s
}

// client sends requests to one server over connections that it keeps.
type client struct {
	base string
	http *http.Client
	ctid atomic.Uint32 // last ClientTransactionID of the conformance runs
}

func newClient(base string) *client {
	return &client{
		base: base,
		http: &http.Client{
			Timeout: requestTimeout,
			Transport: &http.Transport{
				MaxIdleConnsPerHost: 64,
				DisableCompression:  true, // as ASCOM's client
			},
			// A redirection is an answer like another: no Alpaca client follows it.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

func (c *client) close() { c.http.CloseIdleConnections() }

// do sends one request, once. The error means that no complete answer came.
func (c *client) do(ctx context.Context, r request) (*reply, error) {
	h, err := c.build(ctx, r)
	if err != nil {
		return nil, err
	}
	sent := time.Now()
	resp, err := c.http.Do(h)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil {
		return nil, fmt.Errorf("%s: reading the answer: %w", r, err)
	}
	return &reply{
		span:   span{sent, time.Now()},
		status: resp.StatusCode,
		kind:   resp.Header.Get("Content-Type"),
		body:   body,
	}, nil
}

func (c *client) build(ctx context.Context, r request) (*http.Request, error) {
	target := c.base + r.path
	query, body := r.query, ""
	if r.verb == http.MethodGet {
		query = append(query[:len(query):len(query)], r.params...)
	} else {
		body = encode(r.params)
	}
	if len(query) > 0 {
		target += "?" + encode(query)
	}
	h, err := http.NewRequestWithContext(ctx, r.verb, target, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if r.verb != http.MethodGet {
		kind := r.kind
		if kind == "" {
			kind = formType
		}
		h.Header.Set("Content-Type", kind)
	}
	return h, nil
}
