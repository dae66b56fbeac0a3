import { memorySource } from "../../../kernel/bytes/source";
import { CancelledError, FormatError } from "../../../kernel/errors";
import { Hdf5Process } from "../../../kernel/formats/hdf5/process";
import { bytesOf } from "../keras/files";

const file = bytesOf("plain .h5");

it("ends a child that does not answer in time, and another answers", async () => {
  const library = new Hdf5Process(memorySource(file), { answerMs: 1 });
  await expect(library.contents(1000, undefined)).rejects.toThrow(FormatError);
  const patient = new Hdf5Process(memorySource(file));
  expect((await patient.contents(1000, undefined)).datasets.length).toBeGreaterThan(8);
  patient.end();
  expect(await patient.values("i1", [1], [2], undefined)).toEqual(new Uint8Array(Int8Array.of(-2, -1).buffer));
  patient.end();
});

it("stops on its signal", async () => {
  const stop = new AbortController();
  const asked = new Hdf5Process(memorySource(file)).contents(1000, stop.signal);
  stop.abort();
  await expect(asked).rejects.toThrow(CancelledError);
});

it("hands on what the source throws", async () => {
  const source = { ...memorySource(file), byteLength: file.length, read: () => Promise.reject(new Error("gone")) };
  await expect(new Hdf5Process(source).contents(1000, undefined)).rejects.toThrow("gone");
});
