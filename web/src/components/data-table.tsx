import { Fragment } from 'react';
import type { ReactNode } from 'react';

export type Column<Row> = {
  key: string;
  head: ReactNode;
  /** What stands before the value where a row is shown as a card; nothing for buttons and boxes. */
  label?: string;
  cell: (row: Row) => ReactNode;
  numeric?: boolean;
  /** The cell that names the row. */
  names?: boolean;
};

type DataTableProps<Row> = {
  caption: ReactNode;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  /** A row of its own under this one, or null. */
  detail?: (row: Row) => ReactNode;
  classOf?: (row: Row) => string | undefined;
};

function Cell<Row>({ column, row }: { column: Column<Row>; row: Row }) {
  const content = column.cell(row);
  const className = column.numeric ? 'num' : undefined;
  // The roles are written out because rows shown as cards (display: block) lose their own in some browsers.
  if (column.names) return <th scope="row" role="rowheader" data-label={column.label} className={className}>{content}</th>;
  return <td role="cell" data-label={column.label} className={className}>{content}</td>;
}

/** A real table; on a narrow screen each row becomes a card of names and values. */
export function DataTable<Row>({ caption, columns, rows, keyOf, detail, classOf }: DataTableProps<Row>) {
  return (
    <table role="table" className="table">
      <caption>{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(({ key, head, numeric }) => (
            <th key={key} scope="col" role="columnheader" className={numeric ? 'num' : undefined}>{head}</th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => {
          const below = detail?.(row);
          return (
            <Fragment key={keyOf(row)}>
              <tr role="row" className={classOf?.(row)}>
                {columns.map((column) => <Cell key={column.key} column={column} row={row} />)}
              </tr>
              {below && (
                <tr role="row" className="detail-row" id={`detail-${keyOf(row)}`}>
                  <td role="cell" colSpan={columns.length}>{below}</td>
                </tr>
              )}
            </Fragment>
          );
        })}
      </tbody>
    </table>
  );
}
