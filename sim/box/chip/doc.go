// SPDX-License-Identifier: GPL-3.0-or-later

// Package chip is the bench's end of the ports that drive lines: a PCA9685 on
// an I²C bus, register by register, a parallel port as ppdev offers it, and
// plain GPIO lines. What hangs from their pins is in sim/box/plant.
//
// box.Faults means, on a chip: Lost is the probability that a byte is not
// acknowledged, Silence that it is busy or does not answer, Unplug that it is
// gone, PerByte what a byte takes beyond what the bus takes.
//
// Source: stepper-core reference 1.5 and 1.7; NXP's data sheet of the PCA9685;
// Linux' ppdev.h.
package chip
