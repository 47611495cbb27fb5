/** `npm run proof` runs the long form, `npm run test:slow` the short one. */
export const isFull = process.env.PROOF === 'full';

/** The seed of everything that is random. `PROOF_SEED=N npm run proof` repeats the run with that seed. */
export const seed = Number(process.env.PROOF_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** Counts what one process tried. It asserts nothing; the tests do that. */
export const tally = {
  /** Processes that were killed by SIGKILL. */
  kills: 0,
  /** The places where they were killed: SQL statements, requests, steps of SMTP. */
  killPlaces: new Set<string>(),
  knownPlaces: 0,
  /** How often Omni, the network, the mail server, the disk or the clock misbehaved. */
  faults: 0,
  audits: 0,
  /** Mails that reached a mail server, without repetitions. */
  mails: 0,
  /** Copies of mails that had already arrived, with the same Message-ID. */
  repeatedMails: 0,
  /** Changes of the organisation that no mail reported. */
  losses: 0,
  /** Findings in mails that no change of the organisation explains, or that two mails reported. */
  inventions: 0,
};
