export { default } from '../../../../supabase/functions/webhook/index.ts';
