// Package calls: who is called.
package calls

import (
	"os"

	"example.com/tool/fsutil"
	"golang.org/x/sync/errgroup"
)

var osStat = os.Stat

type base struct{ dir string }

func (b *base) wipe() error { return os.RemoveAll(b.dir) }

type outer struct {
	base
	store *fsutil.Store
	clean func(string) error
}

func (o *outer) run(p string) error {
	if err := o.wipe(); err != nil {
		return err
	}
	if _, err := osStat(p); err != nil {
		return err
	}
	if err := o.store.Save(p); err != nil {
		return err
	}
	if exists, err := fsutil.PathExists(p); err != nil || !exists {
		return err
	}
	return o.clean(p)
}

func withLock(body func() error) error {
	return body()
}

func closures(p string) error {
	remove := func(q string) error { return os.Remove(q) }
	if err := remove(p); err != nil {
		return err
	}
	return withLock(func() error {
		return os.Mkdir(p, 0o755)
	})
}

func grouped(paths []string) error {
	var group errgroup.Group
	for _, p := range paths {
		group.Go(func() error { return os.Remove(p) })
	}
	return group.Wait()
}

func several(p string) (string, string, error) {
	data, err := os.ReadFile(p)
	if err != nil {
		return "", "", err
	}
	return string(data), p, nil
}

type settings struct {
	name  *string
	limit *int
	list  *[]string
}

// Since Go 1.26, new takes values as well as types.
func newOfValues(config settings, path string) (*settings, error) {
	made := settings{name: new("a.txt"), limit: new(2 * 1000), list: new([]string)}
	if err := os.Remove(path); err != nil {
		return new(settings), err
	}
	_ = new(config.name.other)
	return new(load(path)), nil
}
