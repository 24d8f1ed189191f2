// SPDX-License-Identifier: GPL-3.0-or-later

package tryout

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver/serialline"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/sim/box"
)

// What is typed goes out, with the end of line; what comes in is shown.
func TestSerialTerminal(t *testing.T) {
	for _, tt := range []struct {
		o    SerialOptions
		want string // at the other end
		says string
	}{
		{SerialOptions{End: "cr"}, "P#\rP#\rR08192\t08192\r?\r", "\n+<CR><9F>\n"},
		{SerialOptions{End: "crlf", Hex: true}, "P#\r\nP#\r\nR08192\t08192\r\n?\r\n", "\n2B 0D 9F   +<CR><9F>\n"},
		{SerialOptions{End: "none"}, "P#P#R08192\t08192?", "sent R08192<TAB>08192\n"},
	} {
		synctest.Test(t, func(t *testing.T) {
			near, far := net.Pipe()
			conn := serialline.Attach(near, clock.Real{})
			read, typed := io.Pipe()
			con, out := console(t.Context(), read)
			done := make(chan error)
			go func() { done <- Serial(t.Context(), con, conn, tt.o) }()
			var got bytes.Buffer
			go func() { _, _ = io.Copy(&got, far) }()
			for _, line := range []string{"P#", "?", `R08192\t08192`, `\q`, `\?`} {
				io.WriteString(typed, line+"\n")
				synctest.Wait()
			}
			far.Write([]byte("+\r\x9F"))
			_ = clock.Sleep(t.Context(), clock.Real{}, time.Second)
			if got.String() != tt.want {
				t.Errorf("sent %q, want %q", got.String(), tt.want)
			}
			io.WriteString(typed, "!\n")
			if err := <-done; err != nil {
				t.Error(err)
			}
			conn.Close()
			typed.Close()
			if s := out.String(); !strings.Contains(s, tt.says) || !strings.Contains(s, `\q is not known`) {
				t.Errorf("said\n%s", s)
			}
		})
	}
}

func TestSerialLineGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		conn := serialline.Attach(near, clock.Real{})
		defer conn.Close()
		read, typed := io.Pipe()
		defer typed.Close()
		con, _ := console(t.Context(), read)
		done := make(chan error)
		go func() { done <- Serial(t.Context(), con, conn, SerialOptions{End: "cr"}) }()
		synctest.Wait()
		far.Close()
		if err := <-done; !errors.Is(err, serialline.ErrLost) {
			t.Errorf("error %v", err)
		}
	})
	con, _ := console(t.Context(), strings.NewReader(""))
	if err := Serial(t.Context(), con, nil, SerialOptions{End: "lfcr"}); !errors.Is(err, fault.Invalid) {
		t.Errorf("error %v", err)
	}
}

// The encoder box on a real terminal answers what is typed: the first thing
// that is tried with a new box.
func TestSerialOverTerminal(t *testing.T) {
	b, err := box.New("encoder:"+box.BSeg, box.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	path, done, err := box.NewLine(b, clock.Real{}, nil).Serve(ctx, filepath.Join(t.TempDir(), "box"))
	if err != nil {
		t.Fatal(err)
	}
	rw, err := serialline.Device(path, 9600)()
	if err != nil {
		t.Fatal(err)
	}
	conn := serialline.Attach(rw, clock.Real{})
	read, typed := io.Pipe()
	said := make(chan string, 100)
	con := NewConsole(t.Context(), read, lines(said))
	ended := make(chan error)
	go func() { ended <- Serial(t.Context(), con, conn, SerialOptions{End: "none", Hex: true}) }()
	io.WriteString(typed, "Q\n")
	for got := ""; ; {
		// Three counts of four hexadecimal digits, however the line cuts
		// them up.
		s := <-said
		if text, ok := strings.CutPrefix(strings.TrimSpace(s[strings.LastIndex(s, "   ")+1:]), "sent "); ok && text != "" {
			continue
		}
		if i := strings.LastIndex(s, "   "); i >= 0 && strings.HasSuffix(s, "\n") && !strings.Contains(s, "Ctrl-C") && !strings.HasPrefix(s, "sent") {
			got += strings.TrimSpace(s[i:])
		}
		if got == "0000<TAB>0000<TAB>0000<CR>" {
			break
		}
	}
	io.WriteString(typed, "!\n")
	if err := <-ended; err != nil {
		t.Error(err)
	}
	typed.Close()
	conn.Close()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// lines hands on what is printed.
type lines chan<- string

func (l lines) Write(b []byte) (int, error) {
	l <- string(b)
	return len(b), nil
}

func TestUnescape(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "Q": "Q", `\r\n\t\\\?\!`: "\r\n\t\\?!", `\x00\xfF`: "\x00\xFF", `a\x41b`: "aAb", "ä": "ä",
	} {
		if got, err := unescape(in); err != nil || string(got) != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	for _, in := range []string{`\`, `\x`, `\x4`, `\xg0`, `\x+1`, `\a`, `abc\`} {
		if got, err := unescape(in); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
}

// Whatever is typed is sent as it is, or refused; what is shown can be
// printed, and with backslashes as escapes goes there and back.
func FuzzUnescape(f *testing.F) {
	for _, s := range []string{"", "Q", `\x4`, `R08192\t08192\r`, "\x00\xFF"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b, err := unescape(s)
		if err == nil && !strings.Contains(s, `\`) && string(b) != s {
			t.Errorf("%q became %q", s, b)
		}
		for _, c := range show(b, true) {
			if c < ' ' || c > '~' {
				t.Errorf("%q shows %q", b, c)
			}
		}
		var escaped strings.Builder
		for _, c := range []byte(s) {
			escaped.WriteString(`\x`)
			escaped.WriteByte("0123456789ABCDEF"[c>>4])
			escaped.WriteByte("0123456789ABCDEF"[c&15])
		}
		if back, err := unescape(escaped.String()); err != nil || string(back) != s {
			t.Errorf("%q came back as %q, %v", s, back, err)
		}
	})
}
