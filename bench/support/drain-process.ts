/**
 * A process that drains a queue, for drain.ts: `PROGRAM URL`. Begins when it is told to, and tells how many tasks it
 * has run.
 */
import { type DrainProgramName, loadDrainProgram } from "./drain-program.ts";

/** How long what it ran is added up before it is told: messages cost time that the queue should have. */
const tellMs = 5;

const [name, url = ""] = process.argv.slice(2);
const program = await loadDrainProgram(name as DrainProgramName);
let ran = 0;
let telling = false;

function tell(): void {
  telling = false;
  process.send?.({ ran });
}

function onRun(count: number): void {
  ran += count;
  if (telling) return;
  telling = true;
  setTimeout(tell, tellMs);
}

process.on("message", (message) => {
  if (message === "go") void program.work(url, onRun);
  else process.exit(0);
});
// Whoever measures is gone.
process.on("disconnect", () => process.exit(1));
process.send?.("ready");
