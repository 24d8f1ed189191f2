// SPDX-License-Identifier: GPL-3.0-or-later

// Package statefile keeps a value in a file from one run of the program to
// the next, whatever ends the run.
//
// The file is JSON that a person can read, with a checksum. It is replaced
// as a whole: after a crash or a power cut at any instant it holds the old
// value or the new one. A file that is damaged all the same is kept aside for
// a person to look at, and never overwritten.
package statefile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
)

// format is the number of the file's format. A program that changes the
// meaning of what it keeps gives it a new one.
const format = 1

// envelope is the whole content of a file.
type envelope struct {
	Format   int             `json:"format"`
	Checksum string          `json:"crc32"` // of Value without white space
	Value    json.RawMessage `json:"value"`
}

// DamagedError tells that a file held no value, and where it is now.
type DamagedError struct {
	Path  string
	Aside string // its new name; "" if it still has the old one
	Err   error  // what is wrong with it
}

func (e *DamagedError) Error() string {
	text := fmt.Sprintf("state file %s is damaged: %v", e.Path, e.Err)
	if e.Aside != "" {
		text += "; kept as " + e.Aside
	}
	return text
}

func (e *DamagedError) Unwrap() error { return e.Err }

// Open reads the value kept at path. found is false, and the value zero, when
// there is none. A file that holds no such value is renamed to
// path.damaged-1, -2, … and reported as a *DamagedError; a program may go on
// from there as on its first start. Any other error means that the file is
// there but cannot be read.
//
// Left-overs of writes that a crash interrupted are removed.
func Open[T any](path string) (value T, found bool, err error) {
	value, found, err = Read[T](path)
	if damage, ok := errors.AsType[*DamagedError](err); ok {
		if damage.Aside, err = setAside(path); err != nil { // the next Save would overwrite it
			return value, false, fmt.Errorf("%s, and cannot be set aside: %w", damage.Error(), err)
		}
		return value, false, damage
	}
	if err == nil {
		sweep(path)
	}
	return value, found, err
}

// Read is Open for one who only looks: it renames and removes nothing.
func Read[T any](path string) (value T, found bool, err error) {
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return value, false, nil
	case err != nil:
		return value, false, fmt.Errorf("state file: %w", err)
	}
	var v T
	if err := decode(text, &v); err != nil {
		return value, false, &DamagedError{Path: path, Err: err}
	}
	return v, true, nil
}

// Save replaces the value kept at path. When it returns nil, the value is on
// the disk. On an error the old value is still there.
func Save[T any](path string, value T) error {
	text, err := encode(value)
	if err != nil {
		return fmt.Errorf("state file %s: %w", path, err)
	}
	return Write(path, text)
}

func encode(value any) ([]byte, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(envelope{Format: format, Checksum: checksum(raw), Value: raw}, "", "  ")
	return append(text, '\n'), err
}

func decode(text []byte, value any) error {
	var e envelope
	if err := json.Unmarshal(text, &e); err != nil {
		return err
	}
	if e.Format != format {
		return fmt.Errorf("its format is %d, known is %d", e.Format, format)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, e.Value); err != nil {
		return errors.New("it holds no value")
	}
	if sum := checksum(compact.Bytes()); sum != e.Checksum {
		return fmt.Errorf("its checksum is %s, but says %q", sum, e.Checksum)
	}
	return json.Unmarshal(e.Value, value)
}

func checksum(compact []byte) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE(compact)) }
