// SPDX-License-Identifier: GPL-3.0-or-later

// Package process runs executors in a process of their own, which is punctual
// because it does nothing else.
//
// The daemon's side is a Supervisor: it starts the process, plans motion for
// it, watches it, and, when it dies or hangs, switches the outputs off and
// starts another. The other side is Serve, the executor process's only loop.
// Between them lies a file that both have in their memory, with an
// executor.Board for each owner of motion. The file is on tmpfs, so that the
// counts outlive a crash of both processes but not the computer's restart,
// after which a rotor may stand anywhere.
//
// Who dies first matters little:
//
//   - The daemon: the executor brakes, holds, cuts the windings, and ends.
//   - The daemon hangs: the same, later, but the executor stays, released, and
//     no keep-alive line toggles.
//   - The executor: the supervisor switches the outputs off; until it has, the
//     keep-alive circuit does.
//   - The executor hangs: it is killed first.
//
// Source: stepper-core §2.6, 2.7, 9.
package process
