import { someToken } from '../../support/tokens.ts';
import { type AnswerFault, altered, alteredPage, always, inThreeWalks, once, onPage, status } from './answer-fault.ts';

const uuid = '7d8f0a3c-2f1e-4e07-9c55-0a1b2c3d4e5f';
const lastOfFirstPage = someToken(100).id;

const emptyList = altered((body) => {
  body.records = [];
  body.pageInfo = { hasNextPage: false, nextCursor: null, pageSize: 100, totalRecords: 0 };
});

/** Pages that are well formed each, and do not make one whole list. */
export const pages: Record<string, AnswerFault> = {
  'an empty list': always(emptyList, inThreeWalks('the list is empty')),
  'an empty list for a moment': once(emptyList, 'walked again'),
  'an empty page in the middle': once(
    alteredPage(2, (body) => {
      body.records = [];
    }),
    'walked again',
  ),
  'a list that ends too early': once(
    alteredPage(2, (body) => {
      body.pageInfo.hasNextPage = false;
    }),
    'walked again',
  ),
  'a list that always ends too early': always(
    alteredPage(2, (body) => {
      body.pageInfo = { ...body.pageInfo, hasNextPage: false, nextCursor: null };
    }),
    inThreeWalks('200 tokens were listed, but Omni counts 250'),
  ),
  'a page that lacks a record': once(
    alteredPage(2, (body) => {
      body.records.splice(40, 1);
    }),
    'walked again',
  ),
  'a record twice in a page': once(
    altered((body) => {
      body.records[7] = body.records[6];
    }),
    'walked again',
  ),
  'the same page twice': always(
    alteredPage(3, (body, { honest }) => {
      body.records.push(...honest().records);
    }),
    inThreeWalks('repeat a token id'),
  ),
  'a record of one page in another': once(
    alteredPage(3, (body) => {
      body.records.push({ ...body.records[0] });
    }),
    'walked again',
  ),
  'a next page without a cursor': once(
    altered((body) => {
      body.pageInfo.nextCursor = null;
    }),
    'walked again',
  ),
  'an empty cursor': always(
    altered((body) => {
      body.pageInfo.nextCursor = '';
      body.pageInfo.hasNextPage = true;
    }),
    inThreeWalks('gives no cursor'),
  ),
  'cursors that go in circles': always(
    alteredPage(3, (body) => {
      body.pageInfo = { ...body.pageInfo, hasNextPage: true, nextCursor: lastOfFirstPage };
    }),
    inThreeWalks('a cursor that was already used'),
  ),
  'a cursor that is refused': once(onPage(2, status(400)), 'walked again'),
  'a cursor that is always refused': always(onPage(3, status(400)), inThreeWalks('page 3 was refused')),
  'a count that is too high for a moment': once(
    alteredPage(3, (body) => {
      body.pageInfo.totalRecords += 1;
    }),
    'walked again',
  ),
  'a count that is always too high': always(
    altered((body) => {
      body.pageInfo.totalRecords += 1;
    }),
    inThreeWalks('250 tokens were listed, but Omni counts 251'),
  ),
  'a count that sinks during the walk': once(
    alteredPage(3, (body) => {
      body.pageInfo.totalRecords -= 1;
    }),
    'harmless',
  ),
  'pages in another order of records': once(
    altered((body) => body.records.reverse()),
    'harmless',
  ),
  'a page size of its own': once(
    altered((body) => {
      body.pageInfo.pageSize = 5000;
    }),
    'harmless',
  ),
  'a last page that gives a cursor': once(
    alteredPage(3, (body) => {
      body.pageInfo.nextCursor = uuid;
    }),
    'harmless',
  ),
};
