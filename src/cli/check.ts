import type { CheckedPoint } from '../check.ts';
import { parseCommandLine } from './arguments.ts';
import type { RunCommand } from './command.ts';
import { exitCode } from './exit-code.ts';

export const run: RunCommand = async (args, { env, print, signal }) => {
  const { values } = parseCommandLine(args, { 'adopt-url': { type: 'boolean', default: false } });
  const { checkAll } = await import('../check.ts');
  let code: number = exitCode.done;
  for await (const point of checkAll(env, { adoptUrl: values['adopt-url'] }, signal)) {
    print(describe(point));
    if (!point.isFine) code = codeOf(point, code);
  }
  return code;
};

function describe({ what, isFine, says, hint }: CheckedPoint): string {
  const line = `${isFine ? '✓' : '✗'} ${what}: ${says}\n`;
  return hint === '' ? line : `${line}    ${hint}\n`;
}

/** Configuration and database weigh more than what another machine may hint by itself. */
function codeOf({ what }: CheckedPoint, soFar: number): number {
  return what === 'configuration' || what === 'database' ? exitCode.refused : soFar || exitCode.failed;
}
