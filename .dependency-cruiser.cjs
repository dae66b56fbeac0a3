/** Rooms from the ground up: a room may import the rooms before it and nothing after it. CONTRIBUTING.md draws the same map. */
const floors = [
  ["bytes"],
  ["tensor"],
  ["report"],
  ["simd", "blocks"],
  ["formats", "measure", "network"],
  ["quantize", "prune", "encode"],
  ["recipe"],
  ["evaluate", "train", "study"],
];
const above = (index) =>
  floors
    .slice(index + 1)
    .flat()
    .concat(["protocol", "transport", "session", "cli"]);

module.exports = {
  forbidden: [
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    ...floors.flatMap((rooms, index) =>
      rooms.map((room) => ({
        name: `${room}-imports-only-what-is-below`,
        severity: "error",
        from: { path: `^kernel/${room}/` },
        to: {
          path: `^kernel/(${above(index).join("|")})/|^kernel/(index|main|cli)\\.ts$`,
          // The contract itself stands on nothing, so every room may name its types.
          pathNot: "^kernel/report/types\\.ts$",
        },
      })),
    ),
    {
      name: "protocol-knows-no-sockets",
      severity: "error",
      from: { path: "^kernel/protocol/" },
      to: { path: "^kernel/(transport|session|formats|recipe)/|zeromq" },
    },
    {
      name: "only-transport-imports-zeromq",
      severity: "error",
      from: { pathNot: "^kernel/transport/" },
      to: { path: "zeromq" },
    },
    {
      name: "transport-knows-no-cells",
      severity: "error",
      from: { path: "^kernel/transport/" },
      to: { path: "^kernel/session/" },
    },
    {
      name: "extension-imports-the-pure-part-of-report-only",
      severity: "error",
      from: { path: "^extension/" },
      to: {
        path: "^kernel/",
        pathNot: "^kernel/report/(types|numbers|labels|colours|layout|csv|curve-geometry|curve-rows)\\.ts$",
      },
    },
    {
      name: "what-the-extension-shares-imports-nothing-else",
      severity: "error",
      from: { path: "^kernel/report/(types|numbers|labels|colours|layout|csv|curve-geometry|curve-rows)\\.ts$" },
      to: { pathNot: "^kernel/report/(types|numbers|labels|colours|layout|csv|curve-geometry|curve-rows)\\.ts$" },
    },
    {
      name: "only-views-touch-plotly",
      severity: "error",
      from: { path: "^(extension|kernel)/", pathNot: "^extension/views/" },
      to: { path: "plotly" },
    },
    {
      name: "figures-are-pure",
      severity: "error",
      from: { path: "^extension/figures/" },
      to: { path: "^extension/(views|live|notes)/|@jupyterlab|@lumino" },
    },
    {
      name: "methods-know-no-files",
      severity: "error",
      from: { path: "^kernel/(blocks|quantize|prune|encode|measure|network)/" },
      to: { path: "^(node:)?(fs|path|worker_threads)(/|$)" },
    },
  ],
  options: { tsPreCompilationDeps: true, doNotFollow: { path: "node_modules" }, exclude: { path: "^lib/" } },
};
