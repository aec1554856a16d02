// Numbers for people: three significant digits, and the unit that fits.

const UNITS = [
  [1e-6, 1e9, "ns"],
  [1e-3, 1e6, "µs"],
  [1, 1e3, "ms"],
  [120, 1, "s"],
  [7200, 1 / 60, "min"],
  [Infinity, 1 / 3600, "h"],
];

export const NONE = "–";

// digits writes a number with three significant digits and no exponent.
function digits(x) {
  const size = Math.abs(x);
  if (size >= 100 || x === 0) return Math.round(x).toString();
  return size >= 10 ? trim(x.toFixed(1)) : trim(x.toFixed(2));
}

const trim = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);

// seconds writes a duration: 21.3 µs, 8 ms, 1.5 s.
export function seconds(x) {
  if (x === null || x === undefined || Number.isNaN(x)) return NONE;
  if (x === 0) return "0 s";
  const [, factor, unit] = UNITS.find(([below]) => Math.abs(x) < below);
  return `${digits(x * factor)} ${unit}`;
}

// count writes a number of things or a rate: 42, 4.21 k, 1.2 M.
export function count(x) {
  if (x === null || x === undefined || Number.isNaN(x)) return NONE;
  const size = Math.abs(x);
  if (size >= 999_500) return `${digits(x / 1e6)} M`;
  if (size >= 9_995) return `${digits(x / 1e3)} k`;
  if (size >= 100 || Number.isInteger(x)) return Math.round(x).toLocaleString("en-US");
  return digits(x);
}

// whole writes an integer in full, with thin groups.
export const whole = (x) => (x === null || x === undefined ? NONE : Math.round(x).toLocaleString("en-US"));

// share writes a part of one as per cent; what is small but not nothing stays visible.
export function share(x) {
  if (x === null || x === undefined || Number.isNaN(x)) return NONE;
  if (x > 0 && x < 0.001) return "< 0.1 %";
  if (x < 1 && x > 0.999) return "> 99.9 %";
  return `${digits(x * 100)} %`;
}

// times writes a factor.
export const times = (x) => (x === null || x === undefined ? NONE : `${digits(x)}×`);

// plain writes a coefficient with its sign and two decimals.
export const signed = (x) => (x === 0 ? "0" : (x > 0 ? "+" : "−") + Math.abs(x).toFixed(2));

const pad = (n) => String(n).padStart(2, "0");

// clock writes the local time of day of a Unix time in seconds.
export function clock(unix) {
  const d = new Date(unix * 1000);
  return `${pad(d.getHours())}:${pad(d.getMinutes())}:${pad(d.getSeconds())}`;
}

// clocks writes the times under an axis, without the seconds where all of them are 0.
export function clocks(times) {
  const whole = times.every((t) => t % 60 === 0);
  return times.map((t) => (whole ? clock(t).slice(0, 5) : clock(t)));
}

// uptime writes how long something has run, in its two largest units.
export function uptime(total) {
  const s = Math.floor(total);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}
