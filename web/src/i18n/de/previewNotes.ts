/** Fragen und Mängel einer Vorschau, nach ihrem Code. */
import type { NoteDetails, NoteText, NoteWords } from '../en/previewNotes'

type Words = (told: NoteDetails) => NoteWords

const SEPARATOR: Words = (told) => ({
  message: `Die erste Zeile „${said(told.first_line)}“ zerfällt nicht in eine Zeit und einen Wert.`,
  suggestion: 'Wählen Sie das Trennzeichen.',
})
const SKIP_ROWS: Words = (told) => ({
  message: `Die erste Zeile „${said(listed(told.columns)[0])}“ hat nur eine Zelle, andere haben mehr.`,
  suggestion: 'Stehen Zeilen über der Tabelle? Geben Sie unten an, wie viele.',
})
const TIME_COLUMN: Words = (told) => ({
  message: `Keine Spalte liest sich als Zeit; es gibt ${listed(told.columns).slice(0, 20).join(', ')}.`,
  suggestion: 'Wählen Sie die Zeitspalte, oder geben Sie das Datumsmuster an.',
})
const UNDECIDED: Readonly<Record<string, Words>> = {
  'importOptions.separator': SEPARATOR,
  'importOptions.skipRows': SKIP_ROWS,
}

const WORDS: Readonly<Record<string, Words>> = {
  COLUMNS_UNDECIDED: (told) => (UNDECIDED[said(told.field)] ?? TIME_COLUMN)(told),
  UNKNOWN_COLUMN: (told) => ({
    message: `Die Datei hat keine Spalte „${said(told.column)}“.`,
    suggestion: `Ihre Spalten sind ${listed(told.columns).slice(0, 20).join(', ')}.`,
  }),
  TOO_FEW_ROWS: () => ({
    message: 'Die Datei enthält eine Kopfzeile und keine Messwerte.',
    suggestion: 'Laden Sie eine Datei mit Messwerten hoch, oder sagen Sie, dass sie keine Kopfzeile hat.',
  }),
  INVALID_DATE_FORMAT: (told) => ({
    message: `„${said(told.dateFormat)}“ ist kein Muster eines Datums mit oder ohne Uhrzeit.`,
    suggestion: 'Schreiben Sie es wie in strptime, zum Beispiel %d.%m.%Y %H:%M:%S.',
  }),
  AMBIGUOUS_DATE: (told) => ({
    message: `„${said(told.text)}“ kann ${readings(told.readings).join(' oder ')} sein, und keine Zeile entscheidet es.`,
    suggestion: 'Wählen Sie, was gemeint ist.',
  }),
  AMBIGUOUS_DECIMAL: (told) => ({
    message: `Zeile ${said(told.row)}: „${said(told.text)}“ in der Spalte „${said(told.column)}“ kann ein Dezimalkomma oder ein Komma zwischen Tausendern haben, und keine Zeile entscheidet es.`,
    suggestion: 'Wählen Sie das Dezimalzeichen.',
  }),
  INVALID_TIME: (told) =>
    told.row === undefined
      ? {
          message: `Die Zeiten der Spalte „${said(told.column)}“ folgen keinem bekannten Muster, zum Beispiel „${said(told.text)}“.`,
          suggestion:
            'Geben Sie das Datumsmuster an, zum Beispiel %d.%m.%Y %H:%M; stimmt die Reihenfolge von Tag und Monat?',
        }
      : {
          message: `Zeile ${said(told.row)}: „${said(told.text)}“ ist keine Zeit nach dem Muster ${said(told.pattern)}.`,
          suggestion: 'Berichtigen Sie die Zeile, oder ändern Sie das Datumsmuster.',
        },
  NONEXISTENT_TIME: (told) => ({
    message: `Zeile ${said(told.row)}: „${said(told.text)}“ gab es auf keiner Uhr von ${said(told.timezone)}: die Stunde fiel bei der Umstellung auf Sommerzeit aus.`,
    suggestion: 'Wählen Sie UTC oder einen festen Abstand wie Etc/GMT-1 als Zeitzone.',
  }),
  RAGGED_ROWS: (told) => ({
    message: `Zeile ${said(told.row)} hat ${said(told.found)} Zellen, die Tabelle ${said(told.expected)} Spalten.`,
    suggestion:
      'Berichtigen Sie die Zeile. Zahlen mit dem Trennzeichen gehören in Anführungszeichen; Zeilen über der Tabelle geben Sie unten an.',
  }),
  BROKEN_QUOTES: (told) => ({
    message:
      typeof told.row === 'number'
        ? `Ein Anführungszeichen wird in oder vor Zeile ${told.row} geöffnet und nie geschlossen.`
        : 'Ein Anführungszeichen wird geöffnet und nie geschlossen.',
    suggestion: 'Entfernen Sie es, oder schließen Sie es in derselben Zelle.',
  }),
  NOT_NUMERIC: (told) => ({
    message: `Zeile ${said(told.row)}: „${said(told.text)}“ in der Spalte „${said(told.column)}“ ist keine Zahl (Dezimalzeichen „${said(told.decimal)}“).`,
    suggestion:
      'Berichtigen Sie die Zeile (eine leere Zelle ist ein fehlender Messwert), oder ändern Sie das Dezimalzeichen.',
  }),
}

export const previewNote: NoteText = (code, told) => WORDS[code]?.(told) ?? null

const ORDERS: Readonly<Record<string, string>> = {
  dayFirst: 'Tag zuerst',
  monthFirst: 'Monat zuerst',
  yearFirst: 'Jahr zuerst',
}

function readings(told: unknown): string[] {
  if (typeof told !== 'object' || told === null) return []
  return Object.entries(told).map(([order, date]) => `${said(date)} (${ORDERS[order] ?? order})`)
}

function said(value: NoteDetails[string]): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

function listed(value: NoteDetails[string]): string[] {
  return Array.isArray(value) ? value.map(said) : []
}
