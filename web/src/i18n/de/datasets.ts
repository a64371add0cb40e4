/** Texte der Ansicht Datensätze. */
import type { Texts } from '../en'

const WEEKDAYS = ['Mo', 'Di', 'Mi', 'Do', 'Fr', 'Sa', 'So']
const PARTS: Record<string, string> = { train: 'Training', validation: 'Validierung', test: 'Test' }
const CALENDAR: Record<string, string> = {
  Y_sin: 'Jahr, Sinus',
  Y_cos: 'Jahr, Kosinus',
  M_sin: 'Monat, Sinus',
  M_cos: 'Monat, Kosinus',
  W_sin: 'Woche, Sinus',
  W_cos: 'Woche, Kosinus',
  D_sin: 'Tag, Sinus',
  D_cos: 'Tag, Kosinus',
  H: 'Feiertage',
  H_bruecke: 'Brückentage',
  H_ferien: 'Schulferien',
}

export const datasets: Texts['datasets'] = {
  title: 'Datensätze',
  notYet: 'Die Fenster sind noch nicht vollständig',
  notYetText:
    'Es braucht mindestens eine Datei als Eingabe und eine als Ausgabe, mit ihren Stunden und den Zeitschritten.',
  toWindows: 'Fenster einstellen',
  build: 'Datensätze erzeugen',
  buildNow: 'Jetzt erzeugen',
  building: 'Wird erzeugt …',
  built: (count) => `${count} Datensätze wurden erzeugt`,
  stillWorking: 'Der Server arbeitet noch; die Bilder erscheinen beim nächsten Blick',
  builtBefore: (count) => `Bereits erzeugt: ${count} Datensätze.`,
  neverBuilt: 'Noch nicht erzeugt; die Violinen darunter sind aus den Dateien gezählt, wie sie sind.',
  toTrain: 'Zum Training',
  by: 'Wie die Werte gruppiert werden',
  ways: { all: 'Alle zusammen', split: 'Nach Teil der Aufteilung', hour: 'Nach Stunde', weekday: 'Nach Wochentag' },
  share: (part) => `${part} [%]`,
  addUp: 'Die drei müssen zusammen 100 ergeben',
  from: (used, all) => `Aus ${used} von ${all} Datensätzen, in den Einheiten der Dateien.`,
  clock: (zone) => `Stunden und Tage nach der Uhr von ${zone}.`,
  group: (by, name) =>
    by === 'weekday'
      ? (WEEKDAYS[Number(name)] ?? name)
      : by === 'split'
        ? (PARTS[name] ?? name)
        : by === 'all'
          ? 'Alle'
          : name,
  roles: { input: 'Eingabe', lag: 'Verzögerung', calendar: 'Kalender', output: 'Ausgabe' },
  calendar: (name) => CALENDAR[name] ?? name,
  violinsOf: (name) => `Verteilung von ${name}`,
  pointAt: 'Auf eine Violine zeigen, um ihre Quantile zu lesen.',
  told: (median, half, most) => `Median ${median} · Hälfte in ${half} · 90 % in ${most}`,
  numbers: 'Zahlen',
  groupHead: 'Gruppe',
  count: 'Werte',
  mean: 'Mittelwert',
  deviation: 'Std.-Abw.',
  files: (name) => `${name} herunterladen`,
  svg: 'Dieses Bild als SVG',
  png: 'Dieses Bild als PNG',
  csv: 'Zahlen als CSV',
  serverPng: 'Bild vom Server, alle Datensätze (PNG)',
}
