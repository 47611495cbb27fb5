import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { readTables } from '../../support/database-rows.ts';
import type { Outcome, World } from '../../support/world.ts';

/** Their characters make the forms differ in which JSON, HTML, URLs and so on write them. */
export const canaries = {
  OMNI_API_TOKEN: 'omni_osk_canary+4Tq8/vLw2==',
  SMTP_PASSWORD: 'smtp canary&9Zk3%pXn7"<>',
  SMTP_OAUTH_CLIENT_SECRET: 'client-canary~7Lq2+x/&w',
  SMTP_OAUTH_REFRESH_TOKEN: '1//refresh-canary+0Rw5',
  HEARTBEAT_URL: 'heartbeat-canary-5Jd1xW',
  accessToken: 'access-canary.8Hs6_tok+/=',
};

/** Every form in which a secret could leak: as it is, or as JSON, HTML, URL, form, hex or base64 writes it. */
const forms = new Map(
  Object.entries(canaries).flatMap(([name, secret]) =>
    [
      secret,
      JSON.stringify(secret).slice(1, -1),
      secret.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
      encodeURIComponent(secret),
      encodeURI(secret),
      new URLSearchParams({ secret }).toString().slice('secret='.length),
      Buffer.from(secret).toString('hex'),
      ...anywhereInBase64(secret),
    ].map((form) => [form, name] as const),
  ),
);

/** Returns its base64 at every offset, as in `\0user\0pass`, without the characters that depend on its neighbours. */
function anywhereInBase64(secret: string): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.from('\0'.repeat(offset) + secret)
      .toString('base64url')
      .replace(/=+$/, '');
    const own = encoded.slice(Math.ceil((offset * 8) / 6), -1);
    return [own, own.replaceAll('-', '+').replaceAll('_', '/')];
  });
}

/** Returns the canaries that these bytes contain. */
export function leaksIn(where: string, bytes: string | Buffer): string[] {
  const names = [...forms].filter(([form]) => bytes.includes(form)).map(([form, name]) => `${name} as ${form}`);
  return [...new Set(names)].map((name) => `${where} contains ${name}`);
}

/**
 * Returns the canaries in what commands printed, wrote and mailed. Skips the folder `secrets`, because tests put
 * secrets there.
 */
export async function allLeaks(
  outcomes: Record<string, Pick<Outcome, 'stdout' | 'stderr'>>,
  world: World,
  mails: readonly { raw: string }[],
): Promise<string[]> {
  const leaks = Object.entries(outcomes).flatMap(([name, { stdout, stderr }]) => [
    ...leaksIn(`stdout of ${name}`, stdout),
    ...leaksIn(`stderr of ${name}`, stderr),
  ]);
  for (const name of readdirSync(world.folder, { recursive: true, withFileTypes: true })) {
    if (!name.isFile() || name.parentPath.endsWith('secrets')) continue;
    leaks.push(...leaksIn(name.name, readFileSync(join(name.parentPath, name.name))));
  }
  leaks.push(...leaksIn('a row', JSON.stringify(tablesOf(world))));
  for (const { raw } of mails) {
    const { subject, text, html, attachments } = await simpleParser(raw);
    const files = attachments.map(({ content }) => content.toString());
    leaks.push(...leaksIn('a mail', [raw, subject, text, html, ...files].join('\n')));
  }
  return leaks;
}

function tablesOf({ databasePath }: World): unknown {
  try {
    return readTables(databasePath);
  } catch {
    // A refused command creates no database.
    return null;
  }
}
