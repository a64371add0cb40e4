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
  usage: 'Dieser Monat',
  kinds: { training: 'Trainings', processing: 'Uploads und Datensätze' },
  used: (used, limit) => `${used} von ${limit}`,
  unlimited: (used) => `${used}, ohne Grenze`,
  usedUp: 'Aufgebraucht: Weiter geht es mit dem nächsten Monat.',
  resets: (date) => `Ab ${date} wird neu gezählt`,
  glance: (kind, used) => `${kind}: ${used}`,
  signOut: 'Abmelden',
  signOutHint: 'Beendet die Anmeldung in diesem Browser. Jobs laufen weiter.',
  goOn: 'Melden Sie sich an, dann geht es dort weiter, wo Sie waren.',
}
