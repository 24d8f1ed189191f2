// SPDX-License-Identifier: GPL-3.0-or-later

package legacy

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"
)

// Dat is what a config.dat says. It does not change.
type Dat struct {
	values map[string]value // by name, as variables and indexed spell it
	ledger ledger
}

// value is what the file says of one variable.
type value struct {
	line int
	num  []float64
	word string
	pair bool // PWM: the second number is given
}

// longestFile is the greatest length of a file that is read, bytes. The
// original's are 10 000 long.
const longestFile = 1 << 20

// Parse reads a config.dat. Unlike the original, to which lines mean nothing,
// it never takes the next line for the value of one that has none: that would
// lose two settings without a word. The notes tell of all lines that are no
// settings, and of what is doubtful about others.
func Parse(r io.Reader) (*Dat, []Note) {
	d := &Dat{values: map[string]value{}, ledger: ledger{lines: map[int]Note{}}}
	p := parser{Dat: d, known: catalogue()}
	content, err := io.ReadAll(io.LimitReader(r, longestFile+1))
	if err != nil {
		d.ledger.tell(0, Error, "the file cannot be read to its end: %v", err)
	}
	if len(content) > longestFile {
		content = content[:longestFile]
		d.ledger.tell(0, Error, "the file is longer than %d bytes; what comes after them is not read", longestFile)
	}
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	if i := bytes.IndexByte(content, 0x1a); i >= 0 { // end of a text to DOS
		if len(bytes.TrimSpace(content[i+1:])) > 0 {
			d.ledger.tell(0, Doubtful, "line %d has the character that ends a text under DOS; what comes after it is not read", 1+bytes.Count(content[:i], []byte("\n")))
		}
		content = content[:i]
	}
	for i, text := range strings.Split(string(content), "\n") {
		p.line, p.first = i+1, true
		p.read(strings.TrimRight(text, "\r"))
	}
	return d, d.ledger.notes()
}

// parser reads lines into a Dat.
type parser struct {
	*Dat
	known map[string]variable
	line  int
	first bool // nothing of the line was understood yet
}

const blank = " \t\r\v\f"

// cut returns the first word of a text, and the rest.
func cut(text string) (word, rest string) {
	text = strings.TrimLeft(text, blank)
	if i := strings.IndexAny(text, blank); i >= 0 {
		return text[:i], text[i:]
	}
	return text, ""
}

func (p *parser) tell(kind Kind, format string, args ...any) {
	p.ledger.tell(p.line, kind, format, args...)
}

// read reads one line: a comment, or settings, mostly a single one.
func (p *parser) read(line string) {
	for rest := line; ; p.first = false {
		name, after := cut(rest)
		if name == "" {
			return
		}
		if p.first {
			n := Note{Line: p.line, Source: printable(line, 60)}
			if n.Source == "" {
				n.Source = "(nothing that can be printed)"
			}
			p.ledger.lines[p.line] = n
		}
		switch {
		case name[0] == ';' || name[0] == '[':
			if p.first {
				p.tell(Comment, "a comment")
			}
			return
		case name[0] == '\'' && p.first:
			p.tell(Comment, "an unknown name to the original, which writes such lines itself")
			return
		}
		var ok bool
		if rest, ok = p.setting(name, after); !ok {
			return
		}
	}
}

// setting reads what follows a name, and returns the rest of the line. ok is
// false when that is of no use.
func (p *parser) setting(name, after string) (rest string, ok bool) {
	small := strings.ToLower(name)
	if alias := aliases[small]; alias != "" {
		p.tell(Doubtful, "the manual's name of %s, which the original does not know", alias)
		small = strings.ToLower(alias)
	}
	if ix, is := indexedName(small, name); is {
		return p.indexed(ix, after)
	}
	v, ok := p.known[small]
	if !ok {
		p.unknown(name, small)
		return "", false
	}
	if v.as == text {
		p.put(v.name, value{word: p.word(after)})
		return "", false
	}
	token, rest := cut(after)
	if token == "" || token[0] == ';' {
		p.missing(v)
		return "", false
	}
	num, doubt, problem := v.as.read(token)
	switch {
	case problem != "":
		p.tell(Error, "%s; %s", problem, v.instead())
		return rest, true
	case doubt != "":
		p.tell(Doubtful, "%s", doubt)
	}
	p.put(v.name, value{num: []float64{num}})
	return rest, true
}

func (p *parser) missing(v variable) {
	p.tell(Error, "%s has no value on its line (the original takes the next line's name for it, and loses both); %s", v.name, v.instead())
}

// instead says what is taken in place of a value that is none.
func (v variable) instead() string {
	if v.why != "" {
		return "it has no use here in any case"
	}
	switch v.name {
	case "InvertOutput", "AltFullStepSizeArcsec", "AzFullStepSizeArcsec":
		return "there is no default that is safe"
	}
	return fmt.Sprintf("%s is taken to be %v, the original's default", v.name, v.def)
}

func (p *parser) unknown(name, small string) {
	if !p.first {
		p.tell(Doubtful, "%q behind the value is not read", printable(name, 40))
		return
	}
	if hint := hints[small]; hint != "" {
		p.tell(Doubtful, "an unknown name, not taken; it is from an older chapter of the manual, and is now %s", hint)
		return
	}
	p.tell(Doubtful, "an unknown name, not taken")
}

// longestWord is the length to which the original cuts a text.
const longestWord = 39

// word returns the text that follows a name, without a comment.
func (p *parser) word(after string) string {
	w, _, comment := strings.Cut(after, ";")
	w = printable(w, math.MaxInt32)
	if r := []rune(w); len(r) > longestWord {
		w = strings.TrimSpace(string(r[:longestWord]))
		p.tell(Doubtful, "cut to %d characters, as by the original", longestWord)
	}
	if comment {
		p.tell(Doubtful, "the comment is left out; the original took it for a part of the text")
	}
	return w
}

// put notes what the line says. Of several lines the last counts.
func (p *parser) put(name string, v value) {
	v.line = p.line
	if old, ok := p.values[name]; ok {
		if old.line == p.line {
			p.tell(Doubtful, "%s is there twice; the last one counts", name)
		} else {
			p.ledger.tell(old.line, Doubtful, "superseded by line %d", p.line)
			p.tell(Doubtful, "%s was on line %d already; the last one counts", name, old.line)
		}
	}
	p.values[name] = v
}
