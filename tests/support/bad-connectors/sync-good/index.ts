import { serve } from '../../../../supabase/functions/_kit/serve.ts';
import { ledger } from '../_ledger/connector.ts';

export default serve(ledger('good'));
