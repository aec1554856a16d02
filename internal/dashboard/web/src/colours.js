// One colour a thing, everywhere. The values are in style/tokens.css, where they
// follow the theme; here are their names.

import { signal } from "@preact/signals";

export const STRATEGIES = ["inline", "spawn", "cpu_pool", "batch", "remote", "drop"];

// strategyColour names the variable of a strategy's colour.
export const strategyColour = (name) =>
  STRATEGIES.includes(name) ? `--s-${name}` : "--ink-3";

// Kinds have no colour of their own: they take these in the order of their names,
// and grey beyond.
const KIND_COLOURS = ["--k-1", "--k-2", "--k-3", "--k-4", "--k-5"];
export const kindColour = (index) => KIND_COLOURS[index] ?? "--ink-3";

// rules holds the computed style of the page; reading a variable from it is cheap.
const rules = getComputedStyle(document.documentElement);

// paint returns a variable's value, for canvases, which cannot read variables.
export const paint = (name) => rules.getPropertyValue(name).trim();

// theme changes when the system's setting does, so that canvases are drawn anew.
const light = matchMedia("(prefers-color-scheme: light)");
export const theme = signal(light.matches ? "light" : "dark");
light.addEventListener("change", () => {
  theme.value = light.matches ? "light" : "dark";
});

// Words for the strategies, as the page shows them.
export const strategyName = (name) => (name === "drop" ? "shed" : name);
