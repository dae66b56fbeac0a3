/** The figures in a real JupyterLab and a real Notebook, from saved outputs, without a kernel. Pictures are kept in out/browser. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { reportBundle } from "../../kernel/static/display";
import type { View } from "../../extension/views/views";
import { payloadModel, payloadReport, payloads } from "../extension/payloads";
import { hostileCurves, rateCurves } from "../fixtures/report/curves";
import { deepReport, miniLmReport, smallReport } from "../fixtures/report/reports";
import { inFull } from "../tiers";
import { savedNotebook } from "./notebooks";
import {
  keep,
  openNotebook,
  pictures,
  python,
  setTheme,
  startSite,
  visit,
  type Application,
  type Site,
  type Visitor,
} from "./site";

jest.setTimeout(240_000);

const bundle = (view: View): Record<string, unknown> => (view.kind === "report" ? { ...reportBundle(view) } : {});
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

const notebooks: Readonly<Record<string, unknown>> = {
  "six.ipynb": savedNotebook([smallReport()], bundle),
  "mini.ipynb": savedNotebook([miniLmReport()], bundle),
  "deep.ipynb": savedNotebook([deepReport()], bundle),
  "words.ipynb": savedNotebook([
    { version: 3, kind: "report" },
    { version: 1, kind: "report", model: {} },
    { ...smallReport(), layers: [] },
    { version: 0, kind: "report" },
    "not a view",
  ]),
  "curves.ipynb": savedNotebook([rateCurves()]),
  "plain.ipynb": savedNotebook([]),
  "hostile.ipynb": savedNotebook([
    payloadReport(0),
    payloadReport(31),
    payloadModel(),
    ...payloads.slice(0, 3).map(hostileCurves),
  ]),
};

/** What JupyterLab 4.6 and Notebook 7.6 say of themselves, without this extension too. */
const ownErrors = /Failed to load resource.*(404|400)|Cannot read properties of undefined \(reading 'schema'\)/;

const view = ".cb-View";
const drawn = `${view} .cb-Panel .main-svg`;

/** The middle of a layer's row or cell on the screen, by its place among the options that screen readers get. */
async function tipText(page: Page): Promise<string> {
  await page.waitForSelector(".cb-Tip:visible");
  return (await page.locator(".cb-Tip").first().innerText()).replace(/\s+/g, " ");
}

async function figureBox(page: Page): Promise<{ x: number; y: number; width: number; height: number }> {
  const figure = page.locator(".cb-Figure").first();
  await figure.scrollIntoViewIfNeeded();
  const box = await figure.boundingBox();
  if (!box) throw new Error("no figure on the page");
  return box;
}

async function saved(page: Page, label: string): Promise<{ name: string; bytes: Buffer }> {
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: label }).first().click(),
  ]);
  return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
}

describe.each<Application>(["lab", "notebook"])("in %s", (application) => {
  let site: Site;
  let visitor: Visitor;
  let page: Page;
  /** Both applications draw views by the same parts of JupyterLab. In Notebook npm test holds that they load, that the keyboard is theirs and
   *  that files arrive, where the applications differ; what the views do there besides is in the full run. */
  const testOfView = application === "lab" ? test : inFull(test);

  beforeAll(async () => {
    site = await startSite(application, notebooks);
    visitor = await visit();
    page = visitor.page;
  });

  afterAll(async () => {
    await visitor?.leave();
    await site?.stop();
  });

  afterEach(async () => {
    expect(await page.evaluate(() => (window as unknown as { __pwned?: number }).__pwned)).toBeUndefined();
    expect(visitor.witness.dialogs).toEqual([]);
    expect(visitor.witness.outside).toEqual([]);
    expect(visitor.witness.errors.filter((e) => !ownErrors.test(e))).toEqual([]);
  });

  test("plotly is fetched when the first figure needs it, and not before", async () => {
    const files = join(__dirname, "..", "..", "..", "lib", "labextension", "static");
    const [chunk] = readdirSync(files).filter((name) => name.endsWith(".js") && statSync(join(files, name)).size > 5e5);
    const fetched = (): boolean => visitor.witness.requests.some((url) => url.includes(chunk));
    await openNotebook(page, site, application, "plain.ipynb");
    await page.waitForTimeout(1500);
    expect(fetched()).toBe(false);
    await openNotebook(page, site, application, "six.ipynb");
    await page.waitForSelector(drawn);
    expect(fetched()).toBe(true);
    await keep(page, `${application}-six`, view);
  });

  testOfView("hover names the layer with all its measures; click opens it; Escape closes it", async () => {
    await openNotebook(page, site, application, "six.ipynb");
    await page.waitForSelector(drawn);
    const box = await figureBox(page);
    await page.mouse.move(box.x + box.width * 0.5, box.y + 34 + 12 + 20);
    const tip = await tipText(page);
    expect(tip).toContain("h.0.attn.c_proj.weight");
    for (const word of [
      "SQNR",
      "RMSE",
      "MSE",
      "1 − cos",
      "largest error",
      "zeros",
      "bits/weight",
      "entropy",
      " dB",
      " %",
    ])
      expect(tip).toContain(word);
    await keep(page, `${application}-six-hover`);
    await page.mouse.down();
    await page.mouse.up();
    const card = page.locator(".cb-Card");
    await card.waitFor();
    expect(await card.innerText()).toContain("h.0.attn.c_proj.weight");
    await card.locator(".main-svg").first().waitFor();
    await page.waitForTimeout(500);
    await keep(page, `${application}-six-card`, view);
    await card.getByText("log count").click();
    await card.locator(".main-svg").first().waitFor();
    await card.press("Escape");
    await card.waitFor({ state: "hidden" });
  });

  test("the keyboard alone: Tab to the figure, arrows, Enter, Escape", async () => {
    await openNotebook(page, site, application, "six.ipynb");
    await page.waitForSelector(drawn);
    await page.locator(".jp-OutputArea .cb-Filter").focus();
    await page.keyboard.press("Tab");
    const current = (): Promise<string | null> =>
      page.evaluate(
        () =>
          document.getElementById(document.activeElement?.getAttribute("aria-activedescendant") ?? "")?.textContent ??
          null,
      );
    expect(await page.evaluate(() => document.activeElement?.getAttribute("role"))).toBe("listbox");
    await page.keyboard.press("ArrowDown");
    expect(await current()).toContain("h.0.attn.c_attn.weight, 64 × 192");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    expect(await current()).toContain("h.0.mlp.c_fc.weight");
    await page.keyboard.press("End");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    expect(await page.locator(".cb-Card").innerText()).toContain("h.1.attn.c_proj.weight");
    await page.keyboard.press("Escape");
    expect(await page.locator(".cb-Card").isVisible()).toBe(false);
    // The notebook's own commands did not hear any of it.
    expect(await page.locator(".jp-Notebook .jp-Cell").count()).toBe(1);
  });

  testOfView("filters, measures, order, variants and forms", async () => {
    await openNotebook(page, site, application, "mini.ipynb");
    await page.waitForSelector(drawn);
    const options = page.locator(".cb-Figure [role=option]");
    await until(async () => (await options.count()) === 39);
    await page.locator(".jp-OutputArea .cb-Filter").fill("query");
    await until(async () => (await options.count()) === 6);
    await page.locator(".cb-Select").selectOption({ label: "key (6)" });
    await page.getByText("No layer matches the filter.").waitFor();
    await page.locator(".jp-OutputArea .cb-Filter").fill("");
    await until(async () => (await options.count()) === 6);
    await page.locator(".cb-Select").selectOption({ label: "all kinds" });
    await page.locator(".cb-Segment", { hasText: "worst first" }).click();
    await page.locator(".cb-Segment", { hasText: "RMSE" }).click();
    await until(async () => /RMSE/.test((await options.first().textContent()) ?? ""));
    await until(() => page.locator(".cb-Segment", { hasText: "linear" }).isVisible());
    await page.locator(".cb-Chip").first().click();
    await until(async () => (await page.locator(".cb-Chip").first().getAttribute("aria-pressed")) === "false");
    await until(async () => !((await options.first().textContent()) ?? "").includes("linear 4-bit g64"));
    await keep(page, `${application}-mini-rmse-worst`, view);
    await page.locator(".cb-Segment", { hasText: "table" }).click();
    await until(async () => (await page.locator(".cb-Table tbody tr[data-row]").count()) === 39);
    await page.locator(".cb-SortButton", { hasText: "layer" }).click();
    expect(await page.locator(".cb-Table th[aria-sort=ascending]").innerText()).toContain("layer");
    await page.locator(".cb-Segment", { hasText: "map" }).click();
    await page.waitForSelector(`${view} .hm`);
  });

  testOfView("curves: hover, keyboard, above a bound, table, download", async () => {
    await openNotebook(page, site, application, "curves.ipynb");
    await page.waitForSelector(drawn);
    const figure = page.locator(".cb-Figure").first();
    await figure.focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    expect(await tipText(page)).toContain("linear 4-bit g64");
    const ring = await page.locator(".cb-Mark-point").boundingBox();
    if (!ring) throw new Error("the chosen point is not marked");
    await page.keyboard.press("Escape");
    await page.locator(".cb-Tip").first().waitFor({ state: "hidden" });
    // The pointer finds the same point where the ring was.
    await page.mouse.move(ring.x + ring.width / 2 + 4, ring.y + ring.height / 2 + 4);
    expect(await tipText(page)).toMatch(/linear 4-bit g64.*SQNR, dB 19\.1.*above Gaussian bound, dB −6\.48/);
    await keep(page, `${application}-curves`, view);
    await page.locator(".cb-Select").selectOption({ label: "above Gaussian bound" });
    await page.locator(".ytitle", { hasText: "SQNR above Gaussian bound" }).waitFor();
    await page.locator(".cb-Select").selectOption({ label: "values as they are" });
    await page.locator(".cb-Chip", { hasText: "nf4" }).click();
    await until(async () => (await page.locator(".cb-Figure [role=option]").count()) === 4);
    await page.locator(".cb-Segment", { hasText: "table" }).click();
    await until(async () => (await page.locator(".cb-Table tbody tr[data-row]").count()) === 4);
    const csv = await saved(page, "Download every number as CSV");
    expect(csv.name).toBe("all-MiniLM-L6-v2-curves.csv");
    expect(csv.bytes.toString()).toContain('"rans alone",rans,7.9,inf');
    const svg = await saved(page, "Download the figure as SVG");
    expect(svg.bytes.toString()).toContain("Gaussian bound");
  });

  test("PNG, SVG and CSV arrive", async () => {
    await openNotebook(page, site, application, "mini.ipynb");
    await page.waitForSelector(drawn);
    const csv = await saved(page, "Download every number as CSV");
    expect(csv.name).toBe("all-MiniLM-L6-v2-layers.csv");
    const lines = csv.bytes.toString("utf8").split("\r\n");
    expect(lines).toHaveLength(1 + 39 * 3 + 1);
    const report = miniLmReport();
    expect(lines[1]).toContain(report.layers[0].name);
    expect(lines[1]).toContain(String(report.layers[0].variants[0]?.rootMeanSquareError));
    const png = await saved(page, "Download the figure as PNG");
    expect(png.bytes.subarray(1, 4).toString("latin1")).toBe("PNG");
    expect(png.bytes.readUInt32BE(16)).toBeGreaterThan(2000);
    writeFileSync(join(pictureFolder(), `${application}-mini-download.png`), png.bytes);
    // Each variant's colour is in the picture: 39 dots of some 400 pixels, in three panels.
    const pixels = await page.evaluate(
      async ([source, ...colours]) => {
        const picture = new Image();
        picture.src = source;
        await picture.decode();
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = [picture.width, picture.height];
        const context = canvas.getContext("2d");
        context?.drawImage(picture, 0, 0);
        const seen = new Map<string, number>();
        const data = context?.getImageData(0, 0, picture.width, picture.height).data ?? [];
        for (let i = 0; i < data.length; i += 4) {
          const colour = `${data[i]},${data[i + 1]},${data[i + 2]}`;
          seen.set(colour, (seen.get(colour) ?? 0) + 1);
        }
        return colours.map((colour) => seen.get(colour) ?? 0);
      },
      [`data:image/png;base64,${png.bytes.toString("base64")}`, "0,114,178", "0,158,115", "213,94,0"],
    );
    for (const count of pixels) expect(count).toBeGreaterThan(39 * 400);
    const svg = await saved(page, "Download the figure as SVG");
    expect(svg.bytes.toString("utf8")).toMatch(/^<svg[\s\S]*all-MiniLM-L6-v2[\s\S]*<\/svg>$/);
  });

  testOfView("three hundred layers as a map, in light and dark", async () => {
    await openNotebook(page, site, application, "deep.ipynb");
    await page.waitForSelector(`${view} .hm`);
    await page.waitForTimeout(500);
    await keep(page, `${application}-deep-light`, view);
    const box = await figureBox(page);
    await page.mouse.move(box.x + box.width * 0.5, box.y + 130);
    expect(await tipText(page)).toMatch(/model\.layers\.\d+\./);
    const background = (): Promise<string> =>
      page.evaluate(() => document.querySelector<HTMLElement>(".cb-Panel .main-svg")?.style.background ?? "");
    const light = await background();
    await setTheme(page, "JupyterLab Dark");
    await until(async () => (await background()) !== light);
    await page.mouse.move(5, 5);
    await keep(page, `${application}-deep-dark`, view);
    // As rows it is longer than any screen: what its scales say stands above them too.
    await page.locator(`${view} .cb-Segment`, { hasText: "layers" }).first().click();
    await page.waitForFunction(() => document.querySelectorAll(".cb-Panel .ytick").length >= 300);
    const scales = await page.evaluate(() => {
      const top = document.querySelector(".cb-Panel")?.getBoundingClientRect().top ?? 0;
      const near = (text: Element): boolean => text.getBoundingClientRect().top < top + 80;
      return [...document.querySelectorAll(".cb-Panel .main-svg text")].filter(near).map((text) => text.textContent);
    });
    expect(scales).toEqual(expect.arrayContaining(["10 dB", "100 %", "4"]));
    expect(scales.join("\n")).toMatch(/SQNR[^]*bits per weight/i);
    await page.screenshot({ path: join(pictures, `${application}-deep-layers.png`) });
    await openNotebook(page, site, application, "mini.ipynb");
    await page.waitForSelector(drawn);
    const rows = await figureBox(page);
    await page.mouse.click(rows.x + rows.width * 0.5, rows.y + 100);
    await page.waitForSelector(".cb-Card .main-svg");
    await page.waitForTimeout(500);
    await keep(page, `${application}-mini-dark`, view);
    await setTheme(page, "JupyterLab Light");
  });

  testOfView("newer, malformed and empty views each have their sentence", async () => {
    await openNotebook(page, site, application, "words.ipynb");
    await page.waitForSelector(view);
    const words = await page.locator(`${view}`).allInnerTexts();
    expect(words[0]).toContain("made by a newer version of Codebook (format 3");
    expect(words[1]).toContain("cannot be drawn: its variants is missing");
    expect(words[2]).toContain("This report holds no layers");
    expect(words[3]).toContain("its version is 0");
    expect(words[4]).toContain("its view is not an object");
  });

  testOfView("hostile names stand as text in every place and run nowhere", async () => {
    await openNotebook(page, site, application, "hostile.ipynb");
    await page.waitForSelector(drawn);
    // The notebook was never run or signed here: the figures are drawn all the same.
    await page.waitForSelector(`${view} .cb-Table`);
    const first = page.locator(view).first();
    expect(await first.locator(".cb-Model").textContent()).toBe(payloads[0]);
    for (const form of ["layers", "map", "table"]) {
      await first.locator(".cb-Segment", { hasText: form }).click();
      await page.waitForTimeout(400);
    }
    const names = await first.locator(".cb-NameCell .cb-Layer").allTextContents();
    expect([...names].sort()).toEqual([...payloads].sort());
    await first.locator(".cb-Segment", { hasText: "layers" }).click();
    await page.waitForTimeout(600);
    const figure = first.locator(".cb-Figure");
    await figure.focus();
    for (let i = 0; i < payloads.length; i++) {
      await page.keyboard.press("ArrowDown");
      if (i % 8 === 0) await page.keyboard.press("Enter");
    }
    const box = await figureBox(page);
    for (let i = 0; i < 40; i++) await page.mouse.move(box.x + 60 + 9 * i, Math.min(1300, box.y + 40 + 20 * i));
    for (const kind of ["CSV", "SVG", "PNG"])
      await Promise.all([
        page.waitForEvent("download"),
        first.locator(".cb-Buttons button", { hasText: kind }).click(),
      ]);
    await page.locator(".cb-Words summary").first().click();
    const found = await page.evaluate(() => ({
      scripts: document.querySelectorAll(".cb-View script, .cb-Tip script").length,
      links: document.querySelectorAll(".cb-View a, .cb-Tip a").length,
      foreign: document.querySelectorAll(
        ".cb-View :is(img, iframe, object, embed, video, audio, form, foreignObject, math, style, link, base, meta), .cb-Tip :is(img, iframe)",
      ).length,
      handlers: [...document.querySelectorAll(".cb-View *, .cb-Tip *")].filter((node) =>
        node.getAttributeNames().some((name) => name.startsWith("on")),
      ).length,
      polluted: ({} as Record<string, unknown>).version !== undefined,
    }));
    expect(found).toEqual({ scripts: 0, links: 0, foreign: 0, handlers: 0, polluted: false });
    await keep(page, `${application}-hostile`, view);
  });
});

/** Waits until `holds` does, for at most ten seconds. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 100; i++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(await holds()).toBe(true);
}

const pictureFolder = (): string => join(__dirname, "..", "..", "..", "out", "browser");

test("without the extension, nbconvert's page shows the static figure", () => {
  const folder = mkdtempSync(join(os.tmpdir(), "codebook-static-"));
  try {
    const notebook = join(folder, "mini.ipynb");
    writeFileSync(notebook, JSON.stringify(plain(notebooks["mini.ipynb"])));
    execFileSync(python, ["-m", "nbconvert", "--to", "html", "--output", "mini.html", notebook], {
      timeout: 90_000,
      stdio: "pipe",
    });
    const html = readFileSync(join(folder, "mini.html"), "utf8");
    expect(html).toMatch(/<img[^>]+src="data:image\/svg\+xml/);
    expect(html).toContain("encoder.layer.3.intermediate.dense.weight");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
