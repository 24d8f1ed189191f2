// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
)

// A repeated PUT joins the running one; anything else does not.
func TestJoin(t *testing.T) {
	const first = "ClientID=7&ClientTransactionID=9&Direction=0&Duration=100"
	type repeat struct{ name, from, member, form string }
	for _, tt := range []struct {
		repeat
		runs int
	}{
		{repeat{"the same", "192.0.2.1:999", "pulseguide", first}, 1},
		{repeat{"another address", "192.0.2.2:999", "pulseguide", first}, 2},
		{repeat{"another client", "192.0.2.1:999", "pulseguide", "ClientID=8&ClientTransactionID=9&Direction=0&Duration=100"}, 2},
		{repeat{"another transaction", "192.0.2.1:999", "pulseguide", "ClientID=7&ClientTransactionID=8&Direction=0&Duration=100"}, 2},
		{repeat{"another body", "192.0.2.1:999", "pulseguide", first + "&x"}, 2},
		{repeat{"another member", "192.0.2.1:999", "abortslew", first}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				runs, replies := twice(t, first, tt.repeat)
				if runs != tt.runs {
					t.Errorf("ran %d times, want %d", runs, tt.runs)
				}
				if replies[0].Server == replies[1].Server {
					t.Error("both have one ServerTransactionID")
				}
			})
		})
	}
	t.Run("no transaction", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			const anonymous = "ClientID=7&Direction=0&Duration=100"
			if runs, _ := twice(t, anonymous, repeat{"", "192.0.2.1:999", "pulseguide", anonymous}); runs != 2 {
				t.Errorf("ran %d times", runs)
			}
		})
	})
}

// twice sends a request, and another while the first one runs. It returns how
// often a command was given, and both answers.
func twice(t *testing.T, form string, again struct{ name, from, member, form string }) (runs int, replies [2]reply) {
	o := open(t, "altaz")
	o.mount.gate = make(chan struct{})
	var both sync.WaitGroup
	both.Go(func() { replies[0] = o.do("PUT", "/api/v1/telescope/0/pulseguide", form) })
	synctest.Wait()
	both.Go(func() {
		r := request("PUT", "/api/v1/telescope/0/"+again.member, again.form)
		r.RemoteAddr = again.from
		replies[1] = ask(t, o.server.Handler(), r)
	})
	synctest.Wait()
	runs = len(o.mount.entered)
	close(o.mount.gate)
	both.Wait()
	for _, re := range replies {
		if re.Number != 0 {
			t.Error(re.Text)
		}
	}
	return runs, replies
}

// A joined request takes over Value and error, and a finished one is
// forgotten.
func TestJoinedOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := open(t, "altaz")
		o.mount.gate = make(chan struct{})
		const path, form = "/api/v1/telescope/0/action", "Action=Resume&ClientTransactionID=5"
		var all sync.WaitGroup
		replies := make([]reply, 3)
		for i := range replies {
			all.Go(func() { replies[i] = o.do("PUT", path, form) })
		}
		synctest.Wait()
		close(o.mount.gate)
		all.Wait()
		for _, re := range replies {
			if re.Value != "ready" || re.Client != 5 {
				t.Error(re.Text)
			}
		}
		if runs, joined := len(o.mount.entered), o.server.Stats().Joined; runs != 1 || joined != 2 {
			t.Errorf("%d runs, %d joined", runs, joined)
		}
		o.do("PUT", path, form)
		if runs := len(o.mount.entered); runs != 2 {
			t.Errorf("a finished request is remembered: %d runs", runs)
		}
		if n := len(o.server.join.running); n != 0 {
			t.Errorf("%d still running", n)
		}
	})
}

// The original's panic is its joiners' failure, and nobody waits for ever.
func TestJoinedPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := open(t, "altaz")
		o.mount.gate = make(chan struct{})
		o.server.devices[0].common().actions[0].Do = nil
		const form = "Action=Halt&ClientTransactionID=5"
		if re := o.do("PUT", "/api/v1/telescope/0/action", form); re.Status != 500 {
			t.Errorf("%d %s", re.Status, re.Text)
		}
		if n := len(o.server.join.running); n != 0 {
			t.Errorf("%d still running", n)
		}
	})
}

// Fifty clients at once: every answer has a ServerTransactionID of its own
// and the ClientTransactionID of its own request.
func TestFiftyClients(t *testing.T) {
	o := open(t, "german")
	const clients, requests = 50, 40
	seen := make([][]uint32, clients)
	var all sync.WaitGroup
	for n := range clients {
		all.Go(func() {
			for i := range requests {
				id := uint32(n*1000 + i + 1)
				ids := fmt.Sprintf("ClientID=%d&ClientTransactionID=%d", n, id)
				var re reply
				switch i % 4 {
				case 0:
					re = o.do("GET", "/api/v1/telescope/0/devicestate", ids)
				case 1:
					re = o.do("PUT", "/api/v1/focuser/0/move", fmt.Sprintf("%s&Position=%d", ids, id))
				case 2:
					re = o.do("PUT", "/api/v1/telescope/0/targetdeclination", ids+"&TargetDeclination=10")
				default:
					re = o.do("GET", "/api/v1/telescope/0/targetrightascension", ids)
				}
				if re.Status != 200 || re.Client != id {
					t.Errorf("%d %s", re.Status, re.Text)
				}
				seen[n] = append(seen[n], re.Server)
			}
		})
	}
	all.Wait()
	unique := map[uint32]bool{}
	for _, ids := range seen {
		for _, id := range ids {
			if id == 0 || unique[id] {
				t.Fatalf("ServerTransactionID %d twice", id)
			}
			unique[id] = true
		}
	}
	if len(unique) != clients*requests {
		t.Errorf("%d transactions", len(unique))
	}
}
