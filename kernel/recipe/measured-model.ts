/** Another model of the same weights, measured against a base: what `compare()` makes of it. */
import { OptionError } from "../errors";
import type { Progress } from "../host";
import { lowSqnrWarning } from "../layer/layer-warnings";
import { rolesOf } from "../network";
import type { LayerReport, LayerVariant, ReportWarning, VariantSummary } from "../report/types";
import { placeOf } from "../tensor/layer-names";
import type { Model } from "../tensor/model";
import { nearestNames } from "../tensor/nearest-pattern";
import { isWeightRole } from "../tensor/role";
import type { Tensor } from "../tensor/tensor";
import { ProgressMeter } from "../threads/progress";
import type { Runner } from "../threads/runner";
import { tasks } from "./compare-tasks";
import { matchLayouts } from "./matched-layouts";
import { totalsOf, withoutEmbeddings, type TouchedLayer } from "./totals";

/** A variant that was measured, with the layers in which it differs from the base. */
export interface MeasuredModel {
  /** Its sums. */
  readonly summary: VariantSummary;
  /** One variant each. */
  readonly layers: readonly LayerReport[];
  /** What did not match. */
  readonly warnings: readonly ReportWarning[];
  /** The names of the base's tensors as they were measured, in its order. */
  readonly names: readonly string[];
}

/** Reads every tensor that both models have, two at a time on each thread, and measures it. Layers that are the same to the last weight are left
 *  out, as in other reports those that no step touched. `OptionError` when no tensor matches. */
export async function measureModel(
  name: string,
  model: Model,
  base: Model,
  runner: Runner,
  onProgress: ((progress: Progress) => void) | undefined,
): Promise<MeasuredModel> {
  const { tensors, pairs, unmatched } = matchLayouts(base, model);
  if (pairs.length === 0)
    throw new OptionError(
      `compare(): no tensor of "${name}" has name and shape of one of ${base.name}; the nearest to "${model.tensors[0]?.name ?? ""}" are ${nearestNames(model.tensors[0]?.name ?? "", base.tensors).join(", ")}`,
    );
  const { metadata, config, format } = base;
  const described = { tensors, metadata, format, ...(config && { config }) };
  const roles = new Map(rolesOf(described).map((role, at) => [tensors[at], role.role]));
  // Whole numbers and what is not read as numbers are no weights.
  const chosen = pairs.filter(({ origin }) => origin.parameters > 0 && roles.get(origin) !== "integer");
  const total = chosen.reduce((sum, { origin }) => sum + origin.parameters, 0);
  const meter = new ProgressMeter("comparing", total, onProgress);
  const compared = await runner.each(chosen, async ({ origin, other }) => {
    meter.begin(origin.name);
    const [before, after] = [await runner.ownValues(origin), await runner.ownValues(other)];
    const job = { name: `${name}: ${origin.name}`, before, after };
    const result = await runner.run(tasks, "measure", job, [before.buffer, after.buffer], origin.name);
    meter.advance(origin.parameters, origin.name);
    return { origin, other, ...result };
  });
  const different = compared.filter(({ isSame }) => !isSame);
  const rows = different.map(({ origin, other, measured, histogram, sums, zeros }) => {
    const variant: LayerVariant = {
      scheme: other.scheme ?? other.dtype,
      bytes: other.sizeBytes,
      bitsPerWeight: (8 * other.sizeBytes) / origin.parameters,
      ...measured,
      steps: [],
      ...lowSqnrWarning(measured.sqnrDb),
    };
    const { shape, dtype, parameters, sizeBytes } = origin;
    const layer: LayerReport = {
      name: origin.name,
      ...placeOf(origin.name),
      shape: [...shape],
      dtype,
      parameters,
      bytes: sizeBytes,
      histogram,
      variants: [variant],
    };
    return { layer, touched: { origin, variant, sums, zeros } satisfies TouchedLayer };
  });
  // Vectors that differ are listed, and count in no total: those are over weights, as in every report.
  const touched = rows.flatMap(({ touched: one }) => (isWeight(roles.get(one.origin)) ? [one] : []));
  const bytesOf = new Map<Tensor, number>(pairs.map(({ origin, other }) => [origin, other.sizeBytes]));
  const embeddings = new Set(tensors.filter((tensor) => roles.get(tensor) === "embedding"));
  return {
    summary: {
      name,
      recipe: [],
      bytes: model.sizeBytes,
      bitsPerWeight: (8 * model.sizeBytes) / Math.max(1, base.parameters),
      touched: totalsOf(touched),
      ...withoutEmbeddings(tensors, embeddings, (origin) => bytesOf.get(origin) ?? 0, touched),
      seed: 0,
    },
    layers: rows.map(({ layer }) => layer),
    names: tensors.map((tensor) => tensor.name),
    warnings: unmatched.map(({ name: layer, reason }) => ({
      kind: "unmatched" as const,
      layer,
      variant: name,
      text: `not compared: ${reason}`,
    })),
  };
}

function isWeight(role: Parameters<typeof isWeightRole>[0] | undefined): boolean {
  return role !== undefined && isWeightRole(role);
}
