import type { Session } from '@supabase/auth-js';
import { isAuthRetryableFetchError } from '@supabase/auth-js';
import { useQueryClient } from '@tanstack/react-query';
import { createContext, use, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { ApiError } from './api-error.ts';
import { useClient } from './client-context.tsx';
import { recall, remember } from './memory.ts';
import { setPageTitle } from './tab.ts';
import { unsayAll } from './toasts.ts';

/** `lost`: there was a session and it ended by itself, so the page stays and asks for a new one on top. */
type State = 'checking' | 'in' | 'lost' | 'out' | 'unconfirmed';

type SessionValue = {
  state: State;
  email: string | null;
  /** The session was ended on purpose: whoever comes next begins at the front door. */
  left: boolean;
  signOut: () => Promise<void>;
  recheck: () => void;
};

const SessionContext = createContext<SessionValue | null>(null);

const CONFIRM_MS = 10_000;

// Signing out in one tab ends the others as well; they learn from storage that it was meant.
const MEANT_MS = 10_000;
const wasMeant = (): boolean => Date.now() - Number(recall('signed-out') ?? 0) < MEANT_MS;

/** Follows the session in this tab and in the others. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const { auth } = useClient();
  const queries = useQueryClient();
  const [state, setState] = useState<State>('checking');
  const [email, setEmail] = useState<string | null>(null);
  const [left, setLeft] = useState(false);
  const person = useRef<string | null>(null);
  const lost = useRef(false);

  // Another person on the same page must not see what the first one left there.
  const forget = useCallback(() => {
    queries.clear();
    unsayAll();
    setPageTitle('');
  }, [queries]);

  const arrive = useCallback((session: Session) => {
    if (person.current && person.current !== session.user.id) forget();
    person.current = session.user.id;
    setEmail(session.user.email ?? null);
    setLeft(false);
    setState('in');
    if (lost.current) void queries.invalidateQueries();
    lost.current = false;
  }, [queries, forget]);

  const lose = useCallback(() => {
    if (!person.current) return;
    lost.current = true;
    setState('lost');
  }, []);

  const leave = useCallback(() => {
    if (person.current && !wasMeant()) return lose();
    if (person.current) {
      setLeft(true);
      setEmail(null);
    }
    person.current = null;
    lost.current = false;
    forget();
    setState('out');
  }, [forget, lose]);

  const check = useCallback(async () => {
    // A sign-in service that never answers must not keep anybody waiting for ever; an answer that comes late still counts.
    const late = setTimeout(() => setState('unconfirmed'), CONFIRM_MS);
    try {
      const { data, error } = await auth.getSession();
      if (data.session) arrive(data.session);
      else setState(isAuthRetryableFetchError(error) ? 'unconfirmed' : 'out');
    } catch {
      setState('unconfirmed');
    } finally {
      clearTimeout(late);
    }
  }, [auth, arrive]);

  useEffect(() => {
    void check();
    const { data } = auth.onAuthStateChange((event, session) => {
      if (event === 'SIGNED_OUT') leave();
      else if (session && event !== 'INITIAL_SESSION') arrive(session);
    });
    return () => data.subscription.unsubscribe();
  }, [auth, check, arrive, leave]);

  // The server may end a session that this browser still believes in.
  useEffect(() => queries.getQueryCache().subscribe((event) => {
    if (event.type !== 'updated' || event.action.type !== 'error') return;
    if (event.action.error instanceof ApiError && event.action.error.kind === 'session') lose();
  }), [queries, lose]);

  const value = useMemo<SessionValue>(() => ({
    state,
    email,
    left,
    signOut: async () => {
      remember('signed-out', String(Date.now()));
      // `local` forgets the session here whether or not the server can be told.
      await auth.signOut({ scope: 'local' });
    },
    recheck: () => {
      setState('checking');
      void check();
    },
  }), [state, email, left, auth, check]);
  return <SessionContext value={value}>{children}</SessionContext>;
}

export function useSession(): SessionValue {
  const session = use(SessionContext);
  if (!session) throw new Error('useSession needs a SessionProvider');
  return session;
}
