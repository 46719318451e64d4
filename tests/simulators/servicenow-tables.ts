/** One row of any table, every column as text. */
export type Row = Record<string, string>;

type Condition = { column: string; operator: string; value: string };

/**
 * An encoded query of conditions joined by `^`, with ORDERBY:
 * https://www.servicenow.com/docs/bundle/zurich-platform-user-interface/page/use/common-ui-elements/reference/r_OpAvailableFiltersQueries.html
 * A column that does not exist is left out of the query, as ServiceNow does unless it is told otherwise.
 */
export function query(rows: Row[], text: string, columns: Set<string>): Row[] {
  const conditions: Condition[] = [];
  const order: string[] = [];
  for (const part of text.split('^').filter((one) => one !== '')) {
    const sorted = /^ORDERBY(\w+)$/.exec(part)?.[1];
    if (sorted !== undefined) {
      order.push(sorted);
      continue;
    }
    const match = /^(\w+?)(>=|<=|!=|=|>|<)(.*)$/.exec(part);
    if (match && columns.has(match[1] ?? '')) conditions.push({ column: match[1] ?? '', operator: match[2] ?? '', value: match[3] ?? '' });
  }
  const found = rows.filter((row) => conditions.every((condition) => holds(row, condition)));
  return found.sort((a, b) => {
    const column = order.find((one) => a[one] !== b[one]);
    return column === undefined ? 0 : (a[column] ?? '') < (b[column] ?? '') ? -1 : 1;
  });
}

function holds(row: Row, { column, operator, value }: Condition): boolean {
  const held = row[column] ?? '';
  switch (operator) {
    case '=':
      return held === value;
    case '!=':
      return held !== value;
    case '>':
      return held > value;
    case '>=':
      return held >= value;
    case '<':
      return held < value;
    default:
      return held <= value;
  }
}

/** The time as ServiceNow writes it: seconds, in GMT. */
export const stamp = (at: Date): string => at.toISOString().slice(0, 19).replace('T', ' ');
