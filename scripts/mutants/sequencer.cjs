// Runs test files in the order in which CODEBOOK_TEST_ORDER names them: those that are likely to notice a mutant come first.
const { default: Sequencer } = require("@jest/test-sequencer");

module.exports = class extends Sequencer {
  sort(tests) {
    const order = process.env.CODEBOOK_TEST_ORDER.split("\n");
    const place = ({ path }) => order.findIndex((name) => path.replaceAll("\\", "/").endsWith(`/lib/test/${name}`));
    return [...tests].sort((a, b) => place(a) - place(b));
  }
};
