// How hard the router is pressed, and by what.

import { stats, latest } from "./state.js";
import { Card, Bar } from "./card.jsx";

const MEANINGS = {
  saturation: "busy slots and the queue",
  drops: "jobs that were shed of late",
  latency: "p95 of the pool against its budget",
  trend: "how fast the load rises",
  external: "told through /api/telemetry",
  sched_latency: "goroutines wait for a core",
  runnable: "goroutines that could run",
  cpu_throttled: "the container's CPU quota",
  gc: "the garbage collector",
  memory: "the memory limit",
  queue_sojourn: "the shortest wait in the queue",
};

const words = (name) => name.replaceAll("_", " ");

const tone = (score) => (score >= 0.8 ? "--s-drop" : score >= 0.5 ? "--s-cpu_pool" : "--accent");

export function Pressure() {
  const p = stats.value?.pressure;
  const score = latest.value?.pressure ?? p?.score ?? 0;
  const ruling = latest.value?.ruling ?? p?.ruling ?? "none";
  const pressed = ruling !== "none" && score >= 0.005;
  return (
    <Card area="pressure" title="Pressure">
      <div class="pressure">
        <Gauge score={score} />
        <p class="ruling">{pressed ? <><b>{words(ruling)}</b> rules</> : "nothing presses"}</p>
        <ul class="signals">
          {(p?.signals ?? []).map(({ name, value, weight }) => (
            <li key={name} title={MEANINGS[name]} class={name === ruling && pressed ? "ruling" : value > 0 ? "" : "none"}>
              <span>{words(name)}</span>
              <Bar of={value} colour={tone(value * (weight < 1 ? 1 : weight))} />
              <b>{value.toFixed(2)}</b>
            </li>
          ))}
        </ul>
      </div>
    </Card>
  );
}

// Three quarters of a circle; the needle is the end of the filled part.
const RADIUS = 40;
const SPAN = 0.75 * 2 * Math.PI * RADIUS;

function Gauge({ score }) {
  const filled = Math.max(0, Math.min(1, score)) * SPAN;
  const arc = "M21.7 78.3A40 40 0 1 1 78.3 78.3";
  return (
    <div class="gauge" role="meter" aria-label="Pressure" aria-valuemin={0} aria-valuemax={1} aria-valuenow={Number(score.toFixed(2))}>
      <svg viewBox="0 0 100 95" aria-hidden="true">
        <path d={arc} fill="none" stroke="var(--track)" stroke-width="9" stroke-linecap="round" />
        {filled > 0.5 ? (
          <path class="filled" d={arc} fill="none" stroke={`var(${tone(score)})`} stroke-width="9" stroke-linecap="round" stroke-dasharray={`${filled} 400`} />
        ) : null}
        <text x="50" y="56" class="total">{score.toFixed(2)}</text>
        <text x="20" y="93" class="end">0</text>
        <text x="80" y="93" class="end">1</text>
      </svg>
    </div>
  );
}
