import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { CodebookError, OptionError } from "../errors";
import { withoutGreeting } from "../session/language/tensorflow-greeting";
import { checkChoice, checkOptionNames } from "../options";
import { delegateMissingKernels } from "./delegated-kernels";
import type * as tfWasm from "@tensorflow/tfjs-backend-wasm";
import type { Backend, BackendName, BackendOptions } from "./types";

withoutGreeting(tf);

const order: readonly BackendName[] = ["tensorflow", "wasm", "cpu"];

/** Sets what runs tfjs's operations: the first of these that can be had.
 *  "tensorflow": @tensorflow/tfjs-node, TensorFlow's C library (`npm run native` gets it); about 20 ms for a product of two 1024×1024 matrices.
 *  "wasm": @tensorflow/tfjs-backend-wasm, no native part; about 5 times that.
 *  "cpu": plain JavaScript; about 150 times.
 *  `prefer` names the backend, or those to try, in order; when none can be had a `CodebookError` (code "BACKEND") says why for each.
 *  Call it before the first tensor is made, and dispose of tensors before changing to another backend. */
export async function tfBackend(options: BackendOptions = {}): Promise<Backend> {
  checkOptionNames("tfBackend", options, ["prefer"]);
  const given = options.prefer ?? order;
  const wanted = (typeof given === "string" ? [given] : given).map((name) =>
    checkChoice("tfBackend", "prefer", name, order),
  );
  if (wanted.length === 0) throw new OptionError("tfBackend(): prefer is empty; it takes one backend or more");
  const skipped: { name: BackendName; reason: string }[] = [];
  for (const name of wanted) {
    try {
      await load[name]();
    } catch (error) {
      skipped.push({ name, reason: firstLine(error) });
      continue;
    }
    return {
      name,
      tf: tf as unknown as Backend["tf"],
      skipped,
      delegated: name === "wasm" ? delegateMissingKernels() : [],
    };
  }
  throw new CodebookError("BACKEND", skipped.map(({ name, reason }) => `${name}: ${reason}`).join("; "));
}

/** Loads a backend's package when it is wanted. */
const lazily = createRequire(__filename);

const load: Record<BackendName, () => Promise<void>> = {
  async tensorflow() {
    process.env.TF_CPP_MIN_LOG_LEVEL ??= "1"; // no notes on processor features
    // Loading the package registers the backend "tensorflow" with tfjs, and throws where the binding is missing.
    lazily("@tensorflow/tfjs-node");
    await use("tensorflow");
  },
  async wasm() {
    const folder = dirname(lazily.resolve("@tensorflow/tfjs-backend-wasm"));
    const { setWasmPaths } = lazily("@tensorflow/tfjs-backend-wasm") as typeof tfWasm;
    if (!wasmReady) setWasmPaths(join(folder, "/"));
    await withoutNewListeners(() => use("wasm"));
    wasmReady = true;
  },
  async cpu() {
    await use("cpu");
  },
};

let wasmReady = false;

async function use(name: BackendName): Promise<void> {
  if (!(await tf.setBackend(name))) throw new CodebookError("BACKEND", `tfjs could not start its backend "${name}"`);
  await tf.ready();
}

/** Does `work` and takes off the handlers that it adds to the process: Emscripten's start-up code adds one that turns every unhandled
 *  rejection into a crash. */
async function withoutNewListeners(work: () => Promise<void>): Promise<void> {
  const events = ["unhandledRejection", "uncaughtException"] as const;
  const before = events.map((event) => new Set<unknown>(process.listeners(event as "uncaughtException")));
  await work();
  events.forEach((event, i) => {
    for (const listener of process.listeners(event as "uncaughtException"))
      if (!before[i].has(listener)) process.removeListener(event, listener as () => void);
  });
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n", 1)[0];
}
