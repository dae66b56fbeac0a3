import { FloatProgress, FloatSlider, IntProgress, IntSlider, withValue } from "../../kernel/widgets/sliders";
import { FrontEnd } from "./fake-comms";

beforeEach(() => void new FrontEnd());

test("bounds without a value have one that lies in them", () => {
  expect(withValue({ min: 3 })).toEqual({ min: 3, value: 3 });
  expect(withValue({ min: -9, max: -3 })).toEqual({ min: -9, max: -3, value: -3 });
  expect(withValue({ min: 3, value: 5 })).toEqual({ min: 3, value: 5 });
  expect([new IntSlider({ min: 3 }).value, new FloatProgress({ min: 0.5 }).value]).toEqual([3, 0.5]);
});

test.each([IntSlider, FloatSlider, IntProgress, FloatProgress])("%p keeps its value between its bounds", (Kind) => {
  const made = new Kind({ min: 2, max: 9, value: 4 });
  expect(() => (made.value = 10)).toThrow("it takes a number from 2 to 9");
  expect(() => (made.max = 3)).toThrow("value is 4");
  expect(() => (made.min = NaN)).toThrow("min is");
  expect(() => made.set({ min: 10, max: 5, value: 7 })).toThrow("min is 10 and max 5");
  made.set({ min: 10, max: 12, value: 11 });
  expect(made.value).toBe(11);
});

test("a step is above zero", () => {
  for (const step of [0, -1])
    expect(() => new IntSlider({ step })).toThrow(`step is ${step}; it takes a number above 0`);
});
