// Package handles: open files, what goes through them, and locks.
package handles

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"sync"
	"syscall"

	"github.com/gofrs/flock"
)

const flags = os.O_CREATE | os.O_WRONLY

func flagsInAVariable(p string, again bool) error {
	mode := flags
	mode |= os.O_TRUNC
	f, err := os.OpenFile(p, mode, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	w.WriteString("x")
	return w.Flush()
}

func copied(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Close()
}

type state struct{ Count int }

func counted(p string) error {
	data, err := os.ReadFile(p)
	if err != nil {
		return err
	}
	var s state
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	s.Count++
	data, err = json.Marshal(s)
	if err != nil {
		return err
	}
	return os.WriteFile(p, data, 0o644)
}

func flocked(p string) error {
	f, err := os.OpenFile(p+".lock", os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	defer syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
	return os.WriteFile(p, nil, 0o644)
}

func byLibrary(p string) error {
	lock := flock.New(p + ".lock")
	if err := lock.Lock(); err != nil {
		return err
	}
	defer lock.Unlock()
	return os.Remove(p)
}

type store struct {
	mu   sync.Mutex
	path string
}

func (s *store) save(data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return os.WriteFile(s.path, data, 0o644)
}
