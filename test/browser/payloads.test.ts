/** Hostile names (test/extension/payloads.ts) in everything that Codebook shows without its extension: the static HTML with its picture and
 *  table, Markdown, SVG, plain text, errors and streams; in JupyterLab and Notebook, in a notebook that is trusted, where nothing is
 *  cleaned; in nbconvert's page; and bare in a page of their own. Nothing runs, nothing is asked of the network, no link or other element
 *  comes into being, and the text on the page is the name. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import { dirname, join } from "node:path";
import type { Page } from "playwright-core";
import { FormatError, OptionError, SourceError } from "../../kernel/errors";
import { quote } from "../../kernel/formats/json-reader";
import { displayModelView, displaySymbol, reportBundle } from "../../kernel/static/display";
import { visibleText } from "../../kernel/report/visible-text";
import { reportToMarkdown } from "../../kernel/static/markdown";
import { reportToSvg } from "../../kernel/static/svg";
import type { ModelView } from "../../kernel/report/model";
import { payloadModel, payloadReport, payloads } from "../extension/payloads";
import { openNotebook, python, startSite, visit, type Application, type Site, type Visitor } from "./site";

jest.setTimeout(240_000);

const report = payloadReport(0);
const other = payloadReport(97);
const model = displayModelView(payloadModel() as ModelView)[displaySymbol]();
const html = String(reportBundle(report)["text/html"]);

interface Output {
  readonly output_type: string;
  readonly [field: string]: unknown;
}
const shown = (data: Record<string, unknown>): Output => ({ output_type: "display_data", metadata: {}, data });

/** As the kernel writes errors about names: escaped, in their messages. */
const errors: readonly Output[] = payloads
  .filter((_, at) => at % 8 === 0)
  .map((name) => {
    const kinds = [
      new FormatError("model.safetensors", 9, `tensor ${quote(name)} has no shape`, "a shape"),
      new SourceError(name, "there is no such model"),
      new OptionError(`the model has no tensor "${name}"`),
    ];
    const error = kinds[name.length % kinds.length];
    return {
      output_type: "error",
      ename: error.name,
      evalue: error.message,
      traceback: [`\u001b[31m${error.name}\u001b[39m: ${error.message}`],
    };
  });

const notebook = {
  nbformat: 4,
  nbformat_minor: 5,
  metadata: {
    kernelspec: { name: "codebook", display_name: "TypeScript (Codebook)", language: "typescript" },
    language_info: { name: "typescript", file_extension: ".ts" },
  },
  cells: [
    [shown({ "text/html": html, "text/plain": "report" })],
    [shown({ "text/html": reportBundle(other)["text/html"], "text/plain": "report" })],
    [shown({ "text/html": model["text/html"], "text/plain": "model" })],
    [shown({ "text/markdown": reportToMarkdown(report) })],
    [shown({ "text/markdown": reportToMarkdown(other) })],
    [shown({ "image/svg+xml": reportToSvg(report) })],
    [shown({ "text/plain": reportBundle(report)["text/plain"] })],
    [shown({ "text/plain": model["text/plain"] })],
    [{ output_type: "stream", name: "stderr", text: payloads.map((name) => `${visibleText(name)}\n`) }],
    [...errors],
  ].map((outputs, i) => ({
    cell_type: "code",
    id: `cell-${i}`,
    metadata: {},
    execution_count: i + 1,
    source: `// ${i}`,
    outputs,
  })),
};

const pwned = (page: Page): Promise<unknown> =>
  page.evaluate(() => (window as unknown as { __pwned?: number }).__pwned);

/** The addresses of our own pictures, wherever one stands. */
const ownPictures = [html, String(reportBundle(other)["text/html"]), String(model["text/html"])].flatMap((markup) =>
  [...markup.matchAll(/ src="(data:image\/svg\+xml;base64,[^"]*)"/g)].map(([, address]) => address),
);

/** Elements below `selector` that a name could have made. JupyterLab shows an SVG as one picture of its own making. */
const foreign = (page: Page, selector: string): Promise<Record<string, number>> =>
  page.evaluate(
    ([where, own]) => {
      const count = (inner: string): number =>
        document.querySelectorAll(
          inner
            .split(",")
            .map((one) => `${where} ${one}`)
            .join(","),
        ).length;
      return {
        scripts: count("script"),
        links: count("a[href], area"),
        frames: count(
          "iframe, object, embed, form, foreignObject, math, link, base, meta, video, audio, marquee, style",
        ),
        pictures: [...document.querySelectorAll<HTMLImageElement>(`${where} img`)].filter(
          (picture) =>
            !own.includes(picture.src) && !picture.matches(".jp-RenderedSVG > img[src^='data:image/svg+xml,']"),
        ).length,
        handlers: [...document.querySelectorAll(`${where} *`)].filter((node) =>
          node.getAttributeNames().some((name) => name.startsWith("on")),
        ).length,
        formulas: count(".MathJax, mjx-container"),
      };
    },
    [selector, ownPictures] as const,
  );
const nothing = { scripts: 0, links: 0, frames: 0, pictures: 0, handlers: 0, formulas: 0 };

/** Brings a cell into sight, also while the notebook replaces its cells. */
const show = (page: Page, cell: number): Promise<void> =>
  page.evaluate((at) => document.querySelectorAll(".jp-Notebook .jp-Cell")[at]?.scrollIntoView(), cell);

/** The texts of the elements below `selector`. */
const texts = (page: Page, selector: string): Promise<string[]> =>
  page.evaluate((where) => [...document.querySelectorAll(where)].map((node) => node.textContent ?? ""), selector);

const names = [...payloads].map(visibleText);
const missing = (found: readonly string[]): string[] => names.filter((name) => !found.includes(name));

describe("a page of its own", () => {
  let visitor: Visitor;
  const asked: string[] = [];
  beforeAll(async () => {
    visitor = await visit();
    await visitor.page.route(/^https?:|^file:/, (route) => {
      asked.push(route.request().url());
      return route.abort();
    });
  });
  afterAll(() => visitor?.leave());

  test.each<[string, string]>([
    ["report", html],
    ["model", String(model["text/html"])],
    ["picture, in line", reportToSvg(report)],
    ["picture of another order, in line", reportToSvg(other)],
  ])("%s", async (_, markup) => {
    const { page, witness } = visitor;
    await page.goto("about:blank");
    await page.setContent(`<!doctype html><body>${markup}</body>`);
    await page.evaluate(() => {
      for (const fold of document.querySelectorAll("details")) fold.open = true;
      for (const node of document.querySelectorAll("body *"))
        for (const event of ["mouseover", "mouseenter", "click", "focus", "pointerdown"])
          node.dispatchEvent(new Event(event, { bubbles: true }));
    });
    await page.waitForTimeout(500);
    expect([await pwned(page), witness.dialogs, asked]).toEqual([undefined, [], []]);
    expect(await foreign(page, "body")).toEqual(nothing);
    if (!markup.startsWith("<svg")) expect(missing(await texts(page, "code"))).toEqual([]);
  });

  test("nbconvert's page asks for nothing that the page of a harmless notebook does not ask for", async () => {
    const folder = mkdtempSync(join(os.tmpdir(), "codebook-payloads-"));
    try {
      const convert = (name: string, content: unknown): string => {
        writeFileSync(join(folder, `${name}.ipynb`), JSON.stringify(content));
        execFileSync(python, ["-m", "nbconvert", "--to", "html", join(folder, `${name}.ipynb`)], {
          timeout: 120_000,
          stdio: "pipe",
        });
        return readFileSync(join(folder, `${name}.html`), "utf8");
      };
      const pages = [convert("harmless", { ...notebook, cells: [] }), convert("hostile", notebook)];
      const wanted: string[][] = [];
      const { page, witness } = visitor;
      for (const content of pages) {
        asked.length = 0;
        await page.goto("about:blank");
        await page.setContent(content);
        await page.waitForTimeout(1500);
        wanted.push([...new Set(asked)].sort());
      }
      expect(wanted[1]).toEqual(wanted[0]);
      expect([await pwned(page), witness.dialogs]).toEqual([undefined, []]);
      const found = await foreign(page, ".jp-OutputArea-output");
      // The page's own style of a picture, and anchors that nbconvert gives to nobody.
      expect({ ...found, frames: 0 }).toEqual(nothing);
      expect(missing(await texts(page, ".jp-RenderedHTMLCommon code"))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe.each<Application>(["lab", "notebook"])("in %s, trusted", (application) => {
  let site: Site;
  let visitor: Visitor;
  beforeAll(async () => {
    site = await startSite(application, { "static.ipynb": notebook });
    // Signed as this server's user would: its HTML and SVG are shown without being cleaned.
    execFileSync(python, ["-m", "nbformat.sign", join(site.folder, "static.ipynb")], {
      timeout: 60_000,
      stdio: "pipe",
      env: { ...process.env, HOME: dirname(site.folder), JUPYTER_DATA_DIR: join(dirname(site.folder), "data") },
    });
    visitor = await visit();
  });
  afterAll(async () => {
    await visitor?.leave();
    await site?.stop();
  });

  test("static forms, Markdown, SVG, text, streams and errors", async () => {
    const { page, witness } = visitor;
    await openNotebook(page, site, application, "static.ipynb");
    // Cells are drawn as they come into sight.
    for (let i = 0; i < notebook.cells.length; i++) {
      await show(page, i);
      await page.waitForTimeout(400);
    }
    await page.waitForSelector(".jp-RenderedSVG svg, .jp-RenderedSVG img", { state: "attached" });
    const seen = new Set<string>();
    for (let i = 0; i < notebook.cells.length; i++) {
      await show(page, i);
      await page.waitForTimeout(200);
      for (const text of await texts(page, ".jp-RenderedHTMLCommon code")) seen.add(text);
    }
    expect(missing([...seen])).toEqual([]);
    const output = ".jp-OutputArea-output:not(.jp-RenderedText)";
    expect(await foreign(page, output)).toEqual(nothing);
    // JupyterLab makes links of whatever looks like an address or a path in plain text, streams and errors of any kernel, to what the text
    // says; javascript: among them does nothing when it is followed.
    const links = page.locator(".jp-RenderedText a");
    const kinds = await links.evaluateAll((all) => all.map((a) => (a as HTMLAnchorElement).protocol));
    expect(kinds.filter((kind) => !/^(https?|file|data|javascript)?:$/.test(kind))).toEqual([]);
    expect(kinds).toContain("javascript:");
    const opened: Page[] = [];
    page.context().on("page", (other) => opened.push(other));
    await links.evaluateAll((all) => {
      for (const a of all as HTMLAnchorElement[]) if (a.protocol === "javascript:") a.click();
    });
    await page.waitForTimeout(1500);
    expect(await Promise.all(opened.map(pwned))).toEqual(opened.map(() => undefined));
    await Promise.all(opened.map((other) => other.close()));
    expect((await foreign(page, ".jp-RenderedText")).handlers).toBe(0);
    expect([await pwned(page), witness.dialogs, witness.outside]).toEqual([undefined, [], []]);
  });
});
