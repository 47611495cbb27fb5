import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { askByIds, type IdAnswer } from '../../src/audit/ask-by-id.ts';
import { OmniError } from '../../src/errors.ts';
import { noAbort } from '../support/no-abort.ts';

interface Route {
  /** The number of questions after which it finds nothing. */
  breaksAfter?: number;
  known?: readonly string[];
  refused?: readonly string[];
  failing?: readonly string[];
  controls?: readonly string[];
}

/** Returns the ids by kind of answer, and all ids in the order in which the route was asked. */
async function ask(
  ids: readonly string[],
  { breaksAfter = Number.POSITIVE_INFINITY, known = [], refused = [], failing = [], ...route }: Route,
) {
  const { controls = ['control'] } = route;
  const asked: string[] = [];
  const answers: Record<IdAnswer<string>['kind'], string[]> = { found: [], absent: [], unknown: [] };
  const idRoute = {
    controls,
    async ask(id: string) {
      asked.push(id);
      if (failing.includes(id)) throw new OmniError('no answer', { status: 500 });
      if (refused.includes(id)) throw new OmniError('no such form of id', { status: 400 });
      return asked.length <= breaksAfter && (controls.includes(id) || known.includes(id)) ? id : null;
    },
  };
  for await (const { id, answer } of askByIds(idRoute, ids, noAbort)) answers[answer.kind].push(id);
  return { ...answers, asked };
}

const many = Array.from({ length: 120 }, (_, index) => `id-${index}`);

describe('a 404 by id', () => {
  test('counts while a control is found before and afterwards', async () => {
    const { absent, found, asked } = await ask(['a', 'b'], { known: ['b'] });
    assert.deepEqual([absent, found, asked], [['a'], ['b'], ['control', 'a', 'b', 'control']]);
  });

  test('proves nothing when no control is found', async () => {
    const { absent, unknown } = await ask(['a'], { breaksAfter: 0, controls: ['x', 'y', 'z', 'never asked'] });
    assert.deepEqual([absent, unknown], [[], ['a']]);
  });

  test('counts when a control was deleted but another one is found', async () => {
    const { absent } = await ask(['a'], { refused: ['x', 'y'], controls: ['x', 'y', 'z'] });
    assert.deepEqual(absent, ['a']);
  });

  test('proves nothing from the batch on in which the route breaks', async () => {
    const { absent, unknown } = await ask(many, { breaksAfter: 60 });
    assert.deepEqual([absent.length, unknown.length], [50, 70]);
  });

  test('is checked with a control before and after every batch of fifty', async () => {
    const { asked, absent } = await ask(many, {});
    assert.equal(absent.length, 120);
    assert.equal(asked.filter((id) => id === 'control').length, 4);
  });

  test('still counts for other ids when Omni refuses one id, which is unknown', async () => {
    const { unknown, absent } = await ask(['a', 'b'], { refused: ['a'] });
    assert.deepEqual([unknown, absent], [['a'], ['b']]);
  });

  test('of an id whose question fails is unknown; a second failure in a row ends the questions', async () => {
    const { unknown, absent } = await ask(['a', 'b', 'c'], { failing: ['b'] });
    assert.deepEqual([unknown, absent], [['b'], ['a', 'c']]);
    await assert.rejects(ask(['a', 'b', 'c', 'd'], { failing: ['b', 'c'] }), /no answer/);
  });
});
