import { reportToCsv } from "../../kernel/static/csv";
import { reportToCsv as csvOf } from "../../kernel/report/csv";
import { losslessReport } from "../fixtures/report/reports";

test("gives the contract's lines, for a whole report alone", () => {
  expect(reportToCsv(losslessReport())).toBe(csvOf(losslessReport()));
  expect(() => reportToCsv({ ...losslessReport(), layers: 3 } as never)).toThrow("reportToCsv(): ");
});
