import assert from 'node:assert/strict';
import { test } from 'node:test';
import manifest from '../../package.json' with { type: 'json' };
import { readText } from '../support/project-files.ts';
import { statements } from './settings-files.ts';

function dockerfile(): string[] {
  return statements('Dockerfile').join('\n').replaceAll('\\\n', ' ').split('\n');
}

test('the images stand on the Node whose major version .nvmrc and package.json name', () => {
  const bases = dockerfile().flatMap((line) => /^FROM node:(\d+)/.exec(line)?.[1] ?? []);
  assert.deepEqual(new Set(bases), new Set([readText('.nvmrc').split('.')[0]]));
  assert.deepEqual(new Set(bases), new Set([/\d+/.exec(manifest.engines.node)?.[0]]));
});

test('.dockerignore lets through what the Dockerfile copies, and nothing else', () => {
  const copied = dockerfile()
    .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
    .flatMap((line) => line.split(/\s+/).slice(1, -1));
  const [first, ...rest] = statements('.dockerignore');
  assert.equal(first, '*');
  assert.deepEqual(rest.map((line) => line.replace(/^!/, '')).sort(), copied.sort());
  assert.ok(rest.every((line) => line.startsWith('!')));
});

test('the image that is built unless told is the worker: not root, node itself in front, and watched', () => {
  const worker = dockerfile().slice(dockerfile().findLastIndex((line) => line.startsWith('FROM ')));
  assert.match(worker[0] ?? '', / AS worker$/);
  assert.ok(worker.includes('USER 1000:1000'));
  assert.ok(worker.includes('ENTRYPOINT ["node", "/app/src/main.ts"]'));
  assert.ok(worker.includes('CMD ["start"]'));
  assert.ok(worker.some((line) => /^HEALTHCHECK .*CMD \["node", "\/app\/src\/main\.ts", "healthcheck"\]$/.test(line)));
});
