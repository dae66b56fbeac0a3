/** Hand-made safetensors files, each wrong in one way: the rules of the reference reader, and what JSON readers let through. */
import { entry, safetensorsFile } from "../formats/files";

/** What, the file, the byte that the error must name, and what it must say. */
export type Hostile = readonly [what: string, file: Uint8Array, offset: number, says: RegExp];

const w = entry("w", "F32", [1], 0, 4);
const file = safetensorsFile;
/** The byte of `part` in a file whose header is `header`. */
const at = (header: string, part: string): number => 8 + Buffer.from(header).indexOf(part);
/** A file whose header has one trouble, at `part`. */
const bad = (what: string, header: string, part: string | number, says: RegExp, data = 4): Hostile => [
  what,
  file(header, data),
  typeof part === "number" ? part : at(header, part),
  says,
];
const info = (members: string): string => `{"w":{${members}}}`;
const bytes = (header: (string | number[])[]): Uint8Array =>
  Buffer.concat(header.map((part) => Buffer.from(part as string)));
const many = (count: number): string =>
  `{${Array.from({ length: count }, (_, i) => entry(`t${i}`, "U8", [0], 0, 0)).join(",")}}`;

export const hostileSafetensors: Hostile[] = [
  // the length of the header
  ["an empty file", new Uint8Array(0), 0, /ends after 0 bytes/],
  ["seven bytes", new Uint8Array(7), 7, /ends after 7 bytes/],
  ["a length and no header", file("", 0, 2), 0, /length is 2.*at most the 0 bytes/],
  ["a header of no bytes", file("", 0), 8, /no JSON object/],
  [
    "a header of 2^64 − 1 bytes",
    file(`{${w}}`, 4, 2n ** 64n - 1n),
    0,
    /length is 18446744073709551615.*at most 100000000/,
  ],
  ["a header of 2^63 bytes", file(`{${w}}`, 4, 2n ** 63n), 0, /at most 100000000/],
  ["a header one byte past the limit", file(`{${w}}`, 4, 100_000_001), 0, /at most 100000000/],
  ["a header one byte past the file", file("{}", 0, 3), 0, /at most the 2 bytes/],
  [
    "a header that takes in the data",
    file(`{${w}}`, 4, `{${w}}`.length + 4),
    8 + `{${w}}`.length,
    /after the end of the JSON/,
  ],
  ["a header cut short", file(`{${w}}`, 4, 20), 28, /a key of tensor "w" begins with the end/],
  ["a name without an end", file(`{"w`, 0), 11, /has no end/],
  // the JSON
  ["a header that is a list", file("[]"), 8, /no JSON object/],
  ["a header that begins with a space", file(" {}"), 8, /begins with "{"/],
  ["a byte order mark", file("\ufeff{}"), 8, /no JSON object/],
  ["only a brace", file("{"), 9, /key of the header begins with the end/],
  ["a tail that is no space", file("{}\n"), 10, /after the end of the JSON.*spaces/],
  ["NULs as padding", file("{}\0\0"), 10, /after the end of the JSON/],
  ["two headers", file("{}{}"), 10, /after the end of the JSON/],
  bad("a comma too many", `{${w},}`, 8 + w.length + 2, /key of the header begins with "}"/),
  bad("no comma", `{${w} ${entry("v", "F32", [1], 4, 8)}}`, '"v"', /inside the header.*","/, 8),
  bad("no colon", '{"w" {}}', "{}", /after a key.*":"/),
  bad("a key without quotes", "{w:1}", "w", /a string/),
  bad("single quotes", "{'w':1}", "'", /a string/),
  bad("a comment", `{/**/${w}}`, "/**/", /a string/),
  bad("a raw control character in a name", '{"a\u0001":1}', "\u0001", /control character 1/),
  bad("a raw line feed in a name", '{"a\n":1}', "\n", /control character 10/),
  bad("an unknown escape", '{"\\x41":1}', "\\x41", /escape/),
  bad("an escape cut short", '{"\\u00":1}', "\\u00", /four hex digits/),
  bad("a high surrogate alone", '{"a\\ud800":1}', "\\ud800", /half of a surrogate pair/),
  bad("a low surrogate alone", '{"\\udc00a":1}', "\\udc00", /half of a surrogate pair/),
  bad("two high surrogates", '{"\\ud800\\ud800":1}', "\\ud800", /half of a surrogate pair/),
  ["bytes that are no UTF-8", file(bytes(['{"a', [0xff], '":1}'])), 11, /0xff is not UTF-8/],
  ["an overlong slash", file(bytes(['{"', [0xc0, 0xaf], '":1}'])), 10, /not UTF-8/],
  ["an encoded surrogate", file(bytes(['{"', [0xed, 0xa0, 0x80], '":1}'])), 10, /not UTF-8/],
  bad(
    "the same tensor twice",
    `{${w},"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}`,
    8 + w.length + 2,
    /"w" comes twice/,
  ),
  bad("the same tensor twice, escaped", `{${w},"\\u0077":{}}`, '"\\u0077"', /comes twice/),
  bad("__proto__ as a tensor", `{${entry("__proto__", "F32", [1], 0, 4)}}`, '"__proto__"', /__proto__/),
  bad("__proto__ in the metadata", `{"__metadata__":{"__proto__":"x"},${w}}`, '"__proto__"', /__proto__/),
  bad("the metadata twice", `{"__metadata__":{},"__metadata__":{},${w}}`, 8 + 19, /comes twice/),
  bad("metadata that is a list", `{"__metadata__":[],${w}}`, "[]", /an object/),
  bad("metadata that holds a number", `{"__metadata__":{"a":1},${w}}`, "1}", /metadata "a".*a string/),
  bad("metadata that holds an object", `{"__metadata__":{"a":{}},${w}}`, "{}}", /a string/),
  bad("metadata that is null", `{"__metadata__":null,${w}}`, "null", /an object/),
  bad("depth", `{"w":${"[".repeat(1000)}`, "[[", /an object/),
  // a tensor's entry
  bad("a tensor that is a number", '{"w":4}', "4", /an object/),
  bad("no dtype", info('"shape":[1],"data_offsets":[0,4]'), '"w"', /no dtype/),
  bad("no shape", info('"dtype":"F32","data_offsets":[0,4]'), '"w"', /no shape/),
  bad("no offsets", info('"dtype":"F32","shape":[1]'), '"w"', /no data_offsets/),
  bad("a key of its own", info('"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1'), '"x"', /nothing else/),
  bad("the dtype twice", info('"dtype":"F32","dtype":"U8"'), 8 + 6 + 14, /"dtype" comes twice/),
  bad("an unknown dtype", `{${entry("w", "F33", [1], 0, 4)}}`, '"dtype"', /dtype "F33".*one of BOOL/),
  bad("a dtype in small letters", `{${entry("w", "f32", [1], 0, 4)}}`, '"dtype"', /dtype "f32"/),
  bad(
    "a dtype that is a property of every object",
    `{${entry("w", "constructor", [1], 0, 4)}}`,
    '"dtype"',
    /dtype "constructor"/,
  ),
  bad("a dtype that is a number", info('"dtype":32,"shape":[1],"data_offsets":[0,4]'), "32", /a string/),
  bad("a negative size", `{${entry("w", "F32", [-1], 0, 4)}}`, "-1", /whole number/),
  bad("a size of 1.0", `{${entry("w", "F32", ["1.0"], 0, 4)}}`, "1.0", /whole number/),
  bad("a size of 1e0", `{${entry("w", "F32", ["1e0"], 0, 4)}}`, "1e0", /whole number/),
  bad("a size of 01", `{${entry("w", "F32", ["01"], 0, 4)}}`, "01", /zero/),
  bad("a size in quotes", `{${entry("w", "F32", ['"1"'], 0, 4)}}`, '"1"', /whole number/),
  bad(
    "a size of 2^53",
    `{${entry("w", "U8", ["9007199254740992"], 0, 4)}}`,
    "9007199254740992",
    /at most 9007199254740991/,
  ),
  bad("a size of 2^64 + 4", `{${entry("w", "U8", ["18446744073709551620"], 0, 4)}}`, "18446744073709551620", /at most/),
  bad(
    "a product that wraps to 4 in 64 bits",
    `{${entry("w", "U8", [4194305, 4194305, 211106198978564], 0, 4)}}`,
    '"shape"',
    /bits/,
  ),
  bad(
    "a product that overflows before a zero",
    `{${entry("w", "U8", [9007199254740991, 9007199254740991, 0], 0, 0)}}`,
    '"shape"',
    /bits/,
    0,
  ),
  bad(
    "bytes that overflow though the elements do not",
    `{${entry("w", "F64", [2 ** 50], 0, 8)}}`,
    '"shape"',
    /bits/,
    8,
  ),
  bad("65 dimensions", `{${entry("w", "F32", new Array(65).fill(1), 0, 4)}}`, 8 + 5 + 22 + 2 + 64 * 2, /more than 64/),
  bad("half a byte of F4", `{${entry("w", "F4", [3], 0, 1)}}`, '"shape"', /whole number of bytes/, 1),
  bad("a shape that is no list", info('"dtype":"F32","shape":1,"data_offsets":[0,4]'), "1,", /a list/),
  bad("one offset", info('"dtype":"F32","shape":[1],"data_offsets":[4]'), '"data_offsets"', /has 1 numbers.*two/),
  bad("three offsets", info('"dtype":"F32","shape":[1],"data_offsets":[0,4,8]'), "8]", /more than 2/),
  bad("an end before the beginning", `{${entry("w", "F32", [1], 4, 0)}}`, '"data_offsets"', /before it begins/),
  bad(
    "an offset past 2^53",
    `{${entry("w", "F32", [1], "9007199254740993", "9007199254740997")}}`,
    "9007199254740993",
    /at most/,
  ),
  bad(
    "too few bytes for the shape",
    `{${entry("w", "F32", [2], 0, 4)}}`,
    '"data_offsets"',
    /spans 4 bytes.*8, for F32 \[2\]/,
  ),
  bad("too many bytes for the shape", `{${entry("w", "F32", [1], 0, 8)}}`, '"data_offsets"', /spans 8 bytes.*4/, 8),
  bad("bytes for a size of zero", `{${entry("w", "F32", [0], 0, 4)}}`, '"data_offsets"', /spans 4 bytes.*0/),
  bad("a NUL in a name", '{"a\\u0000b":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}', '"a', /NUL/, 0),
  bad("a name of 5,000 letters", `{${entry("x".repeat(5000), "U8", [0], 0, 0)}}`, 9, /5000 characters/, 0),
  // where the tensors lie
  bad("a hole at the beginning", `{${entry("w", "F32", [1], 4, 8)}}`, '"data_offsets"', /hole.*begin = 0/, 8),
  bad(
    "a hole in the middle",
    `{${w},${entry("v", "F32", [1], 8, 12)}}`,
    9 + w.length + 1 + entry("v", "F32", [1], 8, 12).indexOf('"data'),
    /hole.*begin = 4/,
    12,
  ),
  bad(
    "an overlap",
    `{${w},${entry("v", "F32", [1], 2, 6)}}`,
    9 + w.length + 1 + entry("v", "F32", [1], 2, 6).indexOf('"data'),
    /overlaps.*begin = 4/,
    6,
  ),
  bad(
    "two tensors on the same bytes",
    `{${w},${entry("v", "F32", [1], 0, 4)}}`,
    9 + w.length + 1 + entry("v", "F32", [1], 0, 4).indexOf('"data'),
    /overlaps/,
  ),
  bad(
    "a tensor inside another",
    `{${entry("w", "U8", [8], 0, 8)},${entry("v", "U8", [2], 2, 4)}}`,
    9 + entry("w", "U8", [8], 0, 8).length + 1 + entry("v", "U8", [2], 2, 4).indexOf('"data'),
    /overlaps/,
    8,
  ),
  bad("a tensor past the end of the file", `{${w}}`, '"data_offsets"', /ends at byte .* of the file/, 3),
  bad("a tensor far past the end", `{${entry("w", "U8", [2 ** 49], 0, 2 ** 49)}}`, '"data_offsets"', /ends at byte/),
  bad("a byte behind the last tensor", `{${w}}`, 8 + `{${w}}`.length + 4, /1 bytes follow the last tensor/, 5),
  bad("data without tensors", "{}", 10, /4 bytes follow/),
  bad("more tensors than any model has", many(200_001), 8 + many(200_000).length, /more than 200000 tensors/, 0),
  bad("F6 that fills no bytes", `{${entry("w", "F6_E2M3", [3], 0, 2)}}`, '"shape"', /3 elements of 6 bits/, 2),
  bad(
    "bits that overflow though the bytes do not",
    `{${entry("w", "F4", [2 ** 52], 0, 2 ** 51)}}`,
    '"shape"',
    /at most/,
  ),
  bad(
    "a tensor of nothing in a hole",
    `{${w},${entry("v", "U8", [0], 5, 5)}}`,
    9 + w.length + 1 + entry("v", "U8", [0], 5, 5).indexOf('"data'),
    /hole/,
    5,
  ),
  [
    "a zip behind the tensors",
    file(`{${w}}`, Buffer.concat([Buffer.alloc(4), Buffer.from("PK\x03\x04")])),
    8 + w.length + 2 + 4,
    /4 bytes follow/,
  ],
  bad("__metadata__ nested", `{"__metadata__":{"a":{"b":"c"}},${w}}`, '{"b"', /begins with/),
];
