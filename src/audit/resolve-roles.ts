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
  roles: Pick<Roles, 'toAsk' | 'known'>;
  log: Logger;
}

/** After this many unusable answers in a row, an owner whose role is known is asked. If that fails too, the endpoint does not work. */
const maxUnusableInARow = 20;
/** A request that failed, instead of an answer about one account, counts as several. */
const weightOfFailure = 10;
const maxControls = 3;

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
  const answers = new Map<string, EffectiveRole>();
  const asked = new Set<string>();
  const controls = roles.known(maxControls);
  let problem: RolesProblem | null = null;
  using limit = startLimit();
  const stop = AbortSignal.any([signal, limit.signal]);
  const ask = async (id: string): Promise<SingleAnswer> => {
    const answer = await askForRole(omni, id, stop);
    asked.add(id);
    if (answer.kind === 'role') answers.set(id, answer.role);
    // Choose the same problem each time, so that mails do not alternate.
    else if (problem === null || answer.problem < problem.problem) problem = answer;
    return answer;
  };
  try {
    let unusableInARow = 0;
    for (const id of roles.toAsk(maxRoleLookups(requestsPerMinute))) {
      if (asked.has(id)) continue;
      const { kind } = await ask(id);
      // After one usable answer, a refusal is about this account.
      const isFailure = kind === 'failed' || (kind === 'refused' && answers.size === 0);
      unusableInARow = kind === 'role' ? 0 : unusableInARow + (isFailure ? weightOfFailure : 1);
      if (unusableInARow < maxUnusableInARow) continue;
      const control = controls.find((known) => !asked.has(known));
      if (control === undefined || (await ask(control)).kind !== 'role') break;
      unusableInARow = 0;
    }
  } catch (error) {
    const isOurLimit = limit.signal.aborted && !signal.aborted;
    if (!isOurLimit && !(error instanceof DeadlineError)) throw error;
    if (error instanceof DeadlineError)
      problem ??= { problem: 'the audit’s time was up before all owners had been asked', hint: error.hint };
  }
  logProblem(log, problem, asked.size, answers.size);
  return { asked: [...asked], answers, problem };
}

function startLimit(): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), maxRoleLookupMs);
  return { signal: controller.signal, [Symbol.dispose]: () => clearTimeout(timer) };
}

function logProblem(log: Logger, problem: RolesProblem | null, asked: number, answered: number): void {
  if (problem === null) return;
  log.warn({ asked, answered, reason: problem.problem, hint: problem.hint }, 'some roles could not be read');
}

/** How many of the owners that were tried had a usable role, and why the others did not. */
export interface ProbedRoles {
  tried: number;
  usable: number;
  problem: RolesProblem | null;
}

/** Asks about each of these owners. Ends early if a request fails or is refused. @throws the signal's reason. */
export async function probeRoles(
  omni: Pick<OmniApi, 'roleOf'>,
  membershipIds: readonly string[],
  signal: AbortSignal,
): Promise<ProbedRoles> {
  const probed: ProbedRoles = { tried: 0, usable: 0, problem: null };
  for (const id of membershipIds) {
    const answer = await askForRole(omni, id, signal);
    probed.tried += 1;
    if (answer.kind === 'role') probed.usable += 1;
    else probed.problem ??= answer;
    if (answer.kind === 'failed' || answer.kind === 'refused') break;
  }
  return probed;
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
