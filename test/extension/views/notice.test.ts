/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { notice } from "../../../extension/views/notice";

test("an error is an alert, any other sentence a status", () => {
  const roles = (["empty", "loading", "error", "newer"] as const).map((kind) => notice("A sentence.", kind));
  expect(roles.map((node) => node.getAttribute("role"))).toEqual(["status", "status", "alert", "status"]);
  expect(notice("<b>", "error").innerHTML).toBe("&lt;b&gt;");
});
