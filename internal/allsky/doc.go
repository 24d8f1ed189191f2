// SPDX-License-Identifier: GPL-3.0-or-later

// Package allsky measures how well a mount points, all over the sky, after
// each step of its alignment. It holds nothing but tests.
//
// Mounts with seeded faults stand on the bench. An observer centres stars
// there, the controller's mathematics make a model of them, and the bench then
// tells where the tube points when its motors stand where the model sends it.
// Two peers see the same stars: the best fit of the original, and the six
// terms that INDI fits. make pointing prints the whole table.
package allsky
