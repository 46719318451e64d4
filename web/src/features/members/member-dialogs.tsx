import { useId, useState } from 'react';
import type { FormEvent } from 'react';
import { ActionButton } from '../../components/action-button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { formText } from '../../lib/form-text.ts';
import { useT } from '../../lib/i18n.tsx';
import { removeMember, setRole } from '../../lib/manage-actions.ts';
import type { Member } from '../../lib/manage-rows.ts';
import { useAction } from '../../lib/use-action.ts';
import { useManageWords } from '../../lib/manage-words.ts';
import { useOrg } from '../../lib/org.tsx';
import { inviteMember } from './invitations.ts';

type Role = Member['role'];
const ROLES: readonly Role[] = ['owner', 'admin', 'viewer'];

/** The roles this person may give, each with what it means. */
function RoleSelect({ id, role }: { id: string; role: Role }) {
  const words = useManageWords().members;
  const { org } = useOrg();
  const [chosen, setChosen] = useState(role);
  const offered = ROLES.filter((one) => one !== 'owner' || org.role === 'owner');
  return (
    <div className="form">
      <label htmlFor={id}>{words.role}</label>
      <select
        id={id} name="role" value={chosen} aria-describedby={`${id}-means`}
        onChange={(event) => setChosen(event.currentTarget.value as Role)}
      >
        {offered.map((one) => <option key={one} value={one}>{words.roles[one]}</option>)}
      </select>
      <p className="muted" id={`${id}-means`}>{words.meansOf[chosen]}</p>
    </div>
  );
}

export function InviteDialog({ onClose }: { onClose: () => void }) {
  const t = useT();
  const words = useManageWords().members;
  const id = useId();
  const { org } = useOrg();
  const [problem, setProblem] = useState<string | null>(null);
  const add = useAction(inviteMember, (_, { name }) => words.added(name));
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [email, name, role] = ['email', 'name', 'role'].map((field) => formText(form, field).trim()) as [string, string, string];
    if (!email || !name) return setProblem(words.missing);
    setProblem(null);
    if (await add.run({ org: org.id, email, name, role })) onClose();
  };
  return (
    <Dialog title={words.addTitle} onClose={onClose}>
      <form className="stack" noValidate onSubmit={(event) => void submit(event)}>
        <p>{words.addBody}</p>
        <div className="form">
          <label htmlFor={`${id}-email`}>{words.email}</label>
          <input id={`${id}-email`} name="email" type="email" autoComplete="off" data-first-focus aria-describedby={`${id}-problem`} />
        </div>
        <div className="form">
          <label htmlFor={`${id}-name`}>{words.name}</label>
          <input id={`${id}-name`} name="name" autoComplete="off" aria-describedby={`${id}-problem`} />
        </div>
        <RoleSelect id={`${id}-role`} role="viewer" />
        <p className="form-problem" id={`${id}-problem`} role="alert">{problem}</p>
        <div className="row end">
          <button type="button" onClick={onClose}>{t.app.cancel}</button>
          <button type="submit" className="primary" disabled={add.pending}>{words.addDo}</button>
        </div>
      </form>
    </Dialog>
  );
}

type MemberDialogProps = { member: Member; name: string; onClose: () => void };

export function RoleDialog({ member, name, onClose }: MemberDialogProps) {
  const t = useT();
  const words = useManageWords().members;
  const id = useId();
  const { org } = useOrg();
  const change = useAction(setRole, (_, { becomes }) => words.changed(name, words.roles[becomes as Role]));
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const becomes = formText(new FormData(event.currentTarget), 'role');
    if (await change.run({ org: org.id, member: member.user_id, was: member.role, becomes })) onClose();
  };
  return (
    <Dialog title={words.changeTitle(name)} onClose={onClose}>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <RoleSelect id={`${id}-role`} role={member.role} />
        <div className="row end">
          <button type="button" onClick={onClose}>{t.app.cancel}</button>
          <button type="submit" className="primary" disabled={change.pending}>{words.changeDo}</button>
        </div>
      </form>
    </Dialog>
  );
}

export function RemoveDialog({ member, name, onClose }: MemberDialogProps) {
  const t = useT();
  const words = useManageWords().members;
  const { org } = useOrg();
  const remove = useAction(removeMember, () => words.removed(name));
  const go = async (): Promise<void> => {
    if (await remove.run({ org: org.id, member: member.user_id, was: member.role })) onClose();
  };
  return (
    <Dialog title={words.removeTitle(name)} onClose={onClose}>
      <p>{words.removeBody}</p>
      <div className="row end">
        <button type="button" onClick={onClose}>{t.app.cancel}</button>
        <ActionButton primary pending={remove.pending} onClick={() => void go()}>{words.removeDo}</ActionButton>
      </div>
    </Dialog>
  );
}
