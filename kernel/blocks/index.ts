/** ggml's block types: layouts, encoders, decoders. */
export { blockCodecs, decodeBlocks, encodeBlocks } from "./codecs";
export { writtenBlocks, type BlockCodec, type BlockName, type WrittenBlock } from "./block";
