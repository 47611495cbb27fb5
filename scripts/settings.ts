// Writes .env.example and the table of settings in README.md from the schema in src/config/settings.ts.
import { readFileSync, writeFileSync } from 'node:fs';
import { type Variable, variables } from '../src/config/settings.ts';

const readme = new URL('../README.md', import.meta.url);
const envExampleFile = new URL('../.env.example', import.meta.url);
const table = /(?<=<!-- settings -->\n)[\s\S]*(?=<!-- end of settings -->)/;

function meaning({ description, isRequired }: Variable): string {
  return isRequired ? `${description}. Required` : description;
}

/** Returns README.md with its table of settings regenerated from the schema. */
export function readmePage(): string {
  const rows = variables.map((variable) => {
    const { name, default: value, isSecret } = variable;
    return `| \`${name}\`${isSecret ? ' *' : ''} | ${value === null ? '' : `\`${value}\` `}| ${meaning(variable)} |`;
  });
  const content = ['', '| variable | default | meaning |', '|---|---|---|', ...rows, '', ''].join('\n');
  return readFileSync(readme, 'utf8').replace(table, () => content);
}

/** Returns .env.example: required variables are empty, the others are commented out and show their defaults. */
export function envExample(): string {
  const entries = variables.map((variable) => {
    const { name, default: value, isRequired } = variable;
    const text = meaning(variable);
    return `# ${text.charAt(0).toUpperCase()}${text.slice(1)}.\n${isRequired ? '' : '# '}${name}=${value ?? ''}\n`;
  });
  return [
    '# Copy this file to .env and fill in what is required. The environment takes precedence over .env.',
    '# Put comments on lines of their own, and a value that contains # in single quotes.',
    '# A secret may also come from a file: OMNI_API_TOKEN_FILE=/run/secrets/omni_api_token\n',
    ...entries,
  ].join('\n');
}

if (import.meta.main) {
  writeFileSync(readme, readmePage());
  writeFileSync(envExampleFile, envExample());
}
