// The licences of the packages that are carried: their own texts, which their terms want beside every copy.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** One text of all licences, the packages in the order of their names; an `Error` for a package that states none. */
export function licencesOf(folders) {
  const parts = new Map();
  for (const folder of folders) {
    const { name, version, license, author } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    if (!license) throw new Error(`${name} ${version} states no licence`);
    const text = readdirSync(folder)
      .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
      .sort()
      .map((file) => readFileSync(join(folder, file), "utf8").trim())
      .join("\n\n");
    const title = `${name} ${version} (${typeof license === "string" ? license : license.type})`;
    parts.set(title, text || standardText(title, author));
  }
  const rule = "-".repeat(80);
  return [...parts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([title, text]) => `${rule}\n${title}\n${rule}\n\n${text}\n`)
    .join("\n");
}

/** The text of a licence for a package that states one and brings none. An `Error` for a licence whose text is not here. */
function standardText(title, author) {
  if (/\(Apache-2\.0/.test(title))
    return "The package brings no text of it: that of Apache-2.0 is the file LICENSE of this package.";
  if (!/\(MIT\)/.test(title))
    throw new Error(`${title} brings no text of its licence, and there is none here to put in its place`);
  const holder = (typeof author === "string" ? author : author?.name) ?? `the authors of ${title.split(" ")[0]}`;
  return `Copyright (c) ${holder}\n\n${mit}`;
}

const mit = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the
"Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the
following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY
CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE
SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;
