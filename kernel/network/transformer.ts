/** The channels of a transformer, read from the names, shapes and head size of its blocks:
 *
 *   - the hidden neurons of each feed-forward part (mlp): rows of up and, where there is one, gate, entries of their biases, columns of down;
 *   - the heads of each attention: rows of query, key and value and entries of their biases, columns of the output. With grouped-query
 *     attention a key and value go with all their query heads.
 *
 *  Weights lie as their axes say; without them they are (out, in), or (in, out) where the width of the network tells so (GPT-2's Conv1D). Fused weights are
 *  [query | key | value] one behind the other, in GPT-NeoX interleaved by head, (heads, 3, headSize). llama.cpp permutes rows of query and
 *  key within each head, which leaves whole heads whole. A block is described only when every tensor that shares the dimension is known. */
import { placeOf } from "../tensor/layer-names";
import { roleOf } from "./roles";
import { section, type ChannelGroup, type ChannelPlace, type ChannelRole, type ChannelSection } from "./channels";
import { axisOf, numberedBlocks, type Block, type NamedShape } from "./numbered-blocks";
import { hasHeadSlopes, hasRelu, headSizeOf, sharingOf, type Described } from "./dimensions";

/** Channels that were found, and for what could not be described, why. */
export interface Wired {
  /** In the order of the blocks. */
  readonly groups: readonly ChannelGroup[];
  /** Name of the group, and the reason. */
  readonly unknown: readonly (readonly [group: string, reason: string])[];
}

/** `heads`: query heads in each attention, where neither config nor metadata tell. */
export function wireTransformer(tensors: readonly NamedShape[], described: Described, heads?: number): Wired {
  const groups: ChannelGroup[] = [];
  const unknown: [string, string][] = [];
  for (const block of numberedBlocks(tensors)) {
    const parts = partsOf(block);
    const found = [...mlpGroups(parts, described), ...attentionGroups(parts, described, heads)].filter((one) => {
      if (!("reason" in one)) return true;
      unknown.push([one.name, one.reason]);
      return false;
    }) as ChannelGroup[];
    for (const group of found) {
      const reason = strangerOf(group, found, block, parts);
      if (reason === undefined) groups.push({ ...group, block: { prefix: block.prefix, index: block.index } });
      else unknown.push([group.name, reason]);
    }
  }
  return { groups, unknown };
}

interface Unknown {
  readonly name: string;
  readonly reason: string;
}

interface Parts {
  readonly block: Block;
  /** By kind: "up", "up.bias", "expert 0.down", "cross.query". */
  readonly byKind: ReadonlyMap<string, NamedShape>;
  /** Width of the network; `undefined` when nothing tells. */
  readonly width: number | undefined;
  /** Weights are (in, out). */
  readonly turned: boolean;
}

const normKinds = ["attention.norm", "mlp.norm", "post_attention.norm", "output.norm", "norm 0", "norm 1"];

function partsOf(block: Block): Parts {
  const byKind = new Map(block.tensors.map((tensor) => [placeOf(tensor.name).kind, tensor]));
  const norm = normKinds.map((kind) => byKind.get(kind)).find((one) => one?.shape.length === 1);
  const width = norm?.shape[0];
  // A weight that is not square and whose first dimension is the width of the network is (in, out).
  const telling = ["qkv", "up", "intermediate", "gate", "query", "key"]
    .map((kind) => byKind.get(kind)?.shape ?? [])
    .find(([rows, columns, ...more]) => more.length === 0 && rows !== columns);
  return { block, byKind, width, turned: telling !== undefined && telling[0] === width && telling[1] !== width };
}

/** The axis of a weight's outputs; `inAxis` is that of its inputs. */
const outAxis = ({ turned }: Parts, weight: NamedShape): number => axisOf(weight, "output") ?? (turned ? 1 : 0);
const inAxis = ({ turned }: Parts, weight: NamedShape): number => axisOf(weight, "input") ?? (turned ? 0 : 1);

function channelPlace(tensor: NamedShape, axis: number, role: ChannelRole, where: ChannelSection): ChannelPlace {
  return { tensor: tensor.name, shape: tensor.shape, axis, role, section: where };
}

/** The weight of a kind, where it is a matrix. */
function matrixOf({ byKind }: Parts, kind: string): NamedShape | undefined {
  const found = byKind.get(kind);
  return found?.shape.length === 2 ? found : undefined;
}

/** The section of a weight's outputs, and the same section of its bias where there is one. */
function makers(parts: Parts, kind: string, role: ChannelRole, where: ChannelSection): ChannelPlace[] {
  const weight = matrixOf(parts, kind);
  const bias = parts.byKind.get(`${kind}.bias`);
  return [
    ...(weight ? [channelPlace(weight, outAxis(parts, weight), role, where)] : []),
    ...(bias ? [channelPlace(bias, 0, "bias", where)] : []),
  ];
}

function mlpGroups(parts: Parts, described: Described): (ChannelGroup | Unknown)[] {
  const fronts = new Set(
    [...parts.byKind.keys()].flatMap(
      (kind) => /^((?:cross\.|shared\.|experts\.|expert \d+\.)?)(down|output)$/.exec(kind)?.[1] ?? [],
    ),
  );
  return [...fronts].flatMap((front): (ChannelGroup | Unknown)[] => {
    const name = `${parts.block.name} ${front}mlp`;
    const down = parts.byKind.get(`${front}down`) ?? parts.byKind.get(`${front}output`);
    if (down === undefined) return [];
    if (front !== "") return [{ name, reason: "neurons of a mixture of experts are not described" }];
    if (down.shape.length !== 2) return [{ name, reason: `${down.name} has ${down.shape.length} dimensions` }];
    const size = down.shape[inAxis(parts, down)];
    const whole = section(1);
    const makersOf = (kind: string, role: ChannelRole) => makers(parts, `${front}${kind}`, role, whole);
    const fused = makersOf("gate.up", "weight");
    const gate = makersOf("gate", "gate");
    const up = [...makersOf("up", "weight"), ...makersOf("intermediate", "weight")];
    // A weight [gate | up] holds every channel twice, once in each half.
    const places =
      fused.length > 0
        ? fused.flatMap((one) => [
            { ...one, role: one.role === "bias" ? one.role : ("gate" as const) },
            { ...one, section: section(1, size) },
          ])
        : [...gate, ...up];
    const wrong = places.find(({ shape, axis }) => shape[axis] !== (fused.length > 0 ? 2 * size : size));
    if (places.every(({ role }) => role !== "weight"))
      return [{ name, reason: `nothing is known to feed ${down.name}` }];
    if (wrong)
      return [{ name, reason: `${wrong.tensor} gives ${wrong.shape[wrong.axis]} and ${down.name} takes ${size}` }];
    const homogeneous = hasRelu(described) && fused.length + gate.length === 0;
    const all = [...places, channelPlace(down, inAxis(parts, down), "consumer", whole)];
    return [{ name, kind: "nodes", size, queries: 1, headSize: 1, places: all, homogeneous }];
  });
}

function attentionGroups(parts: Parts, described: Described, heads: number | undefined): (ChannelGroup | Unknown)[] {
  return ["", "cross."].flatMap((front): (ChannelGroup | Unknown)[] => {
    const output = matrixOf(parts, `${front}attention.output`);
    if (!output) return [];
    const name = `${parts.block.name} ${front === "" ? "" : "cross "}attention`;
    const fused = matrixOf(parts, `${front}qkv`);
    const apart = ["query", "key", "value"].map((kind) => matrixOf(parts, `${front}${kind}`));
    const [query, key, value] = apart;
    if (!fused && !(query && key && value))
      return [{ name, reason: `query, key and value that feed ${output.name} are not all known by name` }];
    if (hasHeadSlopes(described))
      return [{ name, reason: "its positions are a slope for each head by number (ALiBi)" }];
    const shared = parts.byKind.get("relative_position");
    if (shared) return [{ name, reason: `${shared.name} has a value for each head, shared by all blocks` }];
    const given = (tensor: NamedShape) => tensor.shape[outAxis(parts, tensor)];
    const taken = output.shape[inAxis(parts, output)];
    const queryRows = query ? given(query) : taken;
    const headSize = headSizeOf(described, queryRows, heads);
    if (headSize === undefined)
      return [
        {
          name,
          reason:
            heads === undefined
              ? "neither config.json nor the file's metadata give the number of heads; heads: … tells it"
              : `${queryRows} rows of query are no ${heads} heads`,
        },
      ];
    const tie = tieOf(parts, front, queryRows, headSize);
    if (tie !== undefined) return [{ name, reason: tie }];
    const queryHeads = queryRows / headSize;
    const keyHeads = key ? given(key) / headSize : queryHeads / sharingOf(described);
    const queries = queryHeads / keyHeads;
    const valueSize = value ? given(value) / keyHeads : headSize;
    const fusedRows = queryRows + 2 * keyHeads * headSize;
    const fits =
      [queryHeads, keyHeads, queries, valueSize].every((count) => Number.isInteger(count) && count > 0) &&
      queryHeads * valueSize === taken &&
      (!fused || given(fused) === fusedRows);
    if (!fits)
      return [
        {
          name,
          reason: `its shapes do not agree with heads of ${headSize}: ${(fused ?? query)?.name} and ${output.name}`,
        },
      ];
    const rows = queries * headSize;
    const places = fused
      ? fusedPlaces(parts, `${front}qkv`, fused.name, { queryRows, rows, headSize, keyHeads, queries })
      : [
          ...makers(parts, `${front}query`, "query", section(rows)),
          ...makers(parts, `${front}key`, "key", section(headSize)),
          ...makers(parts, `${front}value`, "value", section(valueSize)),
        ];
    const consumer = channelPlace(output, inAxis(parts, output), "consumer", section(queries * valueSize));
    return [
      { name, kind: "heads", size: keyHeads, queries, headSize, places: [...places, consumer], homogeneous: false },
    ];
  });
}

interface FusedSizes {
  readonly queryRows: number;
  readonly rows: number;
  readonly headSize: number;
  readonly keyHeads: number;
  readonly queries: number;
}

function fusedPlaces(parts: Parts, kind: string, name: string, sizes: FusedSizes): ChannelPlace[] {
  const { queryRows, rows, headSize, keyHeads, queries } = sizes;
  const interleaved = /(^|\.)attention\.query_key_value\./.test(name) && queries === 1;
  const stride = 3 * headSize;
  const [query, key, value] = interleaved
    ? [0, 1, 2].map((part) => section(headSize, part * headSize, { stride }))
    : [section(rows), section(headSize, queryRows), section(headSize, queryRows + keyHeads * headSize)];
  return [
    ...makers(parts, kind, "query", query),
    ...makers(parts, kind, "key", key),
    ...makers(parts, kind, "value", value),
  ];
}

/** What ties the heads of a block together, so that none can go alone; undefined for nothing. A norm over one head is shared by all and stays whole. */
function tieOf({ byKind, block }: Parts, front: string, rows: number, headSize: number): string | undefined {
  for (const name of ["query", "key"].flatMap((kind) => [`${front}${kind}.norm`, `${front}${kind}.norm.bias`])) {
    const norm = byKind.get(name);
    if (norm && rows !== headSize && (norm.shape.length > 1 || norm.shape[0] > headSize))
      return `${norm.name} is a norm over the values of all heads, and fewer heads would change what it does to the others`;
  }
  const sinks = block.tensors.find(({ name }) => /(^|\.)sinks$/.test(name));
  return sinks && `${sinks.name} has a sink for each head, and nobody publishes such networks with fewer`;
}

/** Why a group cannot be trusted: because some tensor of its block that is in none of the groups has the same dimension, or belongs to one of
 *  the group's modules; `undefined` where there is no such tensor. */
function strangerOf(
  group: ChannelGroup,
  groups: readonly ChannelGroup[],
  block: Block,
  { width }: Parts,
): string | undefined {
  const known = new Set(groups.flatMap(({ places }) => places.map(({ tensor }) => tensor)));
  const weights = group.places.filter(({ shape }) => shape.length === 2);
  const modules = weights
    .map(({ tensor }) => tensor.slice(0, tensor.lastIndexOf(".") + 1))
    .filter((name) => name !== "");
  const sizes = new Set(
    group.places.map(({ shape, axis }) => shape[axis]).filter((size) => size !== width && size > 1),
  );
  for (const tensor of block.tensors) {
    const { name, shape } = tensor;
    if (known.has(name)) continue;
    const { role } = roleOf(tensor);
    const isInert = ["buffer", "integer", "optimizer state"].includes(role) || (role === "unknown" && shape.length < 2);
    // The bias of the consumer has entries for its outputs, not for the channels.
    if (
      !(role === "bias" && shape.length === 1) &&
      modules.some((module) => name.startsWith(module) && !isAttentionPart(name, module))
    )
      return `${name} belongs to one of its modules`;
    if (!isInert && shape.length <= 2 && shape.some((size) => sizes.has(size)))
      return `${name} (${shape.join(", ")}) shares its dimension in a way that is not known`;
  }
  return undefined;
}

/** True where `module` is a whole attention, as for `self_attn.in_proj_weight`, and the tensor is of a part of it, as
 *  `self_attn.out_proj.weight` is. */
function isAttentionPart(name: string, module: string): boolean {
  return /att\w*\.$/.test(module) && name.slice(module.length).includes(".");
}
