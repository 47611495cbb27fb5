import pino, { type DestinationStream, type Logger } from 'pino';
import { explainDatabaseError } from './database-error.ts';
import { openLogOutput } from './log-output.ts';
import { visibleJson } from './text/visible.ts';

export type { DestinationStream, Logger } from 'pino';
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Creates a logger that writes JSON lines. `destination` is stderr by default, since results go to stdout. */
export function createLogger(level: LogLevel, destination: DestinationStream = openLogOutput(2)): Logger {
  return pino(
    {
      level,
      base: { name: 'omni-token-audit' },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
      // Names and server replies may contain bidi and other invisible characters that make a log line look different.
      hooks: { streamWrite: visibleJson },
    },
    destination,
  );
}

const allowedFields = ['code', 'status', 'hint', 'command', 'responseCode'] as const;
const maxCauseDepth = 4;

/**
 * Returns the fields of an error that may be logged. It is an allow-list, because error objects of HTTP and mail
 * libraries hold requests, headers and bodies. Only unexpected errors keep their stack.
 */
export function describeError(thrown: unknown, depth = 0): Record<string, unknown> {
  const error = explainDatabaseError(thrown);
  if (!(error instanceof Error)) return { message: typeof error === 'string' ? error : `a thrown ${typeof error}` };
  const described: Record<string, unknown> = { type: error.name, message: error.message };
  for (const field of allowedFields) {
    const value: unknown = Reflect.get(error, field);
    if (typeof value === 'string' || typeof value === 'number') described[field] = value;
  }
  const problems: unknown = Reflect.get(error, 'problems');
  if (Array.isArray(problems)) described.problems = problems.map(String);
  if (!('hint' in error) && depth === 0) described.stack = error.stack;
  if (error.cause !== undefined && depth < maxCauseDepth) described.cause = describeError(error.cause, depth + 1);
  return described;
}
