// SPDX-License-Identifier: GPL-3.0-or-later

package box

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/siderostep/siderostep/fault"
)

// plugging is how often a pseudo-terminal looks whether it has been unplugged.
const plugging = 10 * time.Millisecond

// Serve offers the box as a pseudo-terminal in raw mode until ctx ends. link
// is the path under which the computer finds it, a symbolic link that Serve
// makes and takes away again; when it is empty Serve makes one in a folder of
// its own. While the line is unplugged the link is gone and the terminal dead,
// as with a USB adapter; on plugging it back a new terminal stands behind the
// same link.
//
// It returns the path at once, and on done what Serve ended with when all is
// put away. It returns fault.Hardware when there is no pseudo-terminal to be
// had, or when something that is not a link stands at the path.
func (l *Line) Serve(ctx context.Context, link string) (path string, done <-chan error, err error) {
	tidy := func() {}
	if link == "" {
		dir, err := os.MkdirTemp("", "siderostep-box-")
		if err != nil {
			return "", nil, fault.Wrap(fault.Hardware, "serve box", err)
		}
		link = filepath.Join(dir, "tty")
		tidy = func() { _ = os.Remove(dir) } // an empty folder left behind harms nobody
	}
	t, err := plugIn(link)
	if err != nil {
		tidy()
		return "", nil, err
	}
	end := make(chan error, 1)
	go func() {
		err := l.keep(ctx, t, link)
		tidy()
		end <- err
	}()
	return link, end, nil
}

// keep serves one terminal after the other, as it is unplugged and plugged in.
func (l *Line) keep(ctx context.Context, t *terminal, link string) error {
	defer func() { _ = os.Remove(link) }() // gone already when unplugged
	for {
		err := l.session(ctx, t, link)
		for err == nil && ctx.Err() == nil && l.faults.Unplugged(l.now()) {
			err = l.pause(ctx)
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if t, err = plugIn(link); err != nil {
			return err
		}
	}
}

// session runs the box on a terminal until ctx ends or the plug is taken out,
// then closes it and takes the link away.
func (l *Line) session(ctx context.Context, t *terminal, link string) error {
	inner, unplug := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- l.Run(inner, t.master) }()
	ticks := l.clock.NewTicker(plugging)
	defer ticks.Stop()
	for live := true; live; {
		select {
		case err := <-ended:
			ended <- err // for below
			live = false
		case <-ctx.Done():
			live = false
		case <-ticks.C():
			live = !l.faults.Unplugged(l.now())
		}
	}
	unplug()
	_ = os.Remove(link)
	t.close()
	return <-ended
}

func (l *Line) pause(ctx context.Context) error {
	t := l.clock.NewTimer(plugging)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return nil
	case <-t.C():
		return nil
	}
}

// terminal is a pseudo-terminal. Its slave stays open, so that the master does
// not fail while no client has it open.
type terminal struct{ master, slave *os.File }

func (t *terminal) close() {
	_ = t.master.Close() // Run may have closed it
	_ = t.slave.Close()
}

// plugIn opens a terminal in raw mode and puts a link to it at a path.
func plugIn(link string) (*terminal, error) {
	master, slave, err := pty.Open()
	if err != nil {
		return nil, fault.Wrap(fault.Hardware, "open pseudo-terminal", err)
	}
	t := &terminal{master, slave}
	if err = t.unblock(); err == nil {
		err = makeRaw(slave)
	}
	if err == nil {
		err = relink(slave.Name(), link)
	}
	if err != nil {
		t.close()
		return nil, fault.Wrap(fault.Hardware, "open pseudo-terminal", err)
	}
	return t, nil
}

// unblock makes reads of the master end when it is closed: pty hands it over
// in blocking mode, in which they do not.
func (t *terminal) unblock() error {
	fd, err := unix.FcntlInt(t.master.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd) // of no use, and nothing was written
		return err
	}
	blocking := t.master
	t.master = os.NewFile(uintptr(fd), blocking.Name())
	return blocking.Close()
}

// relink makes link point to target, replacing a link but nothing else.
func relink(target, link string) error {
	switch info, err := os.Lstat(link); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case info.Mode()&fs.ModeSymlink == 0:
		return &os.PathError{Op: "link", Path: link, Err: syscall.EEXIST}
	default:
		if err := os.Remove(link); err != nil {
			return err
		}
	}
	return os.Symlink(target, link)
}

// makeRaw turns off all that a terminal does to bytes: 8 bits, no echo, no
// lines, no signals. Source: termios(3), cfmakeraw.
func makeRaw(f *os.File) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = conn.Control(func(fd uintptr) {
		t, err := unix.IoctlGetTermios(int(fd), unix.TCGETS)
		if err != nil {
			failed = err
			return
		}
		t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
		t.Oflag &^= unix.OPOST
		t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
		t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
		t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
		failed = unix.IoctlSetTermios(int(fd), unix.TCSETS, t)
	})
	return errors.Join(err, failed)
}
