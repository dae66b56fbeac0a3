// npm run setup: what npm start does before it opens anything. With --tests, what npm test does before it tests.
import { fail } from "./setup/console.mjs";
import { setUp } from "./setup/index.mjs";

setUp({ tests: process.argv.includes("--tests") }).catch(fail);
