// Package errors: how failures are told apart, handed on, tolerated and ignored.
package errors

import (
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"syscall"

	pkgerrors "github.com/pkg/errors"
)

func handedOn(p string) error {
	if err := os.Mkdir(p, 0o755); err != nil {
		return fmt.Errorf("make %s: %w", p, err)
	}
	return nil
}

func tolerated(p string) error {
	err := os.Mkdir(p, 0o755)
	if err != nil && !os.IsExist(err) {
		return err
	}
	return nil
}

func rebound(p string) error {
	err := os.Mkdir(p, 0o755)
	err = os.Remove(p)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func cleared(p string) error {
	err := os.Remove(p)
	if errors.Is(err, syscall.ENOENT) {
		err = nil
	}
	return err
}

func ignored(p string) {
	os.Remove(p)
	_ = os.Remove(p)
}

func ended(p string) {
	if err := os.Remove(p); err != nil {
		log.Fatal(err)
	}
}

func panicked(p string) []byte {
	data, err := os.ReadFile(p)
	if err != nil {
		panic(err)
	}
	return data
}

func byCause(p string) (bool, error) {
	_, err := os.Stat(p)
	if err == nil {
		return true, nil
	}
	if os.IsNotExist(pkgerrors.Cause(err)) {
		return false, nil
	}
	return false, err
}

func asked(p string) error {
	exists, err := byCause(p)
	if err != nil {
		return err
	}
	if exists {
		return os.Remove(p)
	}
	return nil
}

func tree(p string) error {
	if err := os.RemoveAll(p); err != nil {
		return err
	}
	return os.MkdirAll(p, 0o755)
}

func named(p string) (err error) {
	if err = os.Remove(p); err != nil {
		return
	}
	return
}

func switched(p string) error {
	_, err := os.Lstat(p)
	switch {
	case err == nil:
		return os.Remove(p)
	case errors.Is(err, os.ErrNotExist):
		return nil
	default:
		return err
	}
}
