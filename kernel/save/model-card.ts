/** The README.md of a folder: the original's text, and behind it a section, between two marks, that says what was done. Saving again replaces the
 *  section and leaves the rest. */
import type { Report } from "../report/types";
import { markdownCode, reportToMarkdown } from "../static/markdown";
import { provenanceOf, plainName } from "./provenance";
import type { SmallFile } from "./small-files";

const begin = "<!-- codebook:begin -->";
const end = "<!-- codebook:end -->";

/** A file of the folder. */
export interface CardFile extends SmallFile {
  /** Of its bytes, hex. */
  readonly sha256: string;
}

/** What the section says. */
export interface CardFacts {
  readonly report: Report;
  /** "compressed-tensors folder". */
  readonly form: string;
  /** What opens it. */
  readonly engine: string;
  /** All files but the README. */
  readonly files: readonly CardFile[];
  /** Files of the original that did not come along, being large. */
  readonly leftOut: readonly SmallFile[];
}

/** The text with its section written, or written anew. `text`: what is there, the original's or that of an earlier save; undefined for none, then
 *  the card gets a front matter, with a `model-index` of what the report says. */
export function modelCard(text: string | undefined, facts: CardFacts): string {
  const section = `${begin}\n${sectionOf(facts)}\n${end}`;
  if (text === undefined || text.trim() === "") return `${frontMatter(facts)}\n${section}\n`;
  const place = placeOf(text);
  if (place) return text.slice(0, place.from) + section + text.slice(place.to);
  return `${text.replace(/\s*$/, "")}\n\n${section}\n`;
}

/** Where the section stands. */
function placeOf(text: string): { readonly from: number; readonly to: number } | undefined {
  const from = text.lastIndexOf(begin);
  const to = text.indexOf(end, from);
  return from >= 0 && to > from ? { from, to: to + end.length } : undefined;
}

/** The files that the section of a card lists, which an earlier save wrote, and the SHA-256 of the model that it was made from. */
export function cardedFiles(text: string): { readonly names: readonly string[]; readonly source: string | undefined } {
  const place = placeOf(text);
  const section = place ? text.slice(place.from, place.to) : "";
  const names = [...section.matchAll(/^\| `([^`\n]+)` \| [\d,]+ \| `[0-9a-f]{64}` \|$/gm)].map(([, name]) => name);
  return { names, source: /^Made from .* \(SHA-256 `([0-9a-f]{64})`\)/m.exec(section)?.[1] };
}

/** JSON with what stands on a few lines: a step a line. */
function recipeText(recipe: unknown): string {
  if (!Array.isArray(recipe)) return JSON.stringify(recipe, undefined, 2);
  return `[\n${recipe.map((step) => `  ${JSON.stringify(step)}`).join(",\n")}\n]`;
}

function sectionOf({ report, form, engine, files, leftOut }: CardFacts): string {
  const made = provenanceOf({ report });
  const variant = report.variants[0];
  const source = made?.source;
  const hash = source?.sha256 === undefined ? "" : ` (SHA-256 \`${source.sha256}\`)`;
  const address = source?.address === undefined ? "" : `, opened as ${markdownCode(source.address)}`;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return [
    "## Compressed with Codebook",
    "",
    `Made from ${markdownCode(source?.name ?? "")}${hash}${address} by Codebook ${made?.version ?? ""}, seed ${made?.seed ?? 0}. A ${form} for ${engine}.`,
    "",
    "The recipe, with all that it leaves to defaults:",
    "",
    "```json",
    recipeText(variant.recipe),
    "```",
    "",
    ...(variant.selection ? [`Bound to ${markdownCode(JSON.stringify(variant.selection))}.`, ""] : []),
    "What it cost, measured on the weights:",
    "",
    reportToMarkdown({ ...report, model: { ...report.model, name: plainName(report.model.name) } }).trimEnd(),
    "",
    `${files.length} files beside this one, ${bytes} bytes:`,
    "",
    "| file | bytes | SHA-256 |",
    "| --- | ---: | --- |",
    ...files.map(({ path, bytes: own, sha256 }) => `| \`${path}\` | ${own} | \`${sha256}\` |`),
    ...(leftOut.length > 0
      ? ["", `Of the original did not come along, being large: ${leftOut.map(sized).join(", ")}.`]
      : []),
  ].join("\n");
}

const sized = ({ path, bytes }: SmallFile): string => `${markdownCode(path)} (${bytes} bytes)`;

/** The front matter of a card of our own. The Hub wants a task, a data set and metrics of each result of a `model-index`; here they are the weights
 *  and what was lost of them. */
function frontMatter({ report, engine }: CardFacts): string {
  const [{ name, bitsPerWeight, touched }] = report.variants;
  const own = plainName(report.model.name);
  const metrics: readonly (readonly [string, number | null | undefined])[] = [
    ["bits_per_weight", bitsPerWeight],
    ["sqnr_db", touched.sqnrDb],
    ["relative_error", touched.relativeError],
  ];
  return [
    "---",
    ...(engine.includes("transformers") ? ["library_name: transformers"] : []),
    "tags:",
    "- codebook",
    "- compressed",
    "model-index:",
    `- name: ${JSON.stringify(`${own} (${name})`)}`,
    "  results:",
    "  - task:",
    "      type: weight-compression",
    "      name: Compression of weights",
    "    dataset:",
    "      type: weights",
    `      name: ${JSON.stringify(`the weights of ${own}`)}`,
    "    metrics:",
    ...metrics.flatMap(([type, value]) =>
      typeof value === "number" ? [`    - type: ${type}`, `      value: ${value}`] : [],
    ),
    "---",
    "",
  ].join("\n");
}
