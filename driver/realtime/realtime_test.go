// SPDX-License-Identifier: GPL-3.0-or-later

package realtime

import (
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
)

func TestSleepIsNeverShort(t *testing.T) {
	for _, spin := range []time.Duration{0, 100 * time.Microsecond} {
		for range 20 {
			until := Now().Add(2 * time.Millisecond)
			woke := SleepUntil(until, spin)
			// A signal may end a sleep: it says so by the instant.
			if now := Now(); woke > now || woke < until && now.Sub(woke) > time.Second {
				t.Errorf("woke at %d, now %d, wanted %d", woke, now, until)
			}
		}
	}
	if past := Now() - 1; SleepUntil(past, time.Second) < past {
		t.Error("the past has not come")
	}
}

// The planner's clock and the executor's are the same.
func TestEpoch(t *testing.T) {
	var c clock.Real
	epoch := Epoch(c)
	before := Now()
	at := driver.Instant(c.Now().Sub(epoch))
	after := Now()
	const slack = driver.Instant(time.Second) // of a computer that paused between two lines
	if at < before-slack || at > after+slack {
		t.Errorf("the clock says %d, between %d and %d", at, before, after)
	}
}

func TestReport(t *testing.T) {
	r := Report{
		FIFO: Grant{true, unix.EPERM}, Locked: Grant{true, nil},
		Governor: "ondemand", ThrottlingUS: 950000, Synchronised: true,
	}
	got := strings.Join(r.Lines(), "\n")
	want := `real-time priority: refused (operation not permitted)
locked memory: granted
processor of its own: not asked for
frequency governor: ondemand; performance would make the executor more punctual
real-time throttling: after 950000 µs of each second
civil clock: synchronised`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if text := (Grant{true, errors.New("x")}).String(); text != "refused (x)" {
		t.Error(text)
	}
	if s := Survey(); s.FIFO.Asked || s.Locked.Asked || s.Pinned.Asked {
		t.Errorf("%+v", s)
	}
}
