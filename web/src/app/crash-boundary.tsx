import { Component } from 'react';
import type { ReactNode } from 'react';
import { useT } from '../lib/i18n.tsx';

function Crash({ error }: { error: Error }) {
  const t = useT();
  return (
    <main className="alone">
      <div className="card stack" role="alert">
        <h1>{t.crash.title}</h1>
        <p>{t.crash.body}</p>
        <div className="row"><button type="button" className="primary" onClick={() => location.reload()}>{t.app.reload}</button></div>
        <pre>{`${error.name}: ${error.message}`}</pre>
      </div>
    </main>
  );
}

/** React lets only a class catch what its children throw. */
export class CrashBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: unknown): { error: Error } {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    return this.state.error ? <Crash error={this.state.error} /> : this.props.children;
  }
}
