// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/siderostep/siderostep/clock"
)

const (
	formType    = "application/x-www-form-urlencoded"
	bodyTimeout = 30 * time.Second // for a whole body to arrive
)

// eachField calls take with every key and value of a query or form, in their
// order. Its error is a broken percent-encoding.
func eachField(raw string, take func(key, value string)) error {
	for raw != "" {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		if pair == "" {
			continue
		}
		key, value, _ := strings.Cut(pair, "=")
		key, err := unescape(key)
		if err != nil {
			return err
		}
		value, err = unescape(value)
		if err != nil {
			return err
		}
		take(key, value)
	}
	return nil
}

// unescape undoes percent-encoding; a plus is a space.
func unescape(s string) (string, error) {
	at := strings.IndexAny(s, "%+")
	if at < 0 {
		return s, nil
	}
	out := append(make([]byte, 0, len(s)), s[:at]...)
	for i := at; i < len(s); i++ {
		switch s[i] {
		case '+':
			out = append(out, ' ')
		case '%':
			if i+2 >= len(s) || unhex(s[i+1]) < 0 || unhex(s[i+2]) < 0 {
				return "", fmt.Errorf("broken percent-encoding in %s", quoted(s))
			}
			out = append(out, byte(unhex(s[i+1])<<4|unhex(s[i+2])))
			i += 2
		default:
			out = append(out, s[i])
		}
	}
	return string(out), nil
}

func unhex(ch byte) int {
	switch {
	case ch >= '0' && ch <= '9':
		return int(ch - '0')
	case ch >= 'a' && ch <= 'f':
		return int(ch-'a') + 10
	case ch >= 'A' && ch <= 'F':
		return int(ch-'A') + 10
	}
	return -1
}

// readBody returns the body of a PUT as text, reading into buf. Its error is
// a *refusal. A body that is empty needs no content type.
func readBody(w http.ResponseWriter, r *http.Request, buf []byte, limit int) ([]byte, string, error) {
	if r.ContentLength > int64(limit) {
		return buf, "", &refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is longer than %d bytes", limit)}
	}
	if r.ContentLength == 0 || r.Body == nil {
		return buf, "", nil
	}
	wait := http.NewResponseController(w) // not every writer can set a deadline
	_ = wait.SetReadDeadline(clock.Real{}.Now().Add(bodyTimeout))
	buf, err := readUpTo(buf[:0], r.Body, limit)
	_ = wait.SetReadDeadline(time.Time{})
	switch {
	case err != nil:
		return buf, "", &refusal{http.StatusBadRequest, "the body could not be read: " + err.Error()}
	case len(buf) > limit:
		return buf, "", &refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is longer than %d bytes", limit)}
	case len(buf) > 0 && !isForm(r.Header.Get("Content-Type")):
		return buf, "", &refusal{http.StatusUnsupportedMediaType, "the body's Content-Type must be " + formType}
	}
	return buf, string(buf), nil
}

// readUpTo appends what r holds to buf, stopping soon after limit bytes.
func readUpTo(buf []byte, r io.Reader, limit int) ([]byte, error) {
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):min(cap(buf), len(buf)+limit+1)])
		buf = buf[:len(buf)+n]
		if err == io.EOF || len(buf) > limit {
			return buf, nil
		}
		if err != nil {
			return buf, err
		}
	}
}

// isForm reports whether a Content-Type is that of a form.
func isForm(contentType string) bool {
	if contentType == formType {
		return true
	}
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == formType
}
