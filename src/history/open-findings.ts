import type { ConditionKind } from '../rules/catalogue.ts';
import type { SubjectType } from '../rules/finding.ts';
import { conditionFacts } from '../rules/judge.ts';
import type { Severity } from '../rules/severity.ts';
import { createSubjectReader } from '../store/condition-subject.ts';
import type { Database } from '../store/database.ts';
import type { OwnerReader } from '../store/owners.ts';
import { integer, prepare, text, textOf } from '../store/statement.ts';
import type { History } from './history.ts';

export function createOpenFindings(db: Database, owners: OwnerReader): Pick<History, 'openFindings'> {
  const open = prepare(
    db,
    `SELECT c.id, c.opened_run_id AS runId, c.kind, c.severity, c.level, c.subject_type AS subjectType, c.subject
       FROM conditions AS c
      WHERE c.resolved_run_id IS NULL
        AND NOT EXISTS (SELECT 1
                          FROM acknowledgements AS a
                         WHERE a.condition_id = c.id
                           AND a.ended_at IS NULL)
      ORDER BY c.id`,
  ).returning({
    id: integer,
    runId: integer,
    kind: textOf<ConditionKind>(),
    severity: textOf<Severity>(),
    level: integer,
    subjectType: textOf<SubjectType>(),
    subject: text,
  });
  const subjectOf = createSubjectReader(db, owners);

  return {
    *openFindings(now) {
      for (const { id, runId, kind, severity, level, subjectType, subject } of open.iterate()) {
        const header = { id, runId, severity, subject: { type: subjectType, id: subject } };
        const about = subjectOf(header.subject);
        const content = { ...conditionFacts(kind, level, about, now), transition: 'opened' } as const;
        if (about.kind === 'owner') {
          yield { ...header, ...content, token: null, owner: about.owner, register: null };
        } else {
          const { enabled, ...token } = about.token;
          const owner = owners.lastKnown(token.membershipId);
          yield { ...header, ...content, token, owner, register: about.register?.entry ?? null };
        }
      }
    },
  };
}
