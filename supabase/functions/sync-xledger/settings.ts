import { z } from 'zod';
import { vendorUrl } from '../_kit/vendor-url.ts';

/** Where a payload value can go on an import line; `none` leaves it out on purpose. */
const TARGETS = [
  'account',
  'glObject1',
  'glObject2',
  'glObject3',
  'glObject4',
  'glObject5',
  'project',
  'taxRule',
  'subledger',
  'company',
  'postedDate',
  'invoiceDate',
  'dueDate',
  'trRegNumber',
  'invoiceNumber',
  'text',
  'yourReference',
  'extOrderNumber',
  'paymentReference',
  'payDocText',
  'none',
] as const;
export type Target = (typeof TARGETS)[number];

/** The app's plain words. Which GL object is the cost center differs from one Xledger set-up to the next. */
const DEFAULT_MAP: Record<string, Target> = {
  account: 'account',
  costCenter: 'glObject2',
  project: 'project',
  postingDate: 'postedDate',
  documentNumber: 'invoiceNumber',
  description: 'text',
  vat: 'taxRule',
  voucher: 'trRegNumber',
  invoiceDate: 'invoiceDate',
  dueDate: 'dueDate',
  supplier: 'yourReference',
};

export const settings = z.strictObject({
  baseUrl: vendorUrl('xledger.net').default('https://www.xledger.net').describe('https://demo.xledger.net for the demo environment'),
  transactionSource: z.string().min(1).max(10).default('GL').describe('Code of the voucher type the lines are imported as'),
  currency: z.string().regex(/^[A-Z]{3}$/).default('NOK').describe('The entity’s own currency'),
  decimals: z.int().min(0).max(4).default(2),
  jobLevels: z.strictObject({
    ready: z.int().default(1).describe('Status a line is handed in with: ready to run'),
    posted: z.array(z.int()).min(1).default([3]).describe('Statuses of a line that has been posted'),
  }).prefault({}).describe('Numbers (dbSubId) of the import statuses, as jobLevel of glImportItems shows them'),
  map: z.record(z.string(), z.enum(TARGETS)).default({}).describe('Payload keys beyond the usual ones, or meant differently')
    .transform((own): Record<string, Target> => ({ ...DEFAULT_MAP, ...own })),
});
export type Settings = z.infer<typeof settings>;

/** Made under Administration → System Access → GraphQL → API tokens. */
export const credential = z.strictObject({ token: z.string().min(1) });
export type Credential = z.infer<typeof credential>;

/** Names and captions (English, Norwegian) that Xledger uses for what the payload calls by plain words. */
export const fields: Record<string, string[]> = {
  account: ['account', 'Account', 'Konto'],
  costCenter: ['glObject2', 'Cost center', 'Cost centre', 'Koststed'],
  project: ['project', 'glObject1', 'Project', 'Prosjekt'],
  postingDate: ['postedDate', 'Posting date', 'Posted date', 'Period', 'Bokføringsdato', 'Bilagsdato', 'Periode'],
  documentNumber: ['invoiceNumber', 'Invoice number', 'Invoice no.', 'Fakturanummer', 'Fakturanr.'],
  description: ['text', 'Tekst'],
  vat: ['taxRule', 'Tax rule', 'VAT', 'Avgiftsregel', 'Mva'],
  voucher: ['trRegNumber', 'Voucher number', 'Bilagsnummer'],
  invoiceDate: ['invoiceDate', 'Invoice date', 'Fakturadato'],
  dueDate: ['dueDate', 'Due date', 'Forfallsdato'],
  supplier: ['yourReference', 'Your reference', 'subledger', 'Supplier', 'Deres ref.', 'Leverandør'],
  amount: ['amount', 'invoiceAmount', 'Amount', 'Beløp'],
  currency: ['currency', 'Currency', 'Valuta'],
};
