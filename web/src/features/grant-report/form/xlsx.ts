import type { Report } from './build.ts';
import { textOf } from './check.ts';
import type { Cell, Template } from './template.ts';
import { zip } from './zip.ts';

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

/** Places in `cellXfs` of the style sheet below. */
const STYLE = { plain: 0, bold: 1, date: 2, decimal: 3 };
/** A spreadsheet keeps 15 digits of a number; what is longer stays text, digit by digit. */
const DIGITS = 15;
const DAY = 86_400_000;

/**
 * The report as a workbook of two sheets: its fields, and its rows. The same report gives the same bytes, so its hash says later
 * whether this was what was handed in. https://ecma-international.org/publications-and-standards/standards/ecma-376/
 */
export function xlsxOf(template: Template, report: Report): Uint8Array<ArrayBuffer> {
  const about = [
    ['Skjema', template.title],
    ['Versjon', `${report.scheme} ${report.version}`],
    ['Periode', `${report.period.from} – ${report.period.to}`],
  ].map(([name = '', value = '']) => [textCell(name, STYLE.bold), textCell(value)]);
  const fields = template.fields.map((cell) => [textCell(cell.title, STYLE.bold), cellOf(cell, report.fields[cell.key])]);
  const head = template.columns.map(({ title }) => textCell(title, STYLE.bold));
  const rows = report.rows.map(({ values }) => template.columns.map((column) => cellOf(column, values[column.key])));
  return zip([
    [
      '[Content_Types].xml',
      `${HEAD}<Types xmlns="${PACKAGE}/content-types">` +
      `<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
      `<Override PartName="/xl/workbook.xml" ContentType="${TYPE}.sheet.main+xml"/>` +
      `<Override PartName="/xl/worksheets/sheet1.xml" ContentType="${TYPE}.worksheet+xml"/>` +
      `<Override PartName="/xl/worksheets/sheet2.xml" ContentType="${TYPE}.worksheet+xml"/>` +
      `<Override PartName="/xl/styles.xml" ContentType="${TYPE}.styles+xml"/></Types>`,
    ],
    ['_rels/.rels', relations([`${OFFICE}/officeDocument`, 'xl/workbook.xml'])],
    [
      'xl/workbook.xml',
      `${HEAD}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets>` +
      '<sheet name="Opplysninger" sheetId="1" r:id="rId1"/><sheet name="Rapport" sheetId="2" r:id="rId2"/></sheets></workbook>',
    ],
    [
      'xl/_rels/workbook.xml.rels',
      relations(
        [`${OFFICE}/worksheet`, 'worksheets/sheet1.xml'],
        [`${OFFICE}/worksheet`, 'worksheets/sheet2.xml'],
        [`${OFFICE}/styles`, 'styles.xml'],
      ),
    ],
    [
      'xl/styles.xml',
      `${HEAD}<styleSheet xmlns="${MAIN}">` +
      '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>' +
      '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>' +
      '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>' +
      '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="4">' +
      [[0, 0], [0, 1], [14, 0], [4, 0]].map(([format, font]) =>
        `<xf numFmtId="${format}" fontId="${font}" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>`
      ).join('') +
      '</cellXfs></styleSheet>',
    ],
    ['xl/worksheets/sheet1.xml', sheet([...about, ...fields], false)],
    ['xl/worksheets/sheet2.xml', sheet([head, ...rows], true)],
  ]);
}

function relations(...targets: [type: string, target: string][]): string {
  const list = targets.map(([type, target], index) => `<Relationship Id="rId${index + 1}" Type="${type}" Target="${target}"/>`);
  return `${HEAD}<Relationships xmlns="${PACKAGE}/relationships">${list.join('')}</Relationships>`;
}

/** A cell without its place: the attributes and what is inside. */
type Written = { attributes: string; inside: string } | null;

function sheet(rows: Written[][], hasHead: boolean): string {
  const frozen = '<sheetViews><sheetView workbookViewId="0">' +
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>';
  const data = rows.map((cells, row) => {
    const written = cells.map((cell, column) => (cell ? `<c r="${letters(column)}${row + 1}"${cell.attributes}>${cell.inside}</c>` : ''));
    return `<row r="${row + 1}">${written.join('')}</row>`;
  });
  return `${HEAD}<worksheet xmlns="${MAIN}">${hasHead ? frozen : ''}<sheetData>${data.join('')}</sheetData></worksheet>`;
}

/** 0 is A, 25 Z, 26 AA. */
function letters(column: number): string {
  return (column >= 26 ? letters(Math.floor(column / 26) - 1) : '') + String.fromCharCode(65 + (column % 26));
}

function cellOf({ as }: Pick<Cell, 'as'>, value: unknown): Written {
  const text = textOf(value);
  if (text === null) return null;
  const isShort = text.replace(/\D/g, '').replace(/^0+/, '').length <= DIGITS;
  if ((as === 'whole' || as === 'decimal') && isShort && /^-?\d+(?:\.\d+)?$/.test(text)) {
    return { attributes: as === 'decimal' ? ` s="${STYLE.decimal}"` : '', inside: `<v>${text}</v>` };
  }
  const day = as === 'date' && /^\d{4}-\d{2}-\d{2}$/.test(text)
    ? (Date.parse(`${text}T00:00:00Z`) - Date.UTC(1899, 11, 30)) / DAY
    : Number.NaN;
  // Before March 1900 the format's calendar has a day too many.
  return day > 60 ? { attributes: ` s="${STYLE.date}"`, inside: `<v>${day}</v>` } : textCell(text);
}

/** Text stands in the cell as text: nothing in it is ever a formula. */
function textCell(text: string, style = STYLE.plain): Written {
  return { attributes: ` s="${style}" t="inlineStr"`, inside: `<is><t xml:space="preserve">${escaped(text)}</t></is>` };
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const HELD_BY_NO_XML = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;
const ORDINARY = /^[\wæøåÆØÅ .,:;()/–-]*$/;

/** XML text; what no XML file can hold is the sign for a lost character. An escape of the format's own is taken literally. */
function escaped(text: string): string {
  if (ORDINARY.test(text) && !text.includes('_x')) return text;
  return text.replace(/\r\n?/g, '\n').replace(HELD_BY_NO_XML, '\ufffd').replace(/_(?=x[0-9A-Fa-f]{4}_)/g, '_x005F_')
    .replace(/[&<>"]/g, (letter) => escapes[letter] ?? letter);
}
