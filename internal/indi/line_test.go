// SPDX-License-Identifier: GPL-3.0-or-later

package indi

import (
	"io"
	"os"
	"sync"
	"syscall"
	"testing"

	"github.com/creack/pty"
)

// line is a serial line without hardware: two pseudo-terminals, and somebody
// who carries the bytes from one to the other. Each side opens the path of
// its terminal as it would a real port.
type line struct {
	driver string // path of the port at the driver's side
	ours   string // and at the telescope's
}

func newLine(t *testing.T, w *wire) line {
	t.Helper()
	near, ours := newPort(t)
	far, driver := newPort(t)
	var carriers sync.WaitGroup
	carriers.Go(func() { carry(near, far, func(b []byte) { w.note(true, b) }) })
	carriers.Go(func() { carry(far, near, func(b []byte) { w.note(false, b) }) })
	t.Cleanup(func() {
		near.Close()
		far.Close()
		carriers.Wait()
	})
	return line{driver: driver, ours: ours}
}

// newPort returns the inner end of a pseudo-terminal and the path of its
// outer end. That one stays open, as a plugged cable does, whoever comes and
// goes.
func newPort(t *testing.T) (*os.File, string) {
	t.Helper()
	inner, outer, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { outer.Close() })
	defer inner.Close()
	// Close ends a Read of a non-blocking file only.
	fd, err := syscall.Dup(int(inner.Fd()))
	if err == nil {
		syscall.CloseOnExec(fd)
		err = syscall.SetNonblock(fd, true)
	}
	if err != nil {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(fd), inner.Name()), outer.Name()
}

func carry(to io.Writer, from io.Reader, note func([]byte)) {
	buf := make([]byte, 256)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		note(buf[:n])
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}
