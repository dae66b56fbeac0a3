/** Rooms from the ground up: a room may import the floors before its own and nothing beside or above it. kernel/README.md draws the same house,
 *  and a test compares the two with the folders. */
const floors = [
  ["report", "errors.ts", "host.ts", "version.ts"],
  ["bytes", "protocol", "options.ts", "comm.ts"],
  ["tensor", "blocks", "transport"],
  ["simd", "threads", "network", "grid", "static", "session"],
  ["loops", "widgets"],
  ["measure"],
  ["formats", "quantize", "encode"],
  ["archive", "llama-cpp", "prune", "checkpoints", "stored-codes"],
  ["stored", "surgery", "train"],
  ["layer"],
  ["save"],
  ["catalog"],
  ["recipe", "hub"],
  ["analysis", "evaluate", "open"],
  ["cli"],
  ["index.ts", "methods.ts", "main.ts", "cli.ts"],
];
const pathOf = (room) => (room.endsWith(".ts") ? `^kernel/${room.replace(".", "\\.")}$` : `^kernel/${room}/`);

const sharedWithBrowser = "^kernel/report/";

module.exports = {
  forbidden: [
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    ...floors.flatMap((rooms, floor) =>
      rooms.map((room) => ({
        name: `${room}-imports-only-what-is-below`,
        severity: "error",
        from: { path: pathOf(room) },
        to: {
          path:
            floors
              .slice(floor)
              .flat()
              .filter((other) => other !== room)
              .map(pathOf)
              .join("|") || "^$",
        },
      })),
    ),
    {
      name: "only-transport-imports-zeromq",
      severity: "error",
      from: { pathNot: "^kernel/transport/" },
      to: { path: "zeromq" },
    },
    {
      name: "extension-imports-the-contract-only",
      severity: "error",
      from: { path: "^extension/" },
      to: { path: "^kernel/", pathNot: sharedWithBrowser },
    },
    {
      name: "the-contract-runs-in-a-browser",
      severity: "error",
      from: { path: sharedWithBrowser },
      to: { pathNot: sharedWithBrowser },
    },
    {
      name: "only-views-touch-plotly",
      severity: "error",
      from: { path: "^(extension|kernel)/", pathNot: "^extension/views/" },
      to: { path: "plotly[.]js" },
    },
    {
      name: "figures-are-pure",
      severity: "error",
      from: { path: "^extension/figures/" },
      to: { path: "^extension/views/|@jupyterlab|@lumino" },
    },
    {
      name: "methods-reach-simd-through-loops",
      severity: "error",
      // The engine of evaluate/ is loops throughout, and has no plain form.
      from: { path: "^kernel/", pathNot: "^kernel/(simd|loops|evaluate/wasm)/" },
      // package-module.ts holds no loop: it compiles the binary of an npm package, which encode/container/zstd-module.ts asks of it.
      to: { path: "^kernel/simd/", pathNot: "^kernel/simd/package-module[.]ts$" },
    },
    {
      name: "methods-know-no-files",
      severity: "error",
      from: { path: "^kernel/(blocks|grid|loops|quantize|prune|encode|measure|network)/" },
      to: { path: "^(node:)?(fs|path|worker_threads)(/|$)" },
    },
  ],
  options: { tsPreCompilationDeps: true, doNotFollow: { path: "node_modules" }, exclude: { path: "^lib/" } },
};
// For the test of kernel/README.md; dependency-cruiser takes no keys of others.
Object.defineProperty(module.exports, "floors", { value: floors });
