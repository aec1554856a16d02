// Package explain owns the words for a decision: it turns the numbers of a
// policy.Account into one plain sentence. It must never decide, predict or measure
// anything: what the account does not say, the sentence does not.
package explain

import (
	"fmt"
	"strings"

	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/route"
)

// Sentence says why a job, such as "thumbnail #812", went where it went, in one sentence.
func Sentence(subject string, a *policy.Account) string {
	where := a.Strategy.String()
	if a.Strategy == route.Drop {
		where = "shed"
	}
	parts := []string{fmt.Sprintf("%s: %s, since %s%s", subject, where, why(a), course(a))}
	for _, part := range []string{spawn(a), inline(a), demand(a), change(a)} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "; ") + "."
}

// course is what is predicted of the arm that was taken.
func course(a *policy.Account) string {
	arm := &a.Arms[a.Strategy]
	if a.Strategy == route.Drop || arm.Run == 0 {
		return ""
	}
	text := ": run " + duration(arm.Run)
	if arm.Wait > 0 {
		text = ": " + wait(arm.Wait) + " + run " + duration(arm.Run)
	}
	if a.Strategy == route.Remote {
		text += " + the way " + duration(arm.Overhead)
	}
	if a.Budget == 0 {
		return text + ", no budget"
	}
	return fmt.Sprintf("%s of a %s budget (miss %s)", text, duration(a.Budget), percent(arm.Miss))
}

// elsewhere reports whether other arms are worth a word: not if the router overruled the policy,
// nor if the job was refused.
func elsewhere(a *policy.Account) bool {
	return a.Service > 0 && a.Strategy != route.Drop && a.Strategy != route.Inline && a.Rule != policy.RuleRouter
}

func spawn(a *policy.Account) string {
	if !elsewhere(a) || a.Strategy == route.Spawn || !a.Arms[route.Spawn].Allowed || a.Rule != policy.RuleLanesTaken {
		return ""
	}
	return fmt.Sprintf("spawn would share the cores (%s)", duration(a.Arms[route.Spawn].Run))
}

func inline(a *policy.Account) string {
	if !elsewhere(a) || !a.Arms[route.Inline].Allowed {
		return ""
	}
	text := fmt.Sprintf("inline is for jobs proven below %s (this kind: p99 %s", duration(policy.InlineCap), duration(a.High))
	if !a.Proven {
		text += ", not proven by " + runs(a.Samples)
	}
	return text + ")"
}

func demand(a *policy.Account) string {
	if a.Cores == 0 || a.Demand == 0 {
		return ""
	}
	text := fmt.Sprintf("demand %s of %s cores", number(a.Demand), number(a.Cores))
	if a.Scarcity > 0 {
		text += fmt.Sprintf(", scarcity %.2f", a.Scarcity)
	}
	return text
}
