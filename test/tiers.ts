/** The two tiers of tests: `npm test`, which continuous integration runs, and `npm run test:full`, which takes hours. What only a full run has is
 *  slow and breaks rarely; of a matrix `npm test` takes a part that is written down where it is taken, with each kind in it.
 *  docs/full-run.md lists every file that takes a part, with the reason. */

/** Whether this is a full run: CODEBOOK_TESTS=full, as `npm run test:full` sets it. */
export const isFull = process.env.CODEBOOK_TESTS === "full";

type Register = (name: string, test?: jest.ProvidesCallback, timeout?: number) => void;

/** `register`, such as `test`, in a full run; elsewhere a function that leaves the test out. */
export const inFull = (register: Register): Register => (isFull ? register : () => undefined);

/** All of `list` in a full run; elsewhere the items of these names, in the order of the list. An error when a name is not there. */
export function sample<Item>(list: readonly Item[], names: readonly string[], nameOf: (item: Item) => string): Item[] {
  const all = list.map(nameOf);
  const missing = names.filter((name) => !all.includes(name));
  if (missing.length > 0) throw new Error(`there is no ${missing.join(", ")} to take a part of`);
  return isFull ? [...list] : list.filter((_, at) => names.includes(all[at]));
}

/** `sample` of the fields of an object. */
export function sampleOf<Item>(all: Readonly<Record<string, Item>>, names: readonly string[]): Record<string, Item> {
  return Object.fromEntries(sample(Object.entries(all), names, ([name]) => name));
}
