import { render } from "preact";
import { App } from "./app.jsx";
import { start } from "./poll.js";

render(<App />, document.getElementById("app"));
start();
