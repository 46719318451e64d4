import { Link } from 'wouter';
import type { Member } from '../../lib/manage-rows.ts';
import { useManageWords } from '../../lib/manage-words.ts';
import { paths, useOrg } from '../../lib/org.tsx';

/** Says so where an alarm would reach nobody, with the way to change that. */
export function NobodyTold({ members }: { members: readonly Member[] }) {
  const words = useManageWords();
  const { org } = useOrg();
  if (members.some(({ told }) => told)) return null;
  return (
    <div className="banner banner-error" role="alert">
      <p><strong>{words.members.nobody}.</strong> {words.members.nobodyBody}</p>
      <Link href={paths.notificationSettings(org.slug)}>{words.preferences.title}</Link>
    </div>
  );
}
