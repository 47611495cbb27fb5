import { type AppError, CredentialRefusedError, DeadlineError, OmniError } from '../errors.ts';
import type { Logger } from '../logging.ts';
import type { OmniApi } from '../omni/api.ts';
import {
  type EffectiveRole,
  type LearnedRoles,
  maxRoleLookupMs,
  maxRoleLookups,
  type RolesProblem,
} from '../rules/role.ts';
import type { Roles } from '../store/roles.ts';

export interface ResolveRolesDeps {
  omni: Pick<OmniApi, 'roleOf'>;
  roles: Pick<Roles, 'toAsk'>;
  log: Logger;
}

/** So many owners in a row without a usable answer mean that this instance has no answers to give. */
const maxUnusableInARow = 20;
/** One request may fail by chance. More failures in a row are the fault of the route or the credential. */
const maxFailuresInARow = 2;

/**
 * Asks Omni what the owners of the staged tokens may do, each with one request, for at most five minutes. An answer that
 * cannot be used changes nothing: the last known role stays.
 *
 * @throws the signal's reason, except for the deadline.
 */
export async function resolveRoles(
  { omni, roles, log }: ResolveRolesDeps,
  requestsPerMinute: number,
  signal: AbortSignal,
): Promise<LearnedRoles> {
  const asked: string[] = [];
  const answers = new Map<string, EffectiveRole>();
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), maxRoleLookupMs);
  const stop = AbortSignal.any([signal, limit.signal]);
  let problem: RolesProblem | null = null;
  let unusableInARow = 0;
  let failuresInARow = 0;
  try {
    for (const id of roles.toAsk(maxRoleLookups(requestsPerMinute))) {
      const answer = await askForRole(omni, id, stop);
      asked.push(id);
      // A credential that was good enough for another account is not what this refusal is about.
      const isFailure = answer.kind === 'failed' || (answer.kind === 'refused' && answers.size === 0);
      failuresInARow = isFailure ? failuresInARow + 1 : 0;
      if (answer.kind === 'role') {
        answers.set(id, answer.role);
        unusableInARow = 0;
        continue;
      }
      unusableInARow += 1;
      // Of several problems always the same one, so that mails do not say each in turn.
      if (problem === null || answer.problem < problem.problem) problem = answer;
      if (failuresInARow === maxFailuresInARow || unusableInARow === maxUnusableInARow) break;
    }
  } catch (error) {
    const isOurLimit = limit.signal.aborted && !signal.aborted;
    if (!isOurLimit && !(error instanceof DeadlineError)) throw error;
    if (error instanceof DeadlineError) problem ??= describe(error);
  } finally {
    clearTimeout(timer);
  }
  if (problem !== null) {
    const { problem: reason, hint } = problem;
    log.warn({ asked: asked.length, answered: answers.size, reason, hint }, 'some roles could not be read');
  }
  return { asked, answers, problem };
}

/**
 * Asks about these owners until one answer is usable. Returns why roles cannot be read; null if they can.
 *
 * @throws the signal's reason.
 */
export async function probeRoles(
  omni: Pick<OmniApi, 'roleOf'>,
  membershipIds: readonly string[],
  signal: AbortSignal,
): Promise<RolesProblem | null> {
  let problem: RolesProblem | null = null;
  for (const id of membershipIds) {
    const answer = await askForRole(omni, id, signal);
    if (answer.kind === 'role') return null;
    problem ??= answer;
    if (answer.kind !== 'unusable') break;
  }
  return problem;
}

type SingleAnswer =
  | { kind: 'role'; role: EffectiveRole }
  /** `unusable`: the answer is about this account only. `refused`: Omni refused the credential. */
  | ({ kind: 'unusable' | 'refused' | 'failed' } & RolesProblem);

const askAgain =
  'No action needed: a later run asks again. If this persists, check for a newer version of this program';

async function askForRole(omni: Pick<OmniApi, 'roleOf'>, id: string, signal: AbortSignal): Promise<SingleAnswer> {
  try {
    const answer = await omni.roleOf(id, signal);
    if (answer?.kind === 'role') return answer;
    const why = answer === null ? 'Omni answered 404' : `Omni’s answer is not clear: ${answer.why}`;
    return { kind: 'unusable', problem: `requesting the roles of an account failed: ${why}`, hint: askAgain };
  } catch (error) {
    if (!(error instanceof OmniError)) throw error;
    if (error.status === 400) return { kind: 'unusable', ...describe(error) };
    return { kind: error instanceof CredentialRefusedError ? 'refused' : 'failed', ...describe(error) };
  }
}

function describe(error: AppError): RolesProblem {
  const hint =
    error instanceof CredentialRefusedError
      ? 'Create an organization API key in Omni (Settings › API access). If OMNI_API_TOKEN already is one, contact Omni support'
      : error.hint;
  return { problem: error.message, hint };
}
