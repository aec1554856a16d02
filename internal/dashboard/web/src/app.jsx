import { Header } from "./header.jsx";
import { Tiles } from "./tiles.jsx";
import { Rates } from "./rates.jsx";
import { Strategies } from "./strategies.jsx";
import { Pressure } from "./pressure.jsx";
import { Latency, Heat } from "./latency.jsx";
import { Fleet } from "./fleet.jsx";
import { Pool } from "./pool.jsx";
import { Learner } from "./learner.jsx";
import { Autoscaler } from "./autoscaler.jsx";
import { Decisions } from "./decisions.jsx";
import { Explain } from "./explain.jsx";
import { ConfigEditor } from "./config.jsx";
import { Footer } from "./footer.jsx";

export const App = () => (
  <>
    <a class="skip" href="#main">Skip to the numbers</a>
    <Header />
    <main id="main" tabIndex={-1}>
      <Tiles />
      <Rates />
      <Strategies />
      <Pressure />
      <Latency />
      <Heat />
      <Decisions />
      <Explain />
      <Fleet />
      <Pool />
      <Learner />
      <Autoscaler />
      <ConfigEditor />
    </main>
    <Footer />
  </>
);
