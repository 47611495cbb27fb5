import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Config, loadConfig } from '../../src/config/settings.ts';
import { problemsOfLoading } from './config-problems.ts';

function load(values: NodeJS.ProcessEnv = {}): Pick<Config, 'rules' | 'notification'> {
  return loadConfig(values, ['rules', 'notification']);
}

function problemsOf(values: NodeJS.ProcessEnv): readonly string[] {
  return problemsOfLoading(() => load(values));
}

/** What one variable sets. */
const settings = {
  DISABLED_AFTER_DAYS: ({ rules }) => rules.disabledAfterDays,
  OWNER_IDLE_DAYS: ({ rules }) => rules.ownerIdleDays,
  DIGEST_WHEN: ({ notification }) => notification.policy.digestWhen,
  REMINDER_DAYS: ({ notification }) => notification.policy.reminderDays,
  INVENTORY_DAYS: ({ notification }) => notification.policy.inventoryDays,
} satisfies Record<string, (config: Pick<Config, 'rules' | 'notification'>) => unknown>;
type Setting = keyof typeof settings;

describe('a setting of rules and mails', () => {
  const taken: [name: Setting, value: string | undefined, setting: unknown][] = [
    ['DISABLED_AFTER_DAYS', undefined, 30],
    ['DISABLED_AFTER_DAYS', '', 30],
    ['DISABLED_AFTER_DAYS', '0', 0],
    ['DISABLED_AFTER_DAYS', '36500', 36_500],
    ['OWNER_IDLE_DAYS', undefined, 90],
    ['OWNER_IDLE_DAYS', '0', 0],
    ['OWNER_IDLE_DAYS', '36500', 36_500],
    ['DIGEST_WHEN', undefined, 'changes'],
    ['DIGEST_WHEN', 'changes', 'changes'],
    ['DIGEST_WHEN', 'always', 'always'],
    ['REMINDER_DAYS', undefined, 7],
    ['REMINDER_DAYS', '0', 0],
    ['REMINDER_DAYS', '366', 366],
    ['INVENTORY_DAYS', undefined, 90],
    ['INVENTORY_DAYS', '0', 0],
    ['INVENTORY_DAYS', '366', 366],
  ];
  for (const [name, value, setting] of taken) {
    test(`${name} is ${JSON.stringify(setting)} when it is ${value === undefined ? 'not set' : JSON.stringify(value)}`, () => {
      assert.equal(settings[name](load({ [name]: value })), setting);
    });
  }

  const days = 'give a whole number from 0 to 36500';
  const intervals = 'give a whole number from 0 to 366';
  const refused: [name: Setting, value: string, hint: string][] = [
    ['DISABLED_AFTER_DAYS', '-1', days],
    ['DISABLED_AFTER_DAYS', '36501', days],
    ['DISABLED_AFTER_DAYS', '30d', days],
    ['DISABLED_AFTER_DAYS', '30,60', days],
    ['OWNER_IDLE_DAYS', '36501', days],
    ['OWNER_IDLE_DAYS', 'never', days],
    ['REMINDER_DAYS', '367', intervals],
    ['INVENTORY_DAYS', '367', intervals],
    ['INVENTORY_DAYS', 'quarterly', intervals],
    ['DIGEST_WHEN', 'never', 'give one of changes, always'],
    ['DIGEST_WHEN', 'Always', 'give one of changes, always'],
  ];
  for (const [name, value, hint] of refused) {
    test(`${name} is refused when it is ${JSON.stringify(value)}, with the hint`, () => {
      assert.deepEqual(problemsOf({ [name]: value }), [`${name} ${JSON.stringify(value)}: ${hint}`]);
    });
  }

  test('is reported together with all others that are wrong', () => {
    const wrong: Record<Setting, string> = {
      DISABLED_AFTER_DAYS: 'x',
      OWNER_IDLE_DAYS: 'x',
      DIGEST_WHEN: 'x',
      REMINDER_DAYS: 'x',
      INVENTORY_DAYS: 'x',
    };

    const names = problemsOf(wrong).map((problem) => problem.split(' ')[0]);

    assert.deepEqual(names, Object.keys(wrong));
  });
});

describe('the time zone in which days end', () => {
  test('is that of the schedule, and UTC unless it is set', () => {
    assert.equal(loadConfig({}, ['timeZone']).timeZone, 'UTC');
    assert.equal(loadConfig({ AUDIT_TIMEZONE: 'Europe/Berlin' }, ['timeZone']).timeZone, 'Europe/Berlin');
  });

  test('is refused where nobody knows it', () => {
    assert.throws(
      () => loadConfig({ AUDIT_TIMEZONE: 'Europe/Nowhere' }, ['timeZone']),
      /AUDIT_TIMEZONE "Europe\/Nowhere": give a time zone such as Europe\/Berlin or UTC/,
    );
  });
});
