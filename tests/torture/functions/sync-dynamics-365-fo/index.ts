import '../_bare/hurry.ts';
export { default } from '../../../../supabase/functions/sync-dynamics-365-fo/index.ts';
