import * as tf from "@tensorflow/tfjs";
import { OptionError } from "../errors";
import { nearestWord } from "../options";

type Initializer = ReturnType<typeof tf.initializers.zeros>;

const { initializers } = tf;
/** By name, with tfjs's defaults and a seed where chance is involved. */
const byName: Record<string, (options: { seed?: number }) => Initializer> = {
  zeros: () => initializers.zeros(),
  ones: () => initializers.ones(),
  randomNormal: (options) => initializers.randomNormal(options),
  randomUniform: (options) => initializers.randomUniform(options),
  truncatedNormal: (options) => initializers.truncatedNormal(options),
  glorotNormal: (options) => initializers.glorotNormal(options),
  glorotUniform: (options) => initializers.glorotUniform(options),
  heNormal: (options) => initializers.heNormal(options),
  heUniform: (options) => initializers.heUniform(options),
  leCunNormal: (options) => initializers.leCunNormal(options),
  leCunUniform: (options) => initializers.leCunUniform(options),
  orthogonal: (options) => initializers.orthogonal({ ...options, gain: 1 }),
};

/** An initializer from its name, from itself, or from the { className, config } that a saved model keeps of it. */
export function toInitializer(method: string, option: string, given: unknown, seed: number | undefined): Initializer {
  if (typeof given !== "string") return toSerializable<Initializer>(method, option, given, "apply");
  if (Object.hasOwn(byName, given)) return byName[given](seed === undefined ? {} : { seed });
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
