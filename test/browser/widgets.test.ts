/** Widgets, tables, figures of others and the list of variables in real front ends with the real kernel: what a reader does with keys and mouse
 *  reaches the kernel, and what the kernel answers is seen. Pictures are kept in out/browser. */
import { dirname, join } from "node:path";
import type { Page } from "playwright-core";
import { itWith } from "../references";
import { keep, openNotebook, python, startSite, visit, type Application, type Site, type Visitor } from "./site";

jest.setTimeout(300_000);

/** Where that Python's JupyterLab has its extensions: those of widgets are packages of their own (requirements-test.txt). */
const extensions = join(dirname(python), "..", "share", "jupyter", "labextensions");
const packages = [join(extensions, "@jupyter-widgets", "jupyterlab-manager"), join(extensions, "anywidget")];

const cells = [
  `import { widgets } from "codebook";
const slider = new widgets.IntSlider({ value: 4, min: 1, max: 8, description: "bits" });
const label = new widgets.Label({ value: "start" });
slider.observe(({ new: bits }) => (label.value = "bits " + bits));
const out = new widgets.Output();
const button = new widgets.Button({ description: "Run" }).onClick(() => out.capture(() => console.log("pressed at", slider.value)));
const scheme = new widgets.Dropdown({ options: { "int 4": "int4", "nf 4": "nf4" } });
scheme.observe(({ new: value }) => out.print("scheme " + value));
new widgets.VBox([new widgets.HBox([slider, button, scheme]), label, out])`,
  `const esm = \`export default { render({ model, el }) {
  const b = document.createElement("button"); b.className = "any-button";
  const s = () => { b.textContent = "any " + model.get("value"); }; model.on("change:value", s); s();
  b.onclick = () => { model.set("value", model.get("value") + 1); model.save_changes(); }; el.append(b); } }\`;
const any = new widgets.AnyWidget({ esm, state: { value: 1 } });
any.observe(({ new: value }) => { if (value < 100) any.set({ value: value * 100 }); });
any`,
  `const rows = Array.from({ length: 20 }, (_, i) => ({ layer: "block " + i, bits: i, note: "<img src=x onerror='window.__pwned = 1'>" })); rows`,
  `({ data: [{ type: "bar", x: ["int4", "nf4"], y: [20.1, 20.8] }], layout: { height: 240 } })`,
];
const notebook = {
  nbformat: 4,
  nbformat_minor: 5,
  metadata: { kernelspec: { name: "codebook", display_name: "TypeScript (Codebook)", language: "typescript" } },
  cells: cells.map((source, i) => ({
    ...{ cell_type: "code", id: `cell-${i}`, metadata: {}, execution_count: null, outputs: [], source },
  })),
};

let site: Site | undefined;
let visitor: Visitor | undefined;
afterEach(async () => {
  await visitor?.leave();
  await site?.stop();
});

const command = (page: Page, id: string): Promise<unknown> =>
  page.evaluate(
    (name) =>
      (
        window as unknown as { jupyterapp: { commands: { execute(id: string): Promise<unknown> } } }
      ).jupyterapp.commands.execute(name),
    id,
  );
const shows = (page: Page, selector: string, text: string): Promise<unknown> =>
  page.waitForFunction(
    ([where, what]) => [...document.querySelectorAll(where)].some((node) => node.textContent?.includes(what)),
    [selector, text] as const,
    { timeout: 60_000 },
  );

for (const application of ["lab", "notebook"] as Application[])
  itWith(...packages)(`in ${application}: arrow keys, mouse, buttons, lists, tables, variables`, async () => {
    site = await startSite(application, { "widgets.ipynb": notebook }, 300, "codebook");
    visitor = await visit(1400, 1400);
    const { page, witness } = visitor;
    await openNotebook(page, site, application, "widgets.ipynb");
    await command(page, "notebook:run-all-cells");
    await page.waitForSelector(".any-button", { timeout: 120_000 });

    const handle = page.locator(".noUi-handle").first();
    await handle.focus();
    await page.keyboard.press("ArrowRight");
    await shows(page, ".widget-label", "bits 5");
    const track = await page.locator(".noUi-target").first().boundingBox();
    if (track === null) throw new Error("the slider has no line");
    await page.mouse.click(track.x + track.width * 0.99, track.y + track.height / 2);
    await shows(page, ".widget-label", "bits 8");
    await page.locator(".jupyter-button").first().click();
    await shows(page, ".jp-OutputArea", "pressed at 8");
    await page.locator(".widget-dropdown select").first().selectOption({ label: "nf 4" });
    await shows(page, ".jp-OutputArea", "scheme nf4");
    await page.locator(".any-button").click();
    await shows(page, ".any-button", "any 200");

    await page.locator(".cb-View .cb-SortButton").nth(1).click();
    expect(await page.locator(".cb-View tbody tr").first().innerText()).toContain("block 19");
    await page.waitForSelector(".cb-Foreign .main-svg", { timeout: 60_000 });
    await keep(page, `widgets-${application}`);

    await command(page, "codebook:show-variables");
    await shows(page, ".cb-Variables tbody tr", "rows");
    await keep(page, `variables-${application}`);
    expect(await page.evaluate(() => (window as unknown as { __pwned?: number }).__pwned)).toBeUndefined();
    expect(witness.dialogs).toEqual([]);
  });
