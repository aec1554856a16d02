// What the autoscaler sees coming, and what it does or advises.

import { autoscaler } from "./state.js";
import { Card, Fact, Bar } from "./card.jsx";
import { count, seconds, whole } from "./format.js";

const ARROWS = { up: "↑", down: "↓", hold: "→" };

// What there is to do, in words, for each direction.
const VERBS = { up: "widen to", down: "narrow to", hold: "hold at" };

const cores = (x) => (x === undefined ? "–" : x < 100 ? x.toFixed(1) : count(x));

export function Autoscaler() {
  const a = autoscaler.value;
  const most = Math.max(a?.cores_needed ?? 0, a?.cores_present ?? 1) || 1;
  const short = a && a.cores_needed > a.cores_present;
  return (
    <Card area="autoscaler" title="Autoscaler" note={a ? <span class={a.mode === "apply" ? "badge on" : "badge"}>{a.mode === "apply" ? "applies" : a.mode === "advise" ? "advises" : "off"}</span> : null}>
      <p class="direction">
        <b aria-hidden="true">{ARROWS[a?.direction] ?? "·"}</b>
        <span>{a ? `${VERBS[a.direction] ?? a.direction} ${whole(a.parallelism)} of ${whole(a.ceiling)} slots` : "–"}</span>
      </p>
      <p class="reason">{a?.reason ?? ""}</p>
      <div class="cores">
        <h3>Cores</h3>
        <dl>
          <dt>needed</dt>
          <dd><Bar of={(a?.cores_needed ?? 0) / most} colour={short ? "--s-drop" : "--accent"} /><b>{cores(a?.cores_needed)}</b></dd>
          <dt>present</dt>
          <dd><Bar of={(a?.cores_present ?? 0) / most} colour="--ink-3" /><b>{cores(a?.cores_present)}</b></dd>
        </dl>
      </div>
      <dl class="facts two">
        <Fact name="forecast">{count(a?.predicted_rate)}<small> jobs/s</small></Fact>
        <Fact name="looks ahead">{seconds(a?.horizon_seconds)}</Fact>
        <Fact name="runs at a time">{whole(a?.width)}</Fact>
        <Fact name="queue for it">{whole(a?.queue_cap)}</Fact>
      </dl>
      <p class={a?.advice ? "advice" : "advice none"}>{a?.advice || "No advice: the cores suffice."}</p>
    </Card>
  );
}
