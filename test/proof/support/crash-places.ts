import fc from 'fast-check';
import { range } from '../../support/range.ts';
import type { FaultySmtpServer } from '../../support/smtp-faults.ts';
import type { World } from '../../support/world.ts';
import type { StatementDeath } from './doomed-process.ts';

/** How a process dies. */
export interface Death {
  /** The place in words. Equal for all deaths at the same place. */
  place: string;
  /** The process kills itself at a statement. */
  statement?: StatementDeath;
  /** Omni or the mail server kills the process, or a timer does. */
  arm?(world: World, server: FaultySmtpServer, kill: () => void): void;
}

/** A random choice of a death. The place is chosen later, from those that are known by then. */
export interface DeathWish {
  command: 'audit' | 'start' | 'retry';
  at: 'statement' | 'request' | 'mail' | 'instant';
  /** In [0, 1). */
  pick: number;
}

/** In [0, 1), evenly spread. Ordinary arbitraries prefer both ends, so the deaths would gather at few places. */
export const share: fc.Arbitrary<number> = fc.noBias(fc.nat(999_999)).map((number) => number / 1_000_000);

export const deathWish: fc.Arbitrary<DeathWish> = fc.record({
  command: fc.constantFrom('audit', 'audit', 'audit', 'start', 'retry'),
  at: fc.constantFrom('statement', 'statement', 'statement', 'request', 'mail', 'instant', 'instant'),
  pick: share,
});

const maxInstantMs = 1200;
const requests: [what: string, path: RegExp, count: number][] = [
  ['the list', /^\/api\/v1\/api-keys\?/, 3],
  ['one token', /^\/api\/v1\/api-keys\/./, 1],
  ['whoami', /whoami/, 1],
  ['users', /scim\/v2\/users/i, 1],
  ['embed users', /embed\/users/i, 1],
];
const mailSteps = ['greeting', 'sender', 'recipient', 'data', 'acceptance'] as const;

function atNth(nth: number, kill: () => void): () => undefined {
  let count = 0;
  return () => {
    count += 1;
    if (count === nth) kill();
  };
}

const requestDeaths = requests.flatMap(([what, path, count]) =>
  (['arrives', 'is answered'] as const).flatMap((when) =>
    range(1, count).map(
      (nth): Death => ({
        place: `request ${nth} for ${what} ${when}`,
        arm({ omni }, _server, kill) {
          const strike = atNth(nth, kill);
          omni.intercept = (request, response) => {
            if (!path.test(request.url ?? '')) return false;
            if (when === 'arrives') strike();
            else response.once('finish', strike);
            return false;
          };
        },
      }),
    ),
  ),
);

const mailDeaths = mailSteps.flatMap((step) =>
  [1, 2].map(
    (nth): Death => ({
      place: `the mail server gets ${step} ${nth}`,
      arm(_world, server, kill) {
        const strike = atNth(nth, kill);
        // By the next iteration of the event loop, the reply has been sent.
        server.faults = step === 'acceptance' ? { data: () => void setImmediate(strike) } : { [step]: strike };
      },
    }),
  ),
);

/** All places where the proof kills. It uses each about as often as the others. */
export interface DeathPlaces {
  /** Adds statements that a process executed, and how often. */
  learn(executions: readonly [sql: string, count: number][]): void;
  choose(wish: DeathWish): Death;
  knownCount(): number;
}

export function createDeathPlaces(): DeathPlaces {
  const statements = new Map<string, number>();
  const uses = new Map<string, number>();

  const statementDeaths = (pick: number): Death[] =>
    [...statements].flatMap(([sql, count]) =>
      (['before', 'after'] as const).map((when) => ({
        place: `${when} ${sql.replaceAll(/\s+/g, ' ').slice(0, 80)}`,
        statement: { when, sql, execution: 1 + (Math.floor(pick * 7919) % count) },
      })),
    );
  const instantDeath = (pick: number): Death => ({
    place: 'an instant',
    arm: (_world, _server, kill) => void setTimeout(kill, pick * maxInstantMs).unref(),
  });
  const deaths: Record<DeathWish['at'], (pick: number) => Death[]> = {
    statement: statementDeaths,
    request: () => requestDeaths,
    mail: () => mailDeaths,
    instant: (pick) => [instantDeath(pick)],
  };

  return {
    knownCount: () => new Set(Object.values(deaths).flatMap((each) => each(0).map(({ place }) => place))).size,
    learn(executions) {
      for (const [sql, count] of executions) statements.set(sql, Math.max(count, statements.get(sql) ?? 0));
    },
    choose({ at, pick }) {
      const all = deaths[at](pick);
      const used = ({ place }: Death): number => uses.get(place) ?? 0;
      const fewest = Math.min(...all.map(used));
      const rarest = all.filter((death) => used(death) === fewest);
      const death = rarest[Math.floor(pick * rarest.length)];
      if (death === undefined) throw new Error(`no place is known at a ${at}`);
      uses.set(death.place, fewest + 1);
      return death;
    },
  };
}
