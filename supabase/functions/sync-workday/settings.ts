import { z } from 'zod';
import { vendorUrl } from '../_kit/vendor-url.ts';
import { isTarget } from './line.ts';

const element = z.string().regex(/^[A-Za-z][\w-]{0,99}$/);

/** What nobody needs to keep for an employee to be known elsewhere, and much of it of the special categories of the GDPR (article 9). */
const PRIVATE = [
  'Birth_Date', 'Date_of_Death', 'Country_of_Birth_Reference', 'Region_of_Birth_Reference', 'Region_of_Birth_Descriptor', 'City_of_Birth',
  'City_of_Birth_Reference', 'Gender_Reference', 'Marital_Status_Reference', 'Marital_Status_Date', 'Religion_Reference',
  'Disability_Status_Data', 'Ethnicity_Reference', 'Hispanic_or_Latino', 'Citizenship_Status_Reference', 'Primary_Nationality_Reference',
  'Additional_Nationality_Reference', 'Last_Medical_Exam_Date', 'Last_Medical_Exam_Valid_To', 'Medical_Exam_Notes', 'Blood_Type_Reference',
  'Military_Service_Data', 'Identification_Data', 'Tobacco_Use', 'Political_Affiliation_Reference', 'Relative_Name_Information_Data',
];

export const settings = z.strictObject({
  baseUrl: vendorUrl('workday.com', 'myworkday.com').describe('Where the tenant’s web services are: https://wd3-services1.myworkday.com'),
  tenant: z.string().regex(/^[\w-]{1,60}$/),
  version: z.string().regex(/^v\d{2}\.\d$/).default('v40.0').describe('Version of Workday Web Services'),
  batchId: z.string().regex(/^[\w.-]{1,60}$/).default('SYNCWARD').describe(
    'Batch under which Workday keeps what is sent: it can be listed and deleted there by this name',
  ),
  map: z.record(z.string(), z.string().refine(isTarget, { message: 'No element of a payroll input that takes a value, and not "none".' })).default({
    worker: 'Worker_Reference:Employee_ID',
    earning: 'Earning_Reference:Earning_Code',
    deduction: 'Deduction_Reference:Deduction_Code',
    costCenter: 'Worktag_Data/Cost_Center_Reference:Cost_Center_Reference_ID',
    hours: 'Hours',
    rate: 'Rate',
    comment: 'Comment',
    amount: 'Amount',
    currency: 'Currency_Reference:Currency_ID',
    occurredOn: 'Start_Date',
    endDate: 'End_Date',
  }).describe('Payload keys, and the elements they go to; of a reference with the type of id: Worker_Reference:Employee_ID'),
  decimals: z.int().min(0).max(6).default(2),
  pageSize: z.int().min(100).max(999).default(100).describe('Workers on a page'),
  include: z.array(z.enum(['Personal_Information', 'Employment_Information', 'Organizations', 'User_Account'])).min(1)
    .default(['Personal_Information', 'Employment_Information']).describe('Parts of a worker that are fetched'),
  leaveOut: z.array(element).default(PRIVATE).describe('Elements of a worker that are not kept'),
  contingentWorkers: z.boolean().default(false).describe('Fetch contingent workers as well as employees'),
});
export type Settings = z.infer<typeof settings>;

/** An integration system user (ISU), without `@tenant`, whose security group may do what this integration does. */
export const credential = z.strictObject({ username: z.string().min(1), password: z.string().min(1) });
export type Credential = z.infer<typeof credential>;
