import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { displayReport, displaySymbol, reportBundle } from "../../kernel/static/display";
import { reportToCsv } from "../../kernel/report/csv";
import { reportToHtml } from "../../kernel/static/html";
import { escapeMarkup } from "../../kernel/report/labels";
import { reportToMarkdown } from "../../kernel/static/markdown";
import { reportToSvg } from "../../kernel/static/svg";
import { reportToText } from "../../kernel/static/text";
import { viewMimeType } from "../../kernel/report/types";
import type { Report } from "../../kernel/report/types";
import * as reports from "../fixtures/report/reports";

const golden = join(__dirname, "..", "..", "..", "test", "golden", "report");

/** Equal to the committed file, byte for byte; what differs is written beside it as `-changed`. A missing file is written. */
function expectGolden(file: string, actual: string): void {
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

const cases: [string, () => Report][] = [
  ["hostile", reports.hostileReport],
  ["minilm", reports.miniLmReport],
  ["deep", reports.deepReport],
  ["edge", reports.losslessReport],
  ["sweep", reports.manyVariantsReport],
  ["nameless", reports.namelessReport],
];

describe.each(cases)("%s", (name, make) => {
  const report = make();

  test("gives the committed bytes, and the same on repeat", () => {
    for (const [form, render] of [
      ["svg", reportToSvg],
      ["txt", reportToText],
      ["md", reportToMarkdown],
      ["csv", reportToCsv],
      ["html", reportToHtml],
    ] as const) {
      const once = render(report);
      expect(render(make())).toBe(once);
      // The HTML of the larger cases is the picture again, in base64, and their CSV the report again.
      if (!["html", "csv"].includes(form) || name === "hostile") expectGolden(`${name}.${form}`, once);
    }
  });

  test("SVG is well-formed, without script, style sheet, link or id, and every coordinate is a number", () => {
    const svg = reportToSvg(report);
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
    for (const [, x] of svg.matchAll(/<text x="(-?[\d.]+)"/g)) expect(Number(x)).toBeLessThanOrEqual(960);
  });

  test("every layer is in every form that lists all", () => {
    const svg = reportToSvg(report);
    const html = reportToHtml(report);
    const csv = reportToCsv(report).replace(/""/g, '"');
    for (const layer of report.layers) {
      expect(svg).toContain(escapeMarkup(layer.name));
      expect(html).toContain(`<code>${escapeMarkup(layer.name)}</code>`);
      expect(csv).toContain(layer.name);
    }
    const rows = report.layers.flatMap((layer) => layer.variants).filter((variant) => variant !== null);
    expect(reportToCsv(report).trimEnd().split("\r\n")).toHaveLength(1 + rows.length);
    const text = reportToText(report, { all: true });
    for (const layer of report.layers) if (layer.name.length < 56) expect(text).toContain(layer.name);
  });
});

describe("names are data", () => {
  const report = reports.hostileReport();

  test("no tag arises from a name", () => {
    const html = reportToHtml(report);
    const tags = new Set([...html.matchAll(/<\/?(\w+)/g)].map(([, tag]) => tag));
    expect([...tags].sort()).toEqual("code details figure img p summary table tbody td th thead tr".split(" "));
    expect(html.match(/<img/g)).toHaveLength(1);
    expect(html).not.toMatch(/\sclass=|<style|\sid=/);
    for (const form of [html, reportToSvg(report)])
      expect(form).not.toMatch(/<script|<img src=x|javascript:alert\(1\)"/);
  });

  test("mathematics in a name stands in code, where MathJax reads none", () => {
    const outside = reportToHtml(report)
      .replace(/<code>.*?<\/code>/gs, "")
      .replace(/="[^"]*"/g, "");
    expect(outside).not.toContain("$");
    const markdown = reportToMarkdown(report).replace(/(`+)(?!`).*?(?<!`)\1(?!`)/g, "");
    expect(markdown).not.toMatch(/[$<]/);
  });

  test("a spreadsheet reads no formula", () => {
    const csv = reportToCsv({
      ...report,
      layers: report.layers.map((layer, at) => ({ ...layer, name: ["=cmd()", "@SUM(A1)"][at] })),
    });
    expect(csv).toContain('\r\n"\'=cmd()",');
    expect(csv).toContain('\r\n"\'@SUM(A1)",');
    expect(reportToCsv(report)).toContain('"\'=cmd() <script>alert(2)</script>"');
  });

  test("invisible characters are written out in every form", () => {
    for (const form of [reportToText, reportToMarkdown, reportToSvg, reportToHtml])
      expect(form(report)).not.toMatch(/[\u0000\u202e]/);
    expect(reportToText(report)).toContain("\\u{202e}\\u{0}\\u{a}");
  });
});

describe("what the forms say", () => {
  test("the text names totals first, then the worst five, then rows", () => {
    const lines = reportToText(reports.miniLmReport()).split("\n");
    expect(lines[0]).toBe("all-MiniLM-L6-v2 · 22.7 M parameters · 86.6 MiB · safetensors");
    expect(lines[2]).toMatch(/^variant +size +of original +bits\/weight/);
    expect(lines.indexOf("Worst layers:")).toBe(8);
    expect(lines[9]).toMatch(/^ {2}encoder\.layer\.0\.output\.dense\.weight \d+\.\d dB \(sorted 4-bit\)$/);
    const table = lines.slice(lines.findIndex((line) => line.startsWith("layer ")));
    expect(table).toHaveLength(40);
    expect(new Set(table.map((line) => line.indexOf("│"))).size).toBe(1);
  });

  test("a deep model is shortened in the middle, and the line says how to see the rest", () => {
    const text = reportToText(reports.deepReport());
    expect(text).toContain("… 240 more layers; reportToMarkdown(report) and reportToCsv(report) list all 300 …");
    expect(text.split("\n").length).toBeLessThan(90);
    expect(reportToText(reports.deepReport(), { all: true })).not.toContain("more layers");
  });

  test("nothing lost is ∞, a layer that a variant lacks is a dash", () => {
    const text = reportToText(reports.losslessReport());
    expect(text).toMatch(/query\.weight .*∞/);
    expect(text).toMatch(/key\.weight .*– +– +–/);
    expect(text).toMatch(/value\.weight .*−400\.0/);
    expect(reportToCsv(reports.losslessReport())).toMatch(/,inf,1,0,0,/);
  });

  test("no layer at all", () => {
    const report = { ...reports.smallReport(), layers: [] };
    expect(reportToSvg(report)).toContain("No layer was touched.");
    expect(reportToText(report)).toContain("No layer lost anything.");
    expect(reportToHtml(report)).toContain("<table>");
  });

  test("300 layers × 2 variants are under 1 MB in all", () => {
    expect(Buffer.byteLength(JSON.stringify(reportBundle(reports.deepReport())))).toBeLessThan(1_000_000);
  });
});

describe("displayReport", () => {
  test("gives the same plain JSON, frozen, with a bundle that JSON does not see", () => {
    const report = reports.smallReport();
    const shown = displayReport(report);
    expect(JSON.stringify(shown)).toBe(JSON.stringify(report));
    expect(Object.keys(shown)).toEqual(Object.keys(report));
    expect(Object.isFrozen(shown) && Object.isFrozen(shown.layers[0].variants[0])).toBe(true);
    const bundle = shown[displaySymbol]();
    expect(Object.keys(bundle)).toEqual([viewMimeType, "text/html", "text/plain"]);
    expect(bundle[viewMimeType]).toEqual(report);
    expect(JSON.stringify(displayReport(shown))).toBe(JSON.stringify(report));
  });
});
