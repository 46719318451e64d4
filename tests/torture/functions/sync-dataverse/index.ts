import '../_bare/hurry.ts';
export { default } from '../../../../supabase/functions/sync-dataverse/index.ts';
