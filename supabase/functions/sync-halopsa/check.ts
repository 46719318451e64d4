import type { Checked } from '../_kit/connector.ts';
import { HttpFailure } from '../_kit/http.ts';
import type { TokenCache } from '../_kit/oauth.ts';
import { shaped } from '../_kit/payload.ts';
import { call, list, me } from './api.ts';
import type { Context } from './api.ts';
import { KINDS } from './settings.ts';

/** A token is given for any scope, also for none; only asking shows what it may do. */
export async function check(tokens: TokenCache, ctx: Context): Promise<Checked> {
  const { kind, scope } = ctx.settings;
  const { read, edit, list: name } = KINDS[kind];
  try {
    const { count } = await list(tokens, ctx, 'page_size=1');
    const { name: as } = shaped(ctx.http, await call(tokens, ctx, 'Agent/me'), me);
    const lacks = scope !== 'all' && !scope.split(' ').includes(edit)
      ? [`The scope "${scope}" does not hold "${edit}"; nothing can be sent with it.`]
      : [];
    const blind = count > 0 ? [] : [
      `Halo shows no ${name} at all. Where there are some, the application lacks the scope "all" (or "${read}"), ` +
      'or its agent may not see them: ' +
      'Halo then answers with an empty list instead of an error.',
    ];
    return { as, warnings: [...lacks, ...blind] };
  } catch (error) {
    if (!(error instanceof HttpFailure) || (error.status !== 401 && error.status !== 403) || error.diagnosis.code === 'invalid_client') {
      throw error;
    }
    const message = `${error.diagnosis.message} A token was given, so the secret is right: ` +
      `the application lacks the scope "${scope}", or its agent the permission.`;
    throw new HttpFailure({ ...error, diagnosis: { ...error.diagnosis, message, code: 'scope_missing' } });
  }
}
