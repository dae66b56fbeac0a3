/** Where a compressed model comes from, as its files say it: all that is needed to make it again. No time of day, so that the same call gives the
 *  same bytes, and no path of this machine. */
import { basename } from "node:path";
import type { RecordedSelection, Report } from "../report/types";
import { packageVersion } from "../version";

/** What a model was made by. */
export interface Provenance {
  /** Codebook's version. */
  readonly version: string;
  /** The steps with all their defaults, as plain JSON. */
  readonly recipe: unknown;
  /** Which layers the recipe was bound to; absent for all. */
  readonly selection?: RecordedSelection;
  /** What the random draws began with. */
  readonly seed: number;
  /** The model that was compressed. */
  readonly source: {
    readonly name: string;
    /** Of its file or files, hex; absent where they were not read whole. */
    readonly sha256?: string;
    /** The address that opens the same bytes again, for a model that came from one. */
    readonly address?: string;
  };
}

/** Something that knows what every layer paid, and with it what was done. */
export interface Reported {
  readonly report?: Report;
}

/** A model's name without the folders that lead to it. */
export function plainName(name: string): string {
  return basename(name.replace(/\\/g, "/")) || name;
}

/** What a model was made by; `undefined` for one that has no report. */
export function provenanceOf({ report }: Reported): Provenance | undefined {
  const variant = report?.variants[0];
  if (!report || !variant) return undefined;
  const { name, sha256, source } = report.model;
  return {
    version: packageVersion,
    recipe: variant.recipe,
    ...(variant.selection && { selection: variant.selection }),
    seed: variant.seed ?? 0,
    source: {
      name: plainName(name),
      ...(sha256 !== undefined && { sha256 }),
      ...(source !== undefined && { address: source }),
    },
  };
}

/** The same as keys and texts, for the metadata of a file: `codebook.version`, `codebook.recipe` and `codebook.selection` (JSON), `codebook.seed`,
 *  `codebook.source_name`, `codebook.source_sha256`, `codebook.source` (the address). Empty for a model without a report. */
export function provenanceText(model: Reported): Record<string, string> {
  const known = provenanceOf(model);
  if (!known) return {};
  const { version, recipe, selection, seed, source } = known;
  return {
    "codebook.version": version,
    "codebook.recipe": JSON.stringify(recipe),
    ...(selection && { "codebook.selection": JSON.stringify(selection) }),
    "codebook.seed": String(seed),
    "codebook.source_name": source.name,
    ...(source.sha256 !== undefined && { "codebook.source_sha256": source.sha256 }),
    ...(source.address !== undefined && { "codebook.source": source.address }),
  };
}
