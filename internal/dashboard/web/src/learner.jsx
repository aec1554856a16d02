// What was learned: whether it acts, what it costs against the table, and the weights.

import { useMemo } from "preact/hooks";
import { rows, neural } from "./state.js";
import { column } from "./history.js";
import { Card, Fact } from "./card.jsx";
import { Chart, axis } from "./chart.jsx";
import { STRATEGIES, strategyColour } from "./colours.js";
import { count, share, signed, NONE } from "./format.js";

export function Learner() {
  const n = neural.value;
  const guard = n?.guard;
  return (
    <Card area="learner" title="Learner" note={n ? <Mode n={n} /> : null}>
      {(table) => (
        <>
          <dl class="facts">
            <Fact name="samples">{count(n?.sample_count)}</Fact>
            <Fact name="reward, mean" title="1 in time, −0.5 late, −1 shed or failed">{n?.sample_count ? n.avg_reward.toFixed(3) : NONE}</Fact>
            <Fact name="explores" title="share of decisions that try the other arm">{share(n?.epsilon)}</Fact>
            <Fact name="guard budget" title="what it may still lose against the table, before it falls back to it">
              {count(guard?.budget)}<small> {guard?.fallbacks ? `${guard.fallbacks} fallbacks` : ""}</small>
            </Fact>
          </dl>
          <p class="reason">{guard?.reason ?? ""}</p>
          <Regret table={table} guard={guard} />
          <Weights n={n} />
        </>
      )}
    </Card>
  );
}

const Mode = ({ n }) => (
  <span class={n.guard?.acting ? "badge on" : "badge"}>{n.mode}{n.guard?.acting ? ", acts" : ", watches"}</span>
);

const SERIES = [{ name: "regret", colour: "--accent", fill: 0.15, text: regretText }];
const SCALES = {
  y: {
    range: (_, least, most) => {
      const size = Math.max(0.001, Math.abs(least ?? 0), Math.abs(most ?? 0)) * 1.1;
      return [-size, size];
    },
  },
};
const AXES = [axis({ size: 52, gap: 6, space: 18, values: (_, splits) => splits.map((x) => (x === 0 ? "0" : x.toPrecision(1))) })];

function regretText(x) {
  return x === null || x === undefined ? NONE : Math.abs(x) < 5e-5 ? "0" : signed4(x);
}
const signed4 = (x) => (x > 0 ? "+" : "−") + Math.abs(x).toFixed(4);

// Regret is how much worse than the table's the learner's choices are expected to be.
function Regret({ table, guard }) {
  const list = rows.value;
  const data = useMemo(() => [column(list, "time"), column(list, "learner_regret")], [list]);
  return (
    <div class="regret">
      <h3>Regret against the table <small>{guard ? `now ${regretText(guard.loss - guard.base_loss)}; below 0 it gains` : ""}</small></h3>
      <Chart label="Regret of the learner against the table" data={data} series={SERIES} scales={SCALES} axes={AXES} table={table} height={92} />
    </div>
  );
}

// SHADED is the weight that gets the full colour.
const SHADED = 0.3;

function Weights({ n }) {
  const features = n?.features ?? [];
  const arms = ["inline", "spawn", "cpu_pool", "batch", "drop"].filter((name) => STRATEGIES.includes(name));
  return (
    <div class="scroll wide" tabIndex={0} role="region" aria-label="Weights: table">
      <table class="rows weights">
        <caption>Weights: what each feature adds to the expected reward of an arm</caption>
        <thead>
          <tr>
            <th scope="col">arm</th>
            {features.map((f) => <th scope="col" class="n" key={f}>{f}</th>)}
          </tr>
        </thead>
        <tbody>
          {(n?.weights ?? []).map((row, i) => arms[i] === "drop" ? null : (
            <tr key={arms[i]}>
              <th scope="row"><i class="dot" style={{ background: `var(${strategyColour(arms[i])})` }} />{arms[i]}</th>
              {row.map((w, j) => (
                <td
                  class={w === 0 ? "n none" : "n"} key={features[j]}
                  style={{ "--w": `${Math.min(100, (Math.abs(w) / SHADED) * 100).toFixed(0)}%`, "--c": `var(${w > 0 ? "--plus" : "--minus"})` }}
                >
                  {signed(w)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
