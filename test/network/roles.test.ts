import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fromArrays } from "../../kernel/formats/arrays";
import { isWeight, roleOf, rolesOf, withRoles } from "../../kernel/network/roles";
import { isWeightRole, type Axes } from "../../kernel/tensor/role";
import { fromArrays as plainArrays } from "../../kernel/tensor/memory";

const root = join(__dirname, "../../..");
const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(join(root, "test/fixtures/network/roles", name), "utf8"));

/** What torch says of a stored tensor: its module's class, what kind of layer that is, its outputs and the inputs of each. */
interface Told {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly owner: string;
  readonly kind: string;
  readonly outputs: number;
  readonly inputs: number;
}

function toldOf(line: string): Told {
  const [name, shape, dtype, owner, kind, outputs, inputs] = line.split(" ");
  return {
    ...{ name, dtype, owner, kind, outputs: Number(outputs), inputs: Number(inputs) },
    shape: shape === "-" ? [] : shape.split("x").map(Number),
  };
}

interface Family {
  readonly config: Readonly<Record<string, unknown>>;
  readonly parameters: number;
  readonly tensors: readonly string[];
}

const { families } = fixture("roles.json") as { families: Readonly<Record<string, Family>> };

/** Roles that a layer of that kind may have, and the first axis of its outputs. */
const layers: Readonly<Record<string, { readonly roles: readonly string[]; readonly output: number }>> = {
  linear: { roles: ["linear", "head", "router", "expert"], output: 0 },
  conv1d: { roles: ["linear", "head"], output: 1 },
  embedding: { roles: ["embedding"], output: 0 },
  convolution: { roles: ["convolution"], output: 0 },
  depthwise: { roles: ["convolution"], output: 0 },
  transposed: { roles: ["convolution"], output: 1 },
};

/** Classes that keep weights as bare parameters. */
const bareWeights =
  /^(\w*Experts|MultiheadAttention|LSTM|GRU|ZambaMambaMixer|RecurrentGemmaRglru|XLNetRelativeAttention)$/;

const sizeOf = (shape: readonly number[], axes: readonly number[]): number =>
  axes.reduce((product, axis) => product * shape[axis], 1);

/** What is wrong in the judgement of a tensor by what torch says; "" for nothing. */
function faultOf(told: Told, role: string, axes: Axes | undefined): string {
  const { shape, kind, owner, dtype } = told;
  if (dtype !== "F32") return role === "integer" ? "" : `${dtype} is ${role}`;
  if (Object.hasOwn(layers, kind)) {
    if (!layers[kind].roles.includes(role)) return `${owner} is ${role}`;
    if (role === "router") return "";
    if (axes?.output[0] !== layers[kind].output) return `${owner} has outputs along ${axes?.output.join()}`;
    const given = [sizeOf(shape, axes.output), sizeOf(shape, axes.input)].join();
    return given === `${told.outputs},${told.inputs}` ? "" : `${given}, not ${told.outputs},${told.inputs}`;
  }
  if (shape.length < 2) return isWeightRole(role as never) ? `a vector is ${role}` : "";
  if (isWeightRole(role as never)) return bareWeights.test(owner) ? "" : `${owner} is ${role}`;
  return /Experts$/.test(owner) && role === "unknown" ? "an expert is unknown" : "";
}

test.each(Object.entries(families))("every tensor of %s is what torch says it is, and lies so", (_, family) => {
  const all = family.tensors.map(toldOf);
  const roles = rolesOf({ tensors: all, config: family.config });
  const faults = all.flatMap((told, at) => {
    const fault = faultOf(told, roles[at].role, roles[at].axes);
    return fault === "" ? [] : [`${told.name} (${told.shape.join()}): ${fault}; ${roles[at].roleReason}`];
  });
  expect(faults).toEqual([]);
});

test("the families are those of the list, and none can pass without having been looked at", () => {
  const all = Object.values(families).flatMap(({ tensors }) => tensors.map(toldOf));
  const kinds = new Set(all.map(({ kind }) => kind));
  expect(Object.keys(families).length).toBeGreaterThan(80);
  expect([...kinds].sort()).toEqual(["-", "conv1d", "convolution", "depthwise", "embedding", "linear", "transposed"]);
  // A judge that takes rank for role, and shape[0] for output, fails on most of the families.
  const failing = Object.values(families).filter(({ tensors }) =>
    tensors.map(toldOf).some((told) => {
      const role = told.shape.length === 2 ? "linear" : told.shape.length > 2 ? "convolution" : "bias";
      return faultOf(told, role, { output: [0], input: [1], stacked: [] }) !== "";
    }),
  );
  expect(failing.length).toBeGreaterThan(60);
});

test("experts that lie (experts, in, out) are told from those that lie (experts, out, in), square ones too", () => {
  const turned = { output: [2], input: [1], stacked: [0] };
  const upright = { output: [1], input: [2], stacked: [0] };
  const experts = (fused: readonly number[], down: readonly number[], model_type: string) =>
    rolesOf({
      config: { model_type, hidden_size: 8 },
      tensors: [
        { name: "model.layers.0.mlp.experts.gate_up_proj", shape: fused },
        { name: "model.layers.0.mlp.experts.down_proj", shape: down },
      ],
    }).map(({ role, axes }) => [role, axes]);
  expect(experts([2, 8, 16], [2, 8, 8], "gpt_oss")).toEqual([
    ["expert", turned],
    ["expert", turned],
  ]);
  expect(experts([2, 16, 8], [2, 8, 8], "qwen3_moe")).toEqual([
    ["expert", upright],
    ["expert", upright],
  ]);
  expect(roleOf({ name: "blk.0.ffn_down_exps.weight", shape: [4, 8, 12] })).toMatchObject({
    role: "expert",
    axes: upright,
  });
});

test.each(Object.entries(fixture("files.json") as Record<string, Record<string, [number[], string, string, string]>>))(
  "%s holds what its author means",
  (_, tensors) => {
    const given = Object.entries(tensors).map(([name, [shape, dtype]]) => ({ name, shape, dtype }));
    const roles = rolesOf({ tensors: given });
    const found = Object.fromEntries(
      given.map(({ name }, at) => [name, [roles[at].role, JSON.stringify(roles[at].axes?.output ?? null)]]),
    );
    expect(found).toEqual(
      Object.fromEntries(Object.entries(tensors).map(([name, [, , role, output]]) => [name, [role, output]])),
    );
  },
);

test("in a model with a config the unknown is left alone, elsewhere a matrix whose name says nothing is a weight", () => {
  const tensors = [{ name: "mystery", shape: [4, 6], dtype: "F32" }];
  expect(rolesOf({ tensors, config: { model_type: "llama" } })[0].role).toBe("unknown");
  expect(rolesOf({ tensors, metadata: { "general.architecture": "llama" } })[0].role).toBe("unknown");
  expect(rolesOf({ tensors })[0]).toEqual({
    role: "linear",
    roleReason: "two dimensions, nothing says otherwise",
    axes: { output: [0], input: [1], stacked: [] },
  });
});

test("GPT-2's matrices lie (in, out) by its config, and by its own biases where there is none", () => {
  const tensors = [
    { name: "h.0.attn.c_attn.weight", shape: [8, 24] },
    { name: "h.0.attn.c_attn.bias", shape: [24] },
    { name: "h.0.attn.c_proj.weight", shape: [8, 8] },
  ];
  const outputs = (model: Parameters<typeof rolesOf>[0]) => rolesOf(model).map(({ axes }) => axes?.output);
  expect(outputs({ tensors, config: { model_type: "gpt2" } })).toEqual([[1], undefined, [1]]);
  expect(outputs({ tensors })).toEqual([[1], undefined, [1]]);
  expect(outputs({ tensors: tensors.slice(2), config: { model_type: "gpt2" } })).toEqual([[1]]);
  expect(outputs({ tensors: [{ ...tensors[0], shape: [24, 8] }, ...tensors.slice(1)] })).toEqual([[0], undefined, [0]]);
});

test("a reader's word comes first, and a role that is no weight takes no axes", () => {
  const model = plainArrays({ cls_token: { shape: [1, 1, 4], values: new Float32Array(4) } });
  Object.assign(model.tensors[0], { role: "linear", roleReason: "the graph says so" });
  expect(roleOf(withRoles(model).tensors[0])).toEqual({ role: "linear", roleReason: "the graph says so" });
});

test("arrays in memory tell their roles, and recipes take the weights among them", () => {
  const zeros = (...shape: number[]) => ({ shape, values: new Float32Array(shape.reduce((a, b) => a * b, 1)) });
  const model = fromArrays({ "fc.weight": zeros(2, 3), "fc.bias": zeros(2), pos_embed: zeros(1, 4, 3) });
  expect(model.tensors.map(({ role }) => role)).toEqual(["head", "bias", "buffer"]);
  expect(model.tensors.map(isWeight)).toEqual([true, false, false]);
  expect(model.tensor("fc.weight").axes).toEqual({ output: [0], input: [1], stacked: [] });
});

test("Haiku, TF-Slim and the first GPT-2 keep their matrices as TensorFlow does", () => {
  const shapes: Record<string, number[]> = {
    "linear/w": [12, 8],
    "mlp/~/linear_0/w": [8, 8],
    "conv2_d/w": [3, 3, 4, 16],
    "conv2_d_transpose/w": [3, 3, 6, 10],
    "model/h0/attn/c_attn/w": [1, 16, 48],
    "InceptionV3/Conv2d_1a_3x3/weights": [3, 3, 3, 32],
    "Conv2d_2_depthwise/depthwise_weights": [3, 3, 32, 2],
    "net.0/w": [12, 8],
  };
  const tensors = Object.entries(shapes).map(([name, shape]) => ({ name, shape, dtype: "F32" }));
  const axes = rolesOf({ tensors }).map(({ axes: own }) => [own?.output, own?.input]);
  expect(axes).toEqual([
    [[1], [0]],
    [[1], [0]],
    [[3], [2]],
    [[2], [3]],
    [[2], [1]],
    [[3], [2]],
    [[2, 3], []],
    [[0], [1]],
  ]);
});

test("matrices of each head lie side by side, as llama.cpp and as TransformerLens keep them", () => {
  const shapes: Record<string, number[]> = {
    "blk.0.attn_k_b.weight": [2, 16, 32],
    "altup_proj.weight": [3, 64, 64],
    "blocks.0.attn.W_Q": [4, 16, 8],
    "blocks.0.attn.W_O": [4, 8, 16],
    "blocks.0.mlp.W_in": [16, 16],
    "unembed.W_U": [16, 16],
    w_in: [16, 16],
  };
  const tensors = Object.entries(shapes).map(([name, shape]) => ({ name, shape, dtype: "F32" }));
  const axes = rolesOf({ tensors }).map(({ axes: own }) => [own?.output, own?.input, own?.stacked]);
  expect(axes).toEqual([
    [[1], [2], [0]],
    [[1], [2], [0]],
    [[2], [1], [0]],
    [[2], [1], [0]],
    [[1], [0], []],
    [[1], [0], []],
    [[0], [1], []],
  ]);
  const others = { "embed.W_E": [20, 16], "blocks.0.attn.b_Q": [4, 8] };
  const roles = rolesOf({ tensors: Object.entries(others).map(([name, shape]) => ({ name, shape })) });
  expect(roles.map(({ role }) => role)).toEqual(["embedding", "bias"]);
});
