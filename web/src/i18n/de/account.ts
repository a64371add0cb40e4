/** Texte des Kontos. */
import type { Texts } from '../en'

export const account: Texts['account'] = {
  title: 'Konto',
  signedInAs: 'Angemeldet als',
  admin: 'Verwaltet diesen Server',
  adminHint: 'Sieht unter „Jobs und Geräte“ die Jobs aller Benutzer.',
  plan: 'Tarif',
  plans: { free: 'Kostenlos', standard: 'Standard', unlimited: 'Unbegrenzt' },
  noPlan: 'Kein Tarif',
  noPlanHint:
    'Dieses Konto hat keinen aktiven Tarif, deshalb lässt sich nichts starten. Der Betreiber des Servers kann einen einrichten.',
  period: (from, until) => `${from} bis ${until}`,
  training: 'Trainings',
  processing: 'Uploads und Datensätze',
  minutes: 'Rechenminuten',
  inMinutes: (value) => `${value} min`,
  minutesHint:
    'Ein Job, der noch nicht zu Ende ist, belegt mindestens eine Minute; verrechnet wird am Ende, was er wirklich gerechnet hat. Ein Training, das über die Minuten hinausgeht, darf zu Ende laufen, das nächste wartet auf den neuen Monat.',
  storage: 'Speicher',
  noTraining: 'Gehört nicht zu diesem Tarif.',
  parallel: 'Trainings zugleich',
  parallelNow: (running, waiting, limit) =>
    `${running} in Arbeit, ${waiting} in der Warteschlange${limit === null ? '' : `; höchstens ${limit} in Arbeit`}`,
  largestFile: 'Größte Datei',
  anySize: 'beliebig groß',
  used: (used, limit) => `${used} von ${limit}`,
  unlimited: (used) => `${used}, ohne Grenze`,
  reserved: (held) => `${held} weitere sind von laufenden Jobs belegt`,
  full: 'Voll: Löschen Sie, was nicht mehr gebraucht wird.',
  usedUp: (date) => `Aufgebraucht: Ab ${date} wird neu gezählt.`,
  resets: (date) => `Ab ${date} wird neu gezählt`,
  earlier: 'Die Monate davor',
  from: 'Ab',
  glance: (kind, used) => `${kind}: ${used}`,
  signOut: 'Abmelden',
  signOutHint: 'Beendet die Anmeldung in diesem Browser. Jobs laufen weiter.',
  goOn: 'Melden Sie sich an, dann geht es dort weiter, wo Sie waren.',
}
