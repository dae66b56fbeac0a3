// The sample: which mutants are tried. Every draw is a hash of the seed and of what is drawn, so that an equal seed gives an equal sample, and
// a change of one file leaves the draws of the others as they are.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { mutantsOf } from "./make.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");
const { rooms: shares } = JSON.parse(readFileSync(join(here, "places.json"), "utf8"));

/** The names of all rooms. */
export const rooms = Object.keys(shares).sort();

/** The room of a file: a folder of kernel/, "kernel" for the files beside the folders, or "extension". */
export function roomOf(file) {
  const [top, folder, ...rest] = file.split("/");
  return top === "extension" || rest.length === 0 ? top : folder;
}

/** What can be mutated. Left out: AssemblyScript, which is compiled apart and whose every result test/loops compares with a plain loop; what
 *  scripts/seam.mjs generates from it, and compares by --check; declarations. */
function sources() {
  return ["kernel", "extension"]
    .flatMap((top) => readdirSync(join(root, top), { recursive: true }).map((path) => `${top}/${path}`))
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => /(?<!\.d)\.ts$/.test(path) && !/\/(assembly|generated)\//.test(path))
    .sort();
}

/** A number in (0, 1) that the seed and the words decide. */
function draw(seed, ...words) {
  const bytes = createHash("sha256")
    .update([seed, ...words].join("\0"))
    .digest();
  return (bytes.readUIntBE(0, 6) + 1) / (2 ** 48 + 1);
}

/** How many mutants each room gets of `count`: by its share, at least one, the sum exactly `count` where that is at least one each. */
function quotas(count, room) {
  if (room) return new Map([[room, count]]);
  const all = Object.values(shares).reduce((sum, share) => sum + share, 0);
  const exact = rooms.map((name) => ({ name, wanted: (shares[name] * count) / all }));
  const result = new Map(exact.map(({ name, wanted }) => [name, Math.max(1, Math.floor(wanted))]));
  const left = count - [...result.values()].reduce((sum, part) => sum + part, 0);
  exact.sort((a, b) => (b.wanted % 1) - (a.wanted % 1) || (a.name < b.name ? -1 : 1));
  for (const { name } of exact.slice(0, Math.max(0, left))) result.set(name, result.get(name) + 1);
  return result;
}

/** Files of a room as a Poisson process draws them, long ones more often: each arrival is a file and a time. */
function arrivals(files, seed, count) {
  return files
    .flatMap(({ file, text }) => {
      let time = 0;
      return Array.from({ length: count }, (_, round) => {
        time -= Math.log(draw(seed, "file", file, round)) / text.length;
        return { file, time };
      });
    })
    .sort((a, b) => a.time - b.time);
}

/** `count` mutants of one file, in the order of their places, more than one of a line too. */
async function ofFile(seed, count, file) {
  const all = await mutantsOf(file, readFileSync(join(root, file), "utf8"));
  return all
    .map((mutant) => ({ ...mutant, room: roomOf(file), rank: draw(seed, mutant.key) }))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, count)
    .sort((a, b) => a.from - b.from);
}

/** The mutants to try, room by room in the order of their names: at most one of each line of a file. */
export async function sample({ seed, count, room, file: only }) {
  if (only) return ofFile(seed, count, only);
  const texts = sources().map((file) => ({ file, text: readFileSync(join(root, file), "utf8") }));
  const chosen = [];
  for (const [name, quota] of [...quotas(count, room)].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const files = texts.filter(({ file }) => roomOf(file) === name);
    const ranked = new Map();
    const inRoom = [];
    for (const { file } of arrivals(files, seed, quota)) {
      if (inRoom.length === quota) break;
      if (!ranked.has(file)) {
        const { text } = files.find((one) => one.file === file);
        const all = (await mutantsOf(file, text)).map((mutant) => ({ ...mutant, rank: draw(seed, mutant.key) }));
        ranked.set(
          file,
          all.sort((a, b) => a.rank - b.rank),
        );
      }
      const rest = ranked.get(file);
      const [first] = rest;
      if (!first) continue;
      ranked.set(
        file,
        rest.filter(({ at }) => at !== first.at),
      );
      inRoom.push({ ...first, room: name });
    }
    chosen.push(...inRoom.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.from - b.from)));
  }
  return chosen;
}
