package configfile

// Layer is one place that values come from.
type Layer string

// The layers, lowest first.
const (
	LayerDefault Layer = "default"
	LayerFile    Layer = "file"
	LayerEnv     Layer = "env"
	LayerFlag    Layer = "flag"
)

// Origin says where a value was written.
type Origin struct {
	Layer Layer
	Name  string // the file's path, the variable, or the flag with its dashes
	Line  int    // of the file, counted from 1; 0 where there is none
}

// String is "default", "file:PATH", "env:HELIX_X" or "flag:--x".
func (o Origin) String() string {
	if o.Layer == LayerDefault {
		return string(LayerDefault)
	}
	return string(o.Layer) + ":" + o.Name
}
