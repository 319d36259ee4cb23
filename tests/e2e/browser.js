// A Chromium without a window, driven by lines of JSON on standard input (browser.py): each is a
// method of Playwright's Page and its arguments, or one of the commands below. Ends with its input.
'use strict';

const readline = require('node:readline');
const { chromium } = require(process.argv[2]);

let browser, page, seen;

const commands = {
  // A page of its own, with nothing stored.
  async open(url, options) {
    if (page) await page.context().close();
    page = await (await browser.newContext(options)).newPage();
    page.setDefaultTimeout(60000);
    seen = { errors: [], origins: [] };
    page.on('console', (line) => line.type() === 'error' && seen.errors.push(line.text()));
    page.on('pageerror', (error) => seen.errors.push(String(error)));
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.protocol !== 'data:' && !seen.origins.includes(url.origin)) seen.origins.push(url.origin);
    });
    await page.goto(url);
  },
  seen: () => seen,
  // From now on that path is answered with this instead.
  answer: (path, body) => page.route('**' + path, (route) => route.fulfill({ json: body })),
};

async function carryOut([name, ...given]) {
  if (commands[name]) return commands[name](...given);
  const parts = name.split('.');
  const method = parts.pop();
  const owner = parts.reduce((object, part) => object[part], page);
  return owner[method](...given);
}

async function main() {
  browser = await chromium.launch({
    executablePath: process.argv[3],
    // The sandbox does not work for root; only our own page is loaded.
    chromiumSandbox: process.getuid() !== 0,
  });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    let answer;
    try {
      const value = await carryOut(JSON.parse(line));
      const plain = value === null || typeof value !== 'object' || Array.isArray(value) ||
        Object.getPrototypeOf(value) === Object.prototype;
      answer = { value: plain && value !== undefined ? value : null };
    } catch (error) {
      answer = { error: error.message };
    }
    process.stdout.write(JSON.stringify(answer) + '\n');
  }
  await browser.close();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
