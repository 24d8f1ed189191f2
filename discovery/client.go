// SPDX-License-Identifier: GPL-3.0-or-later

package discovery

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
)

// client asks servers that may be anybody's.
type client struct{ http.Client }

// newClient returns a client that talks to the server and nobody else: no
// proxy stands before an instrument on the local network, and no redirection
// may lead from it to somewhere else. Answers come uncompressed, so that what
// is read is what was sent.
func newClient() *client {
	return &client{http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: maxHeader},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// get asks for a page and hands an answer of HTTP 200 to read; kinds are the
// content types accepted, none for any. Its errors name the page.
func (c *client) get(ctx context.Context, s Server, path string, read func(io.Reader) error, kinds ...string) error {
	u := url.URL{Scheme: "http", Host: s.authority(), Path: path}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return err
	}
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", &u, resp.Status)
	}
	kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if len(kinds) > 0 && (err != nil || !slices.Contains(kinds, kind)) {
		return fmt.Errorf("%s: content type %q", &u, resp.Header.Get("Content-Type"))
	}
	if err := read(resp.Body); err != nil {
		return fmt.Errorf("%s: %w", &u, err)
	}
	return nil
}
