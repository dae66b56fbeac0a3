/** Which mode, bits and group an MLX weight has. The shapes say bits·group only (4·64 = 8·32 = 2·128); the config says the rest: under
 *  "quantization" (or "quantization_config") `bits`, `group_size`, `mode` of the whole, and under a layer's path its own. */
import type { Tensor } from "../tensor/tensor";
import type { FileTensors, Settings } from "./file-tensors";

/** How MLX packs weights. */
export type MlxMode = "affine" | "mxfp4" | "mxfp8" | "nvfp4";

/** What decoding a weight needs to know. */
export interface MlxSettings {
  readonly mode: MlxMode;
  /** Bits of a code. */
  readonly bits: number;
  /** Inputs that share a scale. */
  readonly group: number;
}

const floatModes: readonly MlxSettings[] = [
  { mode: "mxfp4", bits: 4, group: 32 },
  { mode: "mxfp8", bits: 8, group: 32 },
  { mode: "nvfp4", bits: 4, group: 16 },
];

const affineModes: readonly MlxSettings[] = [1, 2, 3, 4, 5, 6, 8].flatMap((bits) =>
  [32, 64, 128].map((group): MlxSettings => ({ mode: "affine", bits, group })),
);

/** The parts whose shapes and types must agree with the settings. */
export interface MlxParts {
  readonly codes: Tensor;
  readonly scales: Tensor;
  readonly biases: Tensor | undefined;
}

/** The settings of the weight whose names begin with `stem`. `FormatError` where parts do not fit each other, or several settings fit and the
 *  config names none of them. */
export function mlxSettingsOf(file: FileTensors, stem: string, { codes, scales, biases }: MlxParts): MlxSettings {
  const leading = scales.shape.slice(0, -1);
  const isSame = leading.length === codes.shape.length - 1 && leading.every((size, axis) => size === codes.shape[axis]);
  if (!isSame || scales.parameters === 0)
    return file.fail(
      scales,
      `"${scales.name}" has the shape [${scales.shape.join(", ")}] beside codes [${codes.shape.join(", ")}]`,
      `the shape [${codes.shape.slice(0, -1).join(", ")}, groups]`,
    );
  file.find(scales.name, { dtypes: ["F32", "F16", "BF16", "U8"] });
  if (scales.dtype !== "U8" && !biases)
    return file.fail(codes, `"${codes.name}" has scales of ${scales.dtype} and no biases`, `"${stem}biases"`);
  if (biases) file.find(biases.name, { dtypes: [scales.dtype], shape: scales.shape });
  const wordBits = 32 * codes.shape[codes.shape.length - 1];
  const groups = scales.shape[scales.shape.length - 1];
  const fits = (scales.dtype === "U8" ? floatModes : affineModes).filter(
    ({ bits, group }) => bits * group * groups === wordBits,
  );
  const said = saidOf(file, stem);
  const chosen = fits.filter(
    ({ mode, bits, group }) =>
      (said.mode ?? mode) === mode && (said.bits ?? bits) === bits && (said.group ?? group) === group,
  );
  if (chosen.length === 1) return chosen[0];
  // A layer that the config does not name may be packed otherwise than the rest; where one way alone fits its shapes, that is the way.
  if (fits.length === 1 && !said.isOwn) return fits[0];
  const known = fits.map(({ mode, bits, group }) => `${mode} ${bits}-bit g${group}`).join(", ");
  return file.fail(
    codes,
    `"${codes.name}" is packed by MLX, rows of ${codes.shape[codes.shape.length - 1]} words and ${groups} groups, and ${said.text}`,
    fits.length === 0
      ? "words for whole groups"
      : `${fits.length === 1 ? "" : "one of "}${known}, in config.json as "quantization": { "bits", "group_size" }`,
  );
}

interface Said {
  readonly mode?: unknown;
  readonly bits?: unknown;
  readonly group?: unknown;
  /** Whether they are of this layer alone. */
  readonly isOwn: boolean;
  readonly text: string;
}

/** What the config says of a layer: its own settings where there are any, which then stand alone, as MLX takes them. */
function saidOf({ config, quantization }: FileTensors, stem: string): Said {
  const all = [config.quantization, quantization].find(isSettings);
  const path = stem.replace(/\.$/, "");
  const own = all?.[path];
  const settings = isSettings(own) ? own : all;
  if (!settings) return { isOwn: false, text: "no config says how" };
  const { mode = "affine", bits, group_size: group } = settings;
  const where = isSettings(own) ? `the config's settings of ${path}` : "the config's settings";
  return {
    mode,
    bits,
    group,
    isOwn: isSettings(own),
    text: `${where} are ${JSON.stringify({ mode, bits, group_size: group })}`,
  };
}

function isSettings(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
