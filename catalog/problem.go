// SPDX-License-Identifier: GPL-3.0-or-later

package catalog

import "fmt"

// Problem is something wrong in a file, in words for its author.
type Problem struct {
	File string
	Line int // 0: the file as a whole
	Text string
}

func (p Problem) String() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Text)
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
}

// maxProblems are the problems told of one file; the rest are counted.
const maxProblems = 100

// problems collects those of one file.
type problems struct {
	file string
	list []Problem
	more int
}

func (p *problems) add(line int, format string, args ...any) {
	if len(p.list) >= maxProblems {
		p.more++
		return
	}
	p.list = append(p.list, Problem{File: p.file, Line: line, Text: fmt.Sprintf(format, args...)})
}

// all returns the problems, with a last one that counts those left out.
func (p *problems) all() []Problem {
	if p.more > 0 {
		return append(p.list, Problem{File: p.file, Text: fmt.Sprintf("%d more problems are not listed", p.more)})
	}
	return p.list
}
