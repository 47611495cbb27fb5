import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { auditAndDeliver } from '../../src/audit/audit-job.ts';
import type { HeartbeatSignal } from '../../src/audit/heartbeat.ts';
import { ConfigError } from '../../src/errors.ts';
import { noAbort } from '../support/no-abort.ts';

describe('an audit with its delivery', () => {
  test('tells the watchdog of a failure when its mail cannot be delivered for unusable settings', async () => {
    const signals: HeartbeatSignal[] = [];
    const job = auditAndDeliver(
      {
        async audit(_options, onBegin) {
          await onBegin();
          return { status: 'failed', runId: 1, pageCount: 0, queued: 1, error: new Error('no answer') };
        },
        deliver: () => Promise.reject(new ConfigError(['SMTP_PASSWORD_FILE: the file cannot be read (ENOENT)'])),
        heartbeat: async (signal) => {
          signals.push(signal);
        },
      },
      { trigger: 'schedule', dryRun: false, acceptRemovals: false },
      noAbort,
    );
    await assert.rejects(job, ConfigError);
    assert.deepEqual(signals, ['start', 'fail']);
  });
});
