import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleContext as context } from '../../src/demo/sample-report.ts';
import { noticeContent } from '../../src/digest/content/notice-content.ts';
import { testContent } from '../../src/digest/content/test-content.ts';
import { renderMail } from '../../src/digest/render/render-mail.ts';
import type { UndeliveredMail } from '../../src/history/report.ts';
import { someMorning } from '../support/fake-clock.ts';

const createdAt = someMorning.toISOString();

function undelivered(count: number): UndeliveredMail[] {
  return Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    kind: 'digest',
    createdAt,
    deliveries: [{ recipient: 'a@acme.example', status: 'parked', replyCodes: '552 5.3.4' }],
  }));
}

test('a notice names only its own mail, however many others are undelivered, and not the organisation', () => {
  const refused = { id: 2, kind: 'digest', createdAt, replyCodes: '552 5.3.4', reported: null } as const;
  const notice = (count: number) => renderMail(noticeContent(refused, { undelivered: undelivered(count) }, context));
  const { text, html } = notice(22);
  assert.match(
    text,
    /Mail 2: digest of.*\n.*Parked, after the reply 552 5\.3\.4\n.*and 21 other mails are undelivered\n/,
  );
  assert.doesNotMatch(text, /Mail (?!2:)\d/);
  assert.equal(notice(92).html.length, html.length);
  assert.doesNotMatch(text + html, new RegExp(context.organizationName));
});

test('a test mail says that there is nothing to do only if no mail is undelivered', () => {
  const [none, some] = [0, 1].map((count) => testContent(someMorning, { undelivered: undelivered(count) }, context));
  assert.match(String(none?.paragraphs), /There is nothing to do/);
  assert.doesNotMatch(String(some?.paragraphs), /nothing to do/);
});
