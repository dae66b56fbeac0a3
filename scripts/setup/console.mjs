// How the set-up speaks: one line a step with the time it took, one sentence for a failure with its remedy.

const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code, text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);

/** A failure that the person at the terminal can mend: printed as one sentence, without a stack. */
export class SetupError extends Error {
  constructor(problem, remedy) {
    super(`${problem} ${remedy}`);
    this.name = "SetupError";
  }
}

/** Runs `work`, prints `title` and the seconds it took. `work` returns false (or a text) when there was nothing to do. */
export async function step(title, work) {
  const start = performance.now();
  if (process.stdout.isTTY) process.stdout.write(`  … ${title}`);
  let outcome;
  try {
    outcome = await work();
  } catch (error) {
    if (process.stdout.isTTY) process.stdout.write("\r\u001b[K");
    console.log(`  ${paint(31, "✗")} ${title}`);
    throw error;
  }
  if (process.stdout.isTTY) process.stdout.write("\r\u001b[K");
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const nothing = outcome === false;
  const detail = typeof outcome === "string" ? `  ${outcome}` : "";
  console.log(
    `  ${paint(nothing ? 90 : 32, "✓")} ${title}${paint(90, nothing ? "  up to date" : `${detail}  ${seconds} s`)}`,
  );
}

/** Ends the process: a SetupError with its sentence, anything else with its stack. */
export function fail(error) {
  console.error(error instanceof SetupError ? `\n${error.message}` : error);
  process.exit(1);
}
