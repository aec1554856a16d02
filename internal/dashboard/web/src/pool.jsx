// The pool: slots and queue over time, how long jobs wait, and what the batches hold.

import { useMemo } from "preact/hooks";
import { rows, latest, stats } from "./state.js";
import { column } from "./history.js";
import { Card, Fact, Bar } from "./card.jsx";
import { Chart, axis } from "./chart.jsx";
import { count, seconds, whole } from "./format.js";

const SERIES = [
  { name: "width", colour: "--ink-2", dash: [4, 3], step: true, text: whole, width: 1.25 },
  { name: "busy", colour: "--s-cpu_pool", fill: 0.22, step: true, text: whole },
  { name: "queued", colour: "--k-1", scale: "queue", text: whole, width: 1.5 },
];

const SCALES = {
  y: { range: (_, __, most) => [0, Math.max(4, Math.ceil((most ?? 0) * 1.15))] },
  queue: { range: (_, __, most) => [0, Math.max(16, (most ?? 0) * 1.08)] },
};
const AXES = [
  axis({ size: 34, gap: 6, incrs: [1, 2, 5, 10, 20, 50, 100, 500, 1000], values: (_, splits) => splits.map(whole) }),
  axis({ scale: "queue", side: 1, size: 44, gap: 6, grid: { show: false }, values: (_, splits) => splits.map(count) }),
];

export function Pool() {
  const list = rows.value;
  const now = latest.value;
  const s = stats.value;
  const data = useMemo(() => ["time", ...SERIES.map((x) => x.name)].map((name) => column(list, name)), [list]);
  const pool = s?.pool;
  return (
    <Card area="pool" title="Pool" note={<span id="capacity">slots on the left, queue on the right</span>}>
      {(table) => (
        <>
          <dl class="facts">
            <Fact name="slots busy" title="of those that may run at a time; the ceiling is cpu_parallelism">
              {whole(now?.busy ?? pool?.busy)}<small> of {whole(now?.width ?? pool?.effective)}</small>
            </Fact>
            <Fact name="queued" title="jobs that wait, and how many may">
              {whole(now?.queued ?? pool?.queued)}<small> of {whole(pool?.queue_cap)}</small>
            </Fact>
            <Fact name="wait, p99">{seconds(now?.queue_wait_p99)}</Fact>
            <Fact name="batches">{count(now?.batches)}<small> /s</small></Fact>
          </dl>
          <Chart label="Slots busy, slots and queued jobs" data={data} series={SERIES} scales={SCALES} axes={AXES} table={table} height={150} />
          <Batches batches={s?.batches} />
        </>
      )}
    </Card>
  );
}

// Sizes beyond the first dozen jobs are rare: what is bigger is one bar.
function Batches({ batches }) {
  const sizes = (batches?.sizes ?? []).filter((s) => s.count > 0);
  const most = Math.max(1, ...sizes.map((s) => s.count));
  return (
    <div class="batches">
      <h3>Batches formed <small>{batches?.count ? `${count(batches.count)}, ${(batches.jobs / batches.count).toFixed(1)} jobs each` : "none yet"}</small></h3>
      <ul class="sizes">
        {sizes.slice(0, 8).map(({ up_to, count: n }) => (
          <li key={up_to}>
            <span>{sizeName(up_to)}</span>
            <Bar of={n / most} colour="--s-batch" />
            <b>{count(n)}</b>
          </li>
        ))}
      </ul>
    </div>
  );
}

const sizeName = (upTo) => (upTo <= 2 ? `${upTo} ${upTo === 1 ? "job" : "jobs"}` : `${upTo / 2 + 1}–${upTo} jobs`);
