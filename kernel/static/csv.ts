/** A report as CSV, for those who call it in a cell: what they give is checked. */
import { reportToCsv as csvOf } from "../report/csv";
import type { Report } from "../report/types";
import { reportGiven } from "./whole-report";

/** A report as CSV: a line for each layer and variant, RFC 4180. `OptionError` for what is no whole report. */
export function reportToCsv(report: Report): string {
  return csvOf(reportGiven("reportToCsv", report));
}
