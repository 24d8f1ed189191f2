// SPDX-License-Identifier: GPL-3.0-or-later

// Package boxes holds nothing but tests: the whole telescope with each box
// that can hang on it, end to end. Encoder boxes and a Celestron Focus Motor
// stand behind pseudo-terminals; motors, relays and focusers behind a recorded
// port that an executor in a process of its own writes to; a hand paddle on
// lines. All are the simulated ones of sim/box, with plugs that are pulled.
// What is asked, is asked by Alpaca and LX200 where these can; what is judged,
// is what the boxes and the bench know to be true.
package boxes
