export { default } from '../../../../supabase/functions/deliver/index.ts';
