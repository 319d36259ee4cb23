// npm's copy-dynamodb-table as its page says to use it: `source` to `target`, which exists.
// Arguments: the server's URL and the two tables. Prints how many items it says it copied.

const path = require("node:path");
const { createRequire } = require("node:module");

// The packages are where bench/run had them installed, not beside this file.
const { copy } = createRequire(path.join(process.env.PEER_PACKAGES, "package.json"))(
  "copy-dynamodb-table");

const [endpoint, source, target] = process.argv.slice(2);
const config = {
  endpoint, region: "us-east-1", accessKeyId: "local", secretAccessKey: "local" };

copy({
  config,
  source: { tableName: source },
  destination: { tableName: target },
  log: false,
}, (error, result) => {
  if (error) {
    console.error(error);
    process.exitCode = 1;
    return;
  }
  console.log(result.count);
});
