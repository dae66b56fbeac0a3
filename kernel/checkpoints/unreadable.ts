import { UnsupportedError } from "../errors";
import type { Model } from "../tensor/model";

/** Forms of stored weights that are told by the names of their tensors, and have no reader here. */
const forms: readonly { readonly endings: readonly string[]; readonly what: string; readonly remedy: string }[] = [
  {
    endings: [".trellis", ".suh", ".svh"],
    what: "EXL3, the trellis codes of ExLlamaV3",
    remedy: "the model that it was made from, or a GGUF or GPTQ version",
  },
  {
    endings: [".q_weight", ".q_scale", ".q_groups"],
    what: "EXL2, the mixed codes of ExLlamaV2",
    remedy: "the model that it was made from, or a GGUF or GPTQ version",
  },
];

/** `UnsupportedError` that names the form and what to open instead, for a model whose weights are stored in one of these. */
export function refuseUnreadable(model: Model): void {
  for (const { endings, what, remedy } of forms) {
    const [first, ...others] = endings;
    const firsts = model.tensors.flatMap(({ name }) => (name.endsWith(first) ? [name] : []));
    const names = new Set(firsts.length > 0 ? model.tensors.map(({ name }) => name) : []);
    for (const name of firsts) {
      const stem = name.slice(0, -first.length);
      if (others.every((ending) => names.has(stem + ending)))
        throw new UnsupportedError(
          `${model.name}: ${stem} is stored as ${what}, which is not decoded here; open ${remedy}. open(path, { raw: true }) shows the stored tensors`,
        );
    }
  }
}
