// The other machines: how much of the work leaves, and what each of them makes of it.

import { useMemo } from "preact/hooks";
import { config, fleet, inFleet, rows } from "./state.js";
import { column, shareAway } from "./history.js";
import { Card, Fact } from "./card.jsx";
import { Chart, axis } from "./chart.jsx";
import { Peers } from "./peers.jsx";
import { count, share } from "./format.js";

export function Fleet() {
  const f = fleet.value;
  const note = <span id="fleet">{f?.enabled ? <Standing f={f} /> : ""}</span>;
  if (!f?.enabled) {
    return <Card area="fleet" title="Fleet" note={note}><div class={inFleet.value ? "fleet" : "fleet alone"}>{f ? <Alone /> : null}</div></Card>;
  }
  return (
    <Card area="fleet" title="Fleet" note={note}>
      {(table) => (
        <div class="fleet">
          <Away f={f} table={table} />
          {f.peers.length ? <Peers list={f.peers} /> : <Nobody f={f} />}
        </div>
      )}
    </Card>
  );
}

// Standing says how it stands with the fleet as a whole.
function Standing({ f }) {
  const ready = f.peers.filter((p) => p.state === "ready").length;
  return (
    <>
      <span class={`badge ${f.connected ? "on" : "off"}`}>{f.connected ? "connected" : "not connected"}</span>
      {" "}
      {f.connected ? `${ready} of ${f.peers.length} ${f.peers.length === 1 ? "peer" : "peers"} ready` : f.last_error || "every job runs here"}
      {config.value?.fields.remote_limit === 0 ? ", and none gets jobs: remote_limit is 0" : ""}
    </>
  );
}

const SERIES = [{ name: "ran elsewhere", colour: "--s-remote", fill: 0.22, text: share, width: 2 }];
const SCALES = { y: { range: (_, __, most) => [0, Math.min(1, Math.max(0.1, (most ?? 0) * 1.15))] } };
const AXES = [axis({ size: 46, gap: 6, values: (_, splits) => splits.map(share) })];
const MINUTE = 60;

// Away is the work that leaves. shareAway is null where nothing ran, and the chart has a gap there.
function Away({ f, table }) {
  const list = rows.value;
  const data = useMemo(() => [column(list, "time"), list.map((row) => shareAway([row]))], [list]);
  const t = f.totals;
  return (
    <div class="away">
      <dl class="facts two">
        <Fact name="elsewhere, 1 min" title="of the jobs that ran, those that ran on another machine">{share(shareAway(list.slice(-MINUTE)))}</Fact>
        <Fact name="since the start" title={`${count(t.remote)} of ${count(t.submitted)} jobs`}>{t.submitted ? share(t.remote_share) : "–"}</Fact>
        <Fact name="came back" title="of the jobs that were sent: they got no result and were decided again here">{count(t.returned)}<small> of {count(t.sent)}</small></Fact>
        <Fact name="second tries" title="after a failure, and beside an attempt that takes long; the budget is how many more may be made now">{count(t.retries + t.hedges)}<small> budget {count(t.budget)}</small></Fact>
      </dl>
      <Chart label="Share of the jobs that ran on another machine" data={data} series={SERIES} scales={SCALES} axes={AXES} table={table} height={150} empty="No job has left of late." />
    </div>
  );
}

const Nobody = ({ f }) => (
  <div class="join">
    <p>No peer is in sight yet. On another machine, start</p>
    <p><code>helixrouter worker --nats {f.server || "URL"}</code></p>
    <p>and it appears here within a second.</p>
  </div>
);

const Alone = () => (
  <div class="join">
    <p>This router works alone: every job runs on this machine. With a fleet, a job may run on another one where that is predicted to be quicker.</p>
    <ol>
      <li>Start this router with <code>helixrouter --cluster</code>, which brings the server along, or with <code>helixrouter --nats URL</code> for one that there is.</li>
      <li>On each other machine, start <code>helixrouter worker --nats URL</code>.</li>
    </ol>
  </div>
);
