import '../_bare/hurry.ts';
export { default } from '../../../../supabase/functions/sync-zendesk/index.ts';
