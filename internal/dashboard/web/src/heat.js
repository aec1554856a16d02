// Draws the cells of the heat map into a uPlot canvas: a column a second, a row a
// bucket, darker to brighter with the logarithm of how many jobs there were.

import { rows, heatBounds } from "./state.js";
import { paint } from "./colours.js";

const SHADES = 24;
const LONGEST = 4; // seconds that a sample may stand for

// ramp mixes the theme's three heat colours into SHADES steps.
function ramp() {
  const stops = ["--heat-1", "--heat-2", "--heat-3"].map((name) => {
    const hex = paint(name).slice(1);
    return [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16));
  });
  return Array.from({ length: SHADES }, (_, i) => {
    const at = (i / (SHADES - 1)) * 2;
    const [a, b] = at < 1 ? [stops[0], stops[1]] : [stops[1], stops[2]];
    return `rgb(${a.map((v, c) => Math.round(v + (b[c] - v) * (at % 1 || (at === 2 ? 1 : 0)))).join(" ")})`;
  });
}

// heatHooks are uPlot's, for a chart with the time as x and seconds as y.
export const heatHooks = () => ({ drawAxes: [draw] });

function draw(u) {
  const list = rows.value;
  const bounds = heatBounds.value;
  const most = list.reduce((most, row) => Math.max(most, ...row.heat), 0);
  if (!most || bounds.length < 2) return;
  const shades = ramp();
  const top = Math.log(1 + most);
  const { ctx } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
  ctx.clip();
  // Edges on whole pixels, or neighbours would show seams.
  const edges = bounds.map((b) => Math.round(u.valToPos(b, "y", true)));
  const below = Math.round(u.bbox.top + u.bbox.height);
  list.forEach((row, at) => {
    // A cell is as wide as its sample is long; after a pause it is a second wide.
    const before = list[at - 1]?.time ?? -Infinity;
    const began = row.time - before < LONGEST ? before : row.time - 1;
    const left = Math.round(u.valToPos(began, "x", true));
    const width = Math.max(1, Math.round(u.valToPos(row.time, "x", true)) - left);
    row.heat.forEach((n, i) => {
      if (!n) return;
      const low = i === 0 ? below : edges[i - 1];
      const high = edges[Math.min(i, edges.length - 1)];
      ctx.fillStyle = shades[Math.min(SHADES - 1, Math.floor((Math.log(1 + n) / top) * SHADES))];
      ctx.fillRect(left, high, width, Math.max(1, low - high));
    });
  });
  ctx.restore();
}
