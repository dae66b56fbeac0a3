/** The rows of loops of single methods: trellises, ggml's blocks, matrices, the memory of jobs. */
import { blockCodecs, type BlockCodec } from "../../kernel/blocks";
import { Random } from "../../kernel/bytes/random";
import { matrixView, transposed, type MatrixView, type RotationChain } from "../../kernel/loops/matrix";
import { plain } from "../../kernel/loops/loops";
import { segmentLength } from "../../kernel/loops/trellis";
import { adversarialWeights, gaussianWeights, randomBytes } from "../blocks/weights";
import { vectors, type Case, type Rows } from "./cases";

const states = [4, 8, 16, 32, 64, 128, 256];

export const trellisRows: Rows<"trellis"> = {
  *encode() {
    for (const count of states)
      for (const [length, step] of [
        [0, 1],
        [1, 0.3],
        [63, 0.3],
        [64, 3],
        [5_001, 0.01],
        [segmentLength + 77, 0.5],
      ]) {
        const weights = new Random(count + length).normals(length);
        if (length > 0) weights[length >> 1] = 60;
        yield [
          `${count} states, ${length} weights, step ${step}`,
          ({ trellis }, put) => trellis.encode(put(weights), Math.fround(step), count),
        ] satisfies Case;
      }
  },
  *decode() {
    for (const count of states)
      for (const length of [0, 1, 64, segmentLength + 77]) {
        const codes = Int32Array.from(randomBytes(length, count), (byte) => byte - 100);
        yield [
          `${count} states, ${length} codes`,
          ({ trellis }) => trellis.decode(codes, Math.fround(0.3), count),
        ] satisfies Case;
      }
  },
};

const codecs = [...blockCodecs.values()];
const isWritten = ({ encode }: BlockCodec): boolean => encode !== undefined;

/** Rows of one, of two, of many blocks, and one that is too long for the kernels, with importance and without. */
function* blockRows(): Generator<{
  readonly codec: BlockCodec;
  readonly weights: Float32Array;
  readonly columns: number;
  readonly importance: Float32Array | undefined;
  readonly label: string;
}> {
  for (const codec of codecs.filter(isWritten))
    for (const [blocks, inRow] of [
      [0, 1],
      [1, 1],
      [3, 3],
      [6, 2],
      [70, 7],
      [Math.floor(140_000 / codec.weights), Math.floor(140_000 / codec.weights)],
    ]) {
      const columns = inRow * codec.weights;
      // The longest rows are slow to search plainly: one type stands for all.
      if (columns > 100_000 && codec.name !== "Q4_0") continue;
      const given = Float32Array.from({ length: columns }, (_, i) => ((i * 29) % 17) * 10 ** ((i % 61) - 30));
      for (const [draw, importance] of [
        [gaussianWeights, given],
        [adversarialWeights, undefined],
      ] as const)
        yield {
          codec,
          weights: draw(blocks * codec.weights, blocks + 1),
          columns,
          importance,
          label: `${codec.name} × ${blocks} in rows of ${inRow} ${draw.name} ${importance ? "by importance" : ""}`,
        };
    }
}

/** NaN of any payload as one: engines choose the payload of a product. */
function withoutPayloads(values: Float32Array): Float32Array {
  return values.map((value) => (Number.isNaN(value) ? 12345 : value));
}

export const blockLoopRows: Rows<"blocks"> = {
  *encode() {
    for (const { codec, weights, columns, importance, label } of blockRows())
      yield [label, ({ blocks }, put) => blocks.encode(codec, put(weights), columns, importance)] satisfies Case;
  },
  *encodeBytes() {
    for (const { codec, weights, columns, importance, label } of blockRows())
      yield [label, ({ blocks }, put) => blocks.encodeBytes(codec, put(weights), columns, importance)] satisfies Case;
  },
  *decode() {
    for (const codec of codecs)
      for (const count of [0, 1, 5, 300]) {
        const parts = plain.blocks.unpack(codec, randomBytes(count * codec.bytes, 13));
        yield [
          `${codec.name} × ${count}, NaN scales included`,
          ({ blocks }, put) => withoutPayloads(blocks.decode(codec, { ...parts, codes: put(parts.codes) })),
        ] satisfies Case;
      }
  },
  *pack() {
    for (const codec of codecs.filter(isWritten))
      for (const count of [0, 1, 5, 300]) {
        const parts = plain.blocks.unpack(codec, randomBytes(count * codec.bytes, 13));
        yield [
          `${codec.name} × ${count}`,
          ({ blocks }, put) => blocks.pack(codec, { ...parts, codes: put(parts.codes) }),
        ] satisfies Case;
      }
  },
  *unpack() {
    for (const codec of codecs)
      for (const count of [0, 1, 5, 300])
        yield [
          `${codec.name} × ${count}`,
          ({ blocks }, put) => blocks.unpack(codec, put(randomBytes(count * codec.bytes, 14))),
        ] satisfies Case;
  },
};

const random = new Random(20261125);
const filled = <Values extends Float32Array | Float64Array>(values: Values, scale = 1): Values => {
  for (let i = 0; i < values.length; i++) values[i] = scale * random.normal();
  return values;
};

// m, inner, n: of nothing, of one, not of four, of blocks and a little more.
const products = [
  [0, 3, 2],
  [2, 0, 3],
  [1, 1, 1],
  [3, 7, 5],
  [4, 4, 4],
  [13, 259, 17],
  [131, 30, 9],
  [5, 12, 517],
  [129, 257, 513],
];

export const matrixRows: Rows<"matrix"> = {
  *product() {
    for (const [m, k, n] of products) {
      const a = filled(new Float32Array(m * k));
      const b = filled(new Float64Array(k * n), 1e-3);
      const views: [string, MatrixView, MatrixView][] = [
        ["", matrixView(a, m, k), matrixView(b, k, n)],
        ["turned left", transposed(matrixView(a, k, m)), matrixView(b, k, n)],
        ["turned right", matrixView(a, m, k), transposed(matrixView(b, n, k))],
      ];
      for (const [label, left, right] of views)
        for (const isUpper of m === n ? [false, true] : [false])
          yield [
            `(${m}, ${k})·(${k}, ${n}) ${label}${isUpper ? " upper" : ""}`,
            ({ matrix }) => [
              matrix.product(left, right, new Float64Array(m * n), isUpper),
              matrix.product(left, right, new Float32Array(m * n), isUpper),
            ],
          ] satisfies Case;
    }
  },
  *gram() {
    for (const [rows, columns] of [
      [0, 3],
      [1, 1],
      [7, 3],
      [300, 130],
      [40, 521],
    ]) {
      const view = matrixView(filled(new Float32Array(rows * columns)), rows, columns);
      yield [`(${rows}, ${columns})`, ({ matrix }) => matrix.gram(view)] satisfies Case;
      yield [`(${rows}, ${columns}) turned`, ({ matrix }) => matrix.gram(transposed(view))] satisfies Case;
    }
  },
  *rotateRows() {
    for (const [rows, columns] of [
      [2, 1],
      [5, 8],
      [50, 37],
      // More rows than the kernel's memory holds.
      [20_000, 2],
    ]) {
      const chains = Array.from({ length: 9 }, (): RotationChain => {
        const first = Math.floor(random.uniform() * (rows - 1));
        const last = first + Math.floor(random.uniform() * (rows - first));
        const angles = new Float64Array(2 * last);
        for (let i = first; i < last; i++) [angles[2 * i], angles[2 * i + 1]] = [Math.sin(i + 1), Math.cos(i + 1)];
        return { first, last, angles };
      });
      const start = filled(new Float64Array(rows * columns));
      yield [
        `(${rows}, ${columns})`,
        ({ matrix }) => {
          const z = start.slice();
          matrix.rotateRows(z, rows, columns, chains);
          return z;
        },
      ] satisfies Case;
    }
  },
};

export const memoryRows: Rows<"memory"> = {
  *during() {
    yield ["a result", ({ memory }) => memory.during(1e5, () => 42)] satisfies Case;
    yield ["more than there is", ({ memory }) => memory.during(2 ** 40, () => 42)] satisfies Case;
    yield [
      "an error",
      ({ memory }) =>
        memory.during(1e5, () => {
          throw new RangeError("the job's own");
        }),
    ] satisfies Case;
  },
  *part() {
    yield ["a result", ({ memory }) => memory.during(1e5, () => memory.part(() => 42))] satisfies Case;
    yield [
      "arrays of the job around it",
      ({ memory }) =>
        memory.during(1e5, () => {
          const outer = memory.floats(4).fill(1);
          const inner = memory.part(() => memory.floats(4).fill(2).slice());
          const next = memory.floats(4).fill(3);
          return [outer.slice(), inner, next.slice()];
        }),
    ] satisfies Case;
  },
  *bytes() {
    yield ["its length", ({ memory }) => memory.during(1e5, () => memory.bytes(5).length)] satisfies Case;
    yield ["outside a job", ({ memory }) => memory.bytes(3)] satisfies Case;
  },
  *floats() {
    yield ["its length", ({ memory }) => memory.during(1e5, () => memory.floats(5).length)] satisfies Case;
    yield ["outside a job", ({ memory }) => memory.floats(3)] satisfies Case;
  },
  *bring() {
    for (const { label, values } of vectors())
      yield [label, ({ memory }) => memory.during(1e5, () => memory.bring(values).slice())] satisfies Case;
  },
  *keep() {
    for (const { label, values } of vectors())
      yield [label, ({ memory }) => memory.during(1e5, () => memory.keep(memory.bring(values)))] satisfies Case;
  },
};
