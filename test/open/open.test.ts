import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createHash } from "node:crypto";
import { open } from "../../kernel";
import { fileSource } from "../../kernel/bytes/source";
import { openSource } from "../../kernel/open/open";
import { itWith, miniLm, smolLm } from "../references";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** SHA-256 of the float32 bytes as numpy (and gguf-py's dequantize) gives them: test/fixtures/formats/make_model_hashes.py. */
const hashes: Record<string, Record<string, string>> = JSON.parse(
  readFileSync(resolve(__dirname, "../../../test/fixtures/formats/model_hashes.json"), "utf8"),
);

describe("real models", () => {
  itWith(miniLm)("MiniLM opens from its folder; only the header and what is read are read", async () => {
    const source = await fileSource(join(miniLm, "model.safetensors"));
    const model = await openSource(source, { name: "all-MiniLM-L6-v2" });
    expect(model.tensors.length).toBe(104);
    expect(source.bytesRead).toBe(16 + 8 + 11408);
    const before = source.bytesRead;
    const tensor = model.tensor("encoder.layer.0.attention.self.query.weight");
    expect(tensor).toMatchObject({ dtype: "F32", shape: [384, 384], parameters: 147456, sizeBytes: 589824 });
    const values = await tensor.read();
    expect(source.bytesRead - before).toBe(589824);
    expect(values.length).toBe(147456);
    for (const [name, hash] of Object.entries(hashes["all-MiniLM-L6-v2"]))
      expect([name, sha256(new Uint8Array((await model.tensor(name).read()).buffer))]).toEqual([name, hash]);
  });

  itWith(smolLm)("SmolLM2 opens as GGUF, with row-major shapes and its tokenizer", async () => {
    const source = await fileSource(smolLm);
    const model = await openSource(source, { name: "SmolLM2" });
    expect(source.bytesRead).toBeLessThanOrEqual(16 + 1785664 + 64 * 1024);
    expect(model.tensors.length).toBe(272);
    expect(model.parameters).toBe(134515008);
    expect(model.metadata["general.architecture"]).toBe("llama");
    expect(model.metadata["tokenizer.ggml.tokens"]).toHaveLength(49152);
    expect(model.tensor("token_embd.weight")).toMatchObject({ dtype: "Q8_0", shape: [49152, 576] });
    const before = source.bytesRead;
    await model.tensor("blk.0.ffn_down.weight").read();
    expect(source.bytesRead - before).toBe(model.tensor("blk.0.ffn_down.weight").sizeBytes);
    for (const [name, hash] of Object.entries(hashes["SmolLM2-135M-Instruct.Q4_1"]))
      expect([name, sha256(new Uint8Array((await model.tensor(name).read()).buffer))]).toEqual([name, hash]);
  });

  itWith(smolLm)("the hash of a model is the hash of its file", async () => {
    const model = await open(smolLm);
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(smolLm)) hash.update(chunk);
    expect(await model.sha256()).toBe(hash.digest("hex"));
  });
});

describe("finding a model", () => {
  let folder: string;
  const cwd = process.cwd();
  const shelf = process.env.CODEBOOK_MODELS;
  const header = `{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`.padEnd(56);
  const file = Buffer.concat([
    Buffer.from([56, 0, 0, 0, 0, 0, 0, 0]),
    Buffer.from(header),
    Buffer.from([0, 0, 128, 63]),
  ]);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "codebook-open-"));
    process.chdir(folder);
  });
  afterEach(() => {
    process.chdir(cwd);
    if (shelf === undefined) delete process.env.CODEBOOK_MODELS;
    else process.env.CODEBOOK_MODELS = shelf;
    rmSync(folder, { recursive: true, force: true });
  });

  it("as a path, in models/, and in $CODEBOOK_MODELS, in this order", async () => {
    await mkdir("models/toy", { recursive: true });
    await mkdir("elsewhere/far", { recursive: true });
    writeFileSync("models/toy/model.safetensors", file);
    writeFileSync("models/flat.safetensors", file);
    writeFileSync("elsewhere/far/any.safetensors", file);
    process.env.CODEBOOK_MODELS = join(folder, "elsewhere");
    expect((await open("toy")).name).toBe("toy");
    expect((await open("./models/toy/model.safetensors")).name).toBe("toy");
    expect((await open("flat")).name).toBe("flat");
    expect((await open("far")).name).toBe("far");
    expect((await open("flat", { name: "mine" })).name).toBe("mine");
    expect([...(await (await open("toy")).tensor("w").read())]).toEqual([1]);
  });

  it("says where it looked, and what was meant", async () => {
    await mkdir("models/all-MiniLM-L6-v2", { recursive: true });
    process.env.CODEBOOK_MODELS = join(folder, "elsewhere");
    const error = await open("all-MiniLM-L6-v3").catch((e) => e);
    expect(error.code).toBe("SOURCE");
    for (const place of ["all-MiniLM-L6-v3", "models/all-MiniLM-L6-v3", "elsewhere/all-MiniLM-L6-v3"])
      expect(error.message).toContain(join(folder, place));
    expect(error.message).toContain('did you mean "all-MiniLM-L6-v2"?');
  });

  it("refuses folders without a model or with several, and says so", async () => {
    await mkdir("empty");
    await expect(open("empty")).rejects.toThrow(/holds no model/);
    await mkdir("two");
    writeFileSync("two/a.gguf", "");
    writeFileSync("two/b.gguf", "");
    await expect(open("two")).rejects.toThrow(/2 .gguf files; name one of a.gguf, b.gguf/);
    await mkdir("old");
    writeFileSync("old/pytorch_model.bin", "");
    await expect(open("old")).rejects.toThrow(/pytorch_model.bin, byte 0/);
  });

  it("tells the format by content, and names files that people have by mistake", async () => {
    writeFileSync("model.bin", file);
    expect((await open("model.bin")).format).toBe("safetensors");
    writeFileSync("a.bin", Buffer.from("PK\x03\x04aaaaaaaaaaaaaaaa", "latin1"));
    await expect(open("a.bin")).rejects.toThrow(/byte 0: the archive has 20 bytes/);
    writeFileSync("b.safetensors", "version https://git-lfs.github.com/spec/v1\n");
    await expect(open("b.safetensors")).rejects.toThrow(/Git LFS pointer.*git lfs pull/);
    writeFileSync("c.gguf", "<!DOCTYPE html><html></html>");
    await expect(open("c.gguf")).rejects.toThrow(/web page/);
    writeFileSync("d.pt", Buffer.from([0x80, 2, 0x7d, 0x71, 0, 0x2e]));
    await expect(open("d.pt")).rejects.toThrow(/pickle/);
    writeFileSync("e.xyz", "hello, this is no model");
    await expect(open("e.xyz")).rejects.toThrow(/byte 0: the format of this file is not known/);
    writeFileSync("f.safetensors", "");
    await expect(open("f.safetensors")).rejects.toThrow(/byte 0: the file ends after 0 bytes/);
  });

  it("refuses words that make no sense", async () => {
    await expect(open("")).rejects.toThrow(/path or the name/);
    await expect(open("s3://bucket/name")).rejects.toThrow(/an address that is not read here/);
    await expect(open("x", { nam: "y" } as object)).rejects.toThrow('unknown option "nam"; did you mean "name"?');
  });
});
