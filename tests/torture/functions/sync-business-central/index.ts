import '../_bare/hurry.ts';
export { default } from '../../../../supabase/functions/sync-business-central/index.ts';
