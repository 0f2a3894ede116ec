// Opens a page in Chromium and checks one thing about it: node drive.cjs SCENARIO PAGE. Its last line is what it
// measured, as JSON. Paths come in the environment: PLAYWRIGHT, CHROMIUM, PICTURES.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { chromium } = require(path.join(process.env.PLAYWRIGHT, 'playwright-core'));

const [scenario, file] = process.argv.slice(2);
const picture = (name) => path.join(process.env.PICTURES, `${path.basename(file, '.html').replace(/^[a-z]+-/, '')}-${name}.png`);

// What Jenkins sends with what a build has made:
// https://www.jenkins.io/doc/book/security/configuring-content-security-policy/#default-rule-set
const JENKINS = "sandbox allow-same-origin; default-src 'none'; img-src 'self'; style-src 'self';";

/** Opens the page from disk; what it asks for and complains about is written down. */
async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 800 }, ...options });
  const page = await context.newPage();
  const asked = [];
  const complaints = [];
  page.on('request', (request) => asked.push(request.url()));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => { complaints.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  await page.goto(pathToFileURL(file).href, { waitUntil: 'load' });
  return { page, asked, complaints };
}

const visibleRows = (page) => page.locator('#rows tbody tr:visible').count();

const SCENARIOS = {
  /** Nothing is asked for but the page itself, nothing complains, and it is there fast. */
  async load(browser) {
    const { page, asked, complaints } = await open(browser);
    assert.deepEqual(asked.filter((url) => !url.startsWith('data:')), [pathToFileURL(file).href]);
    assert.deepEqual(complaints, []);
    const times = [];
    for (let round = 0; round < 5; round += 1) {
      await page.reload({ waitUntil: 'load' });
      times.push(await page.evaluate(() => new Promise((resolve) => {
        new PerformanceObserver((list) => {
          const [paint] = list.getEntriesByName('first-contentful-paint');
          if (paint) resolve({ loaded: performance.getEntriesByType('navigation')[0].loadEventEnd, painted: paint.startTime });
        }).observe({ type: 'paint', buffered: true });
      })));
    }
    const median = (of) => times.map(of).sort((a, b) => a - b)[2];
    return { bytes: fs.statSync(file).size, loaded: median((t) => t.loaded), painted: median((t) => t.painted) };
  },

  /** The search leaves the rows that fit, by word and by operation, and says how many. */
  async search(browser) {
    const { page } = await open(browser);
    const all = await page.locator('#rows tbody tr').count();
    assert.equal(await visibleRows(page), all);
    const box = page.getByRole('searchbox', { name: 'Search' });
    const began = Date.now();
    await box.fill('database-main');
    await page.getByText(/^1 of [\d,]+ changes$/).waitFor();
    const took = Date.now() - began;
    assert.equal(await visibleRows(page), 1);
    assert.ok(await page.locator('#rows').getByRole('rowheader', { name: 'database-main' }).isVisible());
    await box.press('Escape');
    assert.equal(await visibleRows(page), all);
    await page.getByLabel('Operation').selectOption('delete');
    const deletes = await visibleRows(page);
    assert.ok(deletes > 0 && deletes < all, `${deletes} of ${all}`);
    await box.fill('no such thing');
    assert.equal(await visibleRows(page), 0);
    return { took };
  },

  /** All that can be done can be done by keyboard, and one sees where one is. */
  async keyboard(browser) {
    const { page } = await open(browser);
    const at = () => page.evaluate(() => {
      const style = getComputedStyle(document.activeElement);
      const name = document.activeElement.tagName.toLowerCase();
      return { name, id: document.activeElement.id, outline: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 };
    });
    const met = [];
    for (let turn = 0; turn < 40; turn += 1) {
      await page.keyboard.press('Tab');
      const here = await at();
      if (here.name === 'body') break;
      assert.ok(here.outline, `nothing shows that <${here.name}> has the focus`);
      met.push(here.name);
    }
    for (const name of ['a', 'input', 'select', 'div', 'summary']) assert.ok(met.includes(name), `${name} of ${met}`);
    await page.locator('h1').click();
    await page.keyboard.press('/');
    assert.equal((await at()).id, 'query');
    await page.keyboard.type('database-main');
    assert.equal(await visibleRows(page), 1);
    const details = page.locator('#rows tr:visible details');
    const isOpen = () => details.evaluate((element) => element.open);
    const before = await isOpen();
    await details.locator('summary').focus();
    await page.keyboard.press('Enter');
    assert.equal(await isOpen(), !before);
    return { stops: met.length };
  },

  /** Light and dark: both are readable, by the contrast that WCAG asks for, and a checker finds nothing. */
  async colors(browser) {
    const backs = [];
    for (const colorScheme of ['light', 'dark']) {
      // The checker is a script of ours, which the page's own policy would refuse.
      const { page } = await open(browser, { colorScheme, bypassCSP: true });
      backs.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
      await page.screenshot({ path: picture(colorScheme) });
      await page.addScriptTag({ path: path.join(process.env.PLAYWRIGHT, 'axe-core/axe.min.js') });
      const { violations, passes } = await page.evaluate(() => axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice'] }));
      const found = violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html).join(' ')}`);
      assert.deepEqual(found, [], colorScheme);
      assert.ok(passes.some((one) => one.id === 'color-contrast'), 'contrast was looked at');
    }
    assert.notEqual(backs[0], backs[1]);
    return {};
  },

  /** Served as Jenkins serves it: no style, no script, and still everything can be read. */
  async blocked(browser) {
    const context = await browser.newContext({ viewport: { width: 1100, height: 800 } });
    const page = await context.newPage();
    const url = 'http://jenkins.test/report.html';
    const asked = [];
    await page.route('**', (route) => {
      asked.push(route.request().url());
      if (route.request().url() !== url) return route.abort();
      return route.fulfill({ path: file, contentType: 'text/html', headers: { 'content-security-policy': JENKINS } });
    });
    await page.goto(url, { waitUntil: 'load' });
    assert.deepEqual(asked, [url]);
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).marginTop), '8px', 'the style is blocked');
    assert.equal(await page.locator('#filter').isVisible(), false, 'the script is blocked, and so is its form');
    assert.ok(await visibleRows(page) > 0);
    assert.ok(await page.getByRole('heading', { level: 1 }).isVisible());
    const row = page.locator('#rows tr', { hasText: 'database-main' });
    const details = row.locator('details');
    if (!(await details.evaluate((element) => element.open))) await details.locator('summary').click();
    assert.match(await row.innerText(), /- engineVersion: "15\.4"\s+\+ engineVersion: "16\.2"/);
    await page.screenshot({ path: picture('blocked') });
    return {};
  },

  /** Names that want to be markup are text. */
  async hostile(browser) {
    const { page, asked, complaints } = await open(browser);
    await page.locator('details').evaluateAll((all) => all.forEach((element) => { element.open = true; }));
    assert.deepEqual(asked.filter((one) => !one.startsWith('data:')), [pathToFileURL(file).href]);
    assert.deepEqual(complaints, []);
    assert.equal(await page.locator('img, iframe, object, embed, a[href^=javascript], b').count(), 0);
    assert.equal(await page.locator('script').count(), 1);
    assert.equal(await page.evaluate(() => typeof window.hacked), 'undefined');
    return {};
  },
};

(async () => {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
  try {
    console.log(JSON.stringify(await SCENARIOS[scenario](browser)));
  } finally {
    await browser.close();
  }
})().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
