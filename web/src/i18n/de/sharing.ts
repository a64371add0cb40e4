/** Texte zum Teilen einer Sitzung und zu ihren API-Schlüsseln. */
import type { Texts } from '../en'

export const sharing: Texts['sharing'] = {
  share: 'Teilen',
  keys: 'API-Schlüssel',
  sharedBy: (owner, role) => `Geteilt von ${owner} · ${role}`,
  roles: { reader: 'darf ansehen', editor: 'darf bearbeiten' },
  lookOnly: 'Hier dürfen Sie ansehen, aber nichts ändern',
  lookOnlyText: (owner) =>
    `Die Sitzung gehört ${owner}. Gibt er oder sie Ihnen das Bearbeiten frei, können Sie hier auch hochladen, trainieren und prognostizieren.`,
  toResults: 'Zu den Ergebnissen',
  roleHints: {
    reader: 'Sieht Dateien, Einstellungen, Trainings, Ergebnisse und Modelle; ändert nichts.',
    editor: 'Lädt hoch, trainiert und ändert wie Sie; nur Löschen und Teilen bleiben bei Ihnen.',
  },
  shareTitle: 'Diese Sitzung teilen',
  shareHint:
    'Wer ein Konto mit dieser Adresse hat, findet die Sitzung in der eigenen Liste. Ob es ein solches Konto gibt, wird nicht verraten.',
  email: 'E-Mail-Adresse',
  role: 'Was erlaubt ist',
  roleOf: (email) => `Was ${email} darf`,
  letIn: 'Teilen',
  withdraw: (email) => `Nicht mehr mit ${email} teilen`,
  nobody: 'Noch mit niemandem geteilt.',
  keysTitle: 'API-Schlüssel dieser Sitzung',
  keysHint: 'Für Programme. Ein Schlüssel öffnet nur diese Sitzung und nur, was hier gewählt wird.',
  keyName: 'Name des Schlüssels',
  scope: 'Wofür er gilt',
  scopes: { predict: 'Prognosen', read: 'Ansehen', train: 'Training' },
  scopeHints: {
    predict: 'Fragt Prognosen des verwendeten Modells ab.',
    read: 'Liest Dateien, Trainings, Ergebnisse und Modelle.',
    train: 'Liest, prognostiziert und startet Trainings.',
  },
  expiry: 'Gültig für',
  days: (days) => `${days} Tage`,
  never: 'unbegrenzt',
  until: (date) => `bis ${date}`,
  expired: 'abgelaufen',
  makeKey: 'Schlüssel erstellen',
  shownOnce: 'Das ist der Schlüssel. Kopieren Sie ihn jetzt: Er wird nicht noch einmal gezeigt.',
  noKeys: 'Noch keine Schlüssel.',
  neverUsed: 'noch nicht benutzt',
  used: (when, calls) => `${when} benutzt, ${calls} ${calls === 1 ? 'Aufruf' : 'Aufrufe'}`,
  deleteKey: (name) => `Schlüssel ${name} löschen`,
}
