import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';
import { applyTheme } from './app/theme.ts';
import { mayPass } from './lib/api-error.ts';
import { ClientContext } from './lib/client-context.tsx';
import { makeClient } from './lib/client.ts';
import { loadConfig } from './lib/config.ts';
import { loadCatalogue } from './lib/i18n.tsx';
import { firstLocale } from './lib/locale.ts';
import { recall } from './lib/memory.ts';
import './styles/index.css';

const SESSION_TIMEOUT_MS = 10_000;

function makeQueries(): QueryClient {
  // `always`: offline is a failed read that the page tells about, not a pause that looks like calm.
  return new QueryClient({
    defaultOptions: {
      queries: { networkMode: 'always', retry: (failures, error) => failures < 1 && mayPass(error), staleTime: 2_000 },
      mutations: { networkMode: 'always', retry: false },
    },
  });
}

async function start(root: HTMLElement): Promise<void> {
  try {
    const locale = firstLocale(recall('locale'), navigator.languages);
    const [config, catalogue] = await Promise.all([loadConfig(fetch), loadCatalogue(locale)]);
    const client = makeClient(config, {
      fetch: (input, init) => fetch(input, init), storage: localStorage, autoRefresh: true, sessionTimeoutMs: SESSION_TIMEOUT_MS,
    });
    createRoot(root).render(
      <StrictMode>
        <ClientContext value={client}>
          <QueryClientProvider client={makeQueries()}>
            <App catalogue={catalogue} />
          </QueryClientProvider>
        </ClientContext>
      </StrictMode>,
    );
  } catch (error) {
    // No catalogue may have come, so both languages stand here.
    const why = error instanceof Error ? error.message : String(error);
    root.textContent = `Siden fikk ikke startet. · The page could not start. (${why})`;
    root.className = 'alone';
  }
}

applyTheme();
const root = document.getElementById('root');
if (root) void start(root);
