// Which tests can notice a mutant of a file, the likely ones first: the test of its name, those of its room, and those of other rooms that
// import it, near ones first. Imports are read from the compiled files.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, posix } from "node:path";
import { roomOf } from "./sample.mjs";

/** How many tests of other rooms are asked. One that notices a fault only from farther away says nothing of where it is. */
const mostOfOthers = 6;

/** Tests that are asked only about files of their own name: each takes more than twenty seconds, or needs a browser. What they alone would
 *  notice, no unit test of the room does. */
const slow =
  /^(browser|notebooks|scripts)\/|^hostile\/(mutation|peers)|^archive\/archive\.test|^save\/save-faults|^recipe\/target-bits|^train\/(?!.*initializers)/;

/** Rooms whose files are also tried by hand-made files, each wrong in one way. */
const besideHostile = new Set(["archive", "formats", "llama-cpp"]);

/** The tests of a checkout. */
export function testsOf(root) {
  const base = join(root, "lib", "test");
  const all = readdirSync(base, { recursive: true })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".test.js") && existsSync(join(root, "test", path.replace(/\.js$/, ".ts"))))
    .sort();
  const imports = new Map();
  const importsOf = (path) => {
    if (!imports.has(path)) {
      const found = readFileSync(join(root, "lib", path), "utf8").matchAll(
        /\b(?:require|import|mock|requireActual)\(\s*"(\.[^"]+)"/g,
      );
      const targets = [...found].flatMap(([, target]) => {
        const file = posix.join(posix.dirname(path), target);
        return [`${file}.js`, `${file}/index.js`, file].filter(
          (one) => one.endsWith(".js") && existsSync(join(root, "lib", one)),
        );
      });
      imports.set(path, [...new Set(targets)]);
    }
    return imports.get(path);
  };
  const distances = new Map();
  /** Steps of import from a test to each file that it reaches. */
  const distancesOf = (test) => {
    if (!distances.has(test)) {
      const start = `test/${test}`;
      const steps = new Map([[start, 0]]);
      for (const path of steps.keys())
        for (const next of importsOf(path)) if (!steps.has(next)) steps.set(next, steps.get(path) + 1);
      distances.set(test, steps);
    }
    return distances.get(test);
  };
  return {
    /** { own: the test of the file's name or nothing, others: those after it, of the room alone with `isNear` }, as paths below lib/test. */
    of(file, isNear) {
      const compiled = file.replace(/\.ts$/, ".js");
      const name = compiled.replace(/^kernel\//, "").replace(/\.js$/, ".test.js");
      const own = all.includes(name) ? [name] : [];
      // kernel/cli.ts is the door of the room kernel/cli, whose tests run it as a program.
      const room = `${roomOf(file) === "kernel" ? file.replace(/^kernel\/|\.ts$/g, "") : roomOf(file)}/`;
      const away = (test) => distancesOf(test).get(compiled) ?? Infinity;
      const near = (a, b) => away(a) - away(b) || (a < b ? -1 : 1);
      const candidates = all.filter((test) => !own.includes(test) && !slow.test(test));
      const hostile = besideHostile.has(roomOf(file)) ? "hostile/" : room;
      const inRoom = candidates
        .filter((test) => test.startsWith(room) || (test.startsWith(hostile) && away(test) < Infinity))
        .sort(near);
      const outside = candidates.filter((test) => !inRoom.includes(test) && away(test) < Infinity).sort(near);
      return { own, others: [...inRoom, ...outside.slice(0, isNear ? 0 : mostOfOthers)] };
    },
  };
}
