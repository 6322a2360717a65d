// Package fields: methods of fields that another file declares, and what function literals defer.
package fields

import (
	"os"
	"sync"
)

func (s *Store) locked(name string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return os.Remove(s.path + name)
}

func (s *Store) handed(name string) error {
	if _, err := s.tree.Stat(name); err != nil {
		return err
	}
	return s.tree.Remove(name)
}

func deferredInALiteral(names []string) error {
	var mutex sync.Mutex
	var tasks sync.WaitGroup
	for _, name := range names {
		tasks.Add(1)
		go func() {
			defer tasks.Done()
			mutex.Lock()
			defer mutex.Unlock()
			os.Remove(name)
		}()
	}
	tasks.Wait()
	return os.Mkdir("done", 0o755)
}
