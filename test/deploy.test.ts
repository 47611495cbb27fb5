import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import manifest from '../package.json' with { type: 'json' };
import { exitCode } from '../src/cli/exit-code.ts';
import { variables } from '../src/config/settings.ts';
import { filesLike, readText } from './support/project-files.ts';

/** Returns the lines that are neither blank nor comments, with continued lines joined. */
function statements(path: string): string[] {
  const lines = readText(path).split('\n');
  const code = lines.filter((line) => !/^\s*(#|$)/.test(line)).join('\n');
  return code.replaceAll('\\\n', ' ').split('\n');
}

/** The names of the files for secrets: those of their variables in lower case. */
const secretFiles = variables.filter(({ isSecret }) => isSecret).map(({ name }) => name.toLowerCase());

describe('the image', () => {
  const dockerfile = statements('Dockerfile');

  test('uses the major version of Node that .nvmrc and package.json name', () => {
    const bases = new Set(
      dockerfile.flatMap((line) => /^ARG BASE_NAME=docker\.io\/library\/node:(\d+)/.exec(line)?.[1] ?? []),
    );
    assert.deepEqual(bases, new Set([readText('.nvmrc').split('.')[0]]));
    assert.deepEqual(bases, new Set([/\d+/.exec(manifest.engines.node)?.[0]]));
  });

  test('is built from exactly the files that the Dockerfile copies', () => {
    const copies = dockerfile.filter((line) => line.startsWith('COPY ') && !line.includes('--from='));
    const copied = copies.flatMap((line) => line.split(/\s+/).slice(1, -1));
    const [first, ...rest] = statements('.dockerignore').filter((line) => line !== '');
    assert.equal(first, '*');
    assert.deepEqual(rest.sort(), copied.map((path) => `!${path}`).sort());
  });

  test('contains no package with a Node, and no package runs a script while it is installed', () => {
    const installs = dockerfile.filter((line) => /\bnpm (ci|install)\b/.test(line));
    assert.equal(installs.length, 2);
    for (const line of installs) assert.match(line, / --omit=dev --omit=optional --ignore-scripts /);
  });

  test('is the worker by default, does not run as root, runs node directly and has a health check', () => {
    const worker = dockerfile.slice(dockerfile.findLastIndex((line) => line.startsWith('FROM ')));
    assert.match(worker[0] ?? '', / AS worker$/);
    for (const line of ['USER 1000:1000', 'ENTRYPOINT ["node", "/app/src/main.ts"]', 'CMD ["start"]']) {
      assert.ok(worker.includes(line), line);
    }
    const healthCheck = /^HEALTHCHECK .*CMD \["node", "\/app\/src\/main\.ts", "healthcheck"\]$/;
    assert.ok(worker.some((line) => healthCheck.test(line)));
  });

  test('fills its compile cache from source files that exist', () => {
    const pattern = /globSync\('\/app\/([^']+)'\)/.exec(dockerfile.join('\n'))?.[1] ?? '';
    for (const path of ['src/cli/audit.ts', 'src/wiring.ts']) assert.ok(filesLike(pattern).includes(path), pattern);
  });
});

describe('the Compose file', () => {
  const compose = statements('docker-compose.yml');

  test('lets the folder name the project, so that a second organisation does not replace the first', () => {
    assert.ok(!compose.some((line) => line.startsWith('name:')));
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Compose replaces it.
    assert.ok(compose.includes('    image: omni-token-audit:${COMPOSE_PROJECT_NAME}'));
  });

  test('mounts the folder of the secrets, so that a replaced file takes effect in a running container', () => {
    assert.ok(compose.includes('      - ./deploy/secrets:/run/secrets:ro'));
  });
});

describe('the Kubernetes manifests', () => {
  const base = 'deploy/kubernetes/base';
  const audit = readText(`${base}/audit.yaml`);

  test('do not retry an audit if a retry would exit with the same code', () => {
    const codes = /values: \[([\d, ]+)\]/.exec(audit)?.[1]?.split(', ').map(Number);
    assert.deepEqual(codes, [exitCode.refused, exitCode.alarming]);
  });

  test('give all pods one sandbox, and keep the environment variables of Services out of it', () => {
    const pod = readText(`${base}/pod.yaml`);
    assert.match(readText(`${base}/kustomization.yaml`), /- path: pod\.yaml\n\s+target:\n\s+kind: CronJob\n/);
    assert.match(pod, /^ +enableServiceLinks: false$/m);
    const container = /containers:\n\s+- name: (\S+)\n/.exec(pod)?.[1];
    assert.match(audit, new RegExp(`containerName: ${container}\n`));
    // Kustomize merges containers by name: another name would be a second container without a sandbox.
    for (const file of ['audit', 'backup', 'shell']) {
      assert.match(readText(`${base}/${file}.yaml`), new RegExp(`containers:\\n\\s+- name: ${container}\\n`), file);
    }
  });

  for (const organisation of ['acme', 'globex']) {
    test(`give ${organisation} the same schedule in its CronJob and in its settings`, () => {
      const folder = `deploy/kubernetes/overlays/two-organisations/${organisation}`;
      const settings = readText(`${folder}/settings.env`);
      const patches = readText(`${folder}/kustomization.yaml`);
      assert.equal(/^AUDIT_CRON=(.*)$/m.exec(settings)?.[1], /schedule\n\s+value: "(.*)"$/m.exec(patches)?.[1]);
      assert.equal(/^AUDIT_TIMEZONE=(.*)$/m.exec(settings)?.[1], /timeZone\n\s+value: (.*)$/m.exec(patches)?.[1]);
    });
  }
});

describe('the systemd units', () => {
  const common = statements('deploy/systemd/omni-token-.service.d/common.conf');

  test('all start the program through the file that checks its Node, and all get the sandbox', () => {
    for (const path of filesLike('deploy/systemd/*.service')) {
      assert.match(statements(path).join('\n'), /^ExecStart=.*\/opt\/omni-token-audit\/omni-token-audit /m, path);
      // The folder omni-token-.service.d applies to units with this prefix.
      assert.match(path, /\/omni-token-[\w-]+@\.service$/);
    }
    for (const line of ['NoNewPrivileges=yes', 'SystemCallFilter=@system-service', 'User=omni-token-audit-%i']) {
      assert.ok(common.includes(line), line);
    }
  });

  test('do not start again what a restart cannot fix', () => {
    const codes = (unit: string): string | undefined =>
      /^RestartPreventExitStatus=(.*)$/m.exec(readText(`deploy/systemd/${unit}@.service`))?.[1];
    assert.equal(codes('omni-token-audit'), `${exitCode.refused}`);
    assert.equal(codes('omni-token-audit-once'), `${exitCode.refused} ${exitCode.locked} ${exitCode.alarming}`);
  });

  test('load every secret that the program knows', () => {
    const loaded = common.flatMap((line) => /^LoadCredential=(\w+):/.exec(line)?.[1] ?? []);
    assert.deepEqual(loaded.sort(), secretFiles.toSorted());
  });
});

describe('docs/operate.md', () => {
  const page = readText('docs/operate.md');

  test('has the same tasks for each way of running', () => {
    const ways = page.split(/^## /m).filter((part) => /^(Compose|Kubernetes|systemd|A checkout)\n/.test(part));
    assert.equal(ways.length, 4);
    // Each heading ends with its way, as in `Restore (systemd)`, so that a link never leads to another way.
    const headings = ways.map((way) => [...way.matchAll(/^### (.*) \((.*)\)$/gm)]);
    const tasks = headings.map((found) => found.map(([, task]) => task));
    assert.notEqual(tasks[0]?.length, 0);
    for (const other of tasks) assert.deepEqual(other, tasks[0]);
    const marks = headings.map((found) => [...new Set(found.map(([, , way]) => way))]);
    assert.deepEqual(marks, [['Compose'], ['Kubernetes'], ['systemd'], ['checkout']]);
  });

  test('says how to rotate every secret and what every exit code means', () => {
    const firstCells = [...page.matchAll(/^\| ([^|]*) \|/gm)].map(([, cell = '']) => cell);
    for (const code of Object.values(exitCode)) assert.ok(firstCells.includes(String(code)), String(code));
    for (const file of secretFiles) assert.match(page, new RegExp(`^\\| [^|]+ \\| \`${file}\` \\|`, 'm'));
  });

  test('links only to headings that exist', () => {
    const seen = new Map<string, number>();
    const anchors = [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => {
      const anchor = heading
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-');
      const count = seen.get(anchor) ?? 0;
      seen.set(anchor, count + 1);
      return count === 0 ? anchor : `${anchor}-${count}`;
    });
    for (const [, anchor = ''] of page.matchAll(/\]\(#([^)]+)\)/g)) assert.ok(anchors.includes(anchor), anchor);
  });
});

describe('the deployment', () => {
  const known = new Set([
    ...variables.flatMap(({ name, isSecret }) => (isSecret ? [name, `${name}_FILE`] : [name])),
    ...['NODE_ENV', 'NODE_COMPILE_CACHE', 'NODE_EXTRA_CA_CERTS', 'HTTPS_PROXY', 'NO_PROXY', 'COMPOSE_PROJECT_NAME'],
  ]);

  for (const [files, pattern] of [
    ['Dockerfile', /^(?:ENV | +)([A-Z_]+)=\S+(?: \\)?$/gm],
    ['docker-compose.yml', /^[\s#]*([A-Z][A-Z_]+):/gm],
    ['deploy/kubernetes/base/pod.yaml', /^ +- name: ([A-Z_]+)$/gm],
    ['deploy/kubernetes/overlays/*/*/settings.env', /^([A-Z_]+)=/gm],
    ['deploy/systemd/*.service.d/*.conf', /^Environment=(\w+)=/gm],
    ['docs/operate.md', /\b([A-Z][A-Z_]*_[A-Z_]+)(?:=|`)/g],
  ] as const) {
    test(`sets only variables that exist in ${files}`, () => {
      const texts = filesLike(files).map(readText);
      const names = texts.flatMap((text) => [...text.matchAll(pattern)].map(([, name = '']) => name));
      assert.notEqual(names.length, 0);
      assert.deepEqual(
        names.filter((name) => !known.has(name)),
        [],
      );
    });
  }

  test('puts no secret into the settings of an organisation', () => {
    const secrets = variables.filter(({ isSecret }) => isSecret).map(({ name }) => name);
    for (const path of filesLike('deploy/kubernetes/overlays/*/*/settings.env')) {
      for (const name of secrets) assert.doesNotMatch(readText(path), new RegExp(`^${name}=`, 'm'));
    }
  });

  test('audits at the default of AUDIT_CRON and AUDIT_TIMEZONE where nobody has changed it', () => {
    const [cron, zone] = ['AUDIT_CRON', 'AUDIT_TIMEZONE'].map((name) => defaultOf(name));
    assert.equal(cron, '0 7 * * *');
    assert.match(
      readText('deploy/kubernetes/base/audit.yaml'),
      new RegExp(`schedule: "${cron?.replaceAll('*', '\\*')}"\n +timeZone: Etc/${zone}\n`),
    );
    assert.match(
      readText('deploy/systemd/omni-token-audit-once@.timer'),
      new RegExp(`^OnCalendar=\\*-\\*-\\* 07:00:00 ${zone}$`, 'm'),
    );
  });
});

function defaultOf(name: string): string | null | undefined {
  return variables.find((variable) => variable.name === name)?.default;
}
