// What suites share: weights, times, interleaved rounds.

/** Gaussian weights of deviation 0.02 from a seed (mulberry32 and Box–Muller). */
export function gaussian(length, seed) {
  const next = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return Float32Array.from(
    { length },
    () => 0.02 * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  );
}

/** The fastest run, which other work on the machine has disturbed least, and how far the median lies above it. */
export function summary(times) {
  const sorted = [...times].sort((a, b) => a - b);
  return { milliseconds: sorted[0], spread: sorted[sorted.length >> 1] - sorted[0] };
}

/** Times of `run` in milliseconds: at least `least` of them, and until `budget` milliseconds have passed, after some to warm up. */
export async function times(run, { least = 5, budget = 300, warmUp = 2 } = {}) {
  for (let i = 0; i < warmUp; i++) await run();
  const all = [];
  for (const begin = performance.now(); all.length < least || performance.now() - begin < budget;) {
    const start = performance.now();
    await run();
    all.push(performance.now() - start);
  }
  return all;
}

/** Runs all candidates in turn, several rounds, so that what else the machine does falls on all of them: name → summary of all times.
 *  A candidate is an async function that gives its times, or an object of such lists by name. */
export async function inRounds(rounds, candidates) {
  const all = new Map();
  const add = (name, list) => all.set(name, [...(all.get(name) ?? []), ...list]);
  for (let round = 0; round < rounds; round++)
    for (const [name, candidate] of Object.entries(candidates)) {
      const result = await candidate();
      if (Array.isArray(result)) add(name, result);
      else for (const [own, list] of Object.entries(result)) add(own, list);
    }
  return Object.fromEntries([...all].map(([name, list]) => [name, summary(list)]));
}

/** What a row must keep: the words stand beside its figure, and a limit that is missed on a quiet machine ends the bench with an error. */
export function limited(limit, isMet) {
  return { limit, isMissed: !isMet };
}

/** numpy and torch choose their own code for the processor. */
export function peerEnvironment() {
  const { OPENBLAS_CORETYPE: _core, OPENBLAS_L2_SIZE: _cache, ...environment } = process.env;
  return environment;
}
