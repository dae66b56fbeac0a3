import { share } from "../../kernel/cli/share";

test("a share in percent, and none of nothing", () => {
  expect([share(1, 8), share(3, 0)]).toEqual(["12.5 %", ""]);
});
