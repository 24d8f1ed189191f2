// SPDX-License-Identifier: GPL-3.0-or-later

package legacy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Kind says what has become of a line of config.dat. A later one counts for
// more where several are true of a line.
type Kind int

// The kinds.
const (
	Comment   Kind = iota // means nothing
	Defaulted             // is not in the file: the original's default was taken
	Obsolete              // has no place here
	Kept                  // the value is the same here
	Converted             // the value is another one here
	Saved                 // belongs to the state folder
	Doubtful              // look whether that was meant
	Operator              // only the owner can know
	Error                 // not taken
)

var kindNames = [...]string{"comment", "default", "obsolete", "kept", "converted", "state", "doubtful", "needs you", "error"}

// String returns the kind in a word or two.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("Kind(%d)", int(k))
	}
	return kindNames[k]
}

// Note is what there is to say of one line, or of a setting that is on none.
type Note struct {
	Line   int    // from 1; 0 for what is not in the file
	Source string // the line as it stands, cut where it is long
	Kind   Kind
	Text   string
}

// String gives the note on one line.
func (n Note) String() string {
	if n.Line == 0 {
		return fmt.Sprintf("%v: %s", n.Kind, n.Text)
	}
	return fmt.Sprintf("line %d: %v: %s: %s", n.Line, n.Kind, n.Source, n.Text)
}

// ledger holds one note for each line, and those of no line.
type ledger struct {
	lines map[int]Note
	other []Note
}

func (l *ledger) tell(line int, kind Kind, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if line == 0 {
		n := Note{Kind: kind, Text: text}
		if !slices.Contains(l.other, n) {
			l.other = append(l.other, n)
		}
		return
	}
	n := l.lines[line]
	n.Line, n.Kind = line, max(n.Kind, kind)
	switch {
	case n.Text == "":
		n.Text = text
	case text != "" && !strings.Contains(n.Text, text):
		n.Text += "; " + text
	}
	l.lines[line] = n
}

func (l *ledger) clone() ledger {
	c := ledger{lines: make(map[int]Note, len(l.lines)), other: slices.Clone(l.other)}
	for k, v := range l.lines {
		c.lines[k] = v
	}
	return c
}

// notes returns all notes in the order of their lines, those of no line last.
func (l *ledger) notes() []Note {
	all := make([]Note, 0, len(l.lines)+len(l.other))
	for _, n := range l.lines {
		all = append(all, n)
	}
	slices.SortFunc(all, func(a, b Note) int { return cmp.Compare(a.Line, b.Line) })
	return append(all, l.other...)
}

// printable returns a piece of the file that is fit for a report or a
// comment: at most n characters on one line.
func printable(text string, n int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && r != unicode.ReplacementChar {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(text, "?"))
	text = strings.TrimSpace(text)
	if r := []rune(text); len(r) > n {
		return string(r[:n]) + "…"
	}
	return text
}
