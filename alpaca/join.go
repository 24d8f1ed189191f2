// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"bytes"
	"context"
	"errors"
	"sync"

	"github.com/siderostep/siderostep/fault"
)

// joiner lets a repeated PUT share the outcome of the original while that is
// still running. The .NET client repeats a PUT after a timeout or a broken
// connection, with the same ClientTransactionID; without this, a relative
// move would run twice.
//
// A finished request is not remembered: some clients use one transaction
// number for everything.
type joiner struct {
	mu      sync.Mutex
	running map[putKey]*flight
	joined  uint64
}

// putKey tells one PUT from another.
type putKey struct {
	host, path, form    string
	client, transaction uint32
}

// flight is a PUT under way. Value and err are set before done is closed.
type flight struct {
	done  chan struct{}
	value []byte
	err   error
}

var errUnfinished = errors.New("the original request failed")

// do performs the call, or waits for the identical one that is running and
// takes over its outcome.
func (j *joiner) do(ctx context.Context, c *call, perform func() error) error {
	key := putKey{remoteHost(c.http), c.http.URL.Path, c.form, c.client, c.transaction}
	j.mu.Lock()
	if f := j.running[key]; f != nil {
		j.joined++
		j.mu.Unlock()
		select {
		case <-f.done:
			c.out = append(c.out[:c.value], f.value...)
			return f.err
		case <-ctx.Done():
			return fault.Wrap(fault.Cancelled, "", ctx.Err())
		}
	}
	f := &flight{done: make(chan struct{}), err: errUnfinished}
	j.running[key] = f
	j.mu.Unlock()
	defer func() {
		j.mu.Lock()
		delete(j.running, key)
		j.mu.Unlock()
		close(f.done)
	}()
	f.err = perform()
	f.value = bytes.Clone(c.out[c.value:])
	return f.err
}
