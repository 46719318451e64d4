import { serve } from '../_kit/serve.ts';
import { connector } from './connector.ts';

export default serve(connector);
