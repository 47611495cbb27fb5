import type { Database } from './database.ts';
import { prepare, type RowOf, text } from './statement.ts';

/** How a schema differs from the expected one, in clauses such as `index runs_by_status is missing`. */
export interface SchemaDifference {
  /** What this program needs. */
  missing: string[];
  /** What it does not need. It can still change what its statements do, as a trigger does. */
  unexpected: string[];
}

const schemaObject = { type: text, name: text, definition: text };

export function compareSchemas(actual: Database, expected: Database): SchemaDifference {
  const [found, wanted] = [readObjects(actual), readObjects(expected)];
  const missing: string[] = [];
  const unexpected: string[] = [];
  for (const [key, { type, name, definition }] of wanted) {
    const other = found.get(key);
    if (other === undefined) missing.push(`${key} is missing`);
    else if (other.definition !== definition) {
      (type === 'table' ? unexpected : missing).push(`${key} was changed`);
      const columns = columnsOf(actual, name);
      const lost = columnsOf(expected, name).filter((column) => !columns.includes(column));
      missing.push(...lost.map((column) => `column ${name}.${column} is missing`));
    }
  }
  for (const key of found.keys()) {
    // SQLite's own objects. Others with such a name can only be made by force.
    if (!wanted.has(key) && !/^(?:table sqlite_(?:sequence|stat\d)|index sqlite_autoindex_\w+)$/.test(key))
      unexpected.push(`${key} is unexpected`);
  }
  return { missing, unexpected };
}

/** Returns what is in the schema, by type and name. */
function readObjects(db: Database): Map<string, RowOf<typeof schemaObject>> {
  const objects = prepare(db, "SELECT type, name, coalesce(sql, '') AS definition FROM sqlite_schema");
  return new Map(
    objects
      .returning(schemaObject)
      .all()
      .map(({ type, name, definition }) => [
        `${type} ${/^\w{1,80}$/.test(name) ? name : JSON.stringify(name.slice(0, 80))}`,
        { type, name, definition: definition.replaceAll(/\s+/g, ' ') },
      ]),
  );
}

function columnsOf(db: Database, table: string): string[] {
  return prepare<[string]>(db, 'SELECT name FROM pragma_table_xinfo(?)').returningOne(text).all(table);
}
