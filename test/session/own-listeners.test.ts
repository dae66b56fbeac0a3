import { EventEmitter } from "node:events";
import { keepListeners } from "../../kernel/session/own-listeners";

test("listeners that were there stay, once each, and later ones go", () => {
  const emitter = new EventEmitter();
  const heard: string[] = [];
  emitter.on("a", () => heard.push("own a"));
  emitter.on("b", () => heard.push("own b"));
  keepListeners(emitter);
  for (const event of ["a", "b"]) emitter.on(event, () => heard.push(`later ${event}`));
  expect(emitter.removeAllListeners("a")).toBe(emitter);
  emitter.emit("a");
  emitter.emit("b");
  expect(heard.splice(0)).toEqual(["own a", "own b", "later b"]);
  emitter.removeAllListeners();
  emitter.removeAllListeners();
  emitter.emit("a");
  emitter.emit("b");
  expect(heard).toEqual(["own a", "own b"]);
});

test("what is removed by name goes, also of those that were there", () => {
  const emitter = new EventEmitter();
  const own = jest.fn();
  emitter.on("a", own);
  keepListeners(emitter);
  emitter.off("a", own);
  emitter.emit("a");
  expect(own).not.toHaveBeenCalled();
});
