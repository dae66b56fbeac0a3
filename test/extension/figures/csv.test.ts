import { modelCsv } from "../../../extension/figures/csv";
import type { ModelView } from "../../../kernel/report/model";
import { payloadModel, payloads } from "../payloads";

test("a line for each tensor under its headings, and no line that a spreadsheet would run", () => {
  const lines = modelCsv(payloadModel() as ModelView).split("\r\n");
  expect(lines[0]).toBe("tensor,block,kind,shape,dtype,parameters,bytes,role,reason");
  expect(lines).toHaveLength(1 + payloads.length + 1);
  for (const line of lines) expect(line).not.toMatch(/^"?[=+@-]/);
  expect(lines[1]).toMatch(/,4x6,.*,24,96,,$/);
});
