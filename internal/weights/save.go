package weights

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/helixrouter/helix"
)

// unfinished is in the names of files that are being written.
const unfinished = ".unfinished-"

// Save writes a snapshot in place of what is at path. When it returns nil the new
// file survives a crash of the machine; when it does not, the old one is untouched.
// A symbolic link stays one.
func Save(path string, s helix.NeuralSnapshot) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if text = append(text, '\n'); len(text) > maxBytes {
		return fmt.Errorf("%s: %d bytes, more than the %d that Load reads", path, len(text), maxBytes)
	}
	if err := regular(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	path = target(path)
	temporary, err := writeBeside(path, text)
	if err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	return syncFolder(filepath.Dir(path))
}

// target follows symbolic links, since a rename would replace them.
func target(path string) string {
	if at, err := filepath.EvalSymlinks(path); err == nil {
		return at
	}
	return path
}

// writeBeside writes to a new file in the folder of path, which a rename does not
// leave, and returns its name. The file is its owner's alone.
func writeBeside(path string, text []byte) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+unfinished)
	if err != nil {
		return "", err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync() // or the rename could reach the disk before the bytes do
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// syncFolder makes a rename last. Windows cannot open a folder to that end.
func syncFolder(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
