//go:build !unix

package decisionlog

import "os"

// lock does nothing where there is no lock of files that ends with the process.
func lock(*os.File) error { return nil }
