import { makeReport, type VariantSpec } from "../fixtures/report/reports";
import type { Report, View } from "../../kernel/report/types";

/** Names that try to become code, markup, links, requests or formulas: for HTML, SVG, attributes, URLs, TeX, plotly's own markup, CSS,
 *  templates, JSON keys and spreadsheets. Each sets `window.__pwned` or opens a dialog if it runs. */
const set = "window.__pwned=1";
export const payloads: readonly string[] = [
  `<script>${set}</script>`,
  `<img src=x onerror=${set}>`,
  `<img src="x" onerror="${set}" />`,
  `"><img src=x onerror=${set}>`,
  `'><img src=x onerror=${set}>`,
  `<svg onload=${set}>`,
  `<svg><script>${set}</script></svg>`,
  `<svg><a xlink:href="javascript:${set}"><text x=0 y=9>go</text></a></svg>`,
  `<svg><use xlink:href="data:image/svg+xml,<svg id=x onload=${set}>#x"/></svg>`,
  `<svg><animate onbegin=${set} attributeName=x dur=1s>`,
  `<svg><set attributeName=href to=javascript:${set}>`,
  `<svg><foreignObject><iframe srcdoc="<script>parent.__pwned=1</script>"></foreignObject></svg>`,
  `<a href="javascript:${set}">x</a>`,
  `<a href="JaVaScRiPt:${set}">x</a>`,
  `<a href="java&#10;script:${set}">x</a>`,
  `<a href="data:text/html,<script>${set}</script>">x</a>`,
  `<a href="https://attacker.invalid/">x</a>`,
  `<a href='x' onclick='${set}'>x</a>`,
  `<a popup="width=1,height=1" href="https://attacker.invalid">x</a>`,
  `<b onmouseover=${set}>x</b>`,
  `<span style="background:url(https://attacker.invalid/a)">x</span>`,
  `<span style="x:expression(${set})">x</span>`,
  `<i style="behavior:url(#default)">x</i>`,
  `<iframe src="javascript:parent.__pwned=1"></iframe>`,
  `<iframe srcdoc="<script>parent.__pwned=1</script>"></iframe>`,
  `<object data="javascript:${set}"></object>`,
  `<embed src="javascript:${set}">`,
  `<video onmouseover=${set} src=x></video>`,
  `<video><source onerror=${set}></video>`,
  `<audio src=x onerror=${set}>`,
  `<details open ontoggle=${set}>x</details>`,
  `<input autofocus onfocus=${set}>`,
  `<select autofocus onfocus=${set}>`,
  `<textarea autofocus onfocus=${set}>`,
  `<body onload=${set}>`,
  `<marquee onstart=${set}>x</marquee>`,
  `<form action="javascript:${set}"><button>x</button></form>`,
  `<button formaction="javascript:${set}">x</button>`,
  `<math><mi xlink:href="javascript:${set}">x</mi></math>`,
  `<math><mtext><table><mglyph><style><img src=x onerror=${set}>`,
  `<meta http-equiv="refresh" content="0;url=javascript:${set}">`,
  `<link rel=stylesheet href=https://attacker.invalid/a.css>`,
  `<base href="https://attacker.invalid/">`,
  `<style>@import "https://attacker.invalid/a.css";</style>`,
  `<template><script>${set}</script></template>`,
  `<noscript><p title="</noscript><img src=x onerror=${set}>">`,
  `</title><script>${set}</script>`,
  `</style><script>${set}</script>`,
  `</textarea><script>${set}</script>`,
  `--><script>${set}</script><!--`,
  `]]><script>${set}</script>`,
  `&lt;img src=x onerror=${set}&gt;`,
  `&#60;img src=x onerror=${set}&#62;`,
  `%3Cimg%20src=x%20onerror=${set}%3E`,
  `\\u003cimg src=x onerror=${set}\\u003e`,
  `<<script>${set}//<</script>`,
  `<scr<script>ipt>${set}</scr</script>ipt>`,
  `<img/src=x/onerror=${set}>`,
  `<img src=x onerror\n=\n${set}>`,
  `$\\href{javascript:${set}}{x}$`,
  `$\\unicode{<img src=x onerror=${set}>}$`,
  `$$\\text{<script>${set}</script>}$$`,
  `\\(\\href{javascript:${set}}{x}\\)`,
  `javascript:${set}`,
  `{{constructor.constructor('${set}')()}}`,
  `\${${set}}`,
  `%{customdata} %{x:${set}}<extra></extra>`,
  `=HYPERLINK("https://attacker.invalid","x")`,
  `=cmd|' /C calc'!A0`,
  `+1+1`,
  `-2+3`,
  `@SUM(1,1)`,
  `__proto__`,
  `constructor`,
  `toString`,
  `\u202egnp.exe`,
  `a\u0000b\u0007c`,
  `line one\r\nline two\tthree`,
  `A`.repeat(5000),
  `Z\u0351\u032b\u0343\u036a\u0302\u036b`.repeat(40),
  `name with "quotes", commas; and 'apostrophes'`,
];

const variant: VariantSpec = {
  name: "plain",
  kind: "linear",
  bits: 4,
  overhead: 0.5,
  sqnrDb: 20,
  spread: 1,
  sparsity: 0.5,
  levels: true,
};

/** A report in which every text that can hold a payload holds one: layer, block, kind, dtype, scheme, step, variant, model, format. */
export function payloadReport(shift: number): Report {
  const at = (i: number): string => payloads[(i + shift) % payloads.length];
  const report = makeReport({
    name: at(0),
    format: at(1),
    dtype: "F32",
    bytesPerWeight: 4,
    seed: 77,
    bins: 12,
    untouched: 0,
    layers: payloads.map((name) => [name, [4, 6]] as const),
    variants: [variant, { ...variant, name: "other" }],
  });
  return {
    ...report,
    variants: report.variants.map((v, i) => ({ ...v, name: at(2 + i) })),
    layers: report.layers.map((layer, i) => ({
      ...layer,
      block: at(i + 5),
      kind: at(i + 9),
      dtype: at(i + 13),
      variants: layer.variants.map(
        (v, j) =>
          v && {
            ...v,
            scheme: at(i + 17),
            steps: v.steps.map((step, k) => ({ ...step, kind: at(i + j + k), label: at(i + j + k + 21) })),
          },
      ),
    })),
  };
}

/** The same names in a model on its own. */
export function payloadModel(): View {
  return {
    version: 1,
    kind: "model",
    model: { name: payloads[1], format: payloads[2], parameters: 24, bytes: 96 },
    tensors: payloads.map((name, i) => ({
      name,
      block: payloads[(i + 3) % payloads.length],
      blockIndex: null,
      kind: payloads[(i + 7) % payloads.length],
      shape: [4, 6],
      dtype: payloads[(i + 11) % payloads.length],
      parameters: 24,
      bytes: 96,
      histogram: { minimum: -1, maximum: 1, counts: [1, 5, 12, 5, 1], below: 0, above: 0 },
    })),
  };
}
