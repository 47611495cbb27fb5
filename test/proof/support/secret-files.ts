import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Of each file, who may do what with it, as `ls` counts it; `.` is the folder itself. */
export function modesIn(folder: string): Record<string, string> {
  const names = ['.', ...readdirSync(folder)].sort();
  return Object.fromEntries(names.map((name) => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]));
}

interface LockedPackage {
  /** Only where the folder is named otherwise. */
  name?: string;
  resolved?: string;
  integrity?: string;
  link?: boolean;
  hasInstallScript?: boolean;
}

/**
 * What may not be in a lock file. `packages` as npm writes it: without `resolved`, a package comes
 * from the registry that npm is set to, and its hash is what vouches for it.
 */
export function untrustworthy(packages: Record<string, LockedPackage>): string[] {
  return Object.entries(packages).flatMap(([path, { name: realName, resolved, integrity, link, hasInstallScript }]) => {
    if (path === '') return [];
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    return [
      ...(path.startsWith('node_modules/') && link !== true ? [] : [`${path} is a folder`]),
      ...(realName === undefined ? [] : [`${path} is ${realName}`]),
      ...(/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? '') ? [] : [`${path} has no sha512`]),
      ...(resolved === undefined || resolved.startsWith(`https://registry.npmjs.org/${name}/-/`)
        ? []
        : [`${path} comes from ${resolved}`]),
      ...(hasInstallScript === true && name !== 'node' ? [`${path} runs a script`] : []),
    ];
  });
}
