import fc from "fast-check";
import { Fifo } from "../../kernel/transport/fifo";
import "../seed";

test("a queue does what an array does, in any order of calls", () => {
  const calls = fc.array(fc.constantFrom("push", "push", "shift", "unshift", "remove"), { maxLength: 200 });
  fc.assert(
    fc.property(calls, (names) => {
      const fifo = new Fifo<number>();
      let array: number[] = [];
      names.forEach((name, i) => {
        if (name === "push") {
          array.push(i);
          fifo.push(i);
        } else if (name === "unshift") {
          array.unshift(i);
          fifo.unshift(i);
        } else if (name === "shift") expect(fifo.shift()).toBe(array.shift());
        else {
          expect(fifo.remove((item) => item % 3 !== 0)).toEqual(array.filter((item) => item % 3 === 0));
          array = array.filter((item) => item % 3 !== 0);
        }
        expect([fifo.length, fifo.peek()]).toEqual([array.length, array[0]]);
      });
    }),
  );
});

test("an empty queue has nothing", () => {
  const fifo = new Fifo<number>();
  expect([fifo.shift(), fifo.peek(), fifo.length]).toEqual([undefined, undefined, 0]);
});
