// In which order suites run, and which of them side by side.
import { noteSuite } from "./results.mjs";
import { Output } from "./run.mjs";

/** The order of npm test: one stage after the other, the lanes of a stage side by side. Suites of the first stage use one core each and wait for
 *  kernels and browsers; both lanes take about the same time on two cores. */
export const stages = [
  [
    ["lint", "protocol", "browser"],
    ["wheel", "train", "notebooks"],
  ],
  [["unit"]],
];

/** Runs the chosen ones of `suites`, each of which is a function of { output, env }. Where several run side by side, each prints when it ends. */
export async function runStages(order, suites, chosen, env) {
  for (const lanes of order) {
    const left = lanes.map((lane) => lane.filter((name) => chosen.includes(name))).filter((lane) => lane.length > 0);
    const isHeld = left.length > 1;
    if (isHeld) console.log(`\nSide by side, each shown when it ends: ${left.flat().join(", ")}`);
    await Promise.all(left.map((lane) => runLane(lane, suites, isHeld, env)));
  }
}

/** The suites of a lane, one after the other. */
async function runLane(names, suites, isHeld, env) {
  for (const name of names) {
    const output = new Output(isHeld);
    const start = performance.now();
    await suites[name]({ output, env });
    noteSuite(name, (performance.now() - start) / 1000);
    output.release();
  }
}
