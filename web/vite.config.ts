import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { withoutPasskeys } from './without-passkeys.ts';

const browsers = ['chrome129', 'firefox136', 'safari17.5'];

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), withoutPasskeys()],
  server: { host: '127.0.0.1' },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: browsers,
    cssTarget: browsers,
    // The content security policy allows files of our own origin only, so nothing may become a data: address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What every visit needs comes as two files: that of others stays in the browser's cache when ours changes.
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: 'vendor', test: /node_modules/ }, { name: 'initial', tags: ['$initial'] }] } },
    },
  },
});
