// SPDX-License-Identifier: GPL-3.0-or-later

package tuning

import (
	"fmt"

	"github.com/siderostep/siderostep/model"
)

// Commanded returns the name of the microstep that a motor is given at a
// count, for watching a slow motion: the winding being left and the microstep
// after it, as "b7".
func Commanded(count model.Microsteps, microsteps, windings int) string {
	cycle := model.Microsteps(microsteps * windings)
	at := int(((count % cycle) + cycle) % cycle)
	return fmt.Sprintf("%c%d", 'a'+at/microsteps, at%microsteps)
}
