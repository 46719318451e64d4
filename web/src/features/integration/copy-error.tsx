import { useFixT } from '../../lib/fix-words.ts';
import { useFormat } from '../../lib/i18n.tsx';
import { copyText } from '../../lib/problem.ts';
import type { Problem } from '../../lib/problem.ts';
import type { IntegrationRow } from '../../lib/rows.ts';
import { saidBy } from '../../lib/said-by.ts';
import { say } from '../../lib/toasts.ts';

/** Puts the error on the clipboard as plain text, for a message to whoever can fix it. */
export function CopyError({ problem, integration }: { problem: Problem; integration: IntegrationRow }) {
  const t = useFixT();
  const f = useFormat();
  const copy = async (): Promise<void> => {
    const text = copyText([
      [saidBy(t, integration.system, problem.code), problem.message],
      [t.integration.failedAt, problem.at && `${f.dateTime(problem.at)} (${problem.at})`],
      [t.integration.field, problem.field],
      [t.integration.code, problem.code],
      [t.integration.httpStatus, problem.status?.toString()],
      [t.integration.run, problem.runId],
      ['URL', location.href],
    ]);
    try {
      await navigator.clipboard.writeText(text);
      say({ tone: 'done', text: t.integration.copied });
    } catch {
      say({ tone: 'problem', text: t.integration.notCopied });
    }
  };
  return <button type="button" onClick={() => void copy()}>{t.integration.copy}</button>;
}
