import type {
  Curve,
  CurveAxis,
  CurvePoint,
  CurvesView,
  ErrorMeasures,
  Histogram,
  LayerPlace,
  LayerReport,
  LayerVariant,
  ModelSummary,
  ModelView,
  Report,
  StepMeasures,
  VariantSummary,
  View,
} from "../../kernel/report/types";

/** The version of the contract that this extension draws; `kernel/report/types.ts` holds the same number. */
export const readableVersion = 1;

/** Bounds on what is drawn, far above real models (Llama-3 405B has 1,138 tensors), far below what would freeze a page. */
const limits = { layers: 20_000, variants: 64, bins: 4096, levels: 256, steps: 32, dimensions: 16, points: 20_000 };

export type Checked =
  | { readonly ok: true; readonly view: View }
  | { readonly ok: false; readonly reason: "newer" | "malformed"; readonly sentence: string };

/** Saved JSON → a View that is whole, or the sentence that says why not. Takes only the fields of the contract, copied into fresh
 *  objects; fields that it does not know are left behind (a newer kernel may add some under the same version). */
export function validate(data: unknown): Checked {
  try {
    const view = new Reader("view", record("view", data));
    const version = view.number("version");
    if (version > readableVersion)
      return {
        ok: false,
        reason: "newer",
        sentence: `This figure was made by a newer version of Codebook (format ${version}; this extension reads ${readableVersion}). Update jupyterlab-codebook to see it.`,
      };
    if (version !== readableVersion) throw new Malformed("version", `is ${version}`);
    const kind = view.text("kind");
    if (kind === "report") return { ok: true, view: report(view) };
    if (kind === "model") return { ok: true, view: modelView(view) };
    if (kind === "curves") return { ok: true, view: curvesView(view) };
    throw new Malformed("kind", `is "${kind.slice(0, 40)}"; this extension knows "report", "model" and "curves"`);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return { ok: false, reason: "malformed", sentence: `This figure cannot be drawn: its ${error.message}.` };
  }
}

class Malformed extends Error {
  constructor(path: string, problem: string) {
    super(`${path} ${problem}`);
  }
}

function report(view: Reader): Report {
  const variants = view.list("variants", limits.variants, variantSummary);
  return {
    version: 1,
    kind: "report",
    model: view.child("model", modelSummary),
    variants,
    layers: view.list("layers", limits.layers, (layer) => layerReport(layer, variants.length)),
  };
}

function modelView(view: Reader): ModelView {
  return {
    version: 1,
    kind: "model",
    model: view.child("model", modelSummary),
    tensors: view.list("tensors", limits.layers, tensor),
  };
}

function curvesView(view: Reader): CurvesView {
  return {
    version: 1,
    kind: "curves",
    name: view.text("name"),
    facts: view.text("facts"),
    x: view.child("x", curveAxis),
    y: view.child("y", curveAxis),
    curves: view.list("curves", limits.variants, curve),
  };
}

const curveAxis = (axis: Reader): CurveAxis => ({
  label: axis.text("label"),
  unit: axis.text("unit"),
  scale: axis.word("scale", ["linear", "log"]),
  better: axis.isNull("better") ? null : axis.word("better", ["higher", "lower"] as const),
});

const curve = (line: Reader): Curve => ({
  name: line.text("name"),
  kind: line.word("kind", ["measured", "bound"]),
  points: line.list("points", limits.points, curvePoint),
});

const curvePoint = (point: Reader): CurvePoint => ({
  x: point.number("x"),
  y: point.numberOrNull("y"),
  ...(point.has("label") ? { label: point.text("label") } : {}),
});

function modelSummary(model: Reader): ModelSummary {
  return {
    name: model.text("name"),
    format: model.text("format"),
    parameters: model.count("parameters"),
    bytes: model.count("bytes"),
    ...(model.has("sha256") ? { sha256: model.text("sha256") } : {}),
    ...(model.has("source") ? { source: model.text("source") } : {}),
  };
}

function variantSummary(variant: Reader): VariantSummary {
  return {
    name: variant.text("name"),
    recipe: null,
    bytes: variant.count("bytes"),
    bitsPerWeight: variant.positive("bitsPerWeight"),
    touched: variant.child("touched", (touched) => ({
      layers: touched.count("layers"),
      parameters: touched.count("parameters"),
      bytes: touched.count("bytes"),
      bitsPerWeight: touched.positive("bitsPerWeight"),
      sqnrDb: touched.numberOrNull("sqnrDb"),
      sparsity: touched.share("sparsity"),
    })),
    seed: variant.number("seed"),
  };
}

const place = (layer: Reader): LayerPlace => ({
  block: layer.text("block"),
  blockIndex: layer.numberOrNull("blockIndex"),
  kind: layer.text("kind"),
});

const tensor = (layer: Reader): ModelView["tensors"][number] => ({
  name: layer.text("name"),
  ...place(layer),
  shape: layer.numbers("shape", limits.dimensions, 0),
  dtype: layer.text("dtype"),
  parameters: layer.count("parameters"),
  bytes: layer.count("bytes"),
  ...(layer.has("histogram") ? { histogram: layer.child("histogram", histogram) } : {}),
});

function layerReport(layer: Reader, variantCount: number): LayerReport {
  const variants = layer.nullableList("variants", limits.variants, layerVariant);
  if (variants.length !== variantCount)
    throw new Malformed(`${layer.path}.variants`, `holds ${variants.length} where the report has ${variantCount}`);
  return { ...tensor(layer), variants };
}

const errorMeasures = (m: Reader): ErrorMeasures => ({
  meanSquaredError: m.positive("meanSquaredError"),
  rootMeanSquareError: m.positive("rootMeanSquareError"),
  sqnrDb: m.numberOrNull("sqnrDb"),
  cosine: m.number("cosine"),
  maxAbsError: m.positive("maxAbsError"),
});

const stepMeasures = (step: Reader): StepMeasures => ({
  kind: step.text("kind"),
  label: step.text("label"),
  ...errorMeasures(step),
});

function layerVariant(variant: Reader): LayerVariant {
  return {
    scheme: variant.text("scheme"),
    bytes: variant.count("bytes"),
    bitsPerWeight: variant.positive("bitsPerWeight"),
    ...errorMeasures(variant),
    sparsity: variant.share("sparsity"),
    ...(variant.has("targetSparsity") ? { targetSparsity: variant.share("targetSparsity") } : {}),
    entropyBits: variant.positive("entropyBits"),
    steps: variant.list("steps", limits.steps, stepMeasures),
    ...(variant.has("histogram") ? { histogram: variant.child("histogram", histogram) } : {}),
    ...(variant.has("levels") ? { levels: variant.numbers("levels", limits.levels) } : {}),
  };
}

function histogram(h: Reader): Histogram {
  const minimum = h.number("minimum");
  const maximum = h.number("maximum");
  if (maximum < minimum) throw new Malformed(h.path, "ends before it begins");
  return {
    minimum,
    maximum,
    counts: h.numbers("counts", limits.bins, 0),
    below: h.count("below"),
    above: h.count("above"),
  };
}

function record(path: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Malformed(path, "is not an object");
  return value as Readonly<Record<string, unknown>>;
}

/** Reads the fields of one object, and knows where in the view it stands. */
class Reader {
  constructor(
    readonly path: string,
    private readonly fields: Readonly<Record<string, unknown>>,
  ) {}

  has(key: string): boolean {
    return Object.hasOwn(this.fields, key) && this.fields[key] !== undefined;
  }

  private get(key: string): unknown {
    if (!this.has(key)) throw new Malformed(this.at(key), "is missing");
    return this.fields[key];
  }

  private at(key: string): string {
    return this.path === "view" ? key : `${this.path}.${key}`;
  }

  text(key: string): string {
    const value = this.get(key);
    if (typeof value !== "string") throw new Malformed(this.at(key), "is not text");
    return value;
  }

  word<T extends string>(key: string, words: readonly T[]): T {
    const value = this.text(key);
    const known = words.find((word) => word === value);
    if (known === undefined) throw new Malformed(this.at(key), `is "${value.slice(0, 40)}"`);
    return known;
  }

  isNull(key: string): boolean {
    return this.get(key) === null;
  }

  number(key: string): number {
    return finite(this.at(key), this.get(key));
  }

  numberOrNull(key: string): number | null {
    return this.isNull(key) ? null : this.number(key);
  }

  positive(key: string): number {
    const value = this.number(key);
    if (value < 0) throw new Malformed(this.at(key), "is negative");
    return value;
  }

  count(key: string): number {
    const value = this.positive(key);
    if (!Number.isInteger(value)) throw new Malformed(this.at(key), "is not a whole number");
    return value;
  }

  share(key: string): number {
    const value = this.positive(key);
    if (value > 1) throw new Malformed(this.at(key), "is above 1");
    return value;
  }

  numbers(key: string, limit: number, minimum = -Infinity): readonly number[] {
    return this.array(key, limit).map((value, i) => {
      const path = `${this.at(key)}[${i}]`;
      const number = finite(path, value);
      if (number < minimum) throw new Malformed(path, `is below ${minimum}`);
      return number;
    });
  }

  child<T>(key: string, read: (child: Reader) => T): T {
    return read(new Reader(this.at(key), record(this.at(key), this.get(key))));
  }

  list<T>(key: string, limit: number, read: (item: Reader) => T): readonly T[] {
    return this.array(key, limit).map((item, i) => this.item(key, i, item, read));
  }

  nullableList<T>(key: string, limit: number, read: (item: Reader) => T): readonly (T | null)[] {
    return this.array(key, limit).map((item, i) => (item === null ? null : this.item(key, i, item, read)));
  }

  private item<T>(key: string, index: number, item: unknown, read: (item: Reader) => T): T {
    const path = `${this.at(key)}[${index}]`;
    return read(new Reader(path, record(path, item)));
  }

  private array(key: string, limit: number): readonly unknown[] {
    const value = this.get(key);
    if (!Array.isArray(value)) throw new Malformed(this.at(key), "is not a list");
    if (value.length > limit)
      throw new Malformed(this.at(key), `holds ${value.length} entries; at most ${limit} are drawn`);
    return value as readonly unknown[];
  }
}

function finite(path: string, value: unknown): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new Malformed(path, "is not a finite number");
  return value;
}
