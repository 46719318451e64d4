import { z } from 'zod';
import { vendorUrl } from '../_kit/vendor-url.ts';

/** A field of the document (`posting_date`), a field of the first row of its table (`accounts.account`), or `none` to leave it out. */
const target = z.string().regex(/^(?:none|[a-z]\w{0,60}(?:\.[a-z]\w{0,60})?)$/, 'Must be a field, "table.field" or "none".');

/** What the app's plain words are in the two doctypes that are set up here; any other doctype is described by `map` and `amountFields`. */
const PRESETS: Record<string, { map: Record<string, string>; amountFields: string[] }> = {
  'Journal Entry': {
    map: {
      account: 'accounts.account',
      costCenter: 'accounts.cost_center',
      project: 'accounts.project',
      postingDate: 'posting_date',
      documentNumber: 'cheque_no',
      description: 'user_remark',
      supplier: 'pay_to_recd_from',
    },
    amountFields: [],
  },
  'Expense Claim': {
    map: {
      employee: 'employee',
      approver: 'expense_approver',
      expenseType: 'expenses.expense_type',
      description: 'expenses.description',
      costCenter: 'expenses.cost_center',
      project: 'expenses.project',
      expenseDate: 'expenses.expense_date',
      postingDate: 'posting_date',
    },
    amountFields: ['expenses.amount', 'expenses.sanctioned_amount'],
  },
};

export const settings = z.strictObject({
  doctype: z.string().regex(/^[A-Z][\w -]{0,60}$/).default('Journal Entry').describe('Journal Entry, Expense Claim, or another one'),
  company: z.string().min(1).describe('The company’s name as ERPNext has it'),
  currency: z.string().regex(/^[A-Z]{3}$/).default('NOK').describe('The company’s own currency'),
  decimals: z.int().min(0).max(6).default(2),
  keyField: z.string().regex(/^[a-z]\w{0,60}$/).default('custom_syncward_key')
    .describe('A custom field of the doctype, of type Data, marked Unique: it holds our key'),
  balancingAccount: z.string().min(1).optional().describe('Journal Entry: the account of the second row, unless the record names one'),
  amountFields: z.array(target).default([]).describe('Other doctypes: where the amount goes'),
  values: z.record(target, z.string()).default({}).describe('Fields that are the same in every document'),
  map: z.record(z.string(), target).default({}).describe('Payload keys beyond the usual ones, or meant differently'),
}).transform((own) => {
  const preset = PRESETS[own.doctype] ?? { map: {}, amountFields: [] };
  return { ...own, map: { ...preset.map, ...own.map }, amountFields: own.amountFields.length > 0 ? own.amountFields : preset.amountFields };
});
export type Settings = z.infer<typeof settings>;

/**
 * Key and secret of a user, made under User → Settings → API Access. ERPNext is run by its customers, too, so no list of hosts can
 * bind the address: it is a part of the credential, and no setting can send the credential anywhere else.
 */
export const credential = z.strictObject({
  site: z.union([vendorUrl('frappe.cloud', 'erpnext.com'), z.string().regex(/^https:\/\/(?:[a-z0-9-]+\.)+[a-z]{2,}\/?$/i)])
    .describe('https address of the site'),
  apiKey: z.string().min(1),
  apiSecret: z.string().min(1),
});
export type Credential = z.infer<typeof credential>;

/** Field names and labels (English, Norwegian) that ERPNext uses for what the payload calls by plain words. */
export const fields: Record<string, string[]> = {
  account: ['accounts.account', 'Account', 'Konto'],
  balancingAccount: ['against_account'],
  costCenter: ['cost_center', 'Cost Center', 'Kostnadssted', 'Kostsenter'],
  project: ['project', 'Project', 'Prosjekt'],
  postingDate: ['posting_date', 'Posting Date', 'Bokføringsdato'],
  documentNumber: ['cheque_no', 'Reference Number', 'Referansenummer'],
  description: ['user_remark', 'User Remark', 'description', 'Description', 'Beskrivelse'],
  supplier: ['pay_to_recd_from', 'Pay To / Recd From'],
  employee: ['employee', 'From Employee', 'Employee', 'Ansatt'],
  approver: ['expense_approver', 'Expense Approver'],
  expenseType: ['expense_type', 'Expense Claim Type', 'Expense Type'],
  expenseDate: ['expense_date', 'Expense Date'],
  amount: ['amount', 'Amount', 'Debit', 'Credit', 'debit_in_account_currency', 'credit_in_account_currency', 'Beløp'],
};
