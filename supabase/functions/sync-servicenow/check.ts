import type { Checked } from '../_kit/connector.ts';
import { warningsOf } from '../_kit/warnings.ts';
import { read } from './table.ts';
import type { Context } from './table.ts';

/** Who we are, whether the clock is right, and which of the two tables can be read: an integration sends or fetches. */
export async function check(ctx: Context): Promise<Checked> {
  const { stagingTable, pullTable } = ctx.settings;
  const user = (await read(ctx, 'sys_user', 'user_name=javascript:gs.getUserName()', ['user_name', 'name', 'time_zone'], 1)).rows[0];
  const zone = user?.time_zone ?? '';
  const isGmt = zone === '' || /^(?:GMT|UTC|Etc\/UTC)$/i.test(zone);
  const ofZone = isGmt
    ? []
    : [`The user's time zone is ${zone}. Set it to GMT, or what is fetched by time may be cut off at the wrong hour.`];
  const ofSending = await warningsOf('Records cannot be sent', () => read(ctx, stagingTable, '', ['sys_id'], 1));
  const ofFetching = await warningsOf('Records cannot be fetched', () => read(ctx, pullTable, '', ['sys_id'], 1));
  return { as: user?.name || user?.user_name || null, warnings: [...ofZone, ...ofSending, ...ofFetching] };
}
