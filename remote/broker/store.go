package broker

import (
	"fmt"
	"os"
	"path/filepath"
)

// lockName is beside the folder that NATS makes in the store.
const lockName = "helix.lock"

// claimStore makes the folder of the streams and keeps other processes from it: NATS itself would let two
// servers write to one store, and neither would be right after that. No folder is nil.
func claimStore(dir string) (*os.File, error) {
	if dir == "" {
		return nil, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the store cannot be made: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the store cannot be written to: %w", err)
	}
	if err := lock(f); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("the store %s is in use by another server: give each its own (%w)", dir, err)
	}
	return f, nil
}
