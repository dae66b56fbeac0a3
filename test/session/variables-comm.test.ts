import type { Comm, CommMessage } from "../../kernel/session/language/types";
import { VariablesComm, variablesTarget } from "../../kernel/session/variables-comm";

test("a panel gets the list at once, when it asks, after each cell, and no more when it is closed", () => {
  let opened: ((comm: Comm, message: CommMessage) => void) | undefined;
  let count = 0;
  const variables = new VariablesComm(
    {
      open: () => {
        throw new Error("the kernel opens none");
      },
      registerTarget: (target, handler) => {
        expect(target).toBe(variablesTarget);
        opened = handler;
      },
    },
    () => ({ count: ++count }),
  );
  variables.refresh();
  expect(count).toBe(0);
  const sent: unknown[] = [];
  const handlers: { message?: (message: CommMessage) => void; close?: (message: CommMessage) => void } = {};
  opened?.(
    {
      id: "1",
      target: variablesTarget,
      send: (data) => void sent.push(data),
      onMessage: (handler) => void (handlers.message = handler),
      onClose: (handler) => void (handlers.close = handler),
      close: () => undefined,
    },
    { data: {} },
  );
  handlers.message?.({ data: {} });
  variables.refresh();
  expect(sent).toEqual([{ count: 1 }, { count: 2 }, { count: 3 }]);
  handlers.close?.({ data: {} });
  variables.refresh();
  expect(sent).toHaveLength(3);
});
