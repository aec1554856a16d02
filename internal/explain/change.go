package explain

import (
	"fmt"

	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/route"
)

// verbs say where a job would have gone.
var verbs = [route.NumStrategies]string{"run inline", "be spawned", "go to the pool", "be batched", "be shed", "be sent to a peer"}

// change is what would have made it go otherwise, "" if nothing can be named.
func change(a *policy.Account) string {
	c := &a.Change
	if c.Knob == policy.KnobNone || int(c.To) >= len(verbs) {
		return ""
	}
	if c.Knob == policy.KnobSamples {
		return fmt.Sprintf("it would be predicted once %.0f job of its kind has run", c.Value)
	}
	return "it would " + verb(a) + " " + setting(c)
}

func verb(a *policy.Account) string {
	switch {
	case a.Rule == policy.RuleInlineCap:
		return "not run inline"
	case a.Rule == policy.RuleProbe, a.Rule == policy.RuleFloor:
		return "be let in anyway"
	case a.Rule == policy.RuleInfeasible, a.Rule == policy.RuleDoor, a.Rule == policy.RulePressure:
		return "be let in"
	}
	return verbs[a.Change.To]
}

// setting is the knob with its number.
func setting(c *policy.Change) string {
	switch c.Knob {
	case policy.KnobBudget:
		return "with a budget of " + seconds(c.Value)
	case policy.KnobLessBudget:
		return "at a budget below " + seconds(c.Value)
	case policy.KnobCores:
		return "with " + number(float32(c.Value)) + " more cores"
	case policy.KnobClass:
		return "as class " + route.Class(c.Value).String()
	case policy.KnobCost:
		return fmt.Sprintf("with a declared cost of %.0f", c.Value)
	case policy.KnobScaling:
		if c.To == route.Batch {
			return fmt.Sprintf("with a scaling potential of %.2f", c.Value)
		}
		return fmt.Sprintf("with a scaling potential below %.2f", c.Value)
	case policy.KnobPressure:
		return fmt.Sprintf("at an injected pressure below %.2f", c.Value)
	case policy.KnobHigh:
		return "with a p99 above " + seconds(c.Value)
	}
	return fmt.Sprintf("at %s %.0f", c.Knob, c.Value)
}
