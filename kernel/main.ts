import "./cli/old-node";
import { TransportLine } from "./transport/line";
import { untestedNode } from "./version";

/** The kernel's process: `node --no-force-async-hooks-checks lib/kernel/main.js <connection file>`. The transport thread
 *  comes first: it answers while the compiler is still loading. */
const FLAG = "--no-force-async-hooks-checks";

async function main(): Promise<void> {
  const [connectionFile] = process.argv.slice(2);
  if (connectionFile === undefined) {
    process.stderr.write("codebook: no connection file given; Jupyter starts this program, after `codebook install`\n");
    process.exit(1);
  }
  if (!process.execArgv.includes(FLAG))
    process.stderr.write(`codebook: started without ${FLAG}; an interrupt may end the kernel: run codebook install\n`);
  const untested = untestedNode(process.versions.node);
  if (untested !== undefined) process.stderr.write(`codebook: ${untested}\n`);
  const line = new TransportLine(connectionFile);
  process.on("SIGINT", () => line.post({ kind: "signal" }));

  let lastWords: ((code: number) => string) | undefined = (code) =>
    `The kernel ended with exit code ${code}: a cell called process.exit() or the process was told to end.\n`;
  process.on("exit", (code) => line.close(lastWords?.(code)));
  process.on("SIGTERM", () => process.exit(143));
  const fail = (error: unknown): never => {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`codebook: the kernel failed: ${message}\n`);
    lastWords = () => `The kernel failed and must be restarted. ${message}\n`;
    process.exit(1);
  };
  line.onFailure(fail);
  process.on("uncaughtException", fail);

  const [{ Kernel }, { historyFolder }] = await Promise.all([
    import("./session/kernel.js"),
    import("./session/jupyter-paths.js"),
  ]);
  const language = import("./session/language/cell-language.js").then(({ createLanguage }) =>
    createLanguage({ cwd: process.cwd() }),
  );
  const kernel = new Kernel(line, language, {
    historyFolder: historyFolder(),
    exit: () => {
      lastWords = undefined;
      process.exit(0);
    },
  });
  line.onMessage((message) => kernel.receive(message));
  // From here on the language shows what cells leave uncaught, in the cell that it comes from.
  await language.catch(fail);
  process.off("uncaughtException", fail);
}

void main();
