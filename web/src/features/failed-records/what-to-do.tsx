import { useQuery } from '@tanstack/react-query';
import { adviceOf } from '../../lib/advice-files.ts';
import { adviceFor } from '../../lib/advice.ts';
import type { Refusal } from '../../lib/advice.ts';
import { useFixT } from '../../lib/fix-words.ts';
import { useI18n } from '../../lib/i18n.tsx';
import { ownWords } from '../../lib/said-by.ts';
import { systemName } from '../../lib/system-name.ts';

type WhatToDoProps = {
  system: string;
  refusal: Refusal;
  /** Whether what is above says in general what to do already. */
  said?: boolean;
};

/** What to do about a refusal: in general, and where in that very system, with the vendor's own page on it; or about what we stopped. */
export function WhatToDo({ system, refusal, said = false }: WhatToDoProps) {
  const t = useFixT();
  const { locale } = useI18n();
  const { data: advice } = useQuery({ queryKey: ['advice', system], queryFn: () => adviceOf(system), staleTime: Infinity, retry: false });
  const ours = ownWords(t, refusal.code);
  const general = ours ?? (said ? undefined : t.advice.categories[refusal.category ?? '']);
  const own = advice && ours === null ? adviceFor(advice, refusal, locale) : null;
  return (
    <>
      {general && <p>{!said && <><strong>{t.integration.todo}:</strong>{' '}</>}{general}</p>}
      {own && (
        <p>
          <strong>{t.advice.inSystem(systemName(system))}:</strong> {own.text}{' '}
          {own.link && <a href={own.link} target="_blank" rel="noreferrer">{t.advice.more(new URL(own.link).hostname)}</a>}
        </p>
      )}
    </>
  );
}
