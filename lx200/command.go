// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/mount"
)

// call is one command on its way to a reply.
type call struct {
	ctx    context.Context
	s      *Server
	sess   *Session
	arg    []byte // what follows the command's letters
	out    []byte // the reply
	result Result
	err    error
}

func (c *call) say(text string)           { c.out = append(c.out, text...) }
func (c *call) hash()                     { c.out = append(c.out, '#') }
func (c *call) snapshot() *mount.Snapshot { return c.s.mount.Snapshot() }
func (c *call) as() *manner               { return c.sess.as }
func (c *call) bartels() bool             { return c.sess.as.bartels() }

// ignore notes a command that is accepted and has no effect.
func (c *call) ignore() { c.result = Ignored }

// fail notes why a command had no effect. It says nothing to the client.
func (c *call) fail(err error) {
	c.err, c.result = err, Refused
	if fault.KindOf(err) == fault.Unsupported {
		c.result = Ignored
	}
}

// invalid is a parameter that cannot be read or is out of range.
func (c *call) invalid() error {
	return fault.New(fault.Invalid, "lx200", "%q is malformed or out of range", c.arg)
}

// needs is what a configured mode must grant for a command.
type needs uint8

const (
	look  needs = iota // readonly will do
	steer              // goto
	full
)

// command is a row of the tables.
type command struct {
	do     func(*call)
	needs  needs
	denied string // the reply where the mode does not grant it
	later  bool   // unknown to scope.exe: no reply from profile bartels
	number int    // in table.names
}

// answering makes a method that answers 1, or 0 on an error.
func answering(do func(*call) error) func(*call) {
	return func(c *call) {
		if err := do(c); err != nil {
			c.fail(err)
			c.say("0")
			return
		}
		c.say("1")
	}
}

// silent makes a method without a reply.
func silent(do func(*call) error) func(*call) {
	return func(c *call) {
		if err := do(c); err != nil {
			c.fail(err)
		}
	}
}

// constant makes a method with a fixed reply and no effect.
func constant(text string) func(*call) {
	return func(c *call) {
		c.say(text)
		if text == "" || text == "1" {
			c.ignore()
		}
	}
}

// execute answers one frame, appending the reply to out.
func (s *Server) execute(ctx context.Context, sess *Session, frame, out []byte) []byte {
	cmd, arg, result := table.lookup(frame, sess.as.bartels())
	if result != Done {
		s.counts.command(0, result, 0, unknownCodes[result-Unknown0])
		s.log.Debug("lx200 unknown command", "client", sess.key, "frame", slogBytes(frame))
		return out
	}
	c := &call{ctx: ctx, s: s, sess: sess, arg: arg, out: out}
	if frame[0] == 'Q' { // before anything that may wait
		begun := s.elapsed()
		s.perform(cmd, c)
		return s.finish(c, cmd.number, begun)
	}
	sess.mu.Lock()
	defer sess.mu.Unlock()
	begun := s.elapsed()
	s.heard(sess)
	if sess.as.grants < cmd.needs {
		c.say(cmd.denied)
		c.fail(errMode)
		if sess.as.grants == look {
			c.err = errReadOnly
		}
	} else {
		s.perform(cmd, c)
	}
	return s.finish(c, cmd.number, begun)
}

// perform does a command, and lets the others go on when it breaks.
func (s *Server) perform(cmd command, c *call) {
	defer func() {
		if broken := recover(); broken != nil {
			s.log.Error("internal failure", "client", c.sess.key, "panic", fmt.Sprint(broken), "stack", string(debug.Stack()))
			c.fail(fault.New(fault.Hardware, "lx200", "internal failure: %v", broken))
		}
	}()
	cmd.do(c)
}

// executeSummed answers one frame that has a checksum, in its way: even where
// there is no reply, and even to a command that nobody knows.
func (s *Server) executeSummed(ctx context.Context, sess *Session, frame, out []byte) []byte {
	data, number, right, ok := checked(frame)
	switch {
	case !ok:
		s.counts.badSums.Add(1)
		return out
	case !right:
		s.counts.badSums.Add(1)
		return summedReply(append(out, "CK_FAIL"...), number)
	}
	return summedReply(s.execute(ctx, sess, data, out), number)
}

// slogBytes shows bytes in a log only if somebody reads it.
type slogBytes []byte

func (b slogBytes) LogValue() slog.Value { return slog.AnyValue(string(b)) }

// finish counts a command and returns its reply.
func (s *Server) finish(c *call, number int, begun time.Duration) []byte {
	code := table.code(number, c.arg)
	if c.result == Unknown1 || c.result == Unknown2 {
		code = unknownCodes[c.result-Unknown0]
	}
	s.counts.command(number, c.result, s.elapsed()-begun, code)
	if c.err != nil {
		s.counts.refusal(reason(c.err))
		s.log.Debug("lx200 command refused", "client", c.sess.key, "command", table.names[number], "err", c.err)
	}
	return c.out
}
