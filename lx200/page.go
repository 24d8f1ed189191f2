// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// unknownCodes are the statuses of commands that nobody knows.
var unknownCodes = [...]string{"U0", "U1", "U2"}

// codes are what the screen of scope.exe called commands where that is not
// their letters (reference §4).
var codes = map[string]string{
	"XSG": "gr", "XS": "gr", "XGG": "gs", "XSM": "mr", "XGM": "ms", "XGR": "fs", "XSN": "SO", "XN": "SO", "XX": "xx", "XZ": "sc",
	"XGF": "gF", "XgF": "gF", "XGf": "gf", "Xgf": "gf", "XSF": "sF", "XsF": "sF", "XSf": "sf", "Xsf": "sf", "XGP": "gp", "Xgp": "gp",
	"XH": "hm", "XI": "i", "B": "BR", "W": "W1", "$QA+": "$Q", "$QA-": "$Q", "$QZ+": "$Q", "$QZ-": "$Q",
}

// code returns what the screen of scope.exe called a command.
func (t *commandTable) code(number int, arg []byte) string {
	code := t.codes[number]
	switch code {
	case "hm":
		switch string(arg) {
		case "L":
			return "hl"
		case "R":
			return "hr"
		}
	case "i":
		switch string(arg) {
		case "1":
			return "i1"
		case "2":
			return "i2"
		case "3":
			return "i3"
		}
	}
	return code
}

// WritePage writes what the LX200 screen of scope.exe showed, for people: the
// last commands with a running number, by its codes, and the last bytes; and
// all counters. Anyone who may read it sees what clients send.
func (s *Server) WritePage(w io.Writer) error {
	t, n := s.Trace(), s.Stats()
	var b strings.Builder
	ack := "NA"
	if n.Commands[Count{ackName, Done}] > 0 {
		ack = "AK"
	}
	fmt.Fprintf(&b, "ack  %s\n\nlast commands, the latest last\n", ack)
	for i, text := range t.Recent {
		fmt.Fprintf(&b, "%8d  %s\n", t.Count-len(t.Recent)+i+1, text)
	}
	fmt.Fprintf(&b, "\nlast bytes\n  %+q\n\n", t.Raw)
	for _, row := range [...]struct {
		name string
		n    any
	}{
		{"connections", n.Connections}, {"connections so far", n.Accepted}, {"sessions remembered", n.Sessions},
		{"closed, silent", n.Idle}, {"closed, stuck", n.Stuck},
		{"serial lines", n.LinesConfigured}, {"serial lines open", n.LinesOpen}, {"opened", n.LinesOpened}, {"opened again", n.Reopened},
		{"lost", n.LinesLost}, {"not to be opened", n.LinesFailed},
		{"bytes in", n.BytesIn}, {"bytes out", n.BytesOut}, {"bytes of noise", n.Noise},
		{"frames broken off", n.Broken}, {"frames with a wrong checksum", n.BadSums},
		{"motions stopped", n.Stopped}, {"commands measured", n.Took.Count()}, {"their time", n.Took.Sum},
	} {
		fmt.Fprintf(&b, "%-30s%v\n", row.name, row.n)
	}
	fmt.Fprintf(&b, "%-30s%+q\n", "object", n.Object)
	for i, v := range n.Rejected {
		fmt.Fprintf(&b, "%-30s%d\n", "connections refused, "+Rejection(i).String(), v)
	}
	for _, why := range slices.Sorted(maps.Keys(n.Refusals)) {
		fmt.Fprintf(&b, "%-30s%d\n", "refused, "+why, n.Refusals[why])
	}
	commands := map[string]uint64{}
	for c, v := range n.Commands {
		commands[c.Command+" "+c.Result.String()] = v
	}
	b.WriteString("\ncommands\n")
	for _, name := range slices.Sorted(maps.Keys(commands)) {
		fmt.Fprintf(&b, "  %-28s%d\n", name, commands[name])
	}
	_, err := io.WriteString(w, b.String())
	return err
}
