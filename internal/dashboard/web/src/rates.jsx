// What was asked and what became of it, each second.

import { useMemo } from "preact/hooks";
import { rows, span, SPANS } from "./state.js";
import { column } from "./history.js";
import { Card, Choice } from "./card.jsx";
import { Chart, axis } from "./chart.jsx";
import { count } from "./format.js";

const SERIES = [
  { name: "offered", colour: "--ink-2", dash: [4, 3], text: count, width: 1.5 },
  { name: "admitted", colour: "--k-1", text: count, width: 1.25 },
  { name: "goodput", colour: "--accent", fill: 0.2, text: count, width: 2 },
  { name: "shed", colour: "--s-drop", fill: 0.2, text: count, width: 2 },
  { name: "expired", colour: "--k-2", text: count, width: 1.5 },
];

const SCALES = { y: { range: (_, __, most) => [0, Math.max(10, (most ?? 0) * 1.08)] } };
const AXES = [axis({ size: 52, gap: 6, values: (_, splits) => splits.map(count) })];

export function Rates() {
  const list = rows.value;
  const data = useMemo(() => ["time", ...SERIES.map((s) => s.name)].map((name) => column(list, name)), [list]);
  return (
    <Card area="rates" title="Jobs per second" tools={<Choice label="Time shown by all charts" options={SPANS} value={span.value} onChange={(s) => { span.value = s; }} />}>
      {(table) => (
        <Chart
          label="Jobs offered, admitted, done in time, shed and expired per second"
          data={data} series={SERIES} scales={SCALES} axes={AXES} table={table} height={236}
          empty="No jobs of late. “Run 200 jobs” gives the router some."
        />
      )}
    </Card>
  );
}
