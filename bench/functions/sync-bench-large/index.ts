import { serve } from '../../../supabase/functions/_kit/serve.ts';
import { benchConnector } from '../_bench/connector.ts';

export default serve(benchConnector('bench-large', { batchSize: 500 }));
