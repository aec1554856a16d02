import { stats } from "./state.js";

const licences = document.querySelector('link[rel="license"]')?.getAttribute("href");

export const Footer = () => (
  <footer class="foot">
    <span>Helix{stats.value ? ` on ${stats.value.go}` : ""}</span>
    <nav aria-label="More">
      <a href="docs">API</a>
      <a href="metrics">Metrics</a>
      <a href="readyz">Readiness</a>
      <a href={licences}>Licences</a>
    </nav>
  </footer>
);
