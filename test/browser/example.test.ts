/** The first study in a real JupyterLab with the real kernel: its opening cells are run there, and the figure is drawn from what
 *  they send. Pictures are kept in out/browser. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { keep, openNotebook, root, setTheme, startSite, visit, type Site, type Visitor } from "./site";

jest.setTimeout(300_000);

interface Cell {
  readonly cell_type: string;
  outputs?: unknown[];
}

const study = JSON.parse(readFileSync(join(root, "examples", "01-what-four-bits-cost.ipynb"), "utf8")) as {
  cells: Cell[];
};
/** Up to the first report, without outputs. */
const opening = study.cells.slice(0, 4).map((cell) => (cell.cell_type === "code" ? { ...cell, outputs: [] } : cell));

let site: Site;
let visitor: Visitor;
beforeAll(async () => {
  site = await startSite("lab", { "study.ipynb": { ...study, cells: opening } }, 300, "codebook");
  visitor = await visit(1400, 1800);
});
afterAll(async () => {
  await visitor?.leave();
  await site?.stop();
});

test("the opening cells run in JupyterLab and their figures are drawn, light and dark", async () => {
  const { page, witness } = visitor;
  await openNotebook(page, site, "lab", "study.ipynb");
  await page.waitForSelector(".jp-Toolbar-kernelStatus, .jp-NotebookPanel-toolbar");
  await page.evaluate(async () => {
    const app = (window as unknown as { jupyterapp: { commands: { execute(id: string): Promise<unknown> } } })
      .jupyterapp;
    await app.commands.execute("notebook:run-all-cells");
  });
  await page.waitForSelector(".cb-View .cb-Panel .main-svg", { timeout: 180_000 });
  const words = await page.locator(".jp-Notebook").innerText();
  expect(words).toContain("all-MiniLM-L6-v2");
  expect(words).toContain("mean-constrained g64");
  expect(await page.locator('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]').count()).toBe(0);
  await keep(page, "study-light");
  await setTheme(page, "JupyterLab Dark");
  await page.waitForSelector(".cb-View .cb-Panel .main-svg");
  await keep(page, "study-dark");
  expect(witness.outside).toEqual([]);
  expect(witness.dialogs).toEqual([]);
});
