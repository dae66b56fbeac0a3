import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { tfBackend } from "../../kernel/train";
import type { BackendName } from "../../kernel/train";

// Jest runs tests in a context with typed arrays of its own, while the native binding makes Node's: tfjs would not know them.
// A function of Node's own context gives that context's.
const inNode = Buffer.constructor as FunctionConstructor;
for (const name of ["Float32Array", "Int32Array", "Uint8Array", "ArrayBuffer"])
  Object.defineProperty(globalThis, name, { value: inNode(`return ${name}`)(), configurable: true, writable: true });

/** Whether `npm run native` has been here. */
export function hasNativeBinding(): boolean {
  const folder = join(dirname(require.resolve("@tensorflow/tfjs-node/package.json")), "lib");
  return existsSync(folder) && readdirSync(folder).some((name) => existsSync(join(folder, name, "tfjs_binding.node")));
}

const chosen = process.env.CODEBOOK_TF_BACKEND as BackendName | undefined;

/** The backends to test: CODEBOOK_TF_BACKEND alone when it is set; else wasm, and tensorflow where its binding is there. */
export const backends: readonly BackendName[] = chosen
  ? [chosen]
  : hasNativeBinding()
    ? ["wasm", "tensorflow"]
    : ["wasm"];

/** Runs the same tests on each backend, on that backend and no other; after each test no tensor may be left. */
export function onEachBackend(tests: (backend: BackendName) => void): void {
  describe.each(backends.map((name) => [name]))("on %s", (name) => {
    let tensorsBefore = 0;
    beforeAll(async () => {
      const backend = await tfBackend({ prefer: name });
      process.stderr.write(`test/train: tfjs ${tf.version.tfjs} on its backend "${tf.getBackend()}"\n`);
      expect(backend.name).toBe(name);
      expect(tf.getBackend()).toBe(name);
    });
    beforeEach(() => {
      tensorsBefore = tf.memory().numTensors;
    });
    afterEach(() => {
      expect(tf.getBackend()).toBe(name);
      expect(tf.memory().numTensors).toBe(tensorsBefore);
    });
    tests(name);
  });
}

/** Numbers from 0 to 1 that a seed determines (Mulberry32). */
export function seededNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The layer with its weights made, as the only one of a model: `layer.dispose()` then frees them. */
export function mounted<L extends tf.layers.Layer>(layer: L): L {
  tf.sequential({ layers: [layer] });
  return layer;
}
