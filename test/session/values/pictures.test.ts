import { canvasForms, pictureForms, pictureOf } from "../../../kernel/session/values/pictures";

const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const gif = Buffer.from("R0lGODlhAQACAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");
const jpeg = Buffer.from("ffd8ffe000104a46494600010100000100010000ffc0000b080005000701011100ffd9", "hex");
const riff = (chunk: string, rest: string) =>
  Buffer.concat([
    Buffer.from("RIFF\0\0\0\0WEBP", "latin1"),
    Buffer.from(chunk, "latin1"),
    Buffer.from(rest, "hex"),
    Buffer.alloc(8),
  ]);

test.each([
  ["PNG", png, { mime: "image/png", width: 1, height: 1 }],
  ["GIF", gif, { mime: "image/gif", width: 1, height: 2 }],
  ["JPEG", jpeg, { mime: "image/jpeg", width: 7, height: 5 }],
  ["WebP, lossy", riff("VP8 ", "000000000000009d012a03000400"), { mime: "image/webp", width: 3, height: 4 }],
  ["WebP, lossless", riff("VP8L", "000000002f02c00000"), { mime: "image/webp", width: 3, height: 4 }],
  ["WebP, extended", riff("VP8X", "0a00000000000000020000030000"), { mime: "image/webp", width: 3, height: 4 }],
])("%s is known by its beginning", (_, bytes, picture) => {
  expect(pictureOf(bytes)).toEqual(picture);
  expect(pictureForms(bytes, pictureOf(bytes) ?? { mime: "image/png", width: 0, height: 0 })).toMatchObject({
    [picture.mime]: bytes.toString("base64"),
  });
});

test("other bytes are no picture, nor are those that only begin like one", () => {
  const others = [
    new Uint8Array(100),
    new Uint8Array(),
    png.subarray(0, 20),
    Buffer.concat([png.subarray(0, 12), Buffer.alloc(30)]),
    Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(50)]),
    Buffer.concat([Buffer.from("GIF89a"), Buffer.alloc(30)]),
    riff("ABCD", "00000000"),
    Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'></svg>"),
  ];
  for (const bytes of others) expect(pictureOf(bytes)).toBeUndefined();
});

test("a canvas gives its picture by bytes or by address", () => {
  const address = `data:image/png;base64,${png.toString("base64")}`;
  const context = () => null;
  expect(canvasForms({ getContext: context, toBuffer: () => png })).toHaveProperty(["image/png"]);
  expect(canvasForms({ toDataURL: () => address })).toHaveProperty(["image/png"]);
  expect(
    canvasForms({ getContext: context, toBuffer: () => Promise.resolve(png), toDataURL: () => address }),
  ).toBeDefined();
  for (const none of [
    {},
    { toDataURL: () => 5 },
    { toDataURL: () => "data:text/html;base64,PGI+" },
    { toBuffer: () => png },
  ])
    expect(canvasForms(none)).toBeUndefined();
});
