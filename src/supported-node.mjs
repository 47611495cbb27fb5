// Plain JavaScript without new syntax, since an old Node must be able to run it.

export const oldestNode = '24.14.0';

/**
 * Ends the process with one readable sentence when this Node is too old. Otherwise it would crash with a stack trace.
 *
 * @param {string} running such as `20.19.0`
 */
export function requireSupportedNode(running) {
  const [major = 0, minor = 0] = running.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldestNode.split('.').map(Number);
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  process.stderr.write(
    `omni-token-audit needs Node ${oldestNode} or newer. This is Node ${running}: install a newer version from https://nodejs.org, or use the container image.\n`,
  );
  process.exit(2);
}
