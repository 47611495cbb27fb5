import { type AnswerFault, altered, brokenFormat, once } from './answer-fault.ts';

const uuid = '7d8f0a3c-2f1e-4e07-9c55-0a1b2c3d4e5f';

/** Pages whose fields are not as Omni documents them. */
export const records: Record<string, AnswerFault> = {
  'no pageInfo': once(
    altered((body) => delete body.pageInfo),
    { failed: brokenFormat('pageInfo') },
  ),
  'no records': once(
    altered((body) => delete body.records),
    { failed: brokenFormat('records') },
  ),
  'a count in words': once(
    altered((body) => {
      body.pageInfo.totalRecords = '250';
    }),
    { failed: brokenFormat('pageInfo.totalRecords') },
  ),
  'a count below zero': once(
    altered((body) => {
      body.pageInfo.totalRecords = -1;
    }),
    { failed: brokenFormat('pageInfo.totalRecords') },
  ),
  'a next page that is "false"': once(
    altered((body) => {
      body.pageInfo.hasNextPage = 'false';
    }),
    { failed: brokenFormat('pageInfo.hasNextPage') },
  ),
  'a record that is null': once(
    altered((body) => {
      body.records[3] = null;
    }),
    { failed: brokenFormat('record 4') },
  ),
  'a token without an id': once(
    altered((body) => delete body.records[0].id),
    { failed: brokenFormat('record 1: id') },
  ),
  'an id that would leave its path': once(
    altered((body) => {
      body.records[0].id = '../../scim/v2/users';
    }),
    { failed: brokenFormat('record 1: id') },
  ),
  'a token that is enabled as a word': once(
    altered((body) => {
      body.records[1].enabled = 'true';
    }),
    { failed: brokenFormat('record 2: enabled') },
  ),
  'a token that was made on the 31st of June': once(
    altered((body) => {
      body.records[1].createdAt = '2026-06-31T00:00:00.000Z';
    }),
    { failed: brokenFormat('record 2: createdAt') },
  ),
  'a name that is a number': once(
    altered((body) => {
      body.records[2].name = 7;
    }),
    { failed: brokenFormat('record 3: name') },
  ),
  'a type that is missing': once(
    altered((body) => delete body.records[2].type),
    { failed: brokenFormat('record 3: type') },
  ),
  'an owner that is an object': once(
    altered((body) => {
      body.records[2].membershipId = { id: uuid };
    }),
    { failed: brokenFormat('record 3: membershipId') },
  ),
  'times in another time zone': once(
    altered((body) => {
      for (const record of body.records) record.createdAt = record.createdAt.replace(/\.000Z$/, '+00:00');
    }),
    'harmless',
  ),
  'ids in capital letters': once(
    altered((body) => {
      for (const record of body.records) record.id = `abcdef00-${record.id.slice(9)}`.toUpperCase();
    }),
    { failed: brokenFormat('record 1: id') },
  ),
};
