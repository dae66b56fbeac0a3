/** What a flat checkpoint keeps beside each weight, in the weight's own shape: moments of an optimizer, gradients, running means. Their words alone
 *  ("m", "v", "mu") are names of layers too, so that a twin counts only beside what it is the twin of. */
import type { RoleDescription } from "../../tensor/role";
import type { Shape } from "../../tensor/tensor";
import type { Subject } from "./subject";

/** Words of which each needs the other one: both moments of Adam and its kin. */
const pairs: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ["m", "v"],
    ["mu", "nu"],
    ["m_t", "v_t"],
    ["mt", "vt"],
    ["adam_m", "adam_v"],
    ["exp_avg", "exp_avg_sq"],
    ["moment1", "moment2"],
    ["moment_1", "moment_2"],
    ["mom1", "mom2"],
    ["first_moment", "second_moment"],
    ["momentum", "variance"],
  ].flatMap(([one, other]) => [
    [one, other],
    [other, one],
  ]),
);
/** Words that say enough beside a weight of the same shape. */
const moments = /^(momentum(_buffer)?|mom|velocity|vel|exp_avg(_sq)?|square_avg|grad_avg|accumulators?|moment_?[12])$/;
const gradients = /^(grads?|gradients?)$/;
const means =
  /^(ema|model_ema|ema_model|ema_weights?|ema_params|shadow|shadow_params|averaged|averages|avg_model|swa|swa_model|polyak)$/;
const records = /^(fisher|omega|hessian|init|initial|rewind|old|prev|previous|backup|importances?|saliency)$/;
/** Words under which the weights lie where the twins lie under words of their own. */
const holders = /^(params?|parameters|models?|weights?|net|network|module|state_dict|variables|p|w|theta|target)$/;
/** A number that counts the steps of an optimizer. */
const counters = /(^|[._/])(global_?steps?|steps?|t|count|iterations?|iter|num_updates)$/;

const separators = /[./]/g;
const words = Object.keys(pairs).sort((a, b) => b.length - a.length);
const singles =
  "momentum_buffer|momentum|mom|velocity|vel|square_avg|grad_avg|accumulators|accumulator|moment_?[12]|grads?|gradients?|ema_weights?|ema_params|model_ema|ema_model|ema|shadow_params|shadow|averaged|averages|avg_model|swa_model|swa|polyak|fisher|omega|hessian|initial|init|rewind|old|previous|prev|backup|importances|importance|saliency";
const front = new RegExp(`^(?<word>${words.join("|")}|${singles})[._/](?<rest>.+)$`, "i");
const back = new RegExp(`^(?<rest>.+)[._/](?<word>${words.join("|")}|${singles})$`, "i");

/** A name as a word and the name of what it may be the twin of. */
interface Split {
  readonly word: string;
  readonly rest: string;
  /** The name with another word in the place of its own. */
  readonly withWord: (word: string) => string;
}

function splitsOf(name: string): Split[] {
  const found: Split[] = [];
  const ahead = front.exec(name)?.groups;
  if (ahead) found.push({ ...splitOf(ahead), withWord: (word) => word + name.slice(ahead.word.length) });
  const behind = back.exec(name)?.groups;
  if (behind) found.push({ ...splitOf(behind), withWord: (word) => name.slice(0, -behind.word.length) + word });
  return found;
}

const splitOf = ({ word, rest }: Readonly<Record<string, string>>): { word: string; rest: string } => ({
  word: word.toLowerCase(),
  rest,
});

/** Names that NumPy's users glue: W1, with its gradient dW1, its moments mW1 and vW1; of Adagrad mW1 alone. */
const glued = /^(?<word>[mvd])(?<rest>[A-Z_].*)$/;
/** What torch's optimizers keep, where a flat file has it by the weight's name: "state.0.weight.row_var", of any shape. */
const stateOf = /^(optim\w*[._/])?state[._/](?<weight>.+)[./]\w+$/;

/** Whether a name has such a word: asked of each tensor, and of a model without any nothing more is asked. */
export function mayBeTwin({ name }: Pick<Subject, "name">): boolean {
  return splitsOf(name).length > 0 || glued.test(name) || stateOf.test(name);
}

/** The twins among the tensors of a model, by name. */
export function twinsOf(subjects: readonly Subject[]): ReadonlyMap<string, RoleDescription> {
  const split = subjects.flatMap((subject) => splitsOf(subject.name).map((own) => ({ subject, ...own })));
  const shapes = new Map(subjects.map(({ name, shape }) => [name, shape]));
  const weights = weightsOf(subjects);
  const counts = subjects.some(
    ({ name, shape, parameter }) => shape.length < 2 && counters.test(name) && parameter !== "",
  );
  const twins = new Map<string, RoleDescription>();
  for (const { subject, word, rest, withWord } of split) {
    const { name, shape } = subject;
    const partner = pairs[word];
    const hasPartner = partner !== undefined && isSame(shapes.get(withWord(partner)), shape);
    const weight = [rest, weights.get(rest.replace(separators, ""))].find(
      (one) => one !== undefined && one !== name && isSame(shapes.get(one), shape),
    );
    const found = roleOfTwin(word, { hasPartner, weight, counts });
    if (found) twins.set(name, found);
  }
  // Adagrad has one memory for each weight.
  const memories = subjects.filter(
    ({ name, shape }) => name.startsWith("m") && glued.test(name) && isSame(shapes.get(name.slice(1)), shape),
  ).length;
  for (const { name, shape } of subjects) {
    const { word = "", rest = "" } = glued.exec(name)?.groups ?? {};
    const isMoment = isSame(shapes.get(`m${rest}`), shape) && isSame(shapes.get(`v${rest}`), shape);
    if (isSame(shapes.get(rest), shape) && (word === "d" || isMoment || (word === "m" && memories > 1)))
      twins.set(name, {
        role: "optimizer state",
        roleReason: "a moment or a gradient, beside the weight of its shape",
      });
    const weight = stateOf.exec(name)?.groups?.weight;
    if (weight !== undefined && weights.has(weight.replace(separators, "")) && weights.get(weight) !== name)
      twins.set(name, {
        role: "optimizer state",
        roleReason: "the state that an optimizer keeps of a weight beside it",
      });
  }
  return twins;
}

function roleOfTwin(
  word: string,
  { hasPartner, weight, counts }: { hasPartner: boolean; weight: string | undefined; counts: boolean },
): RoleDescription | undefined {
  if (hasPartner && (weight !== undefined || counts))
    return { role: "optimizer state", roleReason: "one of two moments of its shape, beside what they belong to" };
  if (weight === undefined) return undefined;
  if (moments.test(word)) return { role: "optimizer state", roleReason: "a moment, beside the weight of its shape" };
  if (gradients.test(word))
    return { role: "optimizer state", roleReason: "a gradient, beside the weight of its shape" };
  if (means.test(word)) return { role: "buffer", roleReason: "a running mean of a weight that stands beside it" };
  if (records.test(word))
    return { role: "buffer", roleReason: "a record of a weight that stands beside it, in its shape" };
  return undefined;
}

/** Names under a word that holds weights, by what follows it, without dots: LitEma leaves them out. */
function weightsOf(subjects: readonly Subject[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { name, words: parts } of subjects) {
    found.set(name.replace(separators, ""), name);
    if (parts.length > 1 && holders.test(parts[0]))
      found.set(name.slice(parts[0].length + 1).replace(separators, ""), name);
  }
  return found;
}

function isSame(one: Shape | undefined, other: Shape): boolean {
  return one?.length === other.length && one.every((size, axis) => size === other[axis]);
}
