/** How a cell shows planeEntropy(): a line for each byte plane over the tensors; without the extension the same as a picture, with a table of
 *  the planes and fields of each type and a folded one of the tensors; and as text. */
import { curvesToHtml } from "../static/curves-forms";
import type { MimeBundle } from "../static/display";
import { code, tableRow } from "../static/html";
import { visibleText } from "../report/visible-text";
import { formatBits, formatBytes, formatPercent, formatShape } from "../report/numbers";
import { alignColumns } from "../static/text-table";
import type { CurvesView } from "../report/curves";
import { viewMimeType } from "../report/types";
import type { PlaneEntropy, TensorPlanes } from "./plane-entropy-result";

/** What a cell shows: curves for the extension, HTML with the tables, and text. */
export function planeEntropyBundle(data: PlaneEntropy): MimeBundle {
  const curves = planeEntropyCurves(data);
  return { [viewMimeType]: curves, "text/html": toHtml(data, curves), "text/plain": toText(data) };
}

/** The entropy of few symbols says little: 256 of them cannot show more than 8 bits, and show less. */
const fewestSymbols = 16_384;
const mostCurves = 8;

/** A line for each plane, over the tensors that are large enough to tell, in their order. */
export function planeEntropyCurves(data: PlaneEntropy): CurvesView {
  const { name, planes, tensors } = data;
  const types = new Set(tensors.map(({ dtype }) => dtype));
  const large = tensors.filter(({ planes: own }) => own.some(({ symbols }) => symbols >= fewestSymbols));
  const shown = [...planes].sort((a, b) => b.symbols - a.symbols).slice(0, mostCurves);
  const curves = planes
    .filter((plane) => shown.includes(plane))
    .map((plane) => ({
      name: types.size > 1 ? `${plane.dtype} ${plane.name}` : plane.name,
      kind: "measured" as const,
      points: large.flatMap((tensor, at) => {
        const own = tensor.dtype === plane.dtype ? tensor.planes.find((one) => one.name === plane.name) : undefined;
        return own ? [{ x: at + 1, y: own.entropyBits, label: tensor.name }] : [];
      }),
    }))
    .filter(({ points }) => points.length > 0);
  return {
    version: 1,
    kind: "curves",
    name,
    facts: factsOf(data),
    x: { label: "tensor, in the model's order", unit: "", scale: "linear", better: null },
    y: { label: "entropy", unit: "bits per symbol", scale: "linear", better: null },
    curves,
  };
}

function factsOf({ bytes, floorBytes }: PlaneEntropy): string {
  const share = bytes === 0 ? "" : ` (${formatPercent(floorBytes / bytes)} %)`;
  return `byte planes: ${formatBytes(bytes)}, order-0 entropy ${formatBytes(floorBytes)}${share}`;
}

const share = (part: number, whole: number): string => (whole === 0 ? "" : formatPercent(part / whole));

const partHeadings = ["type", "part", "of the bytes, %", "bits", "entropy, bits", "bytes", "floor", "left, %"];

/** Planes, then the fields that are no planes themselves. */
function partRows(data: PlaneEntropy): string[][] {
  const isPlane = new Set(data.planes.map(({ dtype, name }) => `${dtype} ${name}`));
  const fields = data.fields.filter(({ dtype, name }) => !isPlane.has(`${dtype} ${name}`) || name === "exponent");
  const row = (part: PlaneEntropy["planes"][number], kind: string): string[] => [
    part.dtype,
    `${kind}${part.name}`,
    share(part.bytes, data.bytes),
    String(part.bits),
    formatBits(part.entropyBits),
    formatBytes(part.bytes),
    formatBytes(part.floorBytes),
    share(part.floorBytes, part.bytes),
  ];
  return [
    ...data.planes.map((part) => row(part, "plane: ")),
    ...fields.map((part) => row(part, "field: ")),
    [
      "all planes",
      "",
      share(data.bytes, data.bytes),
      "",
      "",
      formatBytes(data.bytes),
      formatBytes(data.floorBytes),
    ].concat(share(data.floorBytes, data.bytes)),
  ];
}

const tensorHeadings = ["tensor", "type", "shape", "bytes", "floor", "left, %", "bits of entropy"];

function tensorRow({ name, dtype, shape, bytes, floorBytes, fields }: TensorPlanes): string[] {
  const bits = fields.map((field) => `${field.name} ${formatBits(field.entropyBits)}`).join(", ");
  return [name, dtype, formatShape(shape), formatBytes(bytes), formatBytes(floorBytes), share(floorBytes, bytes), bits];
}

function toHtml(data: PlaneEntropy, curves: CurvesView): string {
  const parts = partRows(data).map(([dtype, part, ...numbers]) =>
    tableRow([dtype === "all planes" ? dtype : code(dtype), part, ...numbers], 2),
  );
  const tensors = data.tensors.map((tensor) => {
    const [name, dtype, ...rest] = tensorRow(tensor);
    return tableRow([code(name), code(dtype), ...rest], 2);
  });
  return [
    `<p>${code(data.name)} ${factsOf(data)}</p>`,
    `<table><thead>${tableRow(partHeadings, 2, "th")}</thead><tbody>`,
    ...parts,
    "</tbody></table>",
    `<details><summary>${data.tensors.length} tensors</summary>`,
    `<table><thead>${tableRow(tensorHeadings, 2, "th")}</thead><tbody>`,
    ...tensors,
    "</tbody></table></details>",
    curvesToHtml(curves),
  ].join("\n");
}

/** Tensors that the text lists; the value holds all. */
const mostInText = 40;

function toText(data: PlaneEntropy): string {
  const listed = [...data.tensors]
    .sort((a, b) => b.bytes - b.floorBytes - (a.bytes - a.floorBytes))
    .slice(0, mostInText);
  const rest = data.tensors.length - listed.length;
  return [
    `${visibleText(data.name)} · ${factsOf(data)}`,
    "",
    ...alignColumns(
      [partHeadings, ...partRows(data)].map((row) => row.map(visibleText)),
      ["left", "left", "right", "right", "right", "right", "right", "right"],
    ),
    "",
    ...alignColumns(
      [tensorHeadings, ...listed.map(tensorRow)].map((row) => row.map(visibleText)),
      ["left", "left", "left", "right", "right", "right", "left"],
    ),
    ...(rest > 0 ? [`… and ${rest} more, with less to gain`] : []),
  ].join("\n");
}
