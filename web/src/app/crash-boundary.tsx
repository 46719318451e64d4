import { Component } from 'react';
import type { ReactNode } from 'react';
import { useT } from '../lib/i18n.tsx';

function Crash({ error }: { error: Error }) {
  const t = useT();
  return (
    <div className="card stack" role="alert">
      <h1>{t.crash.title}</h1>
      <p>{t.crash.body}</p>
      <div className="row"><button type="button" className="primary" onClick={() => location.reload()}>{t.app.reload}</button></div>
      <pre>{`${error.name}: ${error.message}`}</pre>
    </div>
  );
}

/**
 * React lets only a class catch what its children throw. `within` an address: inside the page's own frame, which stays, and leaving
 * the address leaves the crash behind.
 */
export class CrashBoundary extends Component<{ children: ReactNode; within?: string }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: unknown): { error: Error } {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override componentDidUpdate(before: { within?: string }): void {
    if (this.state.error && before.within !== this.props.within) this.setState({ error: null });
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    return this.props.within !== undefined ? <Crash error={error} /> : <main className="alone"><Crash error={error} /></main>;
  }
}
