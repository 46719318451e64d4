import { z } from 'zod';
import { vendorUrl } from '../_kit/vendor-url.ts';

/** Properties of a journal line a payload value can go to; `dimension:CODE` a dimension of the company; `none` leaves it out on purpose. */
const PROPERTIES = [
  'accountNumber',
  'postingDate',
  'externalDocumentNumber',
  'description',
  'comment',
  'taxCode',
  'balancingAccountNumber',
  'none',
] as const;
const target = z.union([z.enum(PROPERTIES), z.templateLiteral(['dimension:', z.string().regex(/^[^\s:]{1,20}$/)])]);
export type Target = z.infer<typeof target>;

/** The app's plain words. The app's document is to Business Central somebody else's, hence the external number. */
const DEFAULT_MAP: Record<string, Target> = {
  account: 'accountNumber',
  costCenter: 'dimension:DEPARTMENT',
  project: 'dimension:PROJECT',
  postingDate: 'postingDate',
  documentNumber: 'externalDocumentNumber',
  description: 'description',
  vat: 'taxCode',
  supplier: 'comment',
  balancingAccount: 'balancingAccountNumber',
};

const guid = z.guid();

export const settings = z.strictObject({
  baseUrl: vendorUrl('businesscentral.dynamics.com').default('https://api.businesscentral.dynamics.com'),
  loginUrl: vendorUrl('login.microsoftonline.com', 'login.microsoftonline.us').default('https://login.microsoftonline.com'),
  tenantId: z.string().min(1).regex(/^[\w.-]+$/).describe('Directory (tenant) id, or its domain name'),
  environment: z.string().regex(/^[\w-]+$/).default('production'),
  companyId: guid.describe('id of the company, as GET …/api/v2.0/companies shows it'),
  journalId: guid.describe('id of the general journal batch, as GET …/journals shows it. It must have no number series of its own'),
  currency: z.string().regex(/^[A-Z]{3}$/).default('NOK').describe('The company’s own currency: the interface takes no other'),
  decimals: z.int().min(0).max(5).default(2).describe('Amount rounding: with more decimals Business Central would round in silence'),
  balancingAccount: z.string().min(1).max(20).optional().describe(
    'G/L account each line is balanced against, unless the payload names one',
  ),
  map: z.record(z.string(), target).default({}).describe('Payload keys beyond the usual ones, or meant differently')
    .transform((own): Record<string, Target> => ({ ...DEFAULT_MAP, ...own })),
});
export type Settings = z.infer<typeof settings>;

/** An app registration with the permission `API.ReadWrite.All`, also entered in Business Central under Microsoft Entra Applications. */
export const credential = z.strictObject({ clientId: z.string().min(1), clientSecret: z.string().min(1) });
export type Credential = z.infer<typeof credential>;

/** Property names and captions (English, Norwegian) that Business Central uses for what the payload calls by plain words. */
export const fields: Record<string, string[]> = {
  account: ['accountNumber', 'accountId', 'Account No.', 'Account Id', 'Kontonr.'],
  costCenter: [
    'DEPARTMENT',
    'Department Code',
    'Avdelingskode',
    'Dimension Code',
    'Dimension Value',
    'Dimension Value Code',
    'valueCode',
    'Dimensjonskode',
    'Dimensjonsverdikode',
  ],
  project: ['PROJECT', 'Project Code', 'Prosjektkode'],
  postingDate: ['postingDate', 'Posting Date', 'Bokføringsdato'],
  documentNumber: ['externalDocumentNumber', 'External Document No.', 'Eksternt bilagsnr.', 'Eksternt dokumentnr.'],
  description: ['description', 'Description', 'Beskrivelse'],
  vat: ['taxCode', 'Tax Code', 'VAT Prod. Posting Group', 'Tax Group Code', 'Mva-bokføringsgruppe - vare'],
  supplier: ['comment', 'Comment', 'Merknad'],
  balancingAccount: ['balancingAccountNumber', 'Bal. Account No.', 'Balancing Account No.', 'Motkontonr.'],
  amount: ['amount', 'Amount', 'Beløp'],
  currency: ['currencyCode', 'Currency Code', 'Valutakode'],
};
