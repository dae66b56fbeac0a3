/** What each tensor of a model is: a weight of some kind, with its axes, or what is left alone. The evidence, in this order: the element
 *  type, the names of optimizers' states, the architecture (the layers or the graph of a topology, `model_type`), names, shapes. */
import { atOnce, inTurns, mapWithTurns } from "../bytes/pause";
import { isIntegerType } from "../tensor/dtype";
import { isWeightRole, type Axes, type RoleDescription, type TensorRole } from "../tensor/role";
import type { Model } from "../tensor/model";
import type { Shape, Tensor } from "../tensor/tensor";
import { architectureOf } from "./dimensions";
import { rulesOfArchitecture, typesOf } from "./roles/architectures";
import { axesByShape, kerasAxes, kerasDepthwiseAxes, turnedKerasAxes } from "./roles/axes";
import { graphJudge } from "./roles/graph";
import { kerasJudge } from "./roles/keras-layers";
import { isHead, ruleByName } from "./roles/names";
import { neighboursOf, shapesOf, type Neighbours } from "./roles/neighbours";
import { firstRule } from "./roles/rule";
import { subjectOf, type JudgedTensor, type Subject } from "./roles/subject";
import { mayBeTwin, twinsOf } from "./roles/twins";
import { isExpert, roleByRank, weightRule } from "./roles/weights";
import { widthOf } from "./roles/width";

/** A model as far as its tensors' roles ask. */
export interface JudgedModel extends Partial<Pick<Model, "metadata" | "config" | "format">> {
  /** In the order of the file. */
  readonly tensors: readonly (JudgedTensor & Partial<RoleDescription>)[];
}

const isInteger = ({ dtype, scheme }: JudgedTensor): boolean =>
  scheme === undefined && dtype !== undefined && isIntegerType(dtype);

/** What the tensors of a model are, in their order.
 *
 *  In a model that says what it is (a config.json, a topology, a GGUF file) a tensor of which nothing is known is "unknown", and is left
 *  alone; elsewhere (arrays in memory, a lone file) a matrix whose name says nothing is a weight. */
export function rolesOf(model: JudgedModel): RoleDescription[] {
  return atOnce(judging(model));
}

function* judging(model: JudgedModel): Generator<void, RoleDescription[]> {
  const subjects = yield* mapWithTurns(model.tensors, subjectOf);
  const judge = judgeOf(model, subjects, yield* shapesOf(subjects));
  yield;
  const suspects = yield* mapWithTurns(subjects, mayBeTwin);
  const twins = suspects.includes(true) ? twinsOf(subjects) : new Map<string, RoleDescription>();
  yield;
  return yield* mapWithTurns(subjects, (subject, at) =>
    told(model.tensors[at], () => (isInteger(subject) ? undefined : twins.get(subject.name)) ?? judge(subject)),
  );
}

/** What a reader told of a tensor, completed by what is judged. */
function told(
  { role, roleReason = "so it was told", axes }: Partial<RoleDescription>,
  judge: () => RoleDescription,
): RoleDescription {
  if (role !== undefined && (axes !== undefined || !isWeightRole(role)))
    return { role, roleReason, ...(axes && { axes }) };
  const judged = judge();
  const own = axes ?? judged.axes;
  const known = role === undefined ? judged : { role, roleReason };
  return { role: known.role, roleReason: known.roleReason, ...(own && { axes: own }) };
}

/** Tells each tensor of a model what it is, where a reader has not told it already. Gives back the same model. */
export function withRoles<M extends Model>(model: M): M {
  return atOnce(telling(model));
}

/** As `withRoles`, in turns: a model of a million tensors takes seconds. `CancelledError` when the signal fires. */
export function withRolesInTurns<M extends Model>(model: M, signal: AbortSignal | undefined): Promise<M> {
  return inTurns(telling(model), signal, `opening ${model.name}`);
}

function* telling<M extends Model>(model: M): Generator<void, M> {
  const roles = yield* judging(model);
  yield* mapWithTurns(model.tensors, (tensor, at) => {
    const { role, roleReason, axes } = roles[at];
    const told = { role, roleReason, ...(axes && isWeightRole(tensor.role ?? role) ? { axes } : {}) };
    for (const [key, value] of Object.entries(told))
      if (tensor[key as keyof RoleDescription] === undefined)
        Object.defineProperty(tensor, key, { value, enumerable: true, configurable: true });
  });
  return model;
}

/** What a tensor is: what it was told where its model was opened, else what its own name and shape say. */
export function roleOf(tensor: JudgedTensor & Partial<RoleDescription>): RoleDescription {
  return rolesOf({ tensors: [tensor] })[0];
}

/** Whether recipes touch a tensor unless told otherwise. */
export function isWeight(
  tensor: Pick<Tensor, "name" | "shape" | "dtype" | "scheme"> & Partial<RoleDescription>,
): boolean {
  return isWeightRole(roleOf(tensor).role);
}

type Judge = (subject: Subject) => RoleDescription;

function judgeOf(
  { metadata = {}, config, format }: JudgedModel,
  subjects: readonly Subject[],
  shapes: ReadonlyMap<string, Shape>,
): Judge {
  const architecture = architectureOf(metadata);
  const types = architecture === undefined ? typesOf(config) : [];
  const isDescribed = architecture !== undefined || config !== undefined || format === "gguf";
  const neighbours = neighboursOf(subjects, types, widthOf(config, metadata, subjects), shapes);
  const special = types.flatMap((type) => rulesOfArchitecture(type).map((rule) => ({ ...rule, type })));
  const byGraph = graphJudge(config);
  const byLayers = byGraph ? undefined : kerasJudge(config);
  const [kind = architecture] = types;
  const front = kind === undefined ? "" : `${kind}: `;
  return onceForBlocks(neighbours, (subject) => {
    if (isInteger(subject)) return { role: "integer", roleReason: `its type is ${subject.dtype}` };
    const named = ruleByName(subject);
    if (named?.role === "optimizer state") return { role: named.role, roleReason: named.because };
    const own = byGraph?.(subject) ?? byLayers?.(subject);
    if (own) return own;
    const rule = firstRule(special, subject);
    if (rule) {
      const axes = rule.axes ?? axesByShape(rule.role, subject, neighbours);
      return { role: rule.role, roleReason: `${rule.type}: ${rule.because}`, ...(isWeightRole(rule.role) && { axes }) };
    }
    return judgeByName(subject, named, { neighbours, isDescribed, front });
  });
}

/** The judge, asked once for tensors that differ in the numbers of their blocks alone: a large mixture of experts has 50,000 of them. What
 *  depends on the tensors beside one is asked each time. */
function onceForBlocks(neighbours: Neighbours, judge: Judge): Judge {
  const known = new Map<string, RoleDescription>();
  return (subject) => {
    const { path, parameter, shape, dtype, scheme, layerWord } = subject;
    if (layerWord === "gate" || isExpert(subject)) return judge(subject);
    // Rules may name the first two blocks, and no others.
    const pattern = path.replace(/(?<=^|\.)(?:[2-9]|\d\d+)(?=\.|$)/g, "9");
    const key = [pattern, parameter, shape, dtype, scheme, neighbours.biasOf(subject), neighbours.before(subject)].join(
      "|",
    );
    const found = known.get(key) ?? judge(subject);
    known.set(key, found);
    return found;
  };
}

interface Surroundings {
  readonly neighbours: Neighbours;
  readonly isDescribed: boolean;
  readonly front: string;
}

function judgeByName(
  subject: Subject,
  named: ReturnType<typeof ruleByName>,
  { neighbours, isDescribed, front }: Surroundings,
): RoleDescription {
  const { shape, extent } = subject;
  const found = (role: TensorRole, because: string, axes?: Axes): RoleDescription => ({
    role,
    roleReason: `${front}${because}`,
    ...(isWeightRole(role) && { axes: axes ?? axesOf(role, subject, neighbours) }),
  });
  // A table is looked up and has no bias.
  const isTable = named?.role !== "embedding" || neighbours.biasOf(subject) === undefined;
  if (named && isTable) return found(named.role, named.because);
  if (shape.length < 2) {
    if (/^(weight|gamma|scale|gain)$/.test(subject.parameter)) return found("norm", "a vector called weight");
    return found("unknown", shape.length === 0 ? "a single number" : "a vector whose name says nothing");
  }
  if (isGate(subject, neighbours)) return found("router", "it chooses among experts");
  const rule = weightRule(subject);
  if (rule) {
    const isAnswer = rule.role === "linear" && isHead(subject);
    return isAnswer
      ? found("head", "it gives the network's answer", rule.axes)
      : found(rule.role, rule.because, rule.axes);
  }
  if (isDescribed) return found("unknown", "its name says nothing of a layer");
  if (shape.length > 2 && extent < 2) return found("buffer", "one dimension in effect");
  const role = roleByRank(subject);
  return found(role, `${countWords[shape.length] ?? String(shape.length)} dimensions, nothing says otherwise`);
}

const countWords: readonly string[] = ["no", "one", "two", "three", "four", "five"];

/** A matrix "gate" beside experts chooses among them; elsewhere it is a layer like any other. */
function isGate({ parameter, layerWord, prefix }: Subject, neighbours: Neighbours): boolean {
  if (layerWord !== "gate" || !/^(weight|kernel)$/.test(parameter)) return false;
  const parent = prefix.replace(/[^./]+[./]$/, "");
  return neighbours.holdsExperts(parent);
}

function axesOf(role: TensorRole, subject: Subject, neighbours: Neighbours): Axes {
  const { parameter, shape } = subject;
  const word = parameter.toLowerCase();
  if (role === "embedding" || role === "expert" || shape.length < 2) return axesByShape(role, subject, neighbours);
  // Haiku, Sonnet, TF-Slim and the first GPT-2 keep "linear/w" and "Conv/weights" as TensorFlow does, transposed ones (…, out, in).
  if (word === "depthwise_weights") return kerasDepthwiseAxes(shape);
  if (/^(w|\w*weights)$/.test(word) && /^[^.]*\/[^./]+$/.test(subject.name.replace(/:0$/, "")))
    return /transpose/.test(subject.layerWord) ? turnedKerasAxes(shape) : kerasAxes(shape);
  if (!/kernel$/.test(word)) return axesByShape(role, subject, neighbours);
  if (word.endsWith("depthwise_kernel")) return kerasDepthwiseAxes(shape);
  // The heads of flax and Keras: (in, heads, size) to them, (heads, size, out) from them.
  if (shape.length === 3 && /^(query|key|value|q|k|v)(_proj)?$/.test(subject.layerWord))
    return { output: [1, 2], input: [0], stacked: [] };
  if (shape.length === 3 && /^(out|attention_output|output|o|out_proj)(_proj)?$/.test(subject.layerWord))
    return { output: [2], input: [0, 1], stacked: [] };
  return kerasAxes(shape);
}
