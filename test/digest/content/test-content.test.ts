import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testContent } from '../../../src/digest/content/test-content.ts';
import { context } from './sample-report.ts';

test('the test mail says that it is one, when it was asked for, and that there is nothing to do', () => {
  const mail = testContent(new Date('2026-11-23T07:00:00.000Z'), context);
  assert.equal(mail.subject, '[Omni tokens] Acme: test mail');
  assert.match(mail.lead, /This is a test/);
  assert.match(mail.paragraphs.join('\n'), /at 2026-11-23 07:00 UTC\. There is nothing to do\./);
  assert.match(mail.footer, /https:\/\/acme\.omniapp\.co$/);
  assert.deepEqual([mail.alerts, mail.sections, mail.isCritical], [[], [], false]);
});

test('the test mail shows an organisation’s name without what could fool a reader', () => {
  const { subject, heading } = testContent(new Date(0), { ...context, organizationName: 'Acme\r\nBcc: x@example.com' });
  assert.doesNotMatch(subject + heading, /[\r\n]/);
});
