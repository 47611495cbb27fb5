import type { CheckedPoint } from '../audit/checked-point.ts';
import { codePointOf, visible } from '../text/visible.ts';
import { parseCommandLine } from './arguments.ts';
import type { RunCommand } from './command.ts';
import { exitCode } from './exit-code.ts';
import { endSentences } from './explain-error.ts';

export const run: RunCommand = async (args, { app, print, signal }) => {
  const { values } = parseCommandLine(args, { 'adopt-url': { type: 'boolean', default: false } });
  let code: number = exitCode.done;
  for await (const point of (await app()).check({ adoptUrl: values['adopt-url'] }, signal)) {
    // An interrupted point says nothing about the server.
    signal.throwIfAborted();
    print(describe(point));
    if (!point.isFine) code = codeOf(point, code);
  }
  return code;
};

const maxMessageLength = 1000;

function describe({ what, isFine, message, hint }: CheckedPoint): string {
  // Omni's and the mail server's answers may contain anything, even our own marks.
  const shown = visible(message, maxMessageLength).replaceAll(/[✓✗]/g, codePointOf);
  const line = `${isFine ? '✓' : '✗'} ${what}: ${shown}\n`;
  return hint === '' ? line : `${line}    ${endSentences(hint).replaceAll('\n', '\n    ')}\n`;
}

/** A problem of the configuration or database (2) takes precedence over one of Omni or the mail server (1). */
function codeOf({ what }: CheckedPoint, soFar: number): number {
  return what === 'configuration' || what === 'database' ? exitCode.refused : soFar || exitCode.failed;
}
