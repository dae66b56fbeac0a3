// Child processes whose output is shown only when they fail.
import { spawn } from "node:child_process";
import { SetupError } from "./console.mjs";

/** Runs a program to its end; resolves to its output, rejects with a SetupError that carries the last lines. */
export function run(program, args, options = {}) {
  const { remedy = "See the lines above.", explain, show = false, ...rest } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...rest, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const keep = (stream) => (data) => {
      output = (output + data).slice(-200_000);
      if (show) stream.write(data);
    };
    child.stdout.on("data", keep(process.stdout));
    child.stderr.on("data", keep(process.stderr));
    child.on("error", (error) =>
      reject(
        new SetupError(
          error.code === "ENOENT" ? `${program} was not found.` : `${program} did not start (${error.message}).`,
          remedy,
        ),
      ),
    );
    child.on("close", (code, signal) => {
      if (code === 0) return resolve(output);
      const known = explain?.(output) ?? explainCommon(output);
      if (known) return reject(known);
      if (!show) process.stderr.write(`\n${output.split("\n").slice(-25).join("\n")}\n`);
      const how = signal ? `was stopped by ${signal}` : `ended with exit code ${code}`;
      reject(new SetupError(`${[program, ...args].join(" ").slice(0, 120)} ${how}.`, remedy));
    });
  });
}

/** The two causes that any download or build may meet. */
function explainCommon(output) {
  if (/ENOSPC|No space left on device|Errno 28/.test(output))
    return new SetupError(
      "The disk is full.",
      "Free about 3 GB and run the command again; it goes on where it stopped.",
    );
  if (
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ECONNRESET|NewConnectionError|Temporary failure in name resolution|Network is unreachable|Max retries exceeded|No matching distribution found.*\n?.*from versions: none/i.test(
      output,
    )
  )
    return new SetupError(
      "The package registry could not be reached.",
      "Check the network (or the proxy settings of npm and pip) and run the command again; it goes on where it stopped.",
    );
  return undefined;
}
