import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exitCode } from '../../src/cli/exit-code.ts';
import { filesBelow, readText } from '../support/project-files.ts';

const audit = readText('deploy/kubernetes/base/audit.yaml');

test('a CronJob gives up at once on the exit codes that a second attempt cannot change', () => {
  const codes = /values: \[([\d, ]+)\]/.exec(audit)?.[1]?.split(', ').map(Number);
  assert.deepEqual(codes, [exitCode.refused, exitCode.alarming]);
  const container = /containerName: (\S+)/.exec(audit)?.[1];
  assert.match(audit, new RegExp(`containers:\\n\\s+- name: ${container}\\n`));
});

test('every pod takes no variables from the Services around it', () => {
  for (const file of ['audit', 'desk']) {
    assert.match(readText(`deploy/kubernetes/base/${file}.yaml`), /^ +enableServiceLinks: false$/m);
  }
});

test('the schedule of each organisation is the one that its settings tell `status`', () => {
  const folders = filesBelow('deploy/kubernetes/overlays')
    .filter((path) => path.endsWith('settings.env'))
    .map((path) => path.replace('settings.env', ''));
  assert.equal(folders.length, 2);
  for (const folder of folders) {
    const settings = readText(`${folder}settings.env`);
    const patches = readText(`${folder}kustomization.yaml`);
    assert.equal(/^AUDIT_CRON=(.*)$/m.exec(settings)?.[1], /schedule\n\s+value: "(.*)"$/m.exec(patches)?.[1]);
    assert.equal(/^AUDIT_TIMEZONE=(.*)$/m.exec(settings)?.[1], /timeZone\n\s+value: (.*)$/m.exec(patches)?.[1]);
  }
});
