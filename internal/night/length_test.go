// SPDX-License-Identifier: GPL-3.0-or-later

//go:build !night

package night

import "time"

// trackingTime is how long tracking is watched at each place: a tenth of what
// it is in long nights.
const trackingTime = 6 * time.Minute
