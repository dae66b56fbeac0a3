import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Report } from "../../kernel/report/types";
import * as reports from "../fixtures/report/reports";

const golden = join(__dirname, "..", "..", "..", "test", "golden", "report");

/** Equal to the committed file, byte for byte; what differs is written beside it as `-changed`. A missing file is written, and is an error
 *  in continuous integration. */
export function expectGolden(file: string, actual: string): void {
  const path = join(golden, file);
  if (!existsSync(path)) {
    mkdirSync(golden, { recursive: true });
    if (process.env.CI) throw new Error(`${path} is missing`);
    writeFileSync(path, actual);
  }
  if (readFileSync(path, "utf8") !== actual) {
    const changed = path.replace(/(\.\w+)$/, "-changed$1");
    writeFileSync(changed, actual);
    throw new Error(`${file} is not what it was; look at ${changed}`);
  }
}

/** The tags that occur in markup, each once, in the order of the alphabet. */
export const tagsOf = (markup: string): string[] =>
  [...new Set([...markup.matchAll(/<\/?(\w+)/g)].map(([, tag]) => tag))].sort();

/** A picture is well-formed and holds no script, style sheet, link, id or number that is none. */
export function expectPlainSvg(svg: string): void {
  const open: string[] = [];
  const rest = svg.replace(/<(\/?)([\w:]+)((?:\s[\w:-]+="[^"<]*")*)\s*(\/?)>/g, (_, closing, tag, __, empty) => {
    if (closing) expect(open.pop()).toBe(tag);
    else if (!empty) open.push(tag);
    return "";
  });
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/[<>]/);
  const tags = (svg.match(/<[^>]*>/g) ?? []).join("").replace(/="[^"]*"/g, "=");
  expect(tags).not.toMatch(/<(script|style|a|image|foreignObject|use)\b|\s(id|class|on\w+|[\w:]*href)=/);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
}

/** The reports whose forms are committed. */
export const cases: readonly (readonly [string, () => Report])[] = [
  ["hostile", reports.hostileReport],
  ["minilm", reports.miniLmReport],
  ["deep", reports.deepReport],
  ["edge", reports.losslessReport],
  ["sweep", reports.manyVariantsReport],
  ["nameless", reports.namelessReport],
];
