import type { TwilioSimulator } from '../../tests/simulators/twilio.ts';
import type { ZoomSimulator } from '../../tests/simulators/zoom.ts';

const DAY = 86_400_000;

/** Whose meetings the demo fetches. */
export const MEETING_HOST = 'meetings@nordlys.example.org';

/** Meetings with people who signed up for them: made up, and the same at every start. */
export function furnishZoom(zoom: ZoomSimulator): void {
  zoom.host(MEETING_HOST);
  for (let n = 1; n <= 10; n += 1) {
    zoom.meet(MEETING_HOST, 81_000 + n, Array.from({ length: 2 + ((n * 5) % 7) }, (_, guest) => `guest-${n}-${guest + 1}@example.org`));
  }
}

/** From today on a meeting has a field it never had: news about the fields of a stream. */
export function changeMeetings(zoom: ZoomSimulator): void {
  zoom.meet(MEETING_HOST, 81_100, ['guest-100-1@example.org'], { agenda: 'Peer support, group B' });
}

/** A month of text messages: what they cost by the day, and since this morning more of them that do not arrive. */
export function furnishTwilio(twilio: TwilioSimulator, now: Date): void {
  for (let back = 30; back >= 1; back -= 1) {
    const day = new Date(now.getTime() - back * DAY);
    const sent = 40 + ((back * 17) % 23);
    twilio.use('sms-outbound', day.toISOString().slice(0, 10), (sent * 0.08).toFixed(2), sent);
    if (back > 9) continue;
    const at = new Date(day.getTime() + 3_600_000).toISOString().replace(/\.\d+Z$/, 'Z');
    const lost = back === 1 ? 4 : back % 3;
    twilio.send({ status: 'delivered', at }, sent - lost);
    if (lost > 0) twilio.send({ status: 'undelivered', error_code: 30_003, at }, lost);
  }
}
