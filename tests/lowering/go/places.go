// Package places: how paths are put together.
package places

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"time"
)

const name = "index.json"

var root = filepath.Join("/var", "lib", "tool")

type config struct {
	dir   string
	inner struct{ cache string }
}

func (c *config) indexPath() string {
	return filepath.Join(c.dir, name)
}

func (c *config) all() {
	os.Remove(c.indexPath())
	os.Remove(c.dir + "/" + name)
	os.Remove(fmt.Sprintf("%s/%s.tmp", c.dir, name))
	os.Remove(c.indexPath() + ".tmp")
	os.Remove(filepath.Dir(c.indexPath()))
	os.Remove(path.Join(root, filepath.Base(c.dir)))
	os.Remove(c.inner.cache)
	c.dir = "/elsewhere"
	os.Remove(c.dir)
}

func made() error {
	dir, err := os.MkdirTemp("", "tool-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	home, err := os.UserHomeDir()
	if err != nil {
		return err
	}
	p := filepath.Join(home, ".tool", strconv.Itoa(os.Getpid()))
	absolute, err := filepath.Abs(p)
	if err != nil {
		return err
	}
	folder, file := filepath.Split(absolute)
	os.Remove(filepath.Join(folder, file))
	os.Remove(filepath.Join(os.TempDir(), fmt.Sprintf("%d", time.Now().Unix())))
	return os.Rename(filepath.Join(dir, "a"), p)
}
