/** A backend of tfjs; the plain one notes whether it has yet to greet. */
interface Backend {
  firstUse?: boolean;
}

/** What tfjs's engine keeps of its backends: those that were made, and how each is made. */
interface Engine {
  readonly registry: Record<string, Backend | undefined>;
  readonly registryFactory: Record<string, { factory: () => Backend | Promise<Backend> } | undefined>;
}

const quiet = new WeakSet<object>();

/** Takes from tfjs the greeting of its plain backend, five lines of advice above the first value of a cell: which backend is best here is known
 *  to `tfBackend()` and `codebook doctor`. `tensorflow` is the module `@tensorflow/tfjs` or a part of it, and comes back; what has no engine
 *  is left as it is. */
export function withoutGreeting<T>(tensorflow: T): T {
  const { engine } = tensorflow as { engine?: () => Engine };
  if (typeof engine !== "function") return tensorflow;
  const { registry, registryFactory } = engine();
  if (registry.cpu?.firstUse === true) registry.cpu.firstUse = false;
  const plain = registryFactory.cpu;
  if (plain === undefined || quiet.has(plain)) return tensorflow;
  quiet.add(plain);
  const { factory } = plain;
  // tfjs makes a backend anew each time it looks for the best one.
  plain.factory = () => {
    const made = factory();
    if ("firstUse" in made) made.firstUse = false;
    return made;
  };
  return tensorflow;
}
