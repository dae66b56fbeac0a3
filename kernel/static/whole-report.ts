/** A report as an argument: what a function is given may have been JSON meanwhile, or is something else. */
import { OptionError } from "../errors";
import { describe } from "../options";
import { viewLimits } from "../report/checks";
import { Malformed, readerOf } from "../report/reader";
import { checkReport } from "../report/report";
import { viewVersion, type Report } from "../report/types";

/** `value` as the report that `method` takes. `OptionError` for anything else, with what it is, and for a report of which a part is missing or
 *  wrong, with the part. */
export function reportGiven(method: string, value: unknown): Report {
  const { kind, version, report } = (value ?? {}) as Partial<Record<string, unknown>>;
  if (kind !== "report") {
    const held = typeof report === "object" && report !== null ? "; it has a report: give that, model.report" : "";
    const what = describe(value);
    throw new OptionError(
      `${method}(): it takes a report, such as small.report, and was given ${what}${what === "a promise" ? "; await it first" : held}`,
    );
  }
  if (typeof version !== "number" || !Number.isInteger(version) || version < 1 || version > viewVersion)
    throw new OptionError(
      `${method}(): the report has version ${String(version).slice(0, 20)}; it takes versions 1 to ${viewVersion}`,
    );
  return wholeReport(`${method}(): what was given`, value);
}

/** A report of a known version. `OptionError`, which begins with `said`, where a part of it is missing or wrong; what is larger than any view draws
 *  is taken as it is. */
export function wholeReport(said: string, value: unknown): Report {
  const report = value as Report;
  try {
    const { layers, variants } = viewLimits;
    if (!(report.layers?.length > layers || report.variants?.length > variants)) checkReport(readerOf(value));
    return report;
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new OptionError(`${said} is no whole report: its ${error.message}`);
  }
}
