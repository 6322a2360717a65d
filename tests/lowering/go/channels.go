// Package channels sends errors through channels, and waits.
package channels

import (
	"sync"

	"example.org/library/tool"
)

func workers(names []string, load func(string) error, done <-chan bool) error {
	errs := make(chan error, 2)
	var group sync.WaitGroup
	for _, name := range names {
		group.Add(1)
		go func() {
			defer group.Done()
			select {
			case errs <- load(name):
			case <-done:
			}
		}()
	}
	group.Wait()
	for err := range errs {
		return err
	}
	return <-errs
}

func handedOn(keep func(chan error), size int) {
	errs := make(chan error, size)
	keep(errs)
	kept := []chan error{errs}
	_ = kept
}

type runner struct {
	dir  string
	done chan bool
}

func (r *runner) waits() {
	<-r.done
}

func (r *runner) hands() {
	options := tool.Options{}
	options.Dir = r.dir
	tool.Run(&options)
}
