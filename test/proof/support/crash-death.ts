import fc from 'fast-check';
import type { FaultySmtpServer } from '../../support/smtp-faults.ts';
import type { World } from '../../support/world.ts';
import type { StatementDeath } from './doomed-process.ts';

/** Where a process is to die. */
export type Death =
  | ({ at: 'statement' } & StatementDeath)
  | { at: 'request'; when: 'arrives' | 'is answered'; of: string; nth: number }
  | { at: 'mail'; step: MailStep; nth: number }
  | { at: 'instant'; afterMs: number };

type MailStep = 'connection' | 'sender' | 'recipient' | 'content' | 'acceptance';

/** A wish for a death: which of the places it is, is decided when they are known. */
export interface DeathWish {
  command: 'audit' | 'start' | 'retry';
  at: Death['at'];
  /** In [0, 1). */
  pick: number;
}

/** In [0, 1). Without a bias: the numbers of an ordinary arbitrary crowd at the ends, and so would the deaths. */
export const share: fc.Arbitrary<number> = fc.noBias(fc.nat(999_999)).map((number) => number / 1_000_000);

export const deathWish: fc.Arbitrary<DeathWish> = fc.record({
  command: fc.constantFrom('audit', 'audit', 'audit', 'start', 'retry'),
  at: fc.constantFrom('statement', 'statement', 'statement', 'request', 'mail', 'instant', 'instant'),
  pick: share,
});

const requests: Record<string, RegExp> = {
  'the list': /^\/api\/v1\/api-keys\?/,
  'one token': /^\/api\/v1\/api-keys\/./,
  whoami: /whoami/,
  users: /scim\/v2\/users/i,
  'embed users': /embed\/users/i,
};
const maxInstantMs = 1200;

/** All places at which the proof kills, each used about as often as the others. */
export interface DeathPlaces {
  /** Makes statements known that a process executed: SQL, and how often. */
  learn(executions: readonly [string, number][]): void;
  choose(wish: DeathWish): Death;
  knownCount(): number;
}

export function createDeathPlaces(): DeathPlaces {
  const statements = new Map<string, number>();
  const uses = new Map<string, number>();

  function places({ at, pick }: DeathWish): Death[] {
    switch (at) {
      case 'statement':
        return [...statements].flatMap(([sql, count]) => {
          const execution = 1 + (Math.floor(pick * 7919) % count);
          return (['before', 'after'] as const).map((when) => ({ at, when, sql, execution }));
        });
      case 'request':
        return Object.keys(requests).flatMap((of) =>
          (['arrives', 'is answered'] as const).flatMap((when) =>
            (of === 'the list' ? [1, 2, 3] : [1]).map((nth) => ({ at, when, of, nth })),
          ),
        );
      case 'mail':
        return (['connection', 'sender', 'recipient', 'content', 'acceptance'] as const).flatMap((step) =>
          [1, 2].map((nth) => ({ at, step, nth })),
        );
      case 'instant':
        return [{ at, afterMs: pick * maxInstantMs }];
      default:
        return at satisfies never;
    }
  }

  const kinds = ['statement', 'request', 'mail', 'instant'] as const;

  return {
    knownCount: () => new Set(kinds.flatMap((at) => places({ command: 'audit', at, pick: 0 })).map(placeOf)).size,
    learn(executions) {
      for (const [sql, count] of executions) statements.set(sql, Math.max(count, statements.get(sql) ?? 0));
    },
    choose(wish) {
      const all = places(wish);
      const used = (death: Death): number => uses.get(placeOf(death)) ?? 0;
      const fewest = Math.min(...all.map(used));
      const rarest = all.filter((death) => used(death) === fewest);
      const death = rarest[Math.floor(wish.pick * rarest.length)];
      if (death === undefined) throw new Error(`no place is known at a ${wish.at}`);
      uses.set(placeOf(death), fewest + 1);
      return death;
    },
  };
}

/** In words, the same for every death at the same place. */
export function placeOf(death: Death): string {
  switch (death.at) {
    case 'statement':
      return `${death.when} ${death.sql.replaceAll(/\s+/g, ' ').slice(0, 80)}`;
    case 'request':
      return `a request for ${death.of} ${death.when} (${death.nth})`;
    case 'mail':
      return `the mail server has the ${death.step} (${death.nth})`;
    case 'instant':
      return 'an instant';
    default:
      return death satisfies never;
  }
}

/** Makes the organisation's or the mail server's side of a death ready; disposing of it takes it back. */
export function arm(death: Death | null, world: World, server: FaultySmtpServer, kill: () => void): Disposable {
  let count = 0;
  const strike = (nth: number): void => {
    count += 1;
    if (count === nth) kill();
  };
  let timer: NodeJS.Timeout | undefined;
  if (death?.at === 'request') {
    world.omni.intercept = (request, response) => {
      if (!requests[death.of]?.test(request.url ?? '')) return false;
      if (death.when === 'arrives') strike(death.nth);
      else response.once('finish', () => strike(death.nth));
      return false;
    };
  } else if (death?.at === 'mail') {
    server.faults = strikeAt(death.step, () => strike(death.nth));
  } else if (death?.at === 'instant') {
    timer = setTimeout(kill, death.afterMs);
  }
  return {
    [Symbol.dispose]() {
      world.omni.intercept = undefined;
      server.faults = {};
      clearTimeout(timer);
    },
  };
}

function strikeAt(step: MailStep, strike: () => void): FaultySmtpServer['faults'] {
  const now = (): undefined => strike() as undefined;
  switch (step) {
    case 'connection':
      return { greeting: now };
    case 'sender':
      return { sender: now };
    case 'recipient':
      return { recipient: now };
    case 'content':
      return { data: now };
    case 'acceptance':
      // The answer is on its way when the event loop turns.
      return { data: () => void setImmediate(strike) as undefined };
    default:
      return step satisfies never;
  }
}
