import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CredentialRefusedError, NotFoundError, OmniError } from '../../src/errors.ts';
import type { RoleAnswer } from '../../src/rules/role.ts';
import { noAbort } from '../support/no-abort.ts';
import { scriptOmni } from '../support/scripted-omni.ts';
import { uuid } from '../support/tokens.ts';

const jane = uuid(0xa);
const entry = {
  baseRole: 'MODELER',
  roleName: 'Analyst',
  connectionId: 'c',
  modelId: 'm',
  priority: 4,
  resolved: true,
};
const role = { baseRole: 'MODELER', name: 'Analyst', connections: 1, unknownRoles: [] };

async function readAnswer(body: unknown): Promise<RoleAnswer | null> {
  return await scriptOmni(body).api.roleOf(jane, noAbort);
}

/** Returns the answer to these entries, each with the fields that it does not have. */
function readEntries(...entries: Record<string, unknown>[]): Promise<RoleAnswer | null> {
  return readAnswer({ membershipId: jane, results: entries.map((fields) => ({ ...entry, ...fields })) });
}

describe('asking for the role of an account', () => {
  for (const [id, path] of [
    [jane, `api/v1/users/${jane}/model-roles`],
    ['a/../b?c#d', 'api/v1/users/a%2F..%2Fb%3Fc%23d/model-roles'],
    ['%2e%2e', 'api/v1/users/%252e%252e/model-roles'],
  ] as const) {
    test(`requests ${path}`, async () => {
      const { api, paths } = scriptOmni({ membershipId: id, results: [entry] });
      assert.deepEqual(await api.roleOf(id, noAbort), { kind: 'role', role });
      assert.deepEqual(paths, [path]);
    });
  }

  test('requests nothing for an id that would change the path, as if Omni refused it', async () => {
    const { api, paths } = scriptOmni({ membershipId: '..', results: [entry] });
    await assert.rejects(api.roleOf('..', noAbort), (error) => error instanceof OmniError && error.status === 400);
    assert.deepEqual(paths, []);
  });

  test('returns null for Omni’s own 404, and fails with every other error', async () => {
    assert.equal(await readAnswer(new NotFoundError('not found', { status: 404 })), null);
    for (const error of [new OmniError('no', { status: 404 }), new CredentialRefusedError('no', { status: 403 })]) {
      await assert.rejects(readAnswer(error), (thrown) => thrown === error);
    }
  });
});

describe('an answer about a role', () => {
  const complete: [what: string, fields: Record<string, unknown>, name: string][] = [
    ['may have unknown fields', { from: { type: 'Connection Base Role', depth: null }, more: [] }, 'Analyst'],
    ['may be about the whole connection', { modelId: null }, 'Analyst'],
    ['may leave out model and priority', { modelId: undefined, priority: undefined }, 'Analyst'],
    ['has the name of the base role when it has no other', { roleName: undefined }, 'MODELER'],
    ['has the name of the base role when its own is null', { roleName: null }, 'MODELER'],
    ['has the name of the base role when its own is empty', { roleName: '' }, 'MODELER'],
  ];
  for (const [what, fields, name] of complete) {
    test(what, async () => {
      assert.deepEqual(await readEntries(fields), { kind: 'role', role: { ...role, name } });
    });
  }

  // The database stores it like that, so it must not look like a new role in every run.
  test('has names of well-formed Unicode', async () => {
    const answer = await readEntries({ baseRole: 'OWNER \ud83d', roleName: '\udd11' });
    const names = { baseRole: 'OWNER \ufffd', name: '\ufffd' };
    assert.deepEqual(answer, { kind: 'role', role: { ...role, ...names } });
  });

  test('may spell the id of the account in upper case', async () => {
    const body = { membershipId: jane.toUpperCase(), results: [entry] };
    assert.deepEqual(await readAnswer(body), { kind: 'role', role });
  });

  const wrongFields: Record<string, unknown>[] = [
    ...[undefined, null, '', 5, {}, 'x'.repeat(501)].map((baseRole) => ({ baseRole })),
    ...[undefined, null, '', 5].map((connectionId) => ({ connectionId })),
    ...[undefined, null, 'true', 1].map((resolved) => ({ resolved })),
    ...[5, {}, 'x'.repeat(501)].map((roleName) => ({ roleName })),
    ...['', 5, {}].map((modelId) => ({ modelId })),
    { priority: '4' },
  ];
  for (const fields of wrongFields) {
    const [[field, value] = []] = Object.entries(fields);
    test(`is unclear when one entry has ${field} ${JSON.stringify(value)?.slice(0, 20)}`, async () => {
      // Not even an entry that is not effective may be wrong, because we cannot know what it was to say.
      const answer = await readEntries({}, { resolved: false, ...fields });
      const why = `it is not in the expected format (results.1.${field})`;
      assert.deepEqual(answer, { kind: 'unclear', why });
    });
  }

  const about = (membershipId: unknown, results: unknown = [entry]) => ({ membershipId, results });
  const wrongBodies: [what: string, body: unknown, why: RegExp][] = [
    ['it is null', null, /format \(not an object\)/],
    ['it is a list', [about(jane)], /format \(not an object\)/],
    ['it is a text', 'CONNECTION_ADMIN', /format \(not an object\)/],
    ['it is empty', {}, /format \(membershipId\)/],
    ['it does not name the account', { results: [entry] }, /format \(membershipId\)/],
    ['it is about another account', about(uuid(0xb)), /about another account/],
    ['it has no entries', { membershipId: jane }, /format \(results\)/],
    ['its entries are null', about(jane, null), /format \(results\)/],
    ['its entries are not in a list', about(jane, { 0: entry, length: 1 }), /format \(results\)/],
    ['one entry is null', about(jane, [entry, null]), /format \(results\.1\)/],
    ['its list is empty', about(jane, []), /no effective role/],
    ['it contradicts itself', about(jane, [entry, { ...entry, baseRole: 'VIEWER' }]), /two effective roles/],
  ];
  for (const [what, body, why] of wrongBodies) {
    test(`is unclear when ${what}`, async () => {
      const answer = await readAnswer(body);
      assert.ok(answer?.kind === 'unclear');
      assert.match(answer.why, why);
    });
  }
});
