import { useT } from './i18n.tsx';
import { useOrg } from './org.tsx';

/** Why the person may not act here, or null when they may. The database decides; this only says so beforehand. */
export function useOff(): string | null {
  const t = useT();
  const { org, mayAct } = useOrg();
  return mayAct ? null : t.app.viewer(t.app.roles[org.role]);
}
