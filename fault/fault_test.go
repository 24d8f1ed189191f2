// SPDX-License-Identifier: GPL-3.0-or-later

package fault

import (
	"errors"
	"fmt"
	"io"
	"testing"
)

func TestKindsAreFoundThroughWrapping(t *testing.T) {
	for _, kind := range Kinds() {
		err := fmt.Errorf("outside: %w", New(kind, "slew", "%d° is too much", 91))
		if !errors.Is(err, kind) || KindOf(err) != kind {
			t.Errorf("%v is lost in %v", kind, err)
		}
	}
	err := Wrap(Hardware, "read encoder", io.ErrUnexpectedEOF)
	if !errors.Is(err, Hardware) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("kind or cause is lost in %v", err)
	}
	if got, want := err.Error(), "read encoder: hardware failure: unexpected EOF"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if KindOf(io.EOF) != nil || KindOf(nil) != nil {
		t.Error("an error of no kind has one")
	}
}
