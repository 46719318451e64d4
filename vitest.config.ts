import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';
import { memoryFolder } from './tests/support/memory-folder.ts';

// Fast tests that need no database must not wait for one: two projects, and only one of them boots Postgres.
const pure = ['tests/connectors/**/*.test.ts', 'tests/kit/**/*.test.ts', 'tests/web/*.test.ts', 'tests/security/outgoing*.test.ts', 'tests/torture/balance.test.ts'];
// A whole stack of its own, and a real browser.
const browser = ['tests/web/acceptance.test.ts', 'tests/web/hostile-text.test.ts', 'tests/web/accessibility.test.ts', 'tests/web/report.test.ts', 'tests/web/fix-once.test.ts', 'tests/web/manage.test.ts'];
// Stacks of their own too, which are shot at.
const torture = ['tests/torture/scenarios.test.ts'];

// The files that take longest among those of one project.
const longest = [
  'web/accessibility', 'tenancy/http', 'pipeline/slices', 'tenancy/secrets', 'pipeline/containment', 'tenancy/audit', 'pipeline/sync',
  'pipeline/retry-approval', 'pipeline/doubt', 'pipeline/manage', 'pipeline/cron', 'pipeline/retry', 'security/outgoing',
];

/** What takes longest begins first, so that at the end no worker waits minutes for the other. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const order = ['torture', 'browser', 'database', 'pure'];
    const place = ({ project, moduleId }: TestSpecification): number => {
      const at = longest.findIndex((name) => moduleId.endsWith(`/tests/${name}.test.ts`));
      return order.indexOf(project.name) * 100 + (at < 0 ? longest.length : at);
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

// A test database is 700 files, made and removed hundreds of times: in memory that costs a fifth of what it costs on a disk.
const memory = memoryFolder();
if (memory) process.env['SYNCWARD_TEMP'] ??= memory;

export default defineConfig({
  test: {
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      // They keep nothing between files, so that what they import is loaded once for all: 60 s of CPU become 36 s.
      { test: { name: 'pure', include: pure, exclude: browser, environment: 'node', isolate: false } },
      { test: { name: 'browser', include: browser, environment: 'node', testTimeout: 60_000, hookTimeout: 180_000 } },
      { test: { name: 'torture', include: torture, environment: 'node', testTimeout: 240_000, hookTimeout: 120_000 } },
      {
        test: {
          name: 'database',
          include: ['tests/**/*.test.ts'],
          exclude: [...pure, ...browser, ...torture],
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
