// Package configfile owns where a configuration comes from: the defaults, one file,
// the environment and the flags, which of them wins for each field, and how each
// fault is told to whoever wrote the value. It must never know what a field means,
// which is package helix's business, nor apply a configuration to a router.
//
// The layers, later ones win:
//
//	default    helix.DefaultConfig
//	file       .yaml and .yml are YAML, anything else is JSON; {"cpu_parallelism": 4}
//	env        HELIX_CPU_PARALLELISM=4; empty is the same as not set
//	flag       --cpu-parallelism 4
//
// Files may be partial and must be exact: an unknown or repeated field, a quoted
// number, or 8.0 for a whole number is a fault; null stands for the default. Types
// are checked in every layer, rules such as ranges on what results. All faults come
// back at once.
//
// koanf merges the layers and reads the environment and the flags. Its file parsers
// are not used: they turn every number into a float64, so that 8.0 and 8 look the
// same, and they lose the lines.
package configfile
