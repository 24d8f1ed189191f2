// SPDX-License-Identifier: GPL-3.0-or-later

// Package align is the alignment of a mount as its observer builds it: how it
// was started, up to three inits, and any number of further points.
//
// A Book holds these facts. It is a value: each step returns a new Book, and
// one that is refused leaves the old as it was. Solve makes the pointing model
// of a Book; nothing else is needed to make it again.
//
// Source: Scope II manual, chapters on alignment; its three inits are kept,
// with rotations in place of its sheared matrices.
package align
