// The npm packages that an installed Codebook carries, a row each: what of them the kernel needs. All together take 400 MB as npm installs
// them; what nothing reaches stays behind.

/** Types of Node that cells are checked with, by the major version of the Node that runs the kernel. */
export const nodeTypes = ["node-types-20", "node-types-22", "node-types-24"];

/** Packages whose files are carried as they are: `files` are patterns of paths inside the package. */
export const copied = [
  // The converter of cells; its own Jupyter layer, its bundler of imports and its command line are not used.
  { name: "tslab", files: [/^dist\/(converter|util|tspath)\.js$/] },
  { name: "semver", files: [/\.js$/] },
  // The addons of the systems on which Node 20.19 and later run; the older ABI numbers are for Electron and Node 12.
  {
    name: "zeromq",
    files: [
      /^lib\/[^/]+\.js$/,
      /^build\/manifest\.json$/,
      /^build\/linux\/x64\/node\/(glibc-115|glibc-127|musl-127)-Release\//,
      /^build\/linux\/arm64\/node\/(glibc|musl)-127-Release\//,
      /^build\/darwin\/(arm64|x64)\/node\/libc-115-Release\//,
      /^build\/win32\/(arm64|x64)\/node\/msvc-115-Release\//,
    ],
  },
  { name: "cmake-ts", files: [/^build\/loader\.js$/] },
  { name: "@bokuweb/zstd-wasm", files: [/^dist\/common\/[^/]+\.js$/, /^dist\/common\/zstd\.wasm$/] },
  { name: "@huggingface/tokenizers", files: [/^dist\/tokenizers\.[cm]js$/] },
  { name: "h5wasm", files: [/^dist\/esm\/[^/]+\.js$/] },
  ...nodeTypes.map((name) => ({ name, files: [/\.d\.[cm]?ts$/] })),
];

/** TypeScript as cells use it: the compiler as one module, and the libraries of the language. It is made smaller without new names: tslab looks
 *  for functions by theirs. */
export const compiler = {
  name: "typescript",
  minified: ["lib/typescript.js"],
  files: [/^lib\/lib(\.(?!webworker|scripthost).*)?\.d\.ts$/],
};

/** Packages that become one module each, with all that they import except each other. */
export const bundled = [
  ...["core", "layers", "converter", "data", "backend-cpu"].map((part) => `@tensorflow/tfjs-${part}`),
  "@tensorflow/tfjs",
  "@tensorflow/tfjs-backend-wasm",
  "@huggingface/hub",
];

/** What tfjs loads in a browser only: in Node there is no WebGL, and its backend never registers. */
export const leftOut = ["@tensorflow/tfjs-backend-webgl"];

/** What of a bundled package is carried beside its module and its declarations: the WebAssembly of a backend. */
export const beside = { "@tensorflow/tfjs-backend-wasm": [/^dist\/[^/]+\.wasm$/] };
