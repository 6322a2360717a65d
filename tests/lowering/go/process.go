// Package process: environment, working directory, mask, and commands.
package process

import (
	"os"
	"os/exec"
	"syscall"
)

func path(dir string) error {
	return os.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

func there(dir string) error {
	if err := os.Chdir(dir); err != nil {
		return err
	}
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	return os.Mkdir("made", 0o777)
}

func pull(dir string) error {
	cmd := exec.Command("git", "pull", "--ff-only")
	cmd.Dir = dir
	return cmd.Run()
}

func clone(url, dir string) error {
	return exec.Command("git", "clone", url, dir).Run()
}
