import * as tf from "@tensorflow/tfjs";
import { OptionError } from "../errors";
import { nearestWord } from "../options";

type Initializer = ReturnType<typeof tf.initializers.zeros>;

const { initializers } = tf;
/** Makes an initializer by its name, with tfjs's defaults and, where it draws numbers, the seed. */
const byName: Record<string, (seed: number | undefined) => Initializer> = {
  zeros: () => initializers.zeros(),
  ones: () => initializers.ones(),
  randomNormal: (seed) => initializers.randomNormal({ seed }),
  randomUniform: (seed) => initializers.randomUniform({ seed }),
  truncatedNormal: (seed) => initializers.truncatedNormal({ seed }),
  glorotNormal: (seed) => initializers.glorotNormal({ seed }),
  glorotUniform: (seed) => initializers.glorotUniform({ seed }),
  heNormal: (seed) => initializers.heNormal({ seed }),
  heUniform: (seed) => initializers.heUniform({ seed }),
  leCunNormal: (seed) => initializers.leCunNormal({ seed }),
  leCunUniform: (seed) => initializers.leCunUniform({ seed }),
  orthogonal: (seed) => initializers.orthogonal({ seed, gain: 1 }),
};

/** An initializer from its name, from itself, or from the { className, config } that a saved model keeps of it. */
export function toInitializer(method: string, option: string, given: unknown, seed: number | undefined): Initializer {
  if (typeof given !== "string") return toSerializable<Initializer>(method, option, given, "apply");
  if (Object.hasOwn(byName, given)) return byName[given](seed);
  const guess = nearestWord(given, Object.keys(byName));
  const hint = guess ? `did you mean "${guess}"?` : `it takes ${Object.keys(byName).join(", ")}`;
  throw new OptionError(`${method}(): unknown ${option} "${given}"; ${hint}`);
}

/** An object of tfjs, or one made anew from its { className, config }; `member` is the method that it must have. */
export function toSerializable<T extends tf.serialization.Serializable>(
  method: string,
  option: string,
  given: unknown,
  member: string,
): T {
  if (typeof given === "object" && given !== null) {
    if (typeof (given as Record<string, unknown>)[member] === "function") return given as T;
    const { className, config } = given as { className?: unknown; config?: tf.serialization.ConfigDict };
    const entry =
      typeof className === "string" ? tf.serialization.SerializationMap.getMap().classNameMap[className] : undefined;
    if (entry) return entry[1](entry[0], config ?? {}) as T;
  }
  throw new OptionError(
    `${method}(): ${option} is ${JSON.stringify(given) ?? String(given)}; it takes an object of tfjs`,
  );
}

/** What a saved model keeps of an initializer or a regularizer. */
export function describe(object: tf.serialization.Serializable | undefined): tf.serialization.ConfigDictValue {
  return object ? { className: object.getClassName(), config: object.getConfig() } : null;
}
