// SPDX-License-Identifier: GPL-3.0-or-later

// Package sim is the bench: a physical world behind driver's contracts, in
// which every claim of the controller can be checked from outside.
//
// It receives nothing but winding patterns and step pulses. From them it
// moves rotors (rotor.go), gears (gear.go) and a mount with real faults
// (geometry.go) under a turning sky (sky.go) seen through air (refraction.go),
// and so knows where the tube truly points (truth.go). It hands back only
// what real hardware would: encoder counts, index and limit switches
// (feedback.go), a thermometer, and a star's offset on a guide camera
// (guide.go).
//
// Nothing here is shared with the controller but units and port types. The
// sky is computed from its own series, the mount is built by turning vectors
// about axes, and the air by following a ray, so that a sign wrong on one side
// cannot cancel itself on the other.
//
// A Bench is deterministic: the same configuration, rig, seed and patterns
// give the same night. It is safe for use by several goroutines.
package sim
