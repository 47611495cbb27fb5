import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { variables } from '../../src/config/settings.ts';
import { filesBelow, readText } from '../support/project-files.ts';
import { isKnownVariable, statements } from './settings-files.ts';

/** The names that a way of writing them finds in a file; none would mean that it finds nothing any more. */
function names(lines: string[], pattern: RegExp): string[] {
  return lines.flatMap((line) => [...line.matchAll(pattern)].map((match) => match[1] ?? ''));
}

function assertKnown(found: string[]): void {
  assert.notEqual(found.length, 0);
  assert.deepEqual(
    found.filter((name) => !isKnownVariable(name)),
    [],
  );
}

describe('the deployment sets only variables that the program knows', () => {
  test('in the Dockerfile', () => {
    const environment = statements('Dockerfile')
      .join('\n')
      .replaceAll('\\\n', ' ')
      .split('\n')
      .filter((line) => line.startsWith('ENV '));
    assertKnown(names(environment, /([A-Z_]+)=/g));
  });

  test('in the compose files, what they suggest in comments included', () => {
    for (const path of ['docker-compose.yml', 'deploy/litestream/docker-compose.litestream.yml']) {
      assertKnown(names(readText(path).split('\n'), /^[\s#]*([A-Z][A-Z_]+):/g));
    }
  });

  test('in the settings of each organisation, and not one secret in clear', () => {
    const files = filesBelow('deploy/kubernetes').filter((path) => path.endsWith('.env'));
    assert.notEqual(files.length, 0);
    for (const path of files) {
      const found = names(statements(path), /^(\w+)=/g);
      assertKnown(found);
      const secrets = variables.filter(({ isSecret }) => isSecret).map((entry) => entry.name);
      assert.deepEqual(
        found.filter((name) => secrets.includes(name)),
        [],
      );
    }
  });

  test('in the systemd units', () => {
    const units = filesBelow('deploy/systemd').filter((path) => path.endsWith('.service'));
    assert.equal(units.length, 2);
    for (const unit of units) assertKnown(names(statements(unit), /^Environment=(\w+)=/g));
  });

  test('in the words about a proxy', () => {
    assertKnown(names(readText('deploy/README.md').split('\n'), /^([A-Z][A-Z_]+)=/g));
  });
});
