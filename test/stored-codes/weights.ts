/** Weights of a scheme in the corpus and in files made up of headers, for the tests of single schemes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { open } from "../../kernel";
import { FileTensors, type Settings } from "../../kernel/stored-codes/file-tensors";
import type { LogicalWeight, Scheme } from "../../kernel/stored-codes/scheme";
import { parametersOf, type Tensor } from "../../kernel/tensor/tensor";

export const corpus = join(__dirname, "../../../test/fixtures/stored-codes");

const reading = { signal: undefined, note: () => undefined };

/** What `scheme` finds in a case of the corpus. */
export async function weightsOf(scheme: Scheme, name: string): Promise<readonly LogicalWeight[]> {
  const model = await open(join(corpus, name), { raw: true });
  const config = model.config ?? {};
  const beside = config.quantization_config ?? settingsBeside(name) ?? undefined;
  const file = new FileTensors(new Map(model.tensors.map((tensor) => [tensor.name, tensor])), {
    file: name,
    config,
    quantization: beside as Settings | undefined,
    metadata: model.metadata,
    signal: undefined,
  });
  return scheme.find(file);
}

function settingsBeside(name: string): unknown {
  try {
    return JSON.parse(readFileSync(join(corpus, name, "hf_quant_config.json"), "utf8"));
  } catch {
    return undefined;
  }
}

/** Whether a weight decodes to the same values row by row, from the last row to the first, as at once. */
export async function decodesByRows(weight: LogicalWeight): Promise<boolean> {
  const columns = weight.shape[weight.shape.length - 1];
  const whole = new Float32Array(parametersOf(weight.shape));
  await (
    await weight.open(reading)
  )(whole, 0);
  const decodeRows = await weight.open(reading);
  const byRows = new Float32Array(whole.length);
  for (let row = whole.length / columns - 1; row >= 0; row--)
    await decodeRows(byRows.subarray(row * columns, (row + 1) * columns), row);
  return Buffer.compare(Buffer.from(whole.buffer), Buffer.from(byRows.buffer)) === 0;
}

/** A file of headers: name → type and shape. */
export function headers(
  tensors: Readonly<Record<string, readonly [dtype: string, ...shape: number[]]>>,
  { quantization, config = {} }: { readonly quantization?: Settings; readonly config?: Settings } = {},
): FileTensors {
  const unread = () => Promise.reject(new Error("a header has no values"));
  const all = Object.entries(tensors).map(([name, [dtype, ...shape]]): [string, Tensor] => [
    name,
    { name, dtype, shape, parameters: parametersOf(shape), sizeBytes: 0, read: unread, readBytes: unread },
  ]);
  return new FileTensors(new Map(all), {
    file: "m.safetensors",
    config,
    quantization,
    metadata: {},
    signal: undefined,
  });
}
