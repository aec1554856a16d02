package place

import "testing"

func TestDisturbancesAreWhatIsLeft(t *testing.T) {
	programs, host := Use{all: 1100, idle: 400, stolen: 150, own: 300}.Disturbed(Use{all: 100, idle: 100, stolen: 50, own: 100})
	if host != 0.1 || programs < 0.39 || programs > 0.41 {
		t.Error(programs, host)
	}
	if programs, host := ReadUse().Disturbed(Use{}); programs < 0 || host < 0 || programs+host > 1 {
		t.Error(programs, host)
	}
}
