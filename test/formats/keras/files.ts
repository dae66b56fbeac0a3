/** Files of Keras and h5py: test/fixtures/formats/make_keras.py. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { gunzipSync } from "node:zlib";

interface Case {
  readonly file: string;
  readonly ending: string;
  readonly tensors: Readonly<Record<string, { readonly shape: readonly number[]; readonly values: string }>>;
  readonly refused?: string;
}

/** The cases by name. */
export const cases: Readonly<Record<string, Case>> = JSON.parse(
  readFileSync(resolve(__dirname, "../../../../test/fixtures/formats/keras.json"), "utf8"),
);

/** The file of a case. */
export function bytesOf(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gunzipSync(Buffer.from(cases[name].file, "base64")));
}
