// Why one decision went as it did: the sentence, a bar for each way the job could
// have gone, and the one change that would have led elsewhere.

import { chosen, choose, chooseLike, decisions } from "./feed.js";
import { inFleet } from "./state.js";
import { Card } from "./card.jsx";
import { strategyColour, strategyName } from "./colours.js";
import { count, seconds, share, whole } from "./format.js";

export const Explain = () => (
  <Card area="explain" title="Why">
    <div class="explain" aria-live="polite">
      <Content />
    </div>
  </Card>
);

function Content() {
  const c = chosen.value;
  if (!c) {
    return (
      <div class="blank">
        <p>Choose a decision to see why the router made it, what every other way would have cost, and what would have changed its mind.</p>
        <button type="button" disabled={decisions.value.length === 0} onClick={() => choose(decisions.value[0])}>Explain the newest</button>
      </div>
    );
  }
  if (c.phase === "loading") return <p class="blank">Asking for the explanation of #{c.seq} …</p>;
  if (c.phase === "ready") return <Explanation e={c.explanation} />;
  return (
    <div class="blank">
      <p>
        {c.phase === "gone"
          ? `Decision #${c.seq} is no longer kept: the router keeps the last 1,024, and at this rate they pass quickly.`
          : `No explanation of #${c.seq}: ${c.reason}`}
      </p>
      <button type="button" onClick={() => chooseLike(c.decision)}>Explain a newer one like it</button>
    </div>
  );
}

function Explanation({ e }) {
  const { decision, load } = e;
  return (
    <>
      <p class="sentence">{e.sentence}</p>
      <dl class="facts">
        <div class="fact"><dt>went</dt><dd><span class="chip" style={{ "--c": `var(${strategyColour(decision.strategy)})` }}>{strategyName(decision.strategy)}</span>{decision.peer ? <small class="to" title={decision.peer}>{decision.peer}</small> : null}</dd></div>
        <div class="fact"><dt>budget</dt><dd>{e.budget_seconds ? seconds(e.budget_seconds) : "none"}</dd></div>
        <div class="fact"><dt>slots, queue</dt><dd>{load.busy}<small>{load.lanes ? ` of ${load.lanes}` : ""}, {whole(load.queued)}</small></dd></div>
        <div class="fact"><dt>cores wanted</dt><dd>{e.supply.cores ? <>{e.supply.demand_cores < 100 ? e.supply.demand_cores.toFixed(1) : count(e.supply.demand_cores)}<small> of {e.supply.cores.toFixed(0)}</small></> : "–"}</dd></div>
      </dl>
      <Arms e={e} />
      {e.change ? <Change change={e.change} from={decision.strategy} /> : null}
    </>
  );
}

const PARTS = [["wait_seconds", "wait"], ["overhead_seconds", "overhead"], ["run_seconds", "service"]];
const total = (arm) => PARTS.reduce((sum, [name]) => sum + arm[name], 0);

// A job that is HOPELESS is refused where it is looked at; the daemon has the same bound.
const HOPELESS = 0.9;

function Arms({ e }) {
  const arms = e.arms.filter((arm) => arm.strategy !== "drop" && (arm.strategy !== "remote" || inFleet.value));
  const drop = e.arms.find((arm) => arm.strategy === "drop");
  const scale = scaleOf(arms.filter((a) => a.allowed).map(total), e.budget_seconds);
  return (
    <div class="arms">
      <h3>
        Each way it could have gone
        <span class="legend">{PARTS.map(([name, text]) => <span class="key" key={name}><i class={`p-${text}`} />{text}</span>)}<span class="key"><u />budget</span></span>
      </h3>
      <table>
        <thead class="sr">
          <tr><th scope="col">arm</th><th scope="col">time</th><th scope="col">predicted</th><th scope="col">misses its budget</th></tr>
        </thead>
        <tbody>
          {arms.map((arm) => <Arm key={arm.strategy} arm={arm} scale={scale} budget={e.budget_seconds} />)}
          {drop?.chosen ? (
            <tr class="chosen">
              <th scope="row"><i class="dot" style={{ background: "var(--s-drop)" }} />shed</th>
              <td class="why" colSpan={3}>chosen: refused at once, with a time to come back</td>
            </tr>
          ) : null}
        </tbody>
      </table>
    </div>
  );
}

// BEYOND how many budgets a bar is cut: what would take an hour must not make the rest
// invisible.
const BEYOND = 1.5;

// scaleOf is the time at the right end of the bars.
function scaleOf(times, budget) {
  const most = Math.max(1e-9, ...times);
  return budget ? Math.min(most, budget * BEYOND) : most;
}

// partsOf are the widths of a bar's parts in per cent, cut at the end.
function partsOf(arm, scale) {
  let left = 100;
  return PARTS.map(([name, text]) => {
    const width = Math.min(left, (arm[name] / scale) * 100);
    left -= width;
    return [text, width];
  });
}

function Arm({ arm, scale, budget }) {
  const refusal = whyNot(arm, budget);
  const known = arm.allowed && total(arm) > 0;
  return (
    <tr class={arm.chosen ? "chosen" : refusal ? "refused" : ""}>
      <th scope="row"><i class="dot" style={{ background: `var(${strategyColour(arm.strategy)})` }} />{arm.strategy}</th>
      <td class="stack">
        {known ? (
          <span class={total(arm) > scale * 1.001 ? "bar cut" : "bar"} aria-hidden="true" style={{ "--c": `var(${strategyColour(arm.strategy)})` }}>
            {partsOf(arm, scale).map(([text, width]) => <i key={text} class={`p-${text}`} style={{ width: `${width}%` }} />)}
            {budget && budget <= scale ? <u style={{ left: `${(budget / scale) * 100}%` }} /> : null}
          </span>
        ) : null}
        <small>{arm.chosen ? "chosen" : refusal}</small>
      </td>
      <td class="n">{known ? seconds(total(arm)) : "–"}</td>
      <td class="n miss">{known && budget ? <><span title="probability to miss the budget">{share(arm.miss_probability)}</span><small> miss</small></> : ""}</td>
    </tr>
  );
}

// Why a way is not open at all, where there is more to say than that.
const CLOSED = { batch: "its kind cannot be batched", remote: "it has to stay on this machine" };

// whyNot is the reason for which an arm is out, or "".
function whyNot(arm, budget) {
  if (!arm.allowed) return CLOSED[arm.strategy] ?? "not open to this job";
  if (arm.strategy === "remote" && !total(arm)) return "no peer was asked";
  if (budget && arm.miss_probability > HOPELESS) return "too late for its budget";
  return "";
}

// The knobs of internal/policy in words; {} is the value.
const CHANGES = {
  latency_budget_at_least_seconds: ["a budget of at least {}", seconds],
  latency_budget_below_seconds: ["a budget below {}", seconds],
  more_cores: ["{} more cores", (x) => x.toFixed(1)],
  class: ["a higher class", String],
  service_p99_above_seconds: ["a p99 of its kind above {}", seconds],
};

function Change({ change, from }) {
  const [form, text] = CHANGES[change.knob] ?? [`${change.knob.replaceAll("_", " ")} at {}`, (x) => (Number.isInteger(x) ? whole(x) : String(x))];
  const to = change.to === from ? "would still have gone" : change.to === "drop" ? "it would have been shed" : from === "drop" ? "it would have been let in, to" : "it would have gone to";
  return (
    <p class="change">
      <b>With {form.replace("{}", text(change.value))}</b> {to}
      {change.to === "drop" ? "." : <> <span class="chip" style={{ "--c": `var(${strategyColour(change.to)})` }}>{change.to}</span></>}
    </p>
  );
}
