import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { ActionButton } from '../../components/action-button.tsx';
import { ApiError } from '../../lib/api-error.ts';
import { useClient } from '../../lib/client-context.tsx';
import { useI18n, useT } from '../../lib/i18n.tsx';
import { useOrg } from '../../lib/org.tsx';
import { say } from '../../lib/toasts.ts';
import { keptFiles, saveReport } from './files.ts';
import type { Kind } from './files.ts';
import { keptQuery } from './queries.ts';
import type { HandedInReport } from './queries.ts';
import { grantWords } from './words.ts';

/** Copies of what was handed in, byte by byte; anybody who may look may take one, at any time. */
export function KeptFiles({ report, of }: { report: HandedInReport; of?: string }) {
  const app = useT();
  const t = grantWords[useI18n().locale];
  const client = useClient();
  const queries = useQueryClient();
  const { org } = useOrg();
  const busy = useRef(false);
  const [pending, setPending] = useState(false);
  const save = async (kind: Kind): Promise<void> => {
    if (busy.current) return;
    busy.current = true;
    setPending(true);
    try {
      const kept = await queries.fetchQuery(keptQuery(client, org.id, report.id));
      saveReport({ scheme: report.scheme, from: report.first_day, to: report.last_day }, kind, keptFiles(kept));
    } catch (error) {
      say({ tone: 'problem', text: app.fresh.kinds[error instanceof ApiError ? error.kind : 'server'] });
    } finally {
      busy.current = false;
      setPending(false);
    }
  };
  const named = (word: string) => (of === undefined ? undefined : `${word}: ${of}`);
  return (
    <div className="row start">
      <ActionButton pending={pending} aria-label={named(t.csv)} onClick={() => void save('csv')}>{t.csv}</ActionButton>
      <ActionButton pending={pending} aria-label={named(t.xlsx)} onClick={() => void save('xlsx')}>{t.xlsx}</ActionButton>
    </div>
  );
}
