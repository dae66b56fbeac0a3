import { worstLayers } from "../../kernel/report/worst-layers";
import { losslessReport } from "../fixtures/report/reports";

test("the worst layers: each once, worst first, without those that lost nothing", () => {
  const report = losslessReport();
  const worst = worstLayers(report);
  expect(worst[0]).toMatchObject({ sqnrDb: -400, variant: 1 });
  expect(new Set(worst.map(({ layer }) => layer.name)).size).toBe(worst.length);
  expect(worst.map((w) => w.sqnrDb)).toEqual([...worst.map((w) => w.sqnrDb)].sort((a, b) => a - b));
});
