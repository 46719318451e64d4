import { serve } from '../../../../supabase/functions/_kit/serve.ts';
import { bareConnector } from '../_bare/connector.ts';

export default serve(bareConnector('none'));
