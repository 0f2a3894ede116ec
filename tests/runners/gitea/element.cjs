// Takes pictures of elements of a page in Chromium, as people see it: node element.cjs URL NAME SELECTOR…. The picture shows the
// part of the page from the first element to the last one, as wide as the last one. Paths come in the environment: PLAYWRIGHT, CHROMIUM, PICTURES.
'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { chromium } = require(path.join(process.env.PLAYWRIGHT, 'playwright-core'));

const [url, name, ...selectors] = process.argv.slice(2);
const WIDTHS = [['', 1150], ['-phone', 390]];
const SPACE = 16;

(async () => {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
  try {
    for (const [suffix, width] of WIDTHS) {
      const page = await browser.newPage({ viewport: { width, height: 1200 }, colorScheme: 'light' });
      await page.goto(url, { waitUntil: 'load' });
      // A release's packed style has these; the sheets it is packed from have not.
      await page.addStyleTag({ content: '.tw-hidden { display: none } .render-content { padding: 16px }' });
      const boxes = [];
      for (const selector of selectors) {
        const shown = page.locator(selector).first();
        const text = await shown.innerText();
        for (const raw of ['<details', '<!--', '```', '| ---']) assert.ok(!text.includes(raw), `${raw} in ${text}`);
        boxes.push(await shown.boundingBox());
      }
      const left = Math.max(0, Math.min(...boxes.map((box) => box.x)) - SPACE);
      const top = Math.max(0, boxes[0].y - SPACE);
      const last = boxes[boxes.length - 1];
      const right = Math.min(width, last.x + last.width + SPACE);
      const clip = { x: left, y: top, width: right - left, height: last.y + last.height + SPACE - top };
      await page.screenshot({ path: path.join(process.env.PICTURES, `${name}${suffix}.png`), fullPage: true, clip });
      await page.close();
    }
  } finally {
    await browser.close();
  }
})().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
