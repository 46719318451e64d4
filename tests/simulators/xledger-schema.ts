import { isDay } from './books.ts';
import type { InputType, OutputType } from './graphql.ts';

// Fields and types as the vendor's own article and two published clients use them:
// https://xledgerukinternal.zendesk.com/hc/en-us/articles/33393587744786-How-to-Use-the-Xledger-GraphQL-API-Economically
// https://github.com/grasp-labs/ds-provider-xledger-py-lib (assets/glImportItems, assets/glImportItemErrors)
// https://github.com/omniboost/go-xledger (types.go)

const scalar = (name: string, fits: (value: unknown) => boolean): InputType => ({ kind: 'scalar', name, fits });

const string = scalar('String', (value) => typeof value === 'string');
const int = scalar('Int', (value) => Number.isInteger(value) && Math.abs(value as number) < 2 ** 31);
const float = scalar('Float', (value) => typeof value === 'number');
const boolean = scalar('Boolean', (value) => typeof value === 'boolean');
const int64 = scalar('Int64String', (value) => Number.isSafeInteger(value) || (typeof value === 'string' && /^-?\d{1,19}$/.test(value)));
const money = scalar(
  'MoneyString',
  (value) => typeof value === 'number' || (typeof value === 'string' && /^-?\d{1,15}(\.\d{1,4})?$/.test(value)),
);
const date = scalar('DateString', (value) => typeof value === 'string' && isDay(value));
const dateTime = scalar('DateTimeString', (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)));

/** A reference to something Xledger knows, by code or by its own number. */
function reference(name: string, more: Record<string, InputType> = {}): InputType {
  return { kind: 'object', name: `${name}_Reference`, fields: { dbId: int64, code: string, description: string, ...more } };
}
const numbered = (name: string): InputType => reference(name, { dbSubId: int });

const nodeFields: Record<string, InputType> = {
  transactionSource: reference('TransactionSource'),
  trRegNumber: int,
  postedDate: date,
  invoiceDate: date,
  dueDate: date,
  account: reference('Account'),
  invoiceNumber: string,
  taxRule: reference('TaxRule'),
  text: string,
  invoiceAmount: money,
  exchangeRate: float,
  amount: money,
  quantity: float,
  currency: reference('Currency'),
  glObject1: reference('ObjectValue'),
  glObject2: reference('ObjectValue'),
  glObject3: reference('ObjectValue'),
  glObject4: reference('ObjectValue'),
  glObject5: reference('ObjectValue'),
  subledger: reference('Subledger'),
  slTransactionType: numbered('SLTransactionType'),
  bankAccount: string,
  extOrderNumber: string,
  ourRef: reference('Employee'),
  yourReference: string,
  payTerms: reference('PayTerms'),
  payMethod: reference('PayMethod'),
  paymentStatus: numbered('PaymentStatus'),
  product: reference('Product'),
  payDocText: string,
  payCode: numbered('PayCode'),
  paymentReference: string,
  project: reference('Project'),
  extIdentifier: string,
  trItemNumber: int,
  xgl: reference('ObjectValue'),
  periodStart: int,
  numberPeriod: int,
  regAmount: money,
  taxAmount: money,
  taxAmount2: money,
  discountDate: date,
  discount: float,
  discountAmount: money,
  unit: reference('Unit'),
  quantity2: float,
  quantity3: float,
  positionNumber: int,
  workflow: boolean,
  jobLevel: numbered('JobLevel'),
  owner: reference('Entity', { ownerCode: string }),
  amount3: money,
  amount4: money,
  amount5: money,
  company: reference('Company'),
  importDefinition: reference('ImportDefinition'),
};

const paging: Record<string, InputType> = { first: int, last: int, after: string, before: string };
const filter = (name: string, fields: Record<string, InputType>): InputType => ({ kind: 'object', name: `${name}_Filter`, fields });
const list = (of: InputType): InputType => ({ kind: 'list', of });

function inputs(name: string, fields: Record<string, InputType>, required: string[]): InputType {
  const node: InputType = { kind: 'object', name: `${name}InputNode`, fields, required };
  return list({ kind: 'object', name: `${name}Input`, fields: { clientId: string, node }, required: ['node'] });
}

const code: OutputType = { name: 'Reference', fields: { dbId: true, code: true, description: true } };
const jobLevel: OutputType = { name: 'JobLevel', fields: { dbId: true, dbSubId: true, code: true, name: true } };
const item: OutputType = {
  name: 'GLImportItem',
  fields: {
    dbId: true,
    extIdentifier: true,
    text: true,
    amount: true,
    invoiceAmount: true,
    postedDate: true,
    invoiceNumber: true,
    trRegNumber: true,
    createdAt: true,
    modifiedAt: true,
    jobLevelDbId: true,
    jobLevel,
    account: code,
    currency: code,
  },
};
const error: OutputType = {
  name: 'GLImportItemError',
  fields: {
    dbId: true,
    createdAt: true,
    message: true,
    transactionDbId: true,
    errorLevelDbId: true,
    errorLevel: { name: 'ErrorLevel', fields: { dbId: true, dbSubId: true, code: true, name: true } },
  },
};
const account: OutputType = { name: 'Account', fields: { dbId: true, code: true, description: true, posting: true, modifiedAt: true } };

function connection(node: OutputType): OutputType {
  return {
    name: `${node.name}Connection`,
    fields: {
      edges: { name: `${node.name}Edge`, fields: { cursor: true, clientId: true, node } },
      pageInfo: { name: 'PageInfo', fields: { hasNextPage: true, hasPreviousPage: true } },
    },
  };
}

export type Field = { args: Record<string, InputType>; required: string[]; output: OutputType };

export const schema: { query: Record<string, Field>; mutation: Record<string, Field> } = {
  query: {
    glImportItems: {
      args: {
        ...paging,
        filter: filter('GLImportItem', {
          dbId: int64,
          dbId_in: list(int64),
          extIdentifier: string,
          extIdentifier_in: list(string),
          modifiedAt_gte: dateTime,
        }),
      },
      required: [],
      output: connection(item),
    },
    glImportItemErrors: {
      args: { ...paging, filter: filter('GLImportItemError', { dbId: int64, transactionDbId: int64, transactionDbId_in: list(int64) }) },
      required: [],
      output: connection(error),
    },
    accounts: {
      args: { ...paging, filter: filter('Account', { code: string, code_in: list(string) }) },
      required: [],
      output: connection(account),
    },
  },
  mutation: {
    addGLImportItems: { args: { inputs: inputs('AddGLImportItems', nodeFields, []) }, required: ['inputs'], output: connection(item) },
    updateGLImportItems: {
      args: { inputs: inputs('UpdateGLImportItems', { dbId: int64, ...nodeFields }, ['dbId']) },
      required: ['inputs'],
      output: connection(item),
    },
  },
};
