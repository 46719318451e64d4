import { z } from 'zod';
import { vendorUrl } from '../_kit/vendor-url.ts';

/**
 * Where a payload value can go; `none` leaves it out on purpose. Tripletex wants its own ids where the app knows numbers: those of
 * accounts, departments, projects, VAT types, suppliers, employees and salary types are looked up.
 */
const TARGETS = [
  'account',
  'balancingAccount',
  'department',
  'project',
  'vatType',
  'supplier',
  'employee',
  'salaryType',
  'date',
  'description',
  'vendorInvoiceNumber',
  'none',
] as const;
export type Target = (typeof TARGETS)[number];

/** The app's plain words. */
const DEFAULT_MAP: Record<string, Target> = {
  account: 'account',
  balancingAccount: 'balancingAccount',
  costCenter: 'department',
  project: 'project',
  vat: 'vatType',
  employee: 'employee',
  salaryType: 'salaryType',
  postingDate: 'date',
  description: 'description',
  documentNumber: 'vendorInvoiceNumber',
};

export const settings = z.strictObject({
  baseUrl: vendorUrl('tripletex.no', 'tripletex.tech').default('https://tripletex.no/v2')
    .describe('https://api-test.tripletex.tech/v2 for the test environment'),
  companyId: z.int().min(0).default(0).describe('0 for the token’s own company; an accountant names the client’s'),
  kind: z.enum(['voucher', 'salary']).default('voucher').describe('Vouchers in the ledger, or lines on pay slips'),
  currency: z.string().regex(/^[A-Z]{3}$/).default('NOK').describe('The company’s own currency'),
  balancingAccount: z.string().regex(/^\d{1,10}$/).optional().describe('Vouchers: the number of the other account, unless the record names one'),
  sendToLedger: z.boolean().default(true)
    .describe('Vouchers: post at once, which asks for the permission Advanced Voucher; else leave them for approval'),
  generateTaxDeduction: z.boolean().default(false).describe('Salary: let Tripletex work out the tax'),
  map: z.record(z.string(), z.enum(TARGETS)).default({}).describe('Payload keys beyond the usual ones, or meant differently')
    .transform((own): Record<string, Target> => ({ ...DEFAULT_MAP, ...own })),
});
export type Settings = z.infer<typeof settings>;

/** The consumer token is the integration's, the employee token is made by the company under Company → API access. */
export const credential = z.strictObject({ consumerToken: z.string().min(1), employeeToken: z.string().min(1) });
export type Credential = z.infer<typeof credential>;

/** What Tripletex calls, in `validationMessages`, what the payload calls by plain words. */
export const fields: Record<string, string[]> = {
  account: ['postings.account', 'postings.account.id', 'account'],
  balancingAccount: [],
  costCenter: ['postings.department', 'postings.department.id', 'payslips.specifications.department', 'department'],
  project: ['postings.project', 'postings.project.id', 'payslips.specifications.project'],
  vat: ['postings.vatType', 'postings.vatType.id', 'vatType'],
  employee: ['payslips.employee', 'payslips.employee.id', 'postings.employee', 'employee', 'employment'],
  salaryType: ['payslips.specifications.salaryType', 'salaryType'],
  postingDate: ['date', 'postings.date', 'payslips.date', 'year', 'month'],
  description: ['postings.description', 'payslips.specifications.description'],
  documentNumber: ['vendorInvoiceNumber', 'postings.invoiceNumber'],
  amount: ['postings.amountGross', 'postings.amountGrossCurrency', 'postings.amount', 'payslips.specifications.rate', 'amountGross'],
  currency: ['postings.currency', 'postings.currency.id'],
};
