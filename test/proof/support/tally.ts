/** How far the proof goes: its short form stands in the suite, `npm run proof` is the full one. */
export const isFull = process.env.PROOF === 'full';

/** Of everything that is drawn by lot. `PROOF_SEED=N npm run proof` repeats what a tally names. */
export const seed = Number(process.env.PROOF_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** Counted over all proofs of one process; the tests assert, this only tells how much was tried. */
export const tally = {
  /** Processes that were ended by SIGKILL. */
  kills: 0,
  /** Different places at which they were: SQL statements, requests, steps of SMTP. */
  killPlaces: new Set<string>(),
  knownPlaces: 0,
  /** Ways in which Omni, the network, the mail server, the disk or the clock misbehaved, as often as they did. */
  faults: 0,
  audits: 0,
  /** Different mails that reached a mail server. */
  mails: 0,
  /** The same mail under the same Message-ID again. */
  repeatedMails: 0,
  /** Changes of the organisation that no mail told. */
  losses: 0,
  /** Findings in mails that no change of the organisation explains, or that two mails told. */
  inventions: 0,
};
