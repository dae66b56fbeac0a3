/** What a cell shows of a measure: a table as text and as HTML, with all that a reader needs to measure it again beneath. */
import { formatCount } from "../report/numbers";
import { escapeMarkup, visibleText } from "../report/visible-text";
import { displayed, type Displayed } from "../static/display";
import { tableRow } from "../static/html";
import { alignColumns } from "../static/text-table";
import type { RankCorrelation } from "./ranks";
import type {
  BlockDrift,
  Divergence,
  DivergenceSpread,
  Drift,
  Mean,
  Sensitivity,
  SensitivityUnit,
  TextScore,
} from "./results";

/** A table with words around it. */
interface Table {
  readonly title: string;
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Sentences below. */
  readonly notes: readonly string[];
}

/** A value that shows itself as a table. */
function shown<T extends object>(data: T, toTable: (data: T) => Table): T & Displayed {
  return displayed(data, (one) => {
    const table = toTable(one);
    return { "text/html": htmlOf(table), "text/plain": textOf(table) };
  });
}

function textOf({ title, headings, rows, notes }: Table): string {
  const cells = [headings, ...rows].map((row) => row.map(visibleText));
  return [
    visibleText(title),
    "",
    ...alignColumns(cells, ["left", ...headings.slice(1).map(() => "right" as const)]),
    "",
    ...notes.map(visibleText),
  ].join("\n");
}

function htmlOf({ title, headings, rows, notes }: Table): string {
  const body = rows.map((row) => tableRow(row.map(escapeMarkup)));
  return [
    `<p>${escapeMarkup(title)}</p>`,
    `<table><thead>${tableRow(headings.map(escapeMarkup), 1, "th")}</thead><tbody>${body.join("\n")}</tbody></table>`,
    ...notes.map((note) => `<p><small>${escapeMarkup(note)}</small></p>`),
  ].join("\n");
}

/** Four digits that count. */
function digits(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e6 ? String(Number(value.toPrecision(4))) : value.toExponential(2);
}

const range = (found: readonly [number, number] | undefined): string =>
  found ? `${digits(found[0])} to ${digits(found[1])}` : "";

interface Measured {
  readonly scored: number;
  readonly windows: number;
  readonly protocol: string;
  readonly engine: { readonly name: string; readonly version: string };
}

function madeOf({ scored, windows, protocol, engine }: Measured, sha256: string): string[] {
  const few = windows < 4 ? "; fewer than four windows have no interval" : "";
  return [
    `${formatCount(scored)} tokens scored in ${formatCount(windows)} windows, ${protocol}; engine ${engine.name} ${engine.version}; text SHA-256 ${sha256.slice(0, 16)}…`,
    `95 % by bootstrap over windows${few}.`,
  ];
}

/** A score that shows itself. */
export function shownScore(score: TextScore): TextScore & Displayed {
  return shown(score, (found) => ({
    title: `${found.model}: perplexity ${digits(found.perplexity)}`,
    headings: ["measure", "value", "95 %"],
    rows: [
      ["perplexity", digits(found.perplexity), range(found.interval)],
      [
        "bits a token",
        digits(found.bits / found.scored),
        range(found.interval?.map((one) => Math.log2(one)) as [number, number]),
      ],
    ],
    notes: madeOf(found, found.text.sha256),
  }));
}

const spreadRow = (name: string, found: DivergenceSpread): string[] => [
  ...[name, digits(found.mean), range(found.interval), digits(found.median)],
  ...[found.percentiles.p99, found.percentiles.p999, found.maximum].map(digits),
];
const meanRow = (name: string, found: Mean, form = digits): string[] => [
  ...[name, form(found.mean), found.interval ? `${form(found.interval[0])} to ${form(found.interval[1])}` : ""],
  ...["", "", "", ""],
];
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** A divergence that shows itself. */
export function shownDivergence(divergence: Divergence): Divergence & Displayed {
  return shown(divergence, (found) => ({
    title: `${found.model} beside ${found.reference}: ${found.isIndistinguishable ? "indistinguishable" : `KL ${digits(found.forward.mean)} nats a token`}`,
    headings: ["measure", "mean", "95 %", "median", "99 %", "99.9 %", "greatest"],
    rows: [
      spreadRow("KL(reference ‖ model), nats", found.forward),
      spreadRow("KL(model ‖ reference), nats", found.backward),
      meanRow("same most probable token", found.sameTop, percent),
      meanRow("RMS change of p(token)", found.rmsProbability),
      meanRow("ln PPL(model) − ln PPL(reference)", found.logPerplexityRatio),
      ["perplexity of the model", digits(found.perplexity), "", "", "", "", ""],
      ["perplexity of the reference", digits(found.referencePerplexity), "", "", "", "", ""],
    ],
    notes: madeOf(found, found.text.sha256),
  }));
}

const driftRow = ({ name, cosine, sqnrDb }: BlockDrift): string[] => [
  name,
  cosine.toFixed(6),
  sqnrDb === null ? "lossless" : sqnrDb.toFixed(2),
];

/** A drift that shows itself. */
export function shownDrift(drift: Drift): Drift & Displayed {
  return shown(drift, (found) => ({
    title: `${found.model} beside ${found.reference}: states behind each block`,
    headings: ["behind", "cosine", "SQNR in dB"],
    rows: found.blocks.map(driftRow),
    notes: [
      `Mean over the tokens of an input: cosine ${found.pooledCosine.mean.toFixed(6)}${found.pooledCosine.interval ? ` (95 % by bootstrap over inputs: ${found.pooledCosine.interval.map((one) => one.toFixed(6)).join(" to ")})` : ""}.`,
      `${formatCount(found.inputs)} inputs, ${formatCount(found.tokens)} tokens; engine ${found.engine.name} ${found.engine.version}.`,
    ],
  }));
}

const rank = ({ rho, interval, pairs }: RankCorrelation): string =>
  `${rho === null ? "no order" : rho.toFixed(2)}${interval ? ` (95 %: ${interval.map((one) => one.toFixed(2)).join(" to ")})` : ""} over ${pairs}`;

/** A sensitivity that shows itself. */
export function shownSensitivity(sensitivity: Sensitivity): Sensitivity & Displayed {
  return shown(sensitivity, (found) => {
    const names = Object.keys(found.schemes);
    const cells = ({ losses }: SensitivityUnit): string[] =>
      names.flatMap((name) => {
        const loss = losses[name] as SensitivityUnit["losses"][string] | undefined;
        if (!loss) return ["", "", "", ""];
        const { mean, interval } = loss.divergence;
        return [digits(mean), range(interval), digits(loss.weightError), digits(loss.outputError)];
      });
    return {
      title: `${found.model}: one ${found.unit} compressed at a time`,
      headings: [found.unit, ...names.flatMap((name) => [`${name}: KL, nats`, "95 %", "t²", "output error"])],
      rows: found.units.map((unit) => [unit.name, ...cells(unit)]),
      notes: [
        ...names.map((name) => {
          const { all, sumOfUnits, additivity, weightErrorRank, outputErrorRank } = found.schemes[name];
          return `${name}: all together ${digits(all.mean)}, sum of singles ${digits(sumOfUnits)}, ratio ${additivity.toFixed(2)}. Rank correlation with KL: weight error ${rank(weightErrorRank)}, output error ${rank(outputErrorRank)}.`;
        }),
        ...madeOf(found, found.textSha256),
      ],
    };
  });
}
