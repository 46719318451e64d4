import { defineConfig } from 'vitest/config';

// Fast tests that need no database must not wait for one: two projects, and only one of them boots Postgres.
const pure = ['tests/connectors/**/*.test.ts', 'tests/kit/**/*.test.ts'];

export default defineConfig({
  test: {
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      { test: { name: 'pure', include: pure, environment: 'node' } },
      {
        test: {
          name: 'database',
          include: ['tests/**/*.test.ts'],
          exclude: [...pure, 'tests/web/**'],
          environment: 'node',
          globalSetup: 'tests/support/global-setup.ts',
          setupFiles: 'tests/support/cleanup.ts',
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
