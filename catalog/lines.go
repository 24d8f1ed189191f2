// SPDX-License-Identifier: GPL-3.0-or-later

package catalog

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds on what one file may ask of memory.
const (
	maxBytes   = 64 << 20
	maxLine    = 4096
	maxObjects = 1 << 20
)

// eachLine calls line with every line of r and its number from 1, without
// the blanks at its end. A byte order mark is dropped; what is not UTF-8 is
// read as Latin-1, as files of the last century are. Lines too long, or with
// bytes that no text has, are told to p. It stops with a problem after
// maxBytes. The error is that of reading.
func eachLine(r io.Reader, p *problems, line func(n int, text string)) error {
	limited := &io.LimitedReader{R: r, N: maxBytes + 1}
	b := bufio.NewReaderSize(limited, maxLine)
	for n := 1; ; n++ {
		raw, err := b.ReadSlice('\n')
		long := false
		text := string(raw)
		for errors.Is(err, bufio.ErrBufferFull) {
			long = true
			_, err = b.ReadSlice('\n')
		}
		if limited.N <= 0 {
			p.add(0, "the file is larger than %d MB; the rest is not read", maxBytes>>20)
			return nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if n == 1 {
			text = strings.TrimPrefix(text, "\ufeff")
		}
		text = strings.TrimRight(latin1(text), " \t\r\n\x1a") // DOS ends files with 0x1a
		switch {
		case long:
			p.add(n, "the line is longer than %d characters", maxLine)
		case strings.IndexFunc(text, control) >= 0:
			p.add(n, "the line has characters that no text file has")
		case len(text) > 0:
			line(n, text)
		}
		if err != nil {
			return nil
		}
	}
}

func control(c rune) bool { return unicode.IsControl(c) && c != '\t' }

// latin1 returns s as it is if it is UTF-8, otherwise read as Latin-1.
func latin1(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}
