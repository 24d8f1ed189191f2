// SPDX-License-Identifier: GPL-3.0-or-later

//go:build !race

package night

// kinds are the mounts that evenings are spent with.
var kinds = []string{"altaz", "fork", "german"}
