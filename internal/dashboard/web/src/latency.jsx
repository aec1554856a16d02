// How long jobs take from submit to end: quantiles by strategy or kind, and the
// whole distribution over time as heat.

import { useMemo, useState } from "preact/hooks";
import { rows, heatBounds } from "./state.js";
import { column, lastOf, namesIn, nested } from "./history.js";
import { Card, Choice } from "./card.jsx";
import { Chart, axis } from "./chart.jsx";
import { heatHooks } from "./heat.js";
import { STRATEGIES, kindColour, paint, strategyColour } from "./colours.js";
import { count, seconds } from "./format.js";

const GROUPS = [["strategies", "by strategy"], ["kinds", "by kind"]];
const QUANTILES = [["p50", "p50"], ["p95", "p95"], ["p99", "p99"]];

// A logarithmic axis of at least three decades, whole ones, so that it seldom moves.
const FLOOR = 1e-6;
const CEILING = 1e3;
const decade = (x, round) => 10 ** round(Math.log10(Math.min(CEILING, Math.max(FLOOR, x))));

export const durations = {
  distr: 3,
  range: (_, least, most) => {
    if (least === null || most === null) return [1e-5, 1e-1];
    const low = decade(least, Math.floor);
    return [low, Math.max(low * 1000, decade(most, Math.ceil))];
  },
};

const decades = (_, splits) => splits.map((x) => (Math.abs(Math.log10(x) - Math.round(Math.log10(x))) < 1e-6 ? x : null));

// Only whole decades get a line and a label.
export const durationAxis = (more) =>
  axis({
    size: 54,
    gap: 6,
    filter: decades,
    grid: { stroke: () => paint("--grid"), width: 1, filter: decades },
    values: (_, splits) => splits.map((x) => (x === null ? "" : seconds(x))),
    ...more,
  });

const SCALES = { y: durations };
const AXES = [durationAxis()];

export function Latency() {
  const [group, setGroup] = useState("strategies");
  const [quantile, setQuantile] = useState("p99");
  const list = rows.value;
  const names = useMemo(() => namesIn(list, group, group === "strategies" ? STRATEGIES : []).filter((n) => n !== "drop"), [list, group]);
  const series = names.map((name, i) => ({
    name,
    colour: group === "strategies" ? strategyColour(name) : kindColour(i),
    text: seconds,
  }));
  const data = useMemo(() => [column(list, "time"), ...names.map((name) => nested(list, group, name, quantile))], [list, group, quantile, names.join()]);
  const tools = (
    <>
      <Choice label="Group" options={GROUPS} value={group} onChange={setGroup} />
      <Choice label="Quantile drawn" options={QUANTILES} value={quantile} onChange={setQuantile} />
    </>
  );
  return (
    <Card area="latency" title="Latency" tools={tools}>
      {(table) => (
        <>
          <Chart
            label={`${quantile} of the latency ${group === "kinds" ? "by kind" : "by strategy"}`}
            data={data} series={series} scales={SCALES} axes={AXES} table={table} height={196}
            empty="Latencies appear with the first jobs."
          >
            {null}
          </Chart>
          <Quantiles names={names} group={group} series={series} list={list} />
        </>
      )}
    </Card>
  );
}

function Quantiles({ names, group, series, list }) {
  return (
    <div class="quantiles">
      <table class="rows">
        <caption>The newest second in which each ran</caption>
        <thead>
          <tr>
            <th scope="col">{group === "kinds" ? "kind" : "strategy"}</th>
            <th scope="col" class="n">jobs/s</th>
            <th scope="col" class="n">p50</th>
            <th scope="col" class="n">p95</th>
            <th scope="col" class="n">p99</th>
          </tr>
        </thead>
        <tbody>
          {names.length === 0 ? <tr><td colSpan={5} class="none">nothing ran yet</td></tr> : null}
          {names.map((name, i) => {
            const last = lastOf(list, group, name);
            return (
              <tr key={name}>
                <th scope="row"><i class="dot" style={{ background: `var(${series[i].colour})` }} />{name}</th>
                <td class="n">{count(last?.rate)}</td>
                <td class="n">{seconds(last?.p50)}</td>
                <td class="n">{seconds(last?.p95)}</td>
                <td class="n">{seconds(last?.p99)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

const HEAT_AXES = [durationAxis()];

export function Heat() {
  const list = rows.value;
  const bounds = heatBounds.value;
  const most = useMemo(() => list.reduce((most, row) => Math.max(most, ...row.heat), 0), [list]);
  // uPlot is given the number of jobs for its cursor; the cells are drawn by the hook.
  const data = useMemo(() => [column(list, "time"), list.map((row) => row.heat.reduce((sum, n) => sum + n, 0) || null)], [list]);
  const scales = useMemo(() => ({ y: { distr: 3, range: () => (bounds.length > 1 ? [bounds[0] ** 2 / bounds[1], bounds.at(-1)] : [1e-5, 10]) }, n: {} }), [bounds]);
  const series = useMemo(() => [{ name: bounds.length ? "jobs" : "jobs ", colour: "--ink-3", text: count, hidden: true, scale: "n" }], [bounds]);
  const hooks = useMemo(() => heatHooks(), []);
  return (
    <Card area="heat" title="Latency over time" note="how many jobs took how long, each second">
      {(table) => (
        <>
          <Chart
            label={`Heat map of latencies from ${seconds(bounds[0])} to ${seconds(bounds.at(-1))}, at most ${count(most)} jobs in a cell`}
            data={data} series={series} scales={scales} axes={HEAT_AXES} hooks={hooks} table={table} height={232}
            empty="Latencies appear with the first jobs."
          >
            {null}
          </Chart>
          <p class="heatkey" aria-hidden="true"><span>1 job</span><i /><span>{most > 1 ? count(most) : "many"}</span></p>
        </>
      )}
    </Card>
  );
}
