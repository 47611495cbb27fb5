import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { sampleMails } from '../../scripts/sample-contents.ts';
import { renderMail } from '../../src/digest/render/render-mail.ts';
import { chromiumPath, launchChromium } from '../support/chromium.ts';
import { hostileMails } from '../support/hostile-mails.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const widths = [320, 600, 1200];
const schemes = ['light', 'dark'] as const;
/** A developer's machine may have no browser. CI must have one. */
const skip = chromiumPath === undefined && process.env.CI !== 'true' ? 'no Chromium is installed' : false;

interface Violation {
  id: string;
  nodes: { html: string }[];
}

/** The mail as Gmail shows it, without its style sheet. */
function withoutStyleSheet(html: string): string {
  return html.replace(/<style>[\s\S]*?<\/style>/, '');
}

/** Runs in the page. Lists the elements that stick out when the page would have to scroll sideways. */
const findOverflow = `(() => {
  const { clientWidth, scrollWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return [];
  const wide = [...document.querySelectorAll('body *')].filter(
    (element) => element.getBoundingClientRect().right > clientWidth + 0.5,
  );
  return wide.map((element) => element.outerHTML.slice(0, 120));
})()`;

async function violationsOf(page: Page): Promise<string[]> {
  const violations: Violation[] = await page.evaluate('axe.run().then((result) => result.violations)');
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
}

describe('in a real browser', { skip }, () => {
  let browser: Browser;
  let page: Page;
  const requests: string[] = [];
  before(async () => {
    browser = await launchChromium();
    page = await browser.newPage();
    page.on('request', (request) => requests.push(request.url()));
  });
  after(() => browser.close());

  const mails = { ...sampleMails(), ...hostileMails };
  for (const [name, content] of Object.entries(mails)) {
    test(`the mail "${name}" fits every width, light and dark, with and without its style sheet, and is accessible`, async () => {
      const { html } = renderMail(content);
      for (const source of [html, withoutStyleSheet(html)]) {
        await page.setContent(source);
        assert.equal(await page.locator('a, img, script, form, iframe, link').count(), 0);
        for (const width of widths) {
          await page.setViewportSize({ width, height: 900 });
          assert.deepEqual(await page.evaluate(findOverflow), [], `${width} px`);
        }
        await page.evaluate(axeSource);
        for (const colorScheme of schemes) {
          await page.emulateMedia({ colorScheme });
          assert.deepEqual(await violationsOf(page), [], colorScheme);
        }
      }
      assert.deepEqual(requests, [], 'remote content');
    });
  }

  test('these checks find the faults of a page that is too wide, too pale and has no language', async () => {
    await page.setContent('<body style="background:#fff"><p style="width:900px;color:#bbb">pale and wide</p></body>');
    await page.setViewportSize({ width: 600, height: 900 });
    await page.evaluate(axeSource);
    assert.equal((await page.evaluate<string[]>(findOverflow)).length, 1);
    const found = (await violationsOf(page)).map((violation) => violation.split(':')[0]);
    assert.ok(found.includes('color-contrast') && found.includes('html-has-lang'), String(found));
  });
});
