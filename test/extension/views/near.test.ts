/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { whenNear } from "../../../extension/views/near";

afterEach(() => {
  Reflect.deleteProperty(globalThis, "IntersectionObserver");
});

test("at once where the page cannot tell", () => {
  let calls = 0;
  whenNear(document.body, () => calls++)();
  expect(calls).toBe(1);
});

test("once, when the node comes near; not at all when the watch was ended", () => {
  const made: { tell: (near: boolean) => void; watched: Element[]; ended: boolean }[] = [];
  class Observer {
    private readonly record = { tell: (near: boolean): void => void near, watched: [] as Element[], ended: false };
    constructor(callback: (entries: { isIntersecting: boolean }[]) => void) {
      this.record.tell = (isIntersecting) => {
        if (!this.record.ended) callback([{ isIntersecting }]);
      };
      made.push(this.record);
    }
    observe(node: Element): void {
      this.record.watched.push(node);
    }
    disconnect(): void {
      this.record.ended = true;
    }
  }
  Object.assign(globalThis, { IntersectionObserver: Observer });
  let calls = 0;
  whenNear(document.body, () => calls++);
  const [first] = made;
  expect(first.watched).toEqual([document.body]);
  first.tell(false);
  expect(calls).toBe(0);
  first.tell(true);
  first.tell(true);
  expect([calls, first.ended]).toEqual([1, true]);
  whenNear(document.body, () => calls++)();
  made[1].tell(true);
  expect(calls).toBe(1);
});
