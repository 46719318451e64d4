import { apollo } from './apollo.ts';
import { businessCentral } from './business-central.ts';
import { dataverse } from './dataverse.ts';
import { dynamics365Fo } from './dynamics-365-fo.ts';
import { erpnext } from './erpnext.ts';
import { hubspot } from './hubspot.ts';
import { microsoftTeams } from './microsoft-teams.ts';
import { pagerduty } from './pagerduty.ts';
import { pushover } from './pushover.ts';
import { resend } from './resend.ts';
import { salesforce } from './salesforce.ts';
import { servicenow } from './servicenow.ts';
import { ses } from './ses.ts';
import { slack } from './slack.ts';
import { tableau } from './tableau.ts';
import { tripletex } from './tripletex.ts';
import { twilio } from './twilio.ts';
import type { SystemReader } from './types.ts';
import { workday } from './workday.ts';
import { xledger } from './xledger.ts';
import { zendesk } from './zendesk.ts';
import { zoom } from './zoom.ts';
import { zoominfo } from './zoominfo.ts';

/** The systems that answer in ways the general reader doesn't know. A system that needs nothing of its own is not here. */
export const readers: Readonly<Record<string, SystemReader>> = {
  apollo,
  'business-central': businessCentral,
  dataverse,
  'dynamics-365-fo': dynamics365Fo,
  erpnext,
  hubspot,
  'microsoft-teams': microsoftTeams,
  pagerduty,
  pushover,
  resend,
  salesforce,
  servicenow,
  ses,
  slack,
  tableau,
  tripletex,
  twilio,
  workday,
  xledger,
  zendesk,
  zoom,
  zoominfo,
};
