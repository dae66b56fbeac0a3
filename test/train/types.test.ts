import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type * as typescript from "typescript";

// The compiler of the cells.
const ts = require("typescript") as typeof typescript; // eslint-disable-line @typescript-eslint/no-require-imports
const root = join(__dirname, "..", "..", "..");

/** Type-checks a cell with "codebook" as a package of its folder; in memory. */
function checkCell(source: string): { errors: string[]; files: string[] } {
  const options: typescript.CompilerOptions = {
    module: ts.ModuleKind.CommonJS,
    target: ts.ScriptTarget.ES2020,
    moduleResolution: 2 as typescript.ModuleResolutionKind,
    esModuleInterop: true,
    strict: true,
    skipLibCheck: true,
    types: ["node"],
  };
  const host = ts.createCompilerHost(options);
  const cell = join(root, "cell.ts");
  const { getSourceFile, fileExists } = host;
  host.getCurrentDirectory = () => root;
  host.fileExists = (file) => file === cell || fileExists(file);
  host.getSourceFile = (file, version) =>
    file === cell ? ts.createSourceFile(file, source, version) : getSourceFile(file, version);
  const program = ts.createProgram(
    [cell],
    { ...options, baseUrl: root, paths: { codebook: ["lib/kernel"], "codebook/*": ["lib/kernel/*"] } },
    host,
  );
  const file = program.getSourceFile(cell);
  const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
  return {
    errors: found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n")),
    files: program.getSourceFiles().map(({ fileName }) => fileName),
  };
}

const names = "QuantizedLinear, PrunedLinear, tfBackend, fromTensor, toTensor, interruptible, modelFolder";

test("a cell that imports codebook alone reads none of tfjs's declarations, and its types are concrete", () => {
  const { errors, files } = checkCell(`
    import { ${names} } from "codebook";
    const bits: number = new QuantizedLinear(4, 8, 3).bits;
    const rate: number = new PrunedLinear({ inputSize: 4, outputSize: 8, pruningRate: 0.5 }).pruningRate;
    const wrong: string = new QuantizedLinear(4, 8, 3).bits;
  `);
  expect(errors).toEqual(["Type 'number' is not assignable to type 'string'."]);
  expect(files.filter((file) => file.includes("@tensorflow"))).toEqual([]);
}, 60_000);

test("beside tfjs, a layer fits where a layer is wanted", () => {
  const { errors } = checkCell(`
    import * as tf from "@tensorflow/tfjs";
    import { ${names} } from "codebook";
    const net = tf.sequential({ layers: [new QuantizedLinear({ inputSize: 4, outputSize: 8, bits: 3, activation: "relu" })] });
    net.add(new PrunedLinear(8, 2, 0.5));
    const x = tf.zeros([1, 4]), y = tf.zeros([1, 2]);
    async function run() {
      await net.fit(x, y, { callbacks: interruptible() });
      await net.fit(x, y, { callbacks: [interruptible()] });
      await net.save(modelFolder("net"));
      const kernel: tf.Tensor2D = await toTensor(await fromTensor((await tf.loadLayersModel(modelFolder("net"))).getWeights()[0]));
    }
  `);
  expect(errors).toEqual([]);
}, 60_000);

test("with the room's own declarations, a layer in a variable is a layer of tfjs, and tfBackend gives tfjs", () => {
  const { errors } = checkCell(`
    import "codebook/train";
    import { ${names} } from "codebook";
    async function run() {
      const { tf } = await tfBackend({ prefer: "wasm" });
      const layer: QuantizedLinear = new QuantizedLinear(4, 8, 3);
      const net = tf.sequential();
      net.add(layer);
      const mean: number = layer.quantizedKernel().mean().dataSync()[0];
      return layer.getConfig();
    }
  `);
  expect(errors).toEqual([]);
}, 60_000);

test("tfjs is loaded by the first use, not by the import", () => {
  const code = `
    const loaded = () => Object.keys(require.cache).some((file) => file.includes("@tensorflow"));
    const codebook = require(${JSON.stringify(join(root, "lib", "kernel"))});
    const before = loaded();
    const name = codebook.QuantizedLinear.className;
    console.log(JSON.stringify([before, name, loaded(), new codebook.PrunedLinear(2, 3, 0.5).inputSize]));
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", code], { encoding: "utf8", timeout: 60_000 });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual([false, "QuantizedLinear", true, 2]);
});
