import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DatabaseError } from '../../src/errors.ts';
import { openAuditStore, openReadStore } from '../../src/stores.ts';
import { someMorning } from '../support/fake-clock.ts';
import { tempDatabase } from '../support/temp-folder.ts';

describe('the organisation of a database', () => {
  test('is unknown before the first audit', (context) => {
    const path = tempDatabase(context);
    openAuditStore(path, someMorning)[Symbol.dispose]();
    using look = openReadStore(path);
    assert.equal(look.organisation.baseUrl(), null);
  });

  test('is remembered, and the same is welcome again', (context) => {
    const path = tempDatabase(context);
    for (let audit = 1; audit <= 2; audit += 1) {
      using store = openAuditStore(path, someMorning);
      store.transactions.run((tx) => store.organisation.claim(tx, 'https://acme.omniapp.co', someMorning));
    }
    using look = openReadStore(path);
    assert.equal(look.organisation.baseUrl(), 'https://acme.omniapp.co');
  });

  test('keeps any other out, naming both and the ways on', (context) => {
    const path = tempDatabase(context);
    using store = openAuditStore(path, someMorning);
    store.transactions.run((tx) => store.organisation.claim(tx, 'https://acme.omniapp.co', someMorning));
    assert.throws(
      () => store.transactions.run((tx) => store.organisation.claim(tx, 'https://other.omniapp.co', someMorning)),
      (error) => {
        assert.ok(error instanceof DatabaseError);
        assert.match(error.message, /https:\/\/acme\.omniapp\.co/);
        assert.match(error.message, /https:\/\/other\.omniapp\.co/);
        assert.match(error.hint, /DATABASE_PATH/);
        assert.match(error.hint, /check --adopt-url/);
        return true;
      },
    );
    using look = openReadStore(path);
    assert.equal(look.organisation.baseUrl(), 'https://acme.omniapp.co');
  });
});
