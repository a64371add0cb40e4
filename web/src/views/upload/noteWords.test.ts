import { describe, expect, it } from 'vitest'
import { previewNote } from '@/i18n/de/previewNotes'

describe('the German words of a preview', () => {
  it.each([
    ['COLUMNS_UNDECIDED', { field: 'importOptions.separator', first_line: 'nur ein Wort' }, 'nur ein Wort'],
    ['COLUMNS_UNDECIDED', { field: 'importOptions.skipRows', columns: ['Bericht'] }, 'Bericht'],
    ['COLUMNS_UNDECIDED', { field: 'importOptions.timeColumn', columns: ['a', 'b'] }, 'a, b'],
    ['UNKNOWN_COLUMN', { column: 'Wind', columns: ['Zeit', 'Last'] }, 'Wind'],
    ['TOO_FEW_ROWS', { columns: ['Zeit'] }, 'Kopfzeile'],
    ['INVALID_DATE_FORMAT', { dateFormat: '%Q' }, '%Q'],
    [
      'AMBIGUOUS_DATE',
      { text: '01/02/2024', readings: { dayFirst: '2024-02-01', monthFirst: '2024-01-02' } },
      '2024-02-01 (Tag zuerst) oder 2024-01-02 (Monat zuerst)',
    ],
    ['AMBIGUOUS_DECIMAL', { row: 2, column: 'Last', text: '1,234' }, '1,234'],
    ['INVALID_TIME', { column: 'Zeit', text: 'gestern' }, 'bekannten Muster'],
    ['INVALID_TIME', { row: 7, text: '31.02.', pattern: '%d.%m.' }, 'Zeile 7'],
    ['NONEXISTENT_TIME', { row: 9, text: '02:30', timezone: 'Europe/Vienna' }, 'Sommerzeit'],
    ['RAGGED_ROWS', { row: 4, found: 3, expected: 2 }, 'Zeile 4 hat 3 Zellen, die Tabelle 2 Spalten'],
    ['BROKEN_QUOTES', { row: 5 }, 'Zeile 5'],
    ['BROKEN_QUOTES', { row: null }, 'nie geschlossen'],
    ['NOT_NUMERIC', { row: 3, text: 'x', column: 'Last', decimal: ',' }, '„x“'],
  ])('%s is told with its particulars', (code, details, part) => {
    const words = previewNote(code, details)
    expect(words?.message).toContain(part)
    expect(`${words?.message} ${words?.suggestion}`).not.toMatch(/undefined|„“|\[object/)
  })
})
