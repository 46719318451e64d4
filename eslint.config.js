import { basename } from 'node:path';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** File names in kebab-case, as every folder listing then reads the same; `x.test.ts` and `database.types.ts` are two words of it. */
const kebabCase = {
  meta: { type: 'suggestion', schema: [], messages: { name: '"{{name}}" is not kebab-case.' } },
  create: (context) => ({
    Program(node) {
      const name = basename(context.filename);
      if (!/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+)+$/.test(name)) context.report({ node, messageId: 'name', data: { name } });
    },
  }),
};

/** Imports point one way: what a path relative to a file of the folder may not begin with. */
const mayNotImport = (regex, message) => ({ '@typescript-eslint/no-restricted-imports': ['error', { patterns: [{ regex, message }] }] });

const FUNCTION = 'A function imports its own files and _kit, nothing else.';
const KIT = 'The kit imports no function and nothing outside itself.';

export default defineConfig(
  { ignores: ['node_modules/', '.syncward/', 'web/dist/', 'supabase/functions/_kit/database.types.ts'] },
  {
    linterOptions: { reportUnusedDisableDirectives: 'error', noInlineConfig: true },
    plugins: { house: { rules: { 'kebab-case': kebabCase } } },
    rules: { 'house/kebab-case': 'error' },
  },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: ['./tsconfig.json', './web/tsconfig.json'], tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' }],
      // Handlers of one shape are async whether or not each of them waits for something.
      '@typescript-eslint/require-await': 'off',
      // Objects are closures here, not classes: there is no `this` for a method to lose.
      '@typescript-eslint/unbound-method': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  // A function knows the kit and itself; nothing of other functions, scripts or tests.
  { files: ['supabase/functions/*/*.ts'], rules: mayNotImport('^\\.\\./(?!_kit/)', FUNCTION) },
  { files: ['supabase/functions/*/*/**/*.ts'], rules: mayNotImport('^\\.\\./\\.\\./(?!_kit/)', FUNCTION) },
  {
    files: ['supabase/functions/sync-*/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...['console', 'fetch', 'process', 'Deno', 'setTimeout', 'setInterval'].map((name) => ({
        name, message: 'A connector reaches its system through ctx.http alone, prints nothing, and knows no clock and no process.',
      }))],
    },
  },
  { files: ['supabase/functions/_kit/*.ts'], rules: mayNotImport('^\\.\\./', KIT) },
  { files: ['supabase/functions/_kit/*/**/*.ts'], rules: mayNotImport('^\\.\\./\\.\\./', KIT) },
  {
    files: ['web/**/*.ts', 'web/**/*.tsx'],
    rules: {
      '@typescript-eslint/no-restricted-imports': ['error', {
        patterns: [{
          regex: '^(?:\\.\\./)+(?:supabase|scripts|tests|bench)/',
          allowTypeImports: true,
          message: 'The page takes types from outside web/, no code.',
        }],
      }],
    },
  },
  {
    // What vitest hands to expect is often of no particular type, and that is what is being tested.
    files: ['tests/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
    },
  },
);
