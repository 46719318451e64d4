import { useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { ActionButton } from '../../components/action-button.tsx';
import { useFixT } from '../../lib/fix-words.ts';
import { useOrg } from '../../lib/org.tsx';
import { useAction } from '../../lib/use-action.ts';
import { setApproveChanges } from './fix-actions.ts';

function useSwitch(onDone?: () => void) {
  const t = useFixT();
  const queries = useQueryClient();
  const { org } = useOrg();
  const change = useAction(setApproveChanges, (_, { required }) => (required ? t.approval.switchedOn : t.approval.switchedOff));
  const set = async (required: boolean, reason: string | null): Promise<void> => {
    if (!await change.run({ org: org.id, required, reason })) return;
    await queries.invalidateQueries({ queryKey: ['organizations'] });
    onDone?.();
  };
  return { set, pending: change.pending };
}

function SwitchOff() {
  const t = useFixT();
  const id = useId();
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const { set, pending } = useSwitch();
  const go = (): void => {
    if (reason.trim().length < 3) return setProblem(t.app.reasonMissing);
    setProblem(null);
    void set(false, reason.trim());
  };
  return (
    <details>
      <summary>{t.approval.switchOff}</summary>
      <div className="form">
        <label htmlFor={id}>{t.app.reason}</label>
        <input id={id} autoComplete="off" value={reason} aria-describedby={`${id}-problem`} onChange={(event) => setReason(event.currentTarget.value)} />
        <p className="form-problem" id={`${id}-problem`} role="alert">{problem}</p>
        <div className="row start"><ActionButton pending={pending} onClick={go}>{t.approval.switchOffDo}</ActionButton></div>
      </div>
    </details>
  );
}

/** Says that a second person has to agree, or that there is none; whoever may change that finds the switch here. */
export function ApprovalNote({ needed }: { needed: boolean }) {
  const t = useFixT();
  const { org, mayAct } = useOrg();
  const { set, pending } = useSwitch();
  const mayDecide = mayAct && (org.role === 'owner' || org.other_approvers === 0);
  if (needed) {
    return (
      <div className="note stack" role="status">
        <p>{org.other_approvers > 0 ? t.approval.needed : t.approval.alone}</p>
        {mayDecide && <SwitchOff />}
      </div>
    );
  }
  if (org.approve_changes || !mayDecide) return null;
  return (
    <div className="row start muted">
      <span>{t.approval.off}</span>
      <ActionButton className="quiet" pending={pending} onClick={() => void set(true, null)}>{t.approval.switchOn}</ActionButton>
    </div>
  );
}
