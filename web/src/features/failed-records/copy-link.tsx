import { useFixT } from '../../lib/fix-words.ts';
import { say } from '../../lib/toasts.ts';

/** Puts the address of a page of ours on the clipboard. */
export function CopyLink({ path }: { path: string }) {
  const t = useFixT();
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(new URL(path, location.origin).href);
      say({ tone: 'done', text: t.share.copied });
    } catch {
      say({ tone: 'problem', text: t.integration.notCopied });
    }
  };
  return <button type="button" className="quiet" onClick={() => void copy()}>{t.share.copy}</button>;
}
