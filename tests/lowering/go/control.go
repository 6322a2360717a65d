// Package control: what governs an act, and what runs when.
package control

import (
	"os"
	"sync"
	"time"
)

func early(p string) error {
	if _, err := os.Stat(p); err != nil {
		return nil
	}
	return os.Remove(p)
}

func inAVariable(p string, force bool) error {
	missing := false
	if _, err := os.Stat(p); os.IsNotExist(err) {
		missing = true
	}
	if missing || force {
		return os.Mkdir(p, 0o755)
	}
	return nil
}

func retried(p string) error {
	for i := 0; i < 3; i++ {
		err := os.Mkdir(p, 0o755)
		if err == nil {
			return nil
		}
		if !os.IsExist(err) {
			break
		}
		time.Sleep(time.Second)
	}
	return os.Remove(p)
}

func each(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.IsDir() {
			continue
		}
		switch entry.Name() {
		case "keep":
			break
		default:
			os.Remove(dir + "/" + entry.Name())
		}
	}
	return nil
}

func deferred(p string) error {
	if err := os.Mkdir(p, 0o755); err != nil {
		return err
	}
	defer os.RemoveAll(p)
	return os.WriteFile(p+"/a", nil, 0o644)
}

func cleanedUp(p string) (err error) {
	f, err := os.Create(p)
	if err != nil {
		return err
	}
	defer func() {
		f.Close()
		if err != nil {
			os.Remove(p)
		}
	}()
	_, err = f.WriteString("x")
	return err
}

func beside(p string) {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		os.Remove(p)
	}()
	wg.Wait()
	done := make(chan struct{})
	go func() {
		os.Mkdir(p, 0o755)
		close(done)
	}()
	<-done
}

func selected(a, b chan int, p string) {
	select {
	case <-a:
		os.Remove(p)
	case <-b:
	}
}
