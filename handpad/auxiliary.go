// SPDX-License-Identifier: GPL-3.0-or-later

package handpad

// auxLines are the lines that the keys raise, as pins of the parallel port.
var auxLines = [...]struct {
	key  Keys
	line int
}{{Up, 1}, {Down, 14}, {CW, 16}, {CCW, 17}}

// raise sets the auxiliary lines by the keys: first those that go low.
func (p *Paddle) raise(keys Keys) error {
	for _, on := range [...]bool{false, true} {
		for _, l := range auxLines {
			if want := keys&l.key != 0; want != on || want == (p.raised&l.key != 0) {
				continue
			}
			if err := p.parts.Aux(l.line, on); err != nil {
				if on {
					p.raised |= l.key // it may have gone high
				}
				return err
			}
			p.raised ^= l.key
		}
	}
	return nil
}
