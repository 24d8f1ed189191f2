// SPDX-License-Identifier: GPL-3.0-or-later

// Package record is a port without hardware: it keeps what was written to its
// lines, and when, in a file that outlives its writers.
//
// It lets a telescope's program be tried without a telescope, and shows what
// an executor that was killed had last put on the windings. Several processes
// may write to one file at a time; a Port of the same file reads it. The file
// belongs on tmpfs: a page of one on a disk keeps its writer waiting while it
// is saved.
package record

import (
	"io"
	"iter"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/realtime"
	"github.com/siderostep/siderostep/fault"
)

// Record is one write.
type Record struct {
	Index  uint64 // of all writes to the file, from 0
	At     driver.Instant
	Word   uint32
	Mask   uint32
	Levels uint32 // of all lines afterwards
	PID    uint32 // of the writer
}

// header begins the file. Like all of it, it holds no pointers.
type header struct {
	magic    uint64
	capacity uint64        // records
	next     atomic.Uint64 // writes begun
	levels   atomic.Uint32 // of the output lines
	inputs   atomic.Uint32 // levels of the input lines
	broken   atomic.Uint32 // the port takes no writes
	_        [28]byte      // to the size of two records
}

// entry is one place in the ring.
type entry struct {
	seq    atomic.Uint64 // index + 1, written last; 0 while it is being written
	at     atomic.Int64
	what   atomic.Uint64 // mask and word
	result atomic.Uint64 // pid and levels
}

const (
	magic = 0x7369646572656331 // and the version of the layout
	size  = int(unsafe.Sizeof(entry{}))
)

// Port is a recorded port, with 32 output and 32 input lines.
type Port struct {
	memory []byte
	head   *header
	ring   []entry
	pid    uint64
}

var (
	_ driver.Lines  = (*Port)(nil)
	_ driver.Inputs = (*Port)(nil)
	_ io.Closer     = (*Port)(nil)
)

// Open returns the port whose file is at path; a file that is missing or
// empty gets room for the latest capacity writes, 1 or more. It returns
// fault.Hardware when the file cannot be used, or is something else.
func Open(path string, capacity int) (*Port, error) {
	const op = "open recorded port"
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fault.Wrap(fault.Hardware, op, err)
	}
	defer file.Close()
	// One at a time, so that nobody sees a file half made.
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX); err != nil {
		return nil, fault.Wrap(fault.Hardware, op, err)
	}
	defer unix.Flock(int(file.Fd()), unix.LOCK_UN) //nolint:errcheck // the mapping would keep it; nothing can go wrong
	info, err := file.Stat()
	if err != nil {
		return nil, fault.Wrap(fault.Hardware, op, err)
	}
	length := info.Size()
	fresh := length == 0
	if fresh {
		length = int64(unsafe.Sizeof(header{})) + int64(max(capacity, 1)*size)
		if err := file.Truncate(length); err != nil {
			return nil, fault.Wrap(fault.Hardware, op, err)
		}
	}
	if length < int64(unsafe.Sizeof(header{}))+int64(size) {
		return nil, fault.New(fault.Hardware, op, "%s has %d bytes, too few for a recording", path, length)
	}
	memory, err := unix.Mmap(int(file.Fd()), 0, int(length), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fault.Wrap(fault.Hardware, op, err)
	}
	p := &Port{memory: memory, head: (*header)(unsafe.Pointer(&memory[0])), pid: uint64(os.Getpid())}
	places := uint64((int(length) - int(unsafe.Sizeof(header{}))) / size)
	if fresh {
		p.head.magic, p.head.capacity = magic, places
	}
	if p.head.magic != magic || p.head.capacity != places {
		_ = unix.Munmap(memory) // it was never used
		return nil, fault.New(fault.Hardware, op, "%s is not a recording of this version", path)
	}
	p.ring = unsafe.Slice((*entry)(unsafe.Pointer(&memory[unsafe.Sizeof(header{})])), places)
	return p, nil
}

// Write sets the lines in mask to the levels in word, and records that.
func (p *Port) Write(word, mask uint32) error {
	if p.head.broken.Load() != 0 {
		return fault.New(fault.Hardware, "write to recorded port", "the port takes no writes")
	}
	at := realtime.Now()
	var levels uint32
	for {
		before := p.head.levels.Load()
		levels = before&^mask | word&mask
		if p.head.levels.CompareAndSwap(before, levels) {
			break
		}
	}
	i := p.head.next.Add(1) - 1
	e := &p.ring[i%uint64(len(p.ring))]
	e.seq.Store(0)
	e.at.Store(int64(at))
	e.what.Store(uint64(mask)<<32 | uint64(word))
	e.result.Store(p.pid<<32 | uint64(levels))
	e.seq.Store(i + 1)
	return nil
}

// Read returns the levels of the input lines.
func (p *Port) Read() (uint32, error) { return p.head.inputs.Load(), nil }

// SetInputs gives the input lines their levels, in the place of hardware.
func (p *Port) SetInputs(levels uint32) { p.head.inputs.Store(levels) }

// Break makes all writes fail, from every process, or lets them pass again.
func (p *Port) Break(broken bool) {
	value := uint32(0)
	if broken {
		value = 1
	}
	p.head.broken.Store(value)
}

// Levels returns the present levels of the output lines.
func (p *Port) Levels() uint32 { return p.head.levels.Load() }

// Written returns how many writes were ever begun; the latest of them, as many
// as the file has room for, can still be read.
func (p *Port) Written() uint64 { return p.head.next.Load() }

// Records yields the writes from index on, as far as they are still held and
// complete: one whose writer died in it is left out.
func (p *Port) Records(index uint64) iter.Seq[Record] {
	return func(yield func(Record) bool) {
		places := uint64(len(p.ring))
		for i := index; i < p.Written(); i++ {
			if oldest := p.Written(); oldest > places && i < oldest-places {
				i = oldest - places
			}
			e := &p.ring[i%places]
			seq := e.seq.Load()
			at, what, result := e.at.Load(), e.what.Load(), e.result.Load()
			if seq != i+1 || e.seq.Load() != seq {
				continue
			}
			r := Record{
				Index: i, At: driver.Instant(at),
				Word: uint32(what), Mask: uint32(what >> 32),
				Levels: uint32(result), PID: uint32(result >> 32),
			}
			if !yield(r) {
				return
			}
		}
	}
}

// Close lets go of the file, and leaves it. The Port must not be used
// afterwards; closing it again does nothing.
func (p *Port) Close() error {
	if p.memory == nil {
		return nil
	}
	err := unix.Munmap(p.memory)
	*p = Port{}
	return err
}
