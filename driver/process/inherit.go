// SPDX-License-Identifier: GPL-3.0-or-later

package process

import (
	"bytes"
	"crypto/sha256"
	"io"
	"os"

	"github.com/siderostep/siderostep/fault"
)

// The files that a Supervisor hands to the executor process.
const (
	memoryFD = 3
	jobFD    = 4
)

// Inherit returns what a Supervisor handed to this process: the memory, and
// the job as it was given to Start. It returns fault.Refused when the process
// was started by anyone else, or another executor still uses the memory.
func Inherit() (*Memory, []byte, error) {
	const op = "start executor"
	file := os.NewFile(memoryFD, "executor memory")
	m, err := attach(file)
	if err != nil || !m.valid() {
		return nil, nil, fault.New(fault.Refused, op, "the executor is started by the daemon, not by hand")
	}
	// The file is not closed while this process lives: its lock would end.
	if err := lock(file, executorByte); err != nil {
		return nil, nil, err
	}
	m.pid.Store(int32(os.Getpid()))
	input := os.NewFile(jobFD, "executor job")
	defer input.Close()
	job, err := io.ReadAll(input)
	if err != nil {
		return nil, nil, fault.Wrap(fault.Hardware, op, err)
	}
	if sum := sha256.Sum256(job); !bytes.Equal(sum[:], m.checksum[:]) {
		return nil, nil, fault.New(fault.Refused, op, "the job is not the one that the memory is for")
	}
	return m, job, nil
}

// Fail tells the daemon why this process ends.
func (m *Memory) Fail(err error) {
	n := copy(m.failure[:], err.Error())
	m.failureLength.Store(uint32(n))
	m.stage.Store(failed)
}
