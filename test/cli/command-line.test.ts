import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { commandHelpText, helpText } from '../../src/cli/help.ts';
import { commands } from '../../src/cli/registry.ts';
import { ask } from '../support/ask.ts';

// These tests run the commands in this process. test/slow runs the real program.

describe('the help', () => {
  test('lists every command, on lines that fit a terminal', () => {
    for (const name of Object.keys(commands)) assert.match(helpText(), new RegExp(`^ {2}${name} `, 'm'));
    for (const line of helpText().split('\n')) assert.ok(line.length <= 110, line);
  });

  for (const [name, command] of Object.entries(commands)) {
    test(`of ${name} describes every option of its usage, and the command accepts every option of its help`, async () => {
      const help = commandHelpText(name, command);
      const options = new Set(help.match(/--[a-z][a-z-]+/g));
      for (const option of options) assert.match(help, new RegExp(`^ {2}${option}\\b`, 'm'), option);
      for (const line of help.split('\n')) assert.ok(line.length <= 120, line);
      for (const option of Object.keys(command.options ?? {}).filter((key) => key.startsWith('--'))) {
        const [flag = '', value] = option.split(' ');
        // With an empty value and no database the command fails, but not because it does not know the option.
        const { stderr } = await ask({ env: {} }, [name, value === undefined ? flag : `${flag}=`]);
        assert.doesNotMatch(stderr, /unknown option/);
      }
    });
  }
});

describe('a wrong command line is refused, and the message names the value:', () => {
  const mistakes: [line: string, message: RegExp][] = [
    ['audit --dry', /unknown option "--dry"\n {2}Run `omni-token-audit audit --help` for its options/],
    ['audit now', /unexpected argument "now"/],
    ['audit --fail-on grave', /--fail-on "grave": use one of critical, high, medium, low, info/],
    ['audit --mail-patience=-1', /--mail-patience "-1": use a whole number of at least 0/],
    ['audit --mail-patience long', /--mail-patience "long": use a whole number of at least 0/],
    ['audit --format csv', /--format "csv": use one of table, json/],
    ['tokens --format xml', /--format "xml": use one of table, json, csv/],
    ['findings --severity awful', /--severity "awful": use one of critical, high/],
    ['preview --sample --run 1', /--sample and --run cannot be combined/],
    ['mail --discard 1', /--reason is missing/],
    ['mail --discard 1 --reason=', /--reason is missing/],
    ['mail --reason because', /--reason needs --discard/],
    ['mail --show 1 --retry', /--show cannot be combined with --retry or --discard/],
    ['mail --retry --discard 1 --reason x', /--retry and --discard cannot be combined/],
    ['backup', /FILE is missing/],
    ['start --now', /unknown option "--now"/],
    ['mail --discard', /--discard needs a value\n/],
    ['mail --discard -1', /--discard needs a value; if the value begins with a dash, use --discard=VALUE\n/],
    ['mail --retry=1', /--retry takes no value\n/],
  ];
  for (const [line, message] of mistakes) {
    test(line, async () => {
      const { code, stdout, stderr } = await ask({ env: {} }, line.split(' '));
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, message);
    });
  }
});

describe('Node', () => {
  const module = new URL('../../src/supported-node.mjs', import.meta.url);
  const versions: [version: string, isSupported: boolean][] = [
    ['18.0.0', false],
    ['24.13.1', false],
    ['24.14.0', true],
    ['26.1.0', true],
  ];
  for (const [version, isSupported] of versions) {
    test(`${version} is ${isSupported ? 'supported' : 'too old, and one sentence says so'}`, () => {
      const script = `import { requireSupportedNode } from ${JSON.stringify(module.href)};
        requireSupportedNode(${JSON.stringify(version)});`;
      const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
        encoding: 'utf8',
      });
      assert.equal(status, isSupported ? 0 : 2);
      const message = new RegExp(`^omni-token-audit needs Node 24\\.14 or newer \\(found: ${version}\\)\\. Run .*\\n$`);
      assert.match(stderr, isSupported ? /^$/ : message);
    });
  }
});
