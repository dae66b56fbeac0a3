// The report of a 300-layer model, drawn by the real extension in a real JupyterLab in Chromium: from the page's first knowledge of the
// output to the finished figure, on a warm page, and how many bytes the output puts into the notebook.
//   node test/bench/report.mjs      (or as a part of npm run bench)
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const name = "report of 300 layers in Chromium";
const runs = 5;

export async function run({ python, root }) {
  process.env.CODEBOOK_PYTHON ??= python;
  const require = createRequire(join(root, "package.json"));
  const { startSite, visit, openNotebook } = require("./lib/test/browser/site.js");
  const { savedNotebook } = require("./lib/test/browser/notebooks.js");
  const { deepReport } = require("./lib/test/fixtures/report/reports.js");
  const report = deepReport();
  const bytes = Buffer.byteLength(JSON.stringify(report));
  const site = await startSite("lab", { "deep.ipynb": savedNotebook([report]) });
  let visitor;
  try {
    visitor = await visit(1280, 1400);
    const { page } = visitor;
    await openNotebook(page, site, "lab", "deep.ipynb");
    await page.waitForSelector(".cb-Panel .hm");
    const forms = {
      map: ".cb-Panel .hm image",
      layers: ".cb-Panel .scatterlayer .point",
      table: ".cb-Table tbody tr[data-row]",
    };
    const rows = [];
    for (const form of ["map", "layers", "table"]) {
      const times = [];
      for (let i = 0; i <= runs; i++) {
        const time = await page.evaluate(
          async ({ form, forms }) => {
            const choose = (value) => document.querySelector(`.cb-View input[type=radio][value="${value}"]`).click();
            const drawn = async (value) => {
              while (!document.querySelector(forms[value])) await new Promise((next) => requestAnimationFrame(next));
              // One more frame: the picture is on the screen.
              await new Promise((next) => requestAnimationFrame(() => setTimeout(next)));
            };
            const other = form === "map" ? "table" : "map";
            choose(other);
            await drawn(other);
            await new Promise((next) => setTimeout(next, 300));
            const start = performance.now();
            choose(form);
            await drawn(form);
            return performance.now() - start;
          },
          { form, forms },
        );
        // The first run warms the page up.
        if (i > 0) times.push(time);
      }
      times.sort((a, b) => a - b);
      rows.push({
        what: `draw 300 layers × 2 variants as ${form}`,
        who: "ours",
        milliseconds: times[(runs - 1) / 2],
        spread: times[runs - 1] - times[0],
      });
    }
    rows.push({
      what: "output of 300 layers × 2 variants, histograms included",
      who: "ours",
      note: `${bytes} bytes`,
    });
    return rows;
  } finally {
    await visitor?.leave();
    await site.stop();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
  console.table(await run({ python: join(root, ".venv", "bin", "python"), root }));
}
