// Copies `source` to `target` the way the AWS SDK for JavaScript is used well: a parallel scan in
// four processes, each with connections that are kept, batches of 25, several of them at once, what
// comes back unprocessed sent again. The SDK's retries are left as they come.

import { fork } from "node:child_process";
import { createRequire } from "node:module";
import http from "node:http";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const PROCESSES = 4;
const BATCH = 25; // BatchWriteItem's limit
const AT_ONCE = 8; // batches of one process
const PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5000;

// The packages are where bench/run had them installed, not beside this file.
const require = createRequire(path.join(process.env.PEER_PACKAGES, "package.json"));

async function write(client, BatchWriteItemCommand, items) {
  let left = { target: items.map((Item) => ({ PutRequest: { Item } })) };
  for (let ms = PAUSE_MS; ; ms = Math.min(2 * ms, LONGEST_PAUSE_MS)) {
    const answer = await client.send(new BatchWriteItemCommand({ RequestItems: left }));
    left = answer.UnprocessedItems ?? {};
    if (Object.keys(left).length === 0) return;
    await pause(ms);
  }
}

async function copySegment(url, segment) {
  const { BatchWriteItemCommand, DynamoDBClient, paginateScan } = require(
    "@aws-sdk/client-dynamodb");
  const { NodeHttpHandler } = require("@smithy/node-http-handler");
  const client = new DynamoDBClient({
    endpoint: url,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    requestHandler: new NodeHttpHandler({
      httpAgent: new http.Agent({ keepAlive: true, maxSockets: 2 * AT_ONCE }),
    }),
  });
  const pages = paginateScan({ client }, {
    TableName: "source", ConsistentRead: true, Segment: segment, TotalSegments: PROCESSES });
  let count = 0;
  for await (const page of pages) {
    const items = page.Items ?? [];
    let next = 0;
    const lane = async () => {
      while (next < items.length) {
        const first = next;
        next += BATCH;
        await write(client, BatchWriteItemCommand, items.slice(first, first + BATCH));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    count += items.length;
  }
  client.destroy();
  return count;
}

function copyInProcesses(url) {
  let copied = 0;
  for (let segment = 0; segment < PROCESSES; ++segment) {
    const child = fork(fileURLToPath(import.meta.url), [url, String(segment)]);
    child.on("message", (count) => { copied += count; });
    child.on("exit", (code) => { if (code !== 0) process.exitCode = 1; });
  }
  process.on("beforeExit", () => console.log(copied));
}

const [url, segment] = process.argv.slice(2);
if (segment === undefined) {
  copyInProcesses(url);
} else {
  process.send(await copySegment(url, Number(segment)), () => process.disconnect());
}
