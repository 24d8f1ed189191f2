// SPDX-License-Identifier: GPL-3.0-or-later

package config

import (
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// layout says where the keys of a TOML text stand, so that errors can name
// lines and values can be replaced without touching what is around them. The
// text must have passed the TOML parser; of any other text it holds a part.
type layout struct {
	text     string
	sections []section
	entries  []entry
}

// section is a [header], and the part of the text up to the next one. The
// first section of a layout is the part before the first header.
type section struct {
	path  []string
	line  int
	after int // offset behind the header's line: where its first key may stand
}

// entry is a key with its value.
type entry struct {
	path       []string // from the root of the file
	section    int      // index of the section it stands in
	line       int
	start, end int  // the value is text[start:end]
	inline     bool // stands inside an inline table
	table      bool // the value is an inline table
}

// layoutOf scans text.
func layoutOf(text string) *layout {
	s := &scanner{layout: layout{text: text, sections: []section{{}}}}
	s.accept("\uFEFF")
	s.sections[0].after = s.pos
	for s.blank(); s.pos < len(text); s.blank() {
		at := s.pos
		if text[at] == '[' {
			s.header()
		} else {
			s.entry(s.sections[len(s.sections)-1].path, false)
		}
		if s.pos == at { // not TOML
			break
		}
	}
	return &s.layout
}

// find returns the entry of a key.
func (l *layout) find(path []string) (entry, bool) {
	for _, e := range l.entries {
		if slices.Equal(e.path, path) {
			return e, true
		}
	}
	return entry{}, false
}

// line returns the line in which a key or a section stands, or, when it is
// not in the text, that of the nearest section around it that is. It returns
// 0 when there is none.
func (l *layout) line(path []string) int {
	for n := len(path); n > 0; n-- {
		if e, ok := l.find(path[:n]); ok {
			return e.line
		}
		for _, s := range l.sections[1:] {
			if len(s.path) >= n && slices.Equal(s.path[:n], path[:n]) {
				return s.line
			}
		}
		for _, e := range l.entries { // a section made by dotted keys only
			if len(e.path) > n && slices.Equal(e.path[:n], path[:n]) {
				return e.line
			}
		}
	}
	return 0
}

// lineAfter returns the offset behind the line that holds offset at.
func (l *layout) lineAfter(at int) int {
	if n := strings.IndexByte(l.text[at:], '\n'); n >= 0 {
		return at + n + 1
	}
	return len(l.text)
}

// scanner reads just enough TOML to find keys and values.
type scanner struct {
	layout
	pos int
}

func (s *scanner) rest() string { return s.text[s.pos:] }

func (s *scanner) accept(token string) bool {
	if strings.HasPrefix(s.rest(), token) {
		s.pos += len(token)
		return true
	}
	return false
}

// space skips blanks within a line.
func (s *scanner) space() {
	s.pos += len(s.rest()) - len(strings.TrimLeft(s.rest(), " \t"))
}

// blank skips blanks, line ends and comments.
func (s *scanner) blank() {
	for {
		s.pos += len(s.rest()) - len(strings.TrimLeft(s.rest(), " \t\r\n"))
		if !strings.HasPrefix(s.rest(), "#") {
			return
		}
		s.pos = s.lineAfter(s.pos)
	}
}

// header reads [path] or [[path]].
func (s *scanner) header() {
	line := s.lineOf(s.pos)
	for s.accept("[") {
		s.space()
	}
	path := s.key()
	s.sections = append(s.sections, section{path: path, line: line, after: s.lineAfter(s.pos)})
	s.pos = s.lineAfter(s.pos)
}

// entry reads key = value under the given path.
func (s *scanner) entry(under []string, inline bool) {
	line := s.lineOf(s.pos)
	key := s.key()
	s.space()
	if len(key) == 0 || !s.accept("=") {
		return
	}
	s.space()
	e := entry{path: slices.Concat(under, key), section: len(s.sections) - 1, line: line, start: s.pos, inline: inline}
	e.table = strings.HasPrefix(s.rest(), "{")
	place := len(s.entries)
	s.entries = append(s.entries, e)
	s.value(e.path)
	s.entries[place].end = s.pos
}

// value skips a value. The keys of an inline table are noted under path, or
// not at all when path is nil.
func (s *scanner) value(path []string) {
	switch {
	case s.accept(`"""`):
		s.str(`"""`, true)
	case s.accept(`'''`):
		s.str(`'''`, false)
	case s.accept(`"`):
		s.str(`"`, true)
	case s.accept(`'`):
		s.str(`'`, false)
	case s.accept("["):
		s.list("]", func() { s.value(nil) })
	case s.accept("{"):
		s.list("}", func() {
			entries := s.entries
			s.entry(path, true)
			if path == nil {
				s.entries = entries
			}
		})
	default: // a number, a truth value or a date, which may hold a blank
		n := strings.IndexAny(s.rest(), ",]}#\r\n")
		if n < 0 {
			n = len(s.rest())
		}
		s.pos += len(strings.TrimRight(s.rest()[:n], " \t"))
	}
}

// list reads elements, separated by commas, up to the closing bracket.
func (s *scanner) list(closing string, element func()) {
	for s.pos < len(s.text) {
		s.blank()
		if s.accept(closing) {
			return
		}
		if s.accept(",") {
			continue
		}
		at := s.pos
		element()
		if s.pos == at {
			return
		}
	}
}

// str skips the rest of a string. Three quotes may be preceded by one or two
// that belong to the string.
func (s *scanner) str(quote string, escapes bool) {
	for s.pos < len(s.text) {
		if escapes && s.accept(`\`) {
			s.pos = min(s.pos+1, len(s.text))
			continue
		}
		if s.accept(quote) {
			for i := 0; i < 2 && len(quote) == 3 && s.accept(quote[:1]); i++ {
			}
			return
		}
		s.pos++
	}
}

// key reads a dotted key.
func (s *scanner) key() (path []string) {
	for {
		s.space()
		start := s.pos
		switch {
		case s.accept(`"`):
			s.str(`"`, true)
			path = append(path, unquoted(s.text[start:s.pos]))
		case s.accept(`'`):
			s.str(`'`, false)
			path = append(path, unquoted(s.text[start:s.pos]))
		default:
			s.pos += len(s.rest()) - len(strings.TrimLeftFunc(s.rest(), isBare))
			path = append(path, s.text[start:s.pos])
		}
		if s.pos == start {
			return path[:len(path)-1]
		}
		s.space()
		if !s.accept(".") {
			return path
		}
	}
}

func (s *scanner) lineOf(offset int) int { return 1 + strings.Count(s.text[:offset], "\n") }

func isBare(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-'
}

// unquoted returns the text that a quoted TOML string stands for.
func unquoted(quoted string) string {
	var v struct{ K string }
	if _, err := toml.Decode("K="+quoted, &v); err != nil {
		return quoted
	}
	return v.K
}
