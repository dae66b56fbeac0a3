/** The commands for archives, run as functions: what they say, what they write, and what they refuse. */
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommandError } from "../../kernel/cli/command-error";
import { describeArchive, infoCommand, packCommand, unpackCommand, verifyCommand } from "../../kernel/cli/pack";
import type { ArchiveIndex } from "../../kernel/archive/contents";
import { layoutCodeOf, plainBytes } from "../../kernel/encode/byte-planes/block-layout";

let folder: string;
let said: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pack-"));
  said = [];
  jest.spyOn(console, "log").mockImplementation((line: string) => void said.push(line));
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

/** A safetensors file with one tensor of `count` numbers 0, 1, 2, … */
function modelFile(name: string, count: number, first = 0): string {
  const header = Buffer.from(JSON.stringify({ w: { dtype: "F32", shape: [count], data_offsets: [0, 4 * count] } }));
  const length = Buffer.alloc(8);
  length.writeUInt32LE(header.length);
  const numbers = Float32Array.from({ length: count }, (_, i) => first + i);
  const file = join(folder, name);
  writeFileSync(file, Buffer.concat([length, header, Buffer.from(numbers.buffer)]));
  return file;
}
const sha256 = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");
const bytesOf = (file: string) => statSync(file).size;

describe("pack, verify and unpack", () => {
  test("say what they did, in bytes and as a share, with the hash of the original", async () => {
    const file = modelFile("m.safetensors", 40);
    const archive = `${file}.codebook`;
    const hash = sha256(file);
    const original = readFileSync(file);
    await packCommand([file]);
    const share = ((100 * bytesOf(archive)) / bytesOf(file)).toFixed(1);
    const line = (verb: string, path: string) =>
      `${verb} ${path}: ${original.length} bytes as ${bytesOf(archive)} bytes (${share} %), 1 tensors`;
    expect(said).toEqual([line("packed", archive), `SHA-256 ${hash}`]);
    said.length = 0;
    await verifyCommand([archive]);
    expect(said).toEqual([line("verified", archive), `SHA-256 ${hash}`]);
    said.length = 0;
    rmSync(file);
    await unpackCommand([archive]);
    expect(said).toEqual([line("unpacked", file), `SHA-256 ${hash}`]);
    expect(readFileSync(file).equals(original)).toBe(true);
  });

  test("count in kB and MB where these are shorter to read", async () => {
    for (const [bytes, text] of [
      [999, "999 bytes"],
      [1_000, "1.0 kB"],
      [999_999, "1000.0 kB"],
      [1_000_000, "1.0 MB"],
    ] as const) {
      const file = join(folder, `${bytes}.bin`);
      writeFileSync(file, Buffer.alloc(bytes));
      await packCommand([file]);
      expect(said.shift()).toContain(`: ${text} as `);
      said.length = 0;
    }
  });

  test("call an empty file's archive the whole of it", async () => {
    const file = join(folder, "empty.bin");
    writeFileSync(file, "");
    await packCommand([file]);
    expect(said[0]).toMatch(/: 0 bytes as \d+ bytes \(100\.0 %\), 0 tensors$/);
  });

  test("write where they are told to, and over a file only with --force", async () => {
    const file = modelFile("m.safetensors", 8);
    const archive = join(folder, "other.codebook");
    writeFileSync(archive, "old");
    await expect(packCommand([file, "-o", archive])).rejects.toThrow(
      new CommandError(`${archive} exists already; --force replaces it`),
    );
    expect(readFileSync(archive, "utf8")).toBe("old");
    await packCommand([file, "--output", archive, "--force"]);
    const target = join(folder, "restored");
    writeFileSync(target, "old");
    await expect(unpackCommand([archive, "-o", target])).rejects.toThrow("exists already; --force replaces it");
    await unpackCommand([archive, "-o", target, "--force"]);
    expect(sha256(target)).toBe(sha256(file));
    expect(readdirSync(folder).sort()).toEqual(["m.safetensors", "other.codebook", "restored"]);
  });

  test("store what differs from a base, which they ask for to restore it", async () => {
    const base = modelFile("base.safetensors", 4_000);
    const file = modelFile("tuned.safetensors", 4_000);
    await packCommand([file, "--base", base]);
    const archive = `${file}.codebook`;
    expect(bytesOf(archive)).toBeLessThan(bytesOf(file) / 4);
    const elsewhere = mkdtempSync(join(tmpdir(), "base-"));
    const moved = join(elsewhere, "moved");
    renameSync(base, moved);
    await expect(verifyCommand([archive])).rejects.toThrow("base.safetensors");
    await verifyCommand([archive, "--base", moved]);
    const hash = sha256(file);
    rmSync(file);
    await expect(unpackCommand([archive])).rejects.toThrow("base.safetensors");
    await unpackCommand([archive, "--base", moved]);
    expect(sha256(file)).toBe(hash);
    said.length = 0;
    await infoCommand([archive]);
    expect(said[0]).toContain(
      `against base.safetensors: ${bytesOf(moved).toLocaleString("en")} bytes, SHA-256 ${sha256(moved)}`,
    );
    expect(said[0]).toMatch(/w +F32 .*, against the base/);
    rmSync(elsewhere, { recursive: true });
  });

  test("an archive is unpacked beside itself, under its own name, or under the stored one where it has none", async () => {
    const file = modelFile("m.safetensors", 8);
    const hash = sha256(file);
    await packCommand([file]);
    rmSync(file);
    mkdirSync(join(folder, "below"));
    const renamed = join(folder, "below", "renamed.gguf.codebook");
    renameSync(`${file}.codebook`, renamed);
    await unpackCommand([renamed]);
    expect(sha256(join(folder, "below", "renamed.gguf"))).toBe(hash);
    for (const name of ["plain.bin", ".codebook"]) {
      const nameless = join(folder, "below", name);
      writeFileSync(nameless, readFileSync(renamed));
      await unpackCommand([nameless]);
      const restored = join(folder, "below", "m.safetensors");
      expect(sha256(restored)).toBe(hash);
      rmSync(restored);
    }
    expect(existsSync(file)).toBe(false);
  });
});

describe("what a command does not take", () => {
  test.each([
    [packCommand, [], "pack takes one file; 0 were given"],
    [packCommand, ["a", "b"], "pack takes one file; 2 were given"],
    [unpackCommand, ["a", "--resume"], "unpack does not take --resume"],
    [verifyCommand, ["a", "--force"], "verify does not take --force"],
    [verifyCommand, ["a", "-o", "b"], "verify does not take --output"],
    [infoCommand, ["a", "--base", "b"], "info does not take --base"],
  ] as const)("%p %j: %s", async (command, args, problem) => {
    await expect(command([...args])).rejects.toThrow(new CommandError(problem));
  });
});

describe("info", () => {
  const index: ArchiveIndex = {
    version: 2,
    name: "m.safetensors",
    byteLength: 2_400_100,
    sha256: "ab",
    base: { name: "b.safetensors", byteLength: 1_234, sha256: "cd" },
    segments: [
      {
        start: 0,
        length: 100,
        layout: plainBytes,
        sha256: "",
        at: Float64Array.of(16, 66),
        hashes: new BigUint64Array(1),
      },
      {
        tensor: { name: "w", dtype: "F32", shape: [600, 1_000] },
        base: { dtype: "F32", start: 0, length: 2_400_000 },
        start: 100,
        length: 2_400_000,
        layout: layoutCodeOf("F32", 2_400_000),
        sha256: "",
        at: Float64Array.of(66, 200_066, 400_066, 600_066, 900_066, 1_200_066),
        hashes: new BigUint64Array(5),
      },
      {
        tensor: { name: "none", dtype: "I8", shape: [0] },
        start: 2_400_100,
        length: 0,
        layout: plainBytes,
        sha256: "",
        at: Float64Array.of(1_200_066),
        hashes: new BigUint64Array(0),
      },
    ],
  };

  test("lists each part with its type, shape, bytes, what it takes, and its blocks", () => {
    expect(describeArchive(index, 1_200_066)).toEqual([
      "m.safetensors: 2,400,100 bytes as 1,200,066 (50.0 %), version 2",
      "SHA-256 ab",
      "against b.safetensors: 1,234 bytes, SHA-256 cd",
      "",
      "tensor                 type  shape           bytes     stored          blocks",
      "(between the tensors)                          100         50  50.0 %  1",
      // 2,400,000 bytes in blocks of 512 KiB are 4.6.
      "w                      F32   600 × 1000  2,400,000  1,200,000  50.0 %  5, against the base",
      "none                   I8    0                   0          0          0",
    ]);
  });

  test("without a base names none", () => {
    const { base, ...alone } = index;
    expect(base).toBeDefined();
    expect(describeArchive(alone, 1_200_066).filter((line) => line.startsWith("against"))).toEqual([]);
  });

  test("prints names that cannot steer the terminal", async () => {
    const file = modelFile("m.safetensors", 4);
    const bytes = readFileSync(file);
    const header = bytes.subarray(8).toString("latin1");
    writeFileSync(file, Buffer.concat([bytes.subarray(0, 8), Buffer.from(header.replace('"w"', '"\x9b"'), "latin1")]));
    await packCommand([file]);
    said.length = 0;
    await infoCommand([`${file}.codebook`]);
    expect(said).toHaveLength(1);
    expect(said[0]).not.toMatch(/(?!\n)\p{Cc}/u);
  });
});
