// Where the jobs went since the start: a ring, and the same as a list.

import { stats, strategies } from "./state.js";
import { Card } from "./card.jsx";
import { strategyColour, strategyName } from "./colours.js";
import { count, share, whole } from "./format.js";

const RADIUS = 42;
const AROUND = 2 * Math.PI * RADIUS;
const GAP = 1.6; // between two parts, in the units of the picture

const MEANINGS = {
  inline: "on the caller's goroutine",
  spawn: "on a goroutine of its own",
  cpu_pool: "on a slot of the pool",
  batch: "together with its like",
  remote: "on another machine",
  drop: "refused at once",
};

// counts lists the strategies that jobs can take, in a fixed order.
function counts(s) {
  const routed = new Map((s?.routed_by_strategy ?? []).map((r) => [r.strategy, r.count]));
  return strategies.value.map((name) => [name, routed.get(name) ?? 0]);
}

export function Strategies() {
  const parts = counts(stats.value);
  const total = parts.reduce((sum, [, n]) => sum + n, 0);
  return (
    <Card area="strategies" title="Strategies" note="since the start">
      <div class="donut">
        <Ring parts={parts} total={total} />
        <ul class="parts">
          {parts.map(([name, n]) => (
            <li key={name} title={MEANINGS[name]} class={n ? "" : "none"}>
              <i style={{ background: `var(${strategyColour(name)})` }} />
              <span>{strategyName(name)}</span>
              <b>{count(n)}</b>
              <em>{total ? share(n / total) : ""}</em>
            </li>
          ))}
        </ul>
      </div>
    </Card>
  );
}

function Ring({ parts, total }) {
  let at = 0;
  const some = parts.filter(([, n]) => n > 0);
  const label = total
    ? `Of ${whole(total)} jobs: ${some.map(([name, n]) => `${strategyName(name)} ${share(n / total)}`).join(", ")}`
    : "No jobs yet";
  return (
    <svg viewBox="0 0 100 100" role="img" aria-label={label}>
      <circle cx="50" cy="50" r={RADIUS} fill="none" stroke="var(--track)" stroke-width="11" />
      {some.map(([name, n]) => {
        const length = (n / total) * AROUND;
        const offset = -at;
        at += length;
        return (
          <circle
            key={name} cx="50" cy="50" r={RADIUS} fill="none" stroke={`var(${strategyColour(name)})`} stroke-width="11"
            stroke-dasharray={`${Math.max(0.6, length - (some.length > 1 ? GAP : 0))} ${AROUND}`} stroke-dashoffset={offset}
            transform="rotate(-90 50 50)"
          />
        );
      })}
      <text x="50" y="49" class="total">{count(total)}</text>
      <text x="50" y="61" class="unit">jobs</text>
    </svg>
  );
}
