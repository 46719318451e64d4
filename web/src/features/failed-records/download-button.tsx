import { useState } from 'react';
import { ActionButton } from '../../components/action-button.tsx';
import { ApiError } from '../../lib/api-error.ts';
import { useClient } from '../../lib/client-context.tsx';
import { useFixT } from '../../lib/fix-words.ts';
import { useFormat } from '../../lib/i18n.tsx';
import { useOrg } from '../../lib/org.tsx';
import type { RecordFilter } from '../../lib/record-queries.ts';
import type { IntegrationRow } from '../../lib/rows.ts';
import { saveFile } from '../../lib/save-file.ts';
import { say } from '../../lib/toasts.ts';
import { failedTable, fileName, MOST_ROWS } from './failed-csv.ts';

type DownloadButtonProps = { integration: IntegrationRow; filter: Omit<RecordFilter, 'integration'> };

/** Everything the list holds, not only the page of it that is shown, as a table to work with elsewhere. */
export function DownloadButton({ integration, filter }: DownloadButtonProps) {
  const t = useFixT();
  const f = useFormat();
  const client = useClient();
  const { org } = useOrg();
  const [pending, setPending] = useState(false);
  const download = async (): Promise<void> => {
    setPending(true);
    try {
      const { parts, rows, isCut } = await failedTable(client, org.id, { integration: integration.integration_id, ...filter }, { t, f });
      saveFile(fileName(integration.slug, f, new Date()), parts, 'text/csv;charset=utf-8');
      say({ tone: 'done', text: isCut ? t.failed.csv.cut(MOST_ROWS) : t.failed.csv.saved(rows) });
    } catch (error) {
      say({ tone: 'problem', text: t.fresh.kinds[error instanceof ApiError ? error.kind : 'server'] });
    } finally {
      setPending(false);
    }
  };
  return <ActionButton pending={pending} onClick={() => void download()}>{pending ? t.failed.csv.pending : t.failed.csv.button}</ActionButton>;
}
