// The five numbers that say how it goes, each with its last minute.

import { rows, latest, stats } from "./state.js";
import { column, slowest } from "./history.js";
import { count, seconds, share } from "./format.js";
import { strategyName } from "./colours.js";

const MINUTE = 60;

export function Tiles() {
  const now = latest.value;
  const minute = rows.value.slice(-MINUTE);
  const [worst, age] = newestSlowest(rows.value);
  return (
    <section class="tiles a-tiles" aria-label="Now">
      <Tile name="Offered" unit="jobs/s" value={count(now?.offered)} values={column(minute, "offered")} colour="--ink-2" about={`${count(stats.value?.submitted)} since the start`} />
      <Tile name="Goodput" unit="jobs/s" value={count(now?.goodput)} values={column(minute, "goodput")} colour="--accent" about={now?.offered ? `${share(Math.min(1, now.goodput / now.offered))} of offered` : "done in time"} />
      <Tile name="Shed" unit="jobs/s" value={count(now?.shed)} values={column(minute, "shed")} colour="--s-drop" hot={now?.shed > 0} about={now?.offered ? `${share(now.shed / now.offered)} of offered` : "refused at once"} />
      <Tile name="p99 latency" {...withUnit(seconds(worst?.[1]))} values={minute.map((row) => slowest(row)?.[1] ?? null)} colour="--k-2" dim={age > 0} about={worst ? `of ${strategyName(worst[0])}, ${age > 0 ? `${age} s ago` : "the slowest"}` : "of the slowest strategy"} />
      <Tile name="Pressure" unit="" value={now ? (now.pressure ?? 0).toFixed(2) : "–"} values={column(minute, "pressure")} top={1} colour="--k-3" hot={now?.pressure >= 0.7} about={now?.pressure >= 0.005 && now.ruling !== "none" ? `${words(now.ruling)} rules` : "nothing presses"} />
    </section>
  );
}

// newestSlowest returns the slowest strategy of the newest second in which any ran, and
// how long that was ago.
function newestSlowest(list) {
  for (let i = list.length - 1; i >= 0; i--) {
    const worst = slowest(list[i]);
    if (worst) return [worst, Math.round(list.at(-1).time - list[i].time)];
  }
  return [null, 0];
}

const words = (name) => name.replaceAll("_", " ");

// withUnit takes "21 ms" apart, so that the unit can be small.
function withUnit(text) {
  const [value, unit = ""] = text.split(" ");
  return { value, unit };
}

function Tile({ name, value, unit, values, colour, about, hot, dim, top }) {
  const [number, prefix = ""] = value.split(" ");
  return (
    <div class={`tile${hot ? " hot" : ""}${dim ? " dim" : ""}`}>
      <h2>{name}</h2>
      <p class="big">
        {number}
        <small>{prefix}{prefix && unit ? " " : ""}{unit}</small>
      </p>
      <p class="about">{about}</p>
      <Spark values={values} colour={colour} top={top} />
    </div>
  );
}

// A sparkline is a picture of the trend: the number beside it is the fact.
function Spark({ values, colour, top }) {
  const most = top ?? Math.max(1e-9, ...values.map((v) => v ?? 0));
  const from = MINUTE - values.length;
  let line = "";
  let began = null;
  let area = "";
  values.forEach((v, i) => {
    if (v === null) {
      if (began !== null) area += `L${from + i - 1} 30Z`;
      began = null;
      return;
    }
    const point = `${from + i} ${(29 - (28 * Math.min(v, most)) / most).toFixed(1)}`;
    // A sample between two gaps has no line: one of no length is drawn as a dot.
    const alone = (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null;
    line += `${began === null ? "M" : "L"}${point}${alone ? "h.01" : ""}`;
    area += began === null ? `M${from + i} 30L${point}` : `L${point}`;
    began ??= i;
  });
  if (began !== null) area += `L${MINUTE - 1} 30Z`;
  return (
    <svg class="spark" viewBox="0 0 59 31" preserveAspectRatio="none" aria-hidden="true" style={{ color: `var(${colour})` }}>
      <path d={area} fill="currentColor" opacity=".16" />
      <path d={line} fill="none" stroke="currentColor" stroke-width="1.5" vector-effect="non-scaling-stroke" stroke-linejoin="round" stroke-linecap="round" />
    </svg>
  );
}
