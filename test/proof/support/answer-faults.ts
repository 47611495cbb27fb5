import { bodies } from './answer-bodies.ts';
import type { AnswerFault } from './answer-fault.ts';
import { pages } from './answer-pages.ts';
import { records } from './answer-records.ts';
import { statuses } from './answer-statuses.ts';
import { wires } from './answer-wires.ts';

/** Ways in which an answer to a request for the list can be wrong, by what a person would call them. */
export const answerFaults: Record<string, AnswerFault> = { ...statuses, ...bodies, ...records, ...pages, ...wires };
