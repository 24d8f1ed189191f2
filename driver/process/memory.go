// SPDX-License-Identifier: GPL-3.0-or-later

package process

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/fault"
)

// MaxGroups is the number of executors, each with an owner of its own, that
// one process can have: a mount, two focusers, and one to spare.
const MaxGroups = 4

// layout begins with the version of all that follows, Board included.
const layout = 0x7369646572657802

// stage is how far an executor process has got.
type stage = int32

const (
	starting stage = iota
	serving
	ended  // by itself
	failed // see failure
)

// shared is what the two processes have in common. It holds no pointers.
type shared struct {
	layout   uint64
	size     uint64
	checksum [sha256.Size]byte // of the job
	axes     [MaxGroups]uint32 // of each group; 0: no such group
	origins  [MaxGroups]struct {
		meaning [sha256.Size]byte // checksum of Origin.Meaning
		owner   uint32
		unsure  uint32
	}
	distrusted atomic.Uint32 // by a daemon that came later

	daemon atomic.Int32 // pid
	pid    atomic.Int32 // of the executor process
	stage  atomic.Int32
	beat   atomic.Int64 // instant of the executor's latest turn

	healthy atomic.Uint32
	grants  [3]atomic.Int32 // priority, locked memory, processor: 0 not asked for, −1 granted, else errno
	aux     atomic.Uint32   // levels wanted of the auxiliary lines
	inputs  inputBox

	keepAliveFaults, inputFaults, auxFaults, verifyFaults atomic.Uint64

	failureLength atomic.Uint32
	failure       [256]byte

	boards [MaxGroups]executor.Board
}

// Memory is the file, in this process's memory.
type Memory struct {
	*shared
	file  *os.File
	bytes []byte
}

// MemoryPath returns where the memory of the daemon with a state folder
// should be.
func MemoryPath(stateDir string) string {
	if full, err := filepath.Abs(stateDir); err == nil {
		stateDir = full
	}
	sum := sha256.Sum256([]byte(stateDir))
	folder := "/dev/shm"
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		folder = os.TempDir()
	}
	return filepath.Join(folder, "siderostep-"+strconv.Itoa(os.Getuid())+"-"+hex.EncodeToString(sum[:8]))
}

// openFile opens the file at path, which must be nobody else's.
func openFile(path string, flags int) (*os.File, error) {
	const op = "open executor memory"
	file, err := os.OpenFile(path, flags|os.O_RDWR|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fault.Wrap(fault.Hardware, op, err)
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, fault.Wrap(fault.Hardware, op, err)
	}
	if st, ok := info.Sys().(*syscall.Stat_t); !ok || int(st.Uid) != os.Getuid() || !info.Mode().IsRegular() {
		file.Close()
		return nil, fault.New(fault.Hardware, op, "%s is not a file of this user", path)
	}
	return file, nil
}

// attach maps file.
func attach(file *os.File) (*Memory, error) {
	const op = "map executor memory"
	size := int64(unsafe.Sizeof(shared{}))
	info, err := file.Stat()
	if err != nil {
		return nil, fault.Wrap(fault.Hardware, op, err)
	}
	if info.Size() != size {
		return nil, fault.New(fault.Invalid, op, "it has %d bytes; this version has %d", info.Size(), size)
	}
	bytes, err := unix.Mmap(int(file.Fd()), 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fault.Wrap(fault.Hardware, op, err)
	}
	return &Memory{shared: (*shared)(unsafe.Pointer(&bytes[0])), file: file, bytes: bytes}, nil
}

// valid reports whether the memory was made by this version.
func (m *Memory) valid() bool {
	return m.layout == layout && m.size == uint64(unsafe.Sizeof(shared{}))
}

// close lets go of the memory and its file.
func (m *Memory) close() error {
	err := unix.Munmap(m.bytes)
	m.shared, m.bytes = nil, nil
	m.file.Close()
	return err
}

func (m *Memory) failureText() string {
	return string(m.failure[:min(int(m.failureLength.Load()), len(m.failure))])
}

// halt stops the motion of all groups.
func (m *Memory) halt() {
	for i := range m.boards {
		if m.axes[i] != 0 {
			m.boards[i].Halt()
		}
	}
}

// silent returns for how long the executor has been silent.
func (m *Memory) silent(now driver.Instant) time.Duration {
	return now.Sub(driver.Instant(m.beat.Load()))
}
