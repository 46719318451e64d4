import type { Connector } from '../../../../supabase/functions/_kit/connector.ts';
import { serve } from '../../../../supabase/functions/_kit/serve.ts';
import { ledger, type Context, type Credential, type Settings } from '../_ledger/connector.ts';
import { misbehaviours } from './misbehaviours.ts';

const good = ledger('bad');
const asToldBy = ({ settings }: Context): Connector<Settings, Credential> => ({ ...good, ...misbehaviours(good)[settings.misbehaves ?? ''] });

/** Misbehaves as its settings say; once they say null, it does all that it should. */
const connector: Connector<Settings, Credential> = {
  ...good,
  push: (ctx, records) => asToldBy(ctx).push(ctx, records),
  find: (ctx, records) => asToldBy(ctx).find?.(ctx, records) ?? Promise.resolve([]),
  // What is booked is exported: asking for a verdict and looking it up are the same here.
  confirm: (ctx, records) => (asToldBy(ctx).confirm ?? good.find)?.(ctx, records) ?? Promise.resolve([]),
};

export default serve(connector);
