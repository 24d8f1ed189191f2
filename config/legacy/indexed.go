// SPDX-License-Identifier: GPL-3.0-or-later

package legacy

import (
	"fmt"
	"strings"
)

// index is the name of a variable of which there are several.
type index struct {
	name    string // as PWM[3], QSC_b1, PWM_A_b_Comp, InitTwo, EPFocusPosition[1].Name
	of      string // which of them
	problem string // why there is no such one
	skip    bool   // the original passes over it
	doubt   string
}

// longestTable is how many entries the original's tables of microsteps have.
const longestTable = 40

// indexedName recognises names with an index. small is name in small letters.
func indexedName(small, name string) (index, bool) {
	switch {
	case small == "initone", small == "inittwo", small == "initthree":
		names := map[string]string{"initone": "InitOne", "inittwo": "InitTwo", "initthree": "InitThree"}
		return index{name: names[small], of: "init"}, true
	case strings.HasPrefix(small, "pwm["):
		return tableName("PWM", small[4:]), true
	case strings.HasPrefix(small, "pwmz["):
		return tableName("PWMZ", small[5:]), true
	case strings.HasPrefix(small, "pwm_a"), strings.HasPrefix(small, "pwm_z"):
		return trimName(small, name), true
	case strings.HasPrefix(small, "qsc_"):
		return quarterName(small[4:], name[4:]), true
	case strings.HasPrefix(small, "epfocusposition["):
		return presetName(small[len("epfocusposition["):]), true
	}
	return index{}, false
}

// digits reads an index of one or two digits in front of an end.
func digits(s, end string) (n int, ok bool) {
	s, ok = strings.CutSuffix(s, end)
	if !ok || len(s) < 1 || len(s) > 2 {
		return 0, false
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

func tableName(table, rest string) index {
	n, ok := digits(rest, "]")
	if !ok || n >= longestTable {
		return index{problem: fmt.Sprintf("%s[n] has one index of 0 to %d, without blanks", table, longestTable-1)}
	}
	return index{name: fmt.Sprintf("%s[%d]", table, n), of: "table"}
}

func trimName(small, name string) index {
	if len(small) == len("pwm_a_a_comp") && small[5] == '_' && small[7:] == "_comp" && small[6] >= 'a' && small[6] <= 'd' {
		ix := index{name: fmt.Sprintf("PWM_%c_%c_Comp", small[4]-'a'+'A', small[6]), of: "trim"}
		if name[6] != small[6] {
			ix.doubt = "a capital letter of a winding ended the original"
		}
		return ix
	}
	return index{problem: "of the trims of windings there are PWM_A_a_Comp to PWM_A_d_Comp and PWM_Z_a_Comp to PWM_Z_d_Comp; any other one ended the original"}
}

func quarterName(small, name string) index {
	switch {
	case len(small) != 2 || small[0] < 'a' || small[0] > 'z':
		return index{problem: "of quarter steps there are QSC_a0 to QSC_d3"}
	case small[0] > 'd':
		return index{skip: true, problem: "there are no corrections of a fifth winding; the original passes over the line, though it writes such lines itself"}
	case small[1] < '0' || small[1] > '3':
		return index{problem: "of quarter steps there are QSC_a0 to QSC_d3; the original takes another digit for 0"}
	}
	ix := index{name: "QSC_" + small, of: "quarter"}
	if name[0] != small[0] {
		ix.doubt = "the original passes over a capital letter"
	}
	return ix
}

func presetName(rest string) index {
	for _, end := range []string{"Position", "Name"} {
		if n, ok := digits(rest, "]."+strings.ToLower(end)); ok && n < mostEyepieces {
			return index{name: fmt.Sprintf("EPFocusPosition[%d].%s", n, end), of: "preset" + end}
		}
	}
	return index{problem: fmt.Sprintf("of eyepieces there are EPFocusPosition[0].Position and .Name to EPFocusPosition[%d]", mostEyepieces-1)}
}

// mostEyepieces is how many eyepieces the original has positions of.
const mostEyepieces = 12

// indexed reads what follows the name of one of several variables.
func (p *parser) indexed(ix index, after string) (rest string, ok bool) {
	switch {
	case ix.skip:
		p.tell(Doubtful, "%s", ix.problem)
		return "", false
	case ix.problem != "":
		p.tell(Error, "%s", ix.problem)
		return "", false
	case ix.doubt != "":
		p.tell(Doubtful, "%s", ix.doubt)
	}
	switch ix.of {
	case "table":
		p.pair(ix, after, integer, false)
		return "", false
	case "quarter":
		p.pair(ix, after, float, true)
		return "", false
	case "init":
		p.init(ix, after)
		return "", false
	case "presetName":
		p.put(ix.name, value{word: p.word(after)})
		return "", false
	case "presetPosition":
		return p.one(ix, after, integer)
	}
	return p.one(ix, after, float)
}

// one reads a single number.
func (p *parser) one(ix index, after string, as reading) (rest string, ok bool) {
	token, rest := cut(after)
	num, ok := p.number(ix, token, as)
	if !ok {
		return "", false
	}
	p.put(ix.name, value{num: []float64{num}})
	return rest, true
}

// number reads one of the numbers of a line.
func (p *parser) number(ix index, token string, as reading) (float64, bool) {
	if token == "" || token[0] == ';' {
		p.tell(Error, "%s lacks a value on its line; it is not taken", ix.name)
		return 0, false
	}
	num, doubt, problem := as.read(token)
	if problem != "" {
		p.tell(Error, "%s; %s is not taken", problem, ix.name)
		return 0, false
	}
	if doubt != "" {
		p.tell(Doubtful, "%s", doubt)
	}
	return num, true
}

// pair reads "a" or "a : b". Without b it is 0.
func (p *parser) pair(ix index, after string, as reading, both bool) {
	after, _, _ = strings.Cut(after, ";")
	left, right, colon := strings.Cut(after, ":")
	v := value{num: []float64{0, 0}, pair: colon}
	for i, part := range []string{left, right} {
		token, rest := cut(part)
		if i == 1 && !colon {
			if both {
				p.tell(Doubtful, "it has no value for axis Z, which is taken to be 0")
			}
			break
		}
		num, ok := p.number(ix, token, as)
		if !ok {
			return
		}
		if more, _ := cut(rest); more != "" {
			p.tell(Doubtful, "%q is not read", printable(more, 40))
		}
		v.num[i] = num
	}
	p.put(ix.name, v)
}

// init reads the five numbers of a star.
func (p *parser) init(ix index, after string) {
	v := value{}
	for range 5 {
		var token string
		token, after = cut(after)
		num, ok := p.number(ix, token, float)
		if !ok {
			p.tell(Error, "an init has right ascension, declination, altitude, azimuth and sidereal time, in degrees")
			return
		}
		v.num = append(v.num, num)
	}
	if more, _ := cut(after); more != "" && more[0] != ';' {
		p.tell(Doubtful, "%q is not read", printable(more, 40))
	}
	p.put(ix.name, v)
}
