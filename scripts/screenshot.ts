// Takes the README's screenshots of the sample digest, light and dark: docs/digest-light.png and docs/digest-dark.png.
import { fileURLToPath } from 'node:url';
import { renderMail } from '../src/digest/render/render-mail.ts';
import { launchChromium } from '../test/support/chromium.ts';
import { sampleMails } from './sample-contents.ts';

const browser = await launchChromium();
try {
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.newPage({ viewport: { width: 680, height: 1400 }, colorScheme });
    await page.setContent(renderMail(sampleMails().digest).html);
    await page.screenshot({ path: fileURLToPath(new URL(`../docs/digest-${colorScheme}.png`, import.meta.url)) });
  }
} finally {
  await browser.close();
}
