// Opens a pull request's page in Chromium and looks at one comment: node picture.cjs URL COMMENT. Paths come in the
// environment: PLAYWRIGHT, CHROMIUM, PICTURES.
'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { chromium } = require(path.join(process.env.PLAYWRIGHT, 'playwright-core'));

const [url, comment] = process.argv.slice(2);

(async () => {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage({ viewport: { width: 1100, height: 900 }, colorScheme: 'light' });
    await page.goto(url, { waitUntil: 'load' });
    const shown = page.locator(`#issuecomment-${comment} .render-content`);
    const folds = shown.locator('details');
    assert.ok(await folds.count() > 0, 'something is folded');
    const first = folds.first();
    assert.equal(await first.evaluate((fold) => fold.open), false);
    const inside = first.locator(':scope > :not(summary)').first();
    assert.equal(await inside.isVisible(), false);
    await first.locator('summary').first().click();
    assert.ok(await inside.isVisible(), 'a click unfolds it');
    const text = await shown.innerText();
    for (const raw of ['<details', '<!--', 'stackstep v=1', '```', '| ---']) assert.ok(!text.includes(raw), `${raw} in ${text}`);
    assert.ok(await shown.locator('table tr').count() > 1);
    const wide = await shown.evaluate((element) => element.scrollWidth - element.clientWidth);
    assert.ok(wide <= 0, `the comment is ${wide} pixels wider than its place`);
    await page.screenshot({ path: path.join(process.env.PICTURES, 'gitea-page.png'), fullPage: true });
    await page.locator(`#issuecomment-${comment}`).screenshot({ path: path.join(process.env.PICTURES, 'gitea-comment.png') });
  } finally {
    await browser.close();
  }
})().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
