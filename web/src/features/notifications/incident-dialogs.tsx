import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import type { FormEvent } from 'react';
import { Dialog } from '../../components/dialog.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { ReasonDialog } from '../../components/reason-dialog.tsx';
import { useClient } from '../../lib/client-context.tsx';
import { formText } from '../../lib/form-text.ts';
import { useT } from '../../lib/i18n.tsx';
import { assignIncident, snoozeIncident } from '../../lib/manage-actions.ts';
import { membersQuery } from '../../lib/manage-queries.ts';
import type { Incident } from '../../lib/manage-rows.ts';
import { useAction } from '../../lib/use-action.ts';
import { useManageWords } from '../../lib/manage-words.ts';
import { useOrg } from '../../lib/org.tsx';

type DialogProps = { incident: Incident; onClose: () => void };

export function AssignDialog({ incident, onClose }: DialogProps) {
  const t = useT();
  const words = useManageWords().notifications;
  const client = useClient();
  const id = useId();
  const { org } = useOrg();
  const members = useQuery(membersQuery(client, org.id));
  const assign = useAction(assignIncident, (_, { member }) => (member ? words.saidAssigned : words.saidUnassigned));
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const reason = formText(form, 'reason').trim();
    if (await assign.run({ org: org.id, incident: incident.id, member: formText(form, 'member') || null, ...(reason && { reason }) })) onClose();
  };
  return (
    <Dialog title={words.assignTitle} onClose={onClose}>
      <Loaded query={members}>
        {(known) => (
          <form className="stack" onSubmit={(event) => void submit(event)}>
            <div className="form">
              <label htmlFor={`${id}-member`}>{words.assignTo}</label>
              <select id={`${id}-member`} name="member" defaultValue={incident.assigned_to ?? ''}>
                <option value="">{words.nobody}</option>
                {known.filter(({ role }) => role !== 'viewer')
                  .map(({ user_id: user, name, email }) => <option key={user} value={user}>{name || email || user}</option>)}
              </select>
            </div>
            <div className="form">
              <label htmlFor={`${id}-reason`}>{words.optionalReason}</label>
              <input id={`${id}-reason`} name="reason" autoComplete="off" />
            </div>
            <div className="row end">
              <button type="button" onClick={onClose}>{t.app.cancel}</button>
              <button type="submit" className="primary" disabled={assign.pending}>{words.assignDo}</button>
            </div>
          </form>
        )}
      </Loaded>
    </Dialog>
  );
}

export function SnoozeDialog({ incident, onClose }: DialogProps) {
  const words = useManageWords().notifications;
  const { org } = useOrg();
  const snooze = useAction(snoozeIncident, () => words.saidSnoozed);
  return (
    <ReasonDialog
      title={words.snoozeTitle} body={words.snoozeBody} pending={snooze.pending} onClose={onClose}
      choices={Object.entries(words.snoozeFor).map(([minutes, word]) => ({
        word, act: (reason: string) => snooze.run({ org: org.id, incident: incident.id, minutes: Number(minutes), reason }),
      }))}
    />
  );
}
