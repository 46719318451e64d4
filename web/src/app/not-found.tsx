import { Link } from 'wouter';
import { Page } from '../components/page.tsx';
import { useT } from '../lib/i18n.tsx';

export function NotFound({ title, home = '/' }: { title?: string; home?: string }) {
  const t = useT();
  return (
    <Page title={title ?? t.notFound.title}>
      <p>{t.notFound.body}</p>
      <p><Link href={home}>{t.notFound.home}</Link></p>
    </Page>
  );
}
