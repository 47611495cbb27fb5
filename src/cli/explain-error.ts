import { AppError, UsageError } from '../errors.ts';
import { visible } from '../text/visible.ts';

/**
 * Returns what a person reads on stderr: what failed, then the hint. Only a defect of this program shows its stack.
 *
 * @param command the name of the command that failed
 */
export function explainError(error: unknown, command: string): string {
  const lines = explanation(error, command).split('\n');
  // An error may repeat text of a server or a file.
  return `omni-token-audit: ${lines.map((line) => visible(line, Number.POSITIVE_INFINITY)).join('\n')}\n`;
}

function explanation(error: unknown, command: string): string {
  if (!(error instanceof AppError)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  const help = error instanceof UsageError ? `Run \`omni-token-audit ${command} --help\` for its options` : '';
  const hint = endSentences(error.hint || help);
  return `${error.message}${hint === '' ? '' : `\n  ${hint}`}`;
}

/** Adds the final full stop to a hint of several sentences. One sentence, or a list, needs none. */
export function endSentences(hint: string): string {
  return /\. [A-Z]/.test(hint) && !hint.includes('\n') && !hint.endsWith('.') ? `${hint}.` : hint;
}
