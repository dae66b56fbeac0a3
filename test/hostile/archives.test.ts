import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import { FormatError, SourceError, UnsupportedError } from "../../kernel";
import { Random } from "../../kernel/bytes/random";
import { fileSource, memorySource } from "../../kernel/bytes/source";
import { openSource } from "../../kernel/open/open";
import { openTfjs, readTfjsManifest } from "../../kernel/formats/tfjs";

/** .npz, .npy, .pt and model.json that are wrong on purpose: each is refused by a `FormatError` that says what and where. */

interface Member {
  name: string;
  data: Uint8Array;
  method?: number;
  /** Changes to the directory's entry. */
  size?: number;
  stored?: number;
  crc?: number;
  flags?: number;
  start?: number;
  localName?: string;
}

function zip(
  members: readonly Member[],
  change: { count?: number; size?: number; start?: number; disk?: number; tail?: string } = {},
): Buffer {
  const parts: Buffer[] = [];
  const entries: Buffer[] = [];
  let at = 0;
  for (const { name, data, method = 0, ...m } of members) {
    const body = method === 8 ? deflateRawSync(data) : Buffer.from(data);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(method, 8);
    local.writeUInt16LE(Buffer.byteLength(m.localName ?? name), 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(m.flags ?? 0, 8);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(m.crc ?? crc32(data), 16);
    entry.writeUInt32LE(m.stored ?? body.length, 20);
    entry.writeUInt32LE(m.size ?? data.length, 24);
    entry.writeUInt16LE(Buffer.byteLength(name), 28);
    entry.writeUInt32LE(m.start ?? at, 42);
    entries.push(entry, Buffer.from(name));
    const all = Buffer.concat([local, Buffer.from(m.localName ?? name), body]);
    parts.push(all);
    at += all.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(change.disk ?? 0, 4);
  end.writeUInt16LE(change.count ?? members.length, 10);
  end.writeUInt32LE(change.size ?? directory.length, 12);
  end.writeUInt32LE(change.start ?? at, 16);
  return Buffer.concat([...parts, directory, end, Buffer.from(change.tail ?? "")]);
}

function npy(header: string, data: Uint8Array | number = 8, version = 1): Buffer {
  const head = Buffer.alloc(version === 1 ? 10 : 12);
  head.write("\x93NUMPY", "latin1");
  head[6] = version;
  head.writeUInt16LE(header.length, 8);
  return Buffer.concat([head, Buffer.from(header), typeof data === "number" ? Buffer.alloc(data) : data]);
}
const dict = (descr = "'<f4'", fortran = "False", shape = "(2,)"): string =>
  `{'descr': ${descr}, 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;
const good = npy(dict());
const w = (change: Partial<Member> = {}): Member => ({ name: "w.npy", data: good, ...change });

type Hostile = readonly [what: string, file: Uint8Array, says: RegExp];

const archives: Hostile[] = [
  ["an empty archive", zip([]), /something else/],
  ["a head alone", Buffer.from("PK\x03\x04"), /4 bytes/],
  ["no end", zip([w()]).subarray(0, -22), /no end of a zip directory/],
  ["an end cut short", zip([w()]).subarray(0, -1), /no end/],
  ["bytes behind the end", zip([w()], { tail: "x" }), /no end/],
  ["several disks", zip([w()], { disk: 1 }), /several disks/],
  ["an entry too many", zip([w()], { count: 2 }), /there are 2 members; expected no more than 51 bytes hold/],
  ["an entry too few", zip([w(), w({ name: "v.npy" })], { count: 1 }), /follow the last entry/],
  ["65,534 entries in one", zip([w()], { count: 65_534 }), /no more than/],
  ["a directory elsewhere", zip([w()], { start: 3 }), /its end at/],
  ["a directory too large", zip([w()], { size: 1000 }), /its end at/],
  ["64 bits without their end", zip([w()], { count: 0xffff }), /64-bit/],
  ["64-bit sizes that are missing", zip([w({ size: 0xffffffff })]), /lacks a 64-bit size/],
  ["the same name twice", zip([w(), w()]), /comes twice/],
  ["a name with NUL", zip([w({ name: "a\0.npy" })]), /cannot be a member's/],
  ["__proto__", zip([w({ name: "__proto__" })]), /cannot be a member's/],
  ["no name", zip([w({ name: "" })]), /a name has 0 bytes/],
  ["two names", zip([w({ localName: "v.npy" })]), /two names/],
  ["encrypted", zip([w({ flags: 1 })]), /encrypted/],
  ["method 12", zip([w({ method: 12 })]), /method 12/],
  ["stored sizes that differ", zip([w({ size: 5 })]), /equal sizes/],
  ["a bomb by its size", zip([w({ method: 8, size: 2 ** 31 })]), /what deflate can do/],
  [
    "a bomb that says little",
    zip([w({ method: 8, data: Buffer.alloc(1 << 20), size: 100 })]),
    /does not inflate to its 100 bytes/,
  ],
  ["a member that inflates to less", zip([w({ method: 8, size: good.length + 1 })]), /has \d+ bytes/],
  ["another checksum", zip([w({ method: 8, crc: 7 })]), /CRC-32/],
  ["a start in the directory", zip([w({ start: 150 })]), /"w\.npy" begins at 150; expected before 111/],
  ["a start that is no header", zip([w({ start: 1 })]), /no header of its own/],
  [
    "members that overlap",
    zip([w(), w({ name: "v.npy", start: 0 })]),
    /"v\.npy" overlaps the member before it; expected a start of at least 111/,
  ],
  ["a member past the directory", zip([w({ size: 5000, stored: 5000 })]), /ends at/],
  ["something else", zip([w(), { name: "readme.txt", data: good }]), /something else/],
];

const arrays: Hostile[] = [
  [
    "another magic",
    Buffer.concat([Buffer.from("\x93NUMPX", "latin1"), good.subarray(6)]),
    /format of this file is not known/,
  ],
  ["six bytes", good.subarray(0, 6), /ends within the header's length/],
  ["version 0", npy(dict(), 8, 0), /version is 0.0/],
  ["version 4", npy(dict(), 8, 4), /version is 4.0/],
  ["a header past the end", good.subarray(0, 30), /at most the 20 that follow/],
  ["a header of 10,001 bytes", npy(dict().padEnd(10_001)), /at most 10000/],
  ["no dict", npy("[]"), /the header is/],
  [
    "code in the header",
    npy("{'descr': __import__('os').system('x'), 'fortran_order': False, 'shape': (2,), }"),
    /the header is/,
  ],
  ["a key too many", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}"), /the header is/],
  ["a key too few", npy("{'descr': '<f4', 'shape': (2,), }"), /the header is/],
  ["keys in another order", npy("{'shape': (2,), 'descr': '<f4', 'fortran_order': False}"), /the header is/],
  ["fortran_order 1", npy(dict("'<f4'", "1")), /the header is/],
  ["Python objects", npy(dict("'|O'")), /Python objects, a pickle/],
  ["big-endian", npy(dict("'>f4'")), /big-endian/],
  ["a type without letters", npy(dict("''")), /the descr is/],
  ["a negative size", npy(dict("'<f4'", "False", "(-2,)")), /the header is/],
  ["a size with a point", npy(dict("'<f4'", "False", "(2.0,)")), /the header is/],
  ["sizes without a comma", npy(dict("'<f4'", "False", "(1 2,)")), /the shape is/],
  ["an empty size", npy(dict("'<f4'", "False", "(2,,1)")), /the shape is/],
  ["65 dimensions", npy(dict("'<f4'", "False", `(${"1,".repeat(65)})`)), /65 dimensions/],
  ["a size of 2^53", npy(dict("'<f4'", "False", "(9007199254740993,)")), /at most 2\^50/],
  ["sizes that multiply past 2^53", npy(dict("'<f4'", "False", "(4294967296,4294967296)")), /at most 2\^50/],
  ["2^40 elements in 8 bytes", npy(dict("'<f4'", "False", "(1099511627776,)")), /8 bytes follow the header/],
  ["a byte too many", npy(dict(), 9), /9 bytes follow/],
  ["a byte too few", npy(dict(), 7), /7 bytes follow/],
];

/** A file of torch around a pickle, with one storage of 8 bytes. */
const torch = (pickle: Uint8Array, extra: Member[] = []): Buffer =>
  zip([{ name: "m/data.pkl", data: pickle }, ...extra, { name: "m/data/0", data: Buffer.alloc(8) }]);
const p = (...parts: (string | number[])[]): Buffer =>
  Buffer.concat([Buffer.from([0x80, 2]), ...parts.map((part) => Buffer.from(part as string, "latin1"))]);
const word = (value: string): string => `X${String.fromCharCode(value.length)}\0\0\0${value}`;
const storage = (type = "ctorch\nFloatStorage\n", key = "0", count = 2): string =>
  `(${word("storage")}${type}${word(key)}${word("cpu")}K${String.fromCharCode(count)}tQ`;
const tensor = (offset = 0, size = "K\x02\x85", stride = "K\x01\x85", from = storage()): string =>
  `ctorch._utils\n_rebuild_tensor_v2\n(${from}K${String.fromCharCode(offset)}${size}${stride}\x89}tR`;
const state = (value: string): string => `}${word("w")}${value}s.`;
const sound = torch(p(state(tensor())));

const call = (name: string): Hostile => {
  const [module, attribute] = name.split(" ");
  return [
    name,
    torch(p(`c${module}\n${attribute}\n(${word("x")}tR.`)),
    new RegExp(`calls for "${module}.${attribute}"`),
  ];
};

const pickles: Hostile[] = [
  ...[
    "os system",
    "builtins eval",
    "builtins exec",
    "builtins getattr",
    "posix system",
    "subprocess Popen",
    "torch load",
    "torch.hub load",
  ].map(call),
  ...["torch.storage _load_from_bytes", "os.path join", "types FunctionType", "torch.nn.Linear __init__"].map(call),
  ...["numpy.core.multiarray _reconstruct", "collections Counter", "torch FloatTensor", "torch.__proto__ x"].map(
    (name): Hostile => [`${name} alone`, call(name)[1], /there are no tensors/],
  ),
  [
    "os.system by STACK_GLOBAL",
    torch(p(`\x8c\x02os\x8c\x06system\x93${word("x")}\x85R.`)),
    /byte 14: the pickle calls for "os.system"/,
  ],
  ["an extension", torch(p("\x82\x01.")), /instruction 0x82/],
  ["INST", torch(p("(ios\nsystem\n.")), /instruction 0x69/],
  ["OBJ", torch(p("(o.")), /instruction 0x6f/],
  ["NEWOBJ", torch(p("}\x81.")), /stack is empty/],
  ["protocol 0", torch(Buffer.from("(dp0\n.")), /no protocol/],
  ["protocol 6", torch(Buffer.from([0x80, 6, 0x2e])), /protocol is 6/],
  ["nothing", torch(Buffer.alloc(0)), /no protocol/],
  ["no end", torch(p("}")), /ends within an instruction/],
  ["bytes behind the end", torch(p("}..")), /bytes follow the end/],
  ["an empty stack", torch(p(".")), /stack is empty/],
  ["values left over", torch(p("}}.")), /left over/],
  ["no mark", torch(p("t.")), /no mark/],
  ["a text past the end", torch(p("X\xff\xff\xff\xff.")), /ends within an instruction/],
  ["a text that is no UTF-8", torch(p("X\x01\0\0\0\xff.")), /not UTF-8/],
  ["a memory that is empty", torch(p("h\x05.")), /nothing was kept as 5/],
  ["a call of data", torch(p("})R.")), /no function/],
  ["a call of a type", torch(p("ctorch\nFloatStorage\n)R.")), /no function/],
  ["a key that is a dict", torch(p("}}}s.")), /a key is no text or number/],
  ["the same key twice", torch(p(`}${word("w")}N${"s"}${word("w")}Ns.`)), /comes twice/],
  ["a key __proto__", torch(p(`}${word("__proto__")}Ns.`)), /__proto__/],
  ["a whole number of 255 bytes", torch(p("\x8a\xff.")), /ends within an instruction/],
  [
    "a whole number past 2^53 as a size",
    torch(p(state(tensor(0, "\x8a\x08\0\0\0\0\0\0\0\x40\x85")))),
    /size is no whole number/,
  ],
  ["items of a set for a list", torch(p("](K\x01\x90.")), /no set/],
  ["state for a number", torch(p("K\x01}b.")), /no object/],
  ["bytes past the end", torch(p("\x8e\xff\xff\xff\xff\0\0\0\0.")), /no more than the pickle/],
  ["no tensors", torch(p("}.")), /no tensors/],
  ["a list that holds itself", torch(p("]q\0h\0a.")), /hold themselves/],
  [
    "lists that double",
    torch(
      p(
        "(]q\0",
        Array.from(
          { length: 28 },
          (_, i) => `](h${String.fromCharCode(i)}h${String.fromCharCode(i)}eq${String.fromCharCode(i + 1)}`,
        ).join(""),
        "t.",
      ),
    ),
    /over 4000000 values/,
  ],
  [
    "a storage that is not there",
    torch(p(state(tensor(0, undefined, undefined, storage(undefined, "9"))))),
    /not in the archive/,
  ],
  [
    "a storage with a path",
    torch(p(state(tensor(0, undefined, undefined, storage(undefined, "../0"))))),
    /not in the archive/,
  ],
  [
    "a storage larger than its bytes",
    torch(p(state(tensor(0, undefined, undefined, storage(undefined, "0", 200))))),
    /its 8 bytes/,
  ],
  [
    "a storage of no type",
    torch(p(state(tensor(0, undefined, undefined, storage("ccollections\nOrderedDict\n"))))),
    /storage has the type/,
  ],
  ["an offset past the end", torch(p(state(tensor(1)))), /ends at element 2/],
  ["a stride past the end", torch(p(state(tensor(0, undefined, "K\x07\x85")))), /ends at element 7/],
  ["elements shown again and again", torch(p(state(tensor(0, "J\xff\xff\xff\x7f\x85", "K\0\x85")))), /more than once/],
  ["a negative size", torch(p(state(tensor(0, "J\xff\xff\xff\xff\x85")))), /size is no whole number/],
  ["a size that is text", torch(p(state(tensor(0, `${word("a")}\x85`)))), /size is no whole number/],
  ["sizes and strides", torch(p(state(tensor(0, "K\x01K\x02\x86")))), /2 sizes and 1 strides/],
  ["two pickles", torch(p(state(tensor())), [{ name: "n/data.pkl", data: Buffer.from("x") }]), /two pickles/],
  ["TorchScript", torch(p(state(tensor())), [{ name: "m/constants.pkl", data: Buffer.from("x") }]), /TorchScript/],
  ["big-endian", torch(p(state(tensor())), [{ name: "m/byteorder", data: Buffer.from("big") }]), /byte order is "big"/],
  ["a pickle with another checksum", zip([{ name: "m/data.pkl", data: p("}."), crc: 1 }]), /CRC-32/],
];

async function readAll(file: Uint8Array): Promise<void> {
  const model = await openSource(memorySource(file, "m"));
  for (const tensor of model.tensors) await tensor.read();
}

describe("what is refused", () => {
  it.each([...archives, ...arrays, ...pickles])("%s", async (_, file, says) => {
    const error = await readAll(new Uint8Array(file)).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(FormatError);
    expect(String(error)).toMatch(says);
  });

  it("the sound ones are read", async () => {
    await readAll(new Uint8Array(zip([w(), w({ name: "v.npy", method: 8 })])));
    await readAll(new Uint8Array(good));
    await readAll(new Uint8Array(sound));
  });

  it("types that are known and not read", async () => {
    await expect(readAll(npy(dict("'<c8'")))).rejects.toBeInstanceOf(UnsupportedError);
    await expect(readAll(npy(dict("[('a', '<f4')]")))).rejects.toBeInstanceOf(UnsupportedError);
  });
});

describe("model.json", () => {
  const weight = { name: "w", shape: [2], dtype: "float32" };
  const group = (change: object = {}): object => ({ paths: ["a.bin"], weights: [weight], ...change });
  const text = (...groups: object[]): string => JSON.stringify({ weightsManifest: groups });
  const quantized = (quantization: unknown): string => text(group({ weights: [{ ...weight, quantization }] }));
  const cases: [string, string, RegExp][] = [
    ["no object", "7", /begins with/],
    ["a list of nothing", "[]", /no weightsManifest with weights/],
    ["a list of no groups", "[1]", /an object/],
    ["no manifest", "{}", /no weightsManifest/],
    ["an empty manifest", text(), /no weightsManifest/],
    ["a manifest that is an object", '{"weightsManifest":{}}', /a list/],
    ["the manifest twice", '{"weightsManifest":[],"weightsManifest":[]}', /comes twice/],
    ["__proto__", '{"__proto__":1}', /__proto__/],
    ["text behind", `${text(group())}x`, /after the end/],
    ["cut short", text(group()).slice(0, -3), /./],
    ["no weights", text({ paths: ["a.bin"], weights: [] }), /no weightsManifest with weights/],
    ...[
      "../a.bin",
      "/etc/passwd",
      "a/../../b.bin",
      "a/./b.bin",
      "a//b.bin",
      "a/.b",
      "a\\b.bin",
      "c:a.bin",
      "..",
      ".a",
      "",
      "nul",
      "a\0.bin",
      "https://x/a.bin",
    ].map((path): [string, string, RegExp] => [
      `the path ${JSON.stringify(path)}`,
      text(group({ paths: [path] })),
      /the path is/,
    ]),
    ["a path twice", text(group({ paths: ["a.bin", "a.bin"] })), /comes twice/],
    ["a path that is a number", text(group({ paths: [1] })), /a string/],
    ["a name twice", text(group({ weights: [weight, weight] })), /comes twice/],
    ["no name", text(group({ weights: [{ ...weight, name: "" }] })), /no name/],
    ["the name __proto__", text(group({ weights: [{ ...weight, name: "__proto__" }] })), /no name/],
    ["a weight that is null", text(group({ weights: [null] })), /no name/],
    ["no shape", text(group({ weights: [{ ...weight, shape: undefined }] })), /no shape/],
    ["a negative size", text(group({ weights: [{ ...weight, shape: [-1] }] })), /no shape/],
    ["a size of a half", text(group({ weights: [{ ...weight, shape: [0.5] }] })), /no shape/],
    ["65 dimensions", text(group({ weights: [{ ...weight, shape: Array(65).fill(1) }] })), /no shape/],
    ["sizes past 2^53", text(group({ weights: [{ ...weight, shape: [2 ** 30, 2 ** 30] }] })), /at most 2\^53/],
    ["an unknown type", text(group({ weights: [{ ...weight, dtype: "float8" }] })), /no type/],
    ["an unknown stored type", quantized({ dtype: "uint4", scale: 1, min: 0 }), /no known type/],
    ["a quantization that is null", quantized(null), /no known type/],
    ["no scale", quantized({ dtype: "uint8", min: 0 }), /no dtype, scale and min/],
    ["a scale that is text", quantized({ dtype: "uint8", scale: "1", min: 0 }), /no dtype, scale and min/],
    [
      "a scale of 1e999",
      quantized({ dtype: "uint8", scale: 1, min: 0 }).replace('"scale":1', '"scale":1e999'),
      /double/,
    ],
  ];
  it.each(cases)("%s", async (_, json, says) => {
    const error = await readTfjsManifest(memorySource(Buffer.from(json), "model.json")).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(FormatError);
    expect(String(error)).toMatch(says);
  });

  it("files that are missing, too short, too long, or links out of the folder", async () => {
    const folder = mkdtempSync(join(tmpdir(), "codebook-"));
    const elsewhere = mkdtempSync(join(tmpdir(), "codebook-"));
    try {
      const path = join(folder, "model.json");
      writeFileSync(path, text(group()));
      const attempt = async (): Promise<unknown> => openTfjs(await fileSource(path), "m").catch((e: unknown) => e);
      expect(await attempt()).toBeInstanceOf(SourceError);
      for (const size of [7, 9]) {
        writeFileSync(join(folder, "a.bin"), Buffer.alloc(size));
        expect(String(await attempt())).toMatch(/take 8 bytes; expected [79], as its files have/);
      }
      rmSync(join(folder, "a.bin"));
      writeFileSync(join(elsewhere, "a.bin"), Buffer.alloc(8));
      symlinkSync(join(elsewhere, "a.bin"), join(folder, "a.bin"));
      expect(String(await attempt())).toMatch(/link that leads out/);
    } finally {
      rmSync(folder, { recursive: true });
      rmSync(elsewhere, { recursive: true });
    }
  });
});

const mutants = 5_000;
const seed = Number(process.env.CODEBOOK_FUZZ_SEED ?? 20260107);

describe(`${mutants} mutants of each, seed ${seed}`, () => {
  const files: Record<string, { file: string }> = JSON.parse(
    readFileSync(resolve(__dirname, "../../../test/fixtures/formats/arrays.json"), "utf8"),
  );
  const corpus = (begins: string): Buffer[] =>
    Object.entries(files)
      .filter(([name]) => name.startsWith(begins))
      .map(([, { file }]) => Buffer.from(file, "base64"));

  const json = Buffer.from(
    JSON.stringify({
      modelTopology: { a: [1, null] },
      weightsManifest: [
        {
          paths: ["a.bin"],
          weights: [{ name: "w", shape: [2], dtype: "float32", quantization: { dtype: "uint8", scale: 0.5, min: -1 } }],
        },
      ],
    }),
  );
  it.each([
    ["npz and npy", [...corpus("np"), zip([w(), w({ name: "v.npy", method: 8 })]), good]],
    ["torch", [...corpus("torch"), sound, sound, sound]],
    ["model.json", [json]],
  ] as const)(
    "%s",
    async (_, sounds) => {
      const random = new Random(seed);
      let refused = 0;
      for (let i = 0; i < mutants; i++) {
        const bytes = Buffer.from(sounds[random.below(sounds.length)]);
        for (let changes = 1 + random.below(4); changes > 0; changes--) {
          const at = random.below(bytes.length);
          if (random.below(3) === 0 && at + 8 <= bytes.length)
            bytes.writeBigUInt64LE([0n, 2n ** 31n, 2n ** 53n, 2n ** 64n - 1n][random.below(4)], at);
          else bytes[at] = random.below(256);
        }
        const cut = random.below(8) === 0 ? bytes.subarray(0, random.below(bytes.length)) : bytes;
        const before = process.memoryUsage().arrayBuffers;
        try {
          if (sounds[0] === json) await readTfjsManifest(memorySource(new Uint8Array(cut), "m"));
          else await readAll(new Uint8Array(cut));
        } catch (error) {
          const isRefusal = error instanceof FormatError || error instanceof UnsupportedError;
          if (!isRefusal)
            throw new Error(`seed ${seed}, mutant ${i}: ${cut.toString("hex").slice(0, 400)}`, { cause: error });
          refused++;
        }
        const grown = process.memoryUsage().arrayBuffers - before;
        if (grown > (1 << 20) + 1100 * bytes.length)
          throw new Error(`seed ${seed}, mutant ${i}: ${grown} bytes allocated`);
      }
      expect(refused).toBeGreaterThan(mutants / 3);
      expect(refused).toBeLessThan(mutants);
    },
    120_000,
  );
});
